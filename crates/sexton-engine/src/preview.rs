//! What a deletion would do, now: the same plan, in one read-only snapshot, within its time.
//!
//! A preview always returns. What it cannot count in time it says it has not counted; a digest is
//! given only if all keys were found, because a deletion must be able to find the same.

mod calls;
mod foretell;
mod objects;
mod work;

use std::time::Duration;

use sexton_core::fence::key_text;
use sexton_core::names::Timestamp;
use sexton_core::plan::{Plan, Way};
use sexton_core::policy::{Confirm, Options};
use sexton_core::preview::{
    ChangedRows, ChosenOption, Count, DerivedRows, DigestPart, DigestParts, KeptRows, Precision,
    Preview, RemovedRows, RowSample, ShownRoot, ShownRoots,
};
use sexton_core::sql::{Scalar, SetId};

use crate::asked::all_of;
use crate::execute::{NamesFound, over_share, too_many};
use crate::outcome::EngineError;
use crate::ports::{DatabaseError, Mode, Tx};
use crate::request::Root;
use crate::system::{Ready, System};
use crate::walk::{Deadline, Found, Judge, KeyRows, Locks, Refused, Roots, Subject, Walk, named};

/// Below so few keys all leaves are counted at once. Below more of them a count may take its
/// time, and those before it should have been told.
const KEYS_FEW: u64 = 2_000;

/// So many rows of an effect are shown.
const SAMPLES_MAX: usize = 5;

/// How much a preview may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// How long it may look.
    pub time: Duration,
    /// Up to so many rows of a table are counted one by one.
    pub rows: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { time: Duration::from_secs(5), rows: 10_000_000 }
    }
}

impl System {
    /// Looks at what deleting `root` would do. Changes nothing.
    pub async fn preview(&self, root: &Root, budget: Budget) -> Result<Preview, EngineError> {
        self.preview_to(root, budget, self.way(&root.thing)).await
    }

    /// The same of a deletion that does not stop at hiding, and reaches what is hidden.
    pub async fn preview_for_good(
        &self,
        root: &Root,
        budget: Budget,
    ) -> Result<Preview, EngineError> {
        self.preview_to(root, budget, Way::AtOnce).await
    }

    async fn preview_to(
        &self,
        root: &Root,
        budget: Budget,
        way: Way,
    ) -> Result<Preview, EngineError> {
        let options = self.options(&root.thing, &root.options)?;
        for _ in 0..3 {
            let ready = self.ready_to(&root.thing, &options, way).await?;
            let roots = self.roots(&ready.plan, root).await?;
            let mut tx = self.database.begin(Mode::Look { budget: Some(budget.time) }).await?;
            if tx.stamp(&ready.plan.tables).await? != ready.stamp {
                tx.rollback().await?;
                self.forget().await;
                continue;
            }
            let until = tokio::time::Instant::now() + budget.time;
            let looked = self.look(&ready, root, roots, &options, tx.as_mut(), budget).await;
            // A look that ran out of time has lost its transaction; there is nothing to keep.
            drop(tx.rollback().await);
            let (mut preview, names) = looked?;
            // Order: no snapshot is held while a store is looked at.
            preview.objects = self.weigh(&ready.plan, names, until).await;
            return Ok(preview);
        }
        Err(EngineError::Database(DatabaseError::Failed {
            label: "look at the schema".into(),
            detail: "it changes faster than a preview can be planned".into(),
        }))
    }

    async fn look(
        &self,
        ready: &Ready,
        root: &Root,
        roots: Roots,
        options: &Options,
        tx: &mut dyn Tx,
        budget: Budget,
    ) -> Result<(Preview, Vec<Option<NamesFound>>), EngineError> {
        let clock = self.surroundings.clock.as_ref();
        let millis = i64::try_from(budget.time.as_micros()).unwrap_or(i64::MAX);
        let at = Timestamp(clock.now().0.saturating_add(millis));
        let mut walk = Walk::new(&ready.plan, tx, roots, Locks::Leave);
        let subjects = match walk.find_root().await {
            Ok(found) => all_of(root, &ready.plan, found)?,
            Err(DatabaseError::BadValue(detail)) => {
                let (thing, ids) = (root.thing.clone(), named(root));
                return Err(EngineError::BadId { thing, ids, detail });
            }
            Err(error) => return Err(error.into()),
        };
        walk.deadline = Some(Deadline { clock, at });
        let mut look = Looking { walk, options, budget, in_time: true, names: Vec::new() };
        let mut preview = self.empty_preview(ready, &subjects);
        self.tell_options(&mut preview, options);
        look.fill(self, &mut preview, &subjects).await?;
        Ok((preview, look.names))
    }

    /// What was chosen, and what is worth knowing of that.
    fn tell_options(&self, preview: &mut Preview, options: &Options) {
        let Some(thing) = self.policy.things.iter().find(|t| t.name.as_str() == preview.thing)
        else {
            return;
        };
        for option in &thing.options {
            let chosen = options.is_on(&option.name.value);
            if chosen {
                preview.warnings.extend(option.warning.clone());
            }
            preview.options.push(ChosenOption {
                name: option.name.value.to_string(),
                chosen,
                default: option.default,
                help: option.help.clone(),
            });
        }
    }

    fn empty_preview(&self, ready: &Ready, subjects: &[Subject]) -> Preview {
        let thing = self.thing(&ready.plan.thing);
        let click = thing.is_some_and(|thing| thing.confirm == Confirm::Click);
        Preview {
            system: self.policy.system.to_string(),
            thing: ready.plan.thing.to_string(),
            roots: ShownRoots::of(subjects.iter().map(shown).collect()),
            options: Vec::new(),
            removed: Vec::new(),
            changed: Vec::new(),
            derived: Vec::new(),
            kept: Vec::new(),
            objects: Vec::new(),
            work: Vec::new(),
            calls: Vec::new(),
            blockers: Vec::new(),
            warnings: Vec::new(),
            precision: Precision::Exact,
            digest: None,
            parts: None,
            confirm: if click { "click".into() } else { "type-id".into() },
            confirm_text: thing.and_then(|thing| thing.confirm_text.clone()),
        }
    }
}

fn shown(subject: &Subject) -> ShownRoot {
    let Subject { id, row_exists, label, tenant, show, .. } = subject.clone();
    ShownRoot { id, label, tenant, show, row_exists }
}

/// A walk that counts and gives up in time.
struct Looking<'l> {
    walk: Walk<'l>,
    options: &'l Options,
    budget: Budget,
    in_time: bool,
    /// Names of objects that each rule found; none where there was no time.
    names: Vec<Option<NamesFound>>,
}

impl Looking<'_> {
    async fn fill(
        &mut self,
        system: &System,
        preview: &mut Preview,
        subjects: &[Subject],
    ) -> Result<(), EngineError> {
        let found = self.walk.find_all().await;
        let found = self.unless_late(found)?;
        if found == Some(Found::TooMany) {
            preview.blockers.push(too_many());
        }
        let all_found = found == Some(Found::All);
        if all_found {
            let judge = Judge { policy: &system.policy, subjects };
            let judged = self.walk.judge(&judge).await;
            match self.unless_late(judged)? {
                Some(blockers) => preview.blockers.extend(blockers),
                None => {
                    preview.warnings.push("guards could not be judged in the time allowed".into());
                }
            }
        }
        self.tell_work(preview, all_found).await?;
        if all_found {
            self.find_names(preview).await?;
        }
        self.tell_calls(system, preview, all_found).await?;
        let mut parts = self.walk.digest_parts(&system.policy.system, self.options);
        self.count_removed(preview, &mut parts, all_found).await?;
        self.describe_effects(preview, all_found);
        self.count_kept(preview).await?;
        if let Some(blocker) = self.walk.over_limit(preview.rows().least()) {
            preview.blockers.push(blocker);
        }
        self.tell_roots(system, preview).await?;
        preview.blockers.sort_by_key(|blocker| blocker.kind);
        self.warn(preview);
        let exact =
            self.in_time && preview.removed.iter().all(|t| matches!(t.rows, Count::Exact(_)));
        preview.precision = if exact { Precision::Exact } else { Precision::Bounded };
        if all_found {
            preview.digest = Some(if exact { parts.exact() } else { parts.bounded() });
            preview.parts = Some(parts);
        }
        // Order: a value that cannot be read costs the transaction, so nothing is asked after it.
        self.foretell(preview, all_found).await;
        Ok(())
    }

    /// Says for which of several roots it is refused, as far as there is time.
    async fn tell_roots(
        &mut self,
        system: &System,
        preview: &mut Preview,
    ) -> Result<(), EngineError> {
        let Some(Deadline { clock, at }) = self.walk.deadline else { return Ok(()) };
        let (plan, roots) = (self.walk.plan, &self.walk.roots);
        let refused = Refused { policy: &system.policy, plan, roots, clock, until: at };
        let told = refused.tell_roots(&mut preview.blockers, self.walk.tx).await;
        self.unless_late(told).map(drop)
    }

    /// What was read, or nothing once the time is over.
    fn unless_late<T>(&mut self, read: Result<T, DatabaseError>) -> Result<Option<T>, EngineError> {
        match read {
            Ok(value) => Ok(Some(value)),
            Err(DatabaseError::Timeout { .. }) => {
                self.in_time = false;
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn count(
        &mut self,
        statement: &sexton_core::sql::Statement,
    ) -> Result<Count, EngineError> {
        if !self.in_time {
            return Ok(Count::Unknown);
        }
        let cap = self.budget.rows;
        let counted = self.walk.count(statement, cap + 1).await;
        Ok(self.unless_late(counted)?.map_or(Count::Unknown, |rows| Count::capped(rows, cap)))
    }

    /// The rows of every leaf, where all keys are known and few; else none.
    async fn count_leaves(&mut self, all_found: bool) -> Result<Vec<Count>, EngineError> {
        let few = all_found && self.walk.going_rows() <= KEYS_FEW;
        let plan = self.walk.plan;
        let Some(statement) = plan.leaves.as_ref().filter(|_| few && self.in_time) else {
            return Ok(Vec::new());
        };
        let cap = self.budget.rows;
        let counted = self.walk.rows(statement, cap + 1).await;
        let row = self.unless_late(counted)?.and_then(|mut rows| rows.pop()).unwrap_or_default();
        let count = |number: &Scalar| u64::try_from(number.as_integer().unwrap_or(0)).unwrap_or(0);
        Ok(row.iter().map(|number| Count::capped(count(number), cap)).collect())
    }

    async fn count_removed(
        &mut self,
        preview: &mut Preview,
        parts: &mut DigestParts,
        all_found: bool,
    ) -> Result<(), EngineError> {
        let plan = self.walk.plan;
        let mut leaves = self.count_leaves(all_found).await?.into_iter();
        for part in plan.steps.remove.iter().flat_map(|removal| &removal.parts) {
            let table = part.table.to_string();
            let rows = match part.set {
                Some(set) if all_found => Count::Exact(self.walk.sets[set.0].len() as u64),
                Some(set) => Count::AtLeast(self.walk.sets[set.0].len() as u64),
                None if all_found => match leaves.next() {
                    Some(counted) => counted,
                    None => self.count(&part.count).await?,
                },
                None => Count::Unknown,
            };
            if part.set.is_none() {
                parts.parts.push(DigestPart::of_leaf(table.clone(), rows.least()));
            }
            if let (Some(percent), Some(population)) = (plan.limits.percent, &part.population)
                && let Count::Exact(of) = self.count(population).await?
            {
                preview.blockers.extend(over_share(&table, rows.least(), of, percent));
            }
            preview.removed.push(RemovedRows { why: why(plan, &table), table, rows });
        }
        Ok(())
    }

    fn describe_effects(&self, preview: &mut Preview, all_found: bool) {
        let plan = self.walk.plan;
        let count = |rows: &KeyRows| {
            let rows = rows.len() as u64;
            if all_found { Count::Exact(rows) } else { Count::AtLeast(rows) }
        };
        for change in &plan.steps.change {
            let rows = &self.walk.sets[change.set.0];
            let say =
                change.say.as_ref().map(|say| say.replace("{count}", &rows.len().to_string()));
            preview.changed.push(ChangedRows {
                table: plan.sets[change.set.0].table.to_string(),
                line: change.text.clone(),
                rows: count(rows),
                becomes: change.becomes.clone(),
                samples: self.samples(change.set, change.becomes.len()),
                say,
            });
        }
        for derivation in &plan.steps.derive {
            let set = &plan.sets[derivation.set.0];
            let columns = set.columns[set.identity..].iter().map(|c| c.name.to_string()).collect();
            preview.derived.push(DerivedRows {
                table: set.table.to_string(),
                rows: count(&self.walk.sets[derivation.set.0]),
                columns,
                samples: self.samples(derivation.set, set.columns.len() - set.identity),
                untold: Vec::new(),
            });
        }
    }

    /// Some rows of a set, with so many values behind their identity.
    fn samples(&self, set: SetId, values: usize) -> Vec<RowSample> {
        let identity = self.walk.plan.sets[set.0].identity;
        let text = |value: &Scalar| (!value.is_null()).then(|| value.to_string());
        let rows = self.walk.sets[set.0].all().iter().take(SAMPLES_MAX);
        rows.map(|row| RowSample {
            key: key_text(&row[..identity]),
            before: row[identity..].iter().take(values).map(text).collect(),
            after: Vec::new(),
        })
        .collect()
    }

    async fn count_kept(&mut self, preview: &mut Preview) -> Result<(), EngineError> {
        let plan = self.walk.plan;
        for kept in &plan.kept {
            let rows = match &kept.count {
                Some(statement) => self.count(statement).await?,
                None => Count::Unknown,
            };
            preview.kept.push(KeptRows { line: kept.text.clone(), rows });
        }
        Ok(())
    }

    fn warn(&self, preview: &mut Preview) {
        let said = preview.changed.iter().filter(|change| !change.rows.is_zero());
        let said: Vec<String> = said.filter_map(|change| change.say.clone()).collect();
        preview.warnings.extend(said);
        preview.warnings.extend(rowless(preview.roots.all()));
        if self.walk.plan.way == Way::Hide {
            preview.warnings.push(
                "it is hidden now; what hangs below it is neither counted here nor gone yet".into(),
            );
        }
        if !self.in_time {
            let secs = self.budget.time.as_secs();
            preview.warnings.push(format!("not everything was counted within {secs} s"));
        }
    }
}

/// A warning of roots whose own row is missing.
fn rowless(roots: &[ShownRoot]) -> Option<String> {
    let rowless: Vec<&str> =
        roots.iter().filter(|root| !root.row_exists).map(|root| root.id.as_str()).collect();
    match (rowless.as_slice(), roots) {
        ([], _) => None,
        (_, [_]) => Some("its own row is missing; what still carries its id goes".into()),
        (some, _) => {
            let some = some.join(", ");
            Some(format!("own rows are missing; what still carries these ids goes: {some}"))
        }
    }
}

fn why(plan: &Plan, table: &str) -> Vec<String> {
    let reason = plan.reasons.iter().find(|reason| reason.table.to_string() == table);
    reason.map(|reason| reason.chain.clone()).unwrap_or_default()
}
