//! One world: its tables are created, then roots are deleted one after the other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};

use sexton_core::audit::Receipt;
use sexton_core::names::{Actor, TenantId, ThingName};
use sexton_core::preview::{Blocker, BlockerKind, Count, Precision, Preview};
use sexton_core::schema::{Dialect, OnDelete};
use sexton_engine::{
    Bound, Budget, Caller, DeleteError, DeleteRequest, EngineError, RefusedBy, Root, RootKey,
    System,
};
use sexton_testkit::dump::Dump;
use sexton_testkit::random::case::Case;
use sexton_testkit::random::dice::Dice;
use sexton_testkit::random::ground::Ground;
use sexton_testkit::random::values::Value;

use super::expect::{self, By, End, Outcome};
use super::text::sentence;
use super::working::{self, AtWork};
use super::world::{ACTOR, Becomes, Fate, Held, ID, Reference, Thing, World, option_name};
use super::{draw, foretold, text};
use crate::cascade::Rows;
use crate::census::Census;
use crate::dumps::{difference, dumped, gone};
use crate::place::{Place, Told, check, story};

const ROOTS: usize = 4;

/// Tries this world; on failure tells all that is needed to see it.
pub async fn of(seed: u64, world: World, place: &mut Place, census: &mut Census) -> Told<()> {
    let case = Case {
        seed,
        shape: world.shape(),
        rows: world.rows.clone(),
        things: Vec::new(),
        policy: text::policy(seed, &world),
    };
    describe(&world, census);
    let dialect = place.ground.dialect();
    let system = place.renew(&case).await?;
    let errors = check(&system).await?;
    demand!(
        errors.is_empty(),
        "check rejects the policy: {errors:#?}\n{}",
        story(&case, &case.rows, dialect)
    );
    let rows = world.rows.clone();
    let hasty = place.system(&case.policy.replace(text::WAIT, "")).await?;
    let ground = &mut place.ground;
    let mut trial = Trial { world: &world, case: &case, ground, system, hasty, rows, census };
    let (mut dice, mut moods) = (Dice::new(!seed), Dice::new(seed));
    for _ in 0..ROOTS {
        let Some(drawn) = trial.draw_roots(&mut dice) else { break };
        let before = trial.rows.clone();
        let is_obeyed_first = moods.percent(50);
        let tried = trial.delete(&drawn, is_obeyed_first).await;
        tried.map_err(|told| {
            let story = story(&case, &before, dialect);
            let Drawn { thing, values, asked, .. } = &drawn;
            format!("{told}\n\nroots: {} {values:?} {asked:?}\n{story}", thing.name)
        })?;
    }
    Ok(())
}

fn describe(world: &World, census: &mut Census) {
    census.met("worlds");
    for line in &world.references {
        census.met(match line.fate {
            Fate::Delete => "lines: delete",
            Fate::Unlink => "lines: unlink",
            Fate::Set(_) => "lines: set",
            Fate::Anonymize(_) => "lines: anonymize",
            Fate::Keep => "lines: keep",
            Fate::Block => "lines: block",
            Fate::Derive => "lines: derive",
        });
        let marks = [
            ("lines with where", line.filter.is_some()),
            ("lines with a cast", line.held.place().1.is_some()),
            ("lines from a place in JSON", matches!(line.held, Held::One { .. })),
            ("lines from an array in JSON", matches!(line.held, Held::Many { .. })),
            ("lines that an option switches", line.switched.is_some()),
            ("lines that a foreign key enforces", line.enforced.is_some()),
            ("lines held by RESTRICT", line.enforced == Some(OnDelete::Restrict)),
            ("lines from a table to itself", line.child == line.parent),
            ("lines onto a column that is no key", line.parent_column != ID),
        ];
        marks.iter().filter(|(_, holds)| *holds).for_each(|(mark, _)| census.met(mark));
    }
    for take in &world.takes {
        census.met(if take.when_last { "lines: when-last" } else { "lines: always" });
        let marks = [
            ("takes with where", take.line.filter.is_some()),
            ("takes that no other line declares", take.alone),
        ];
        marks.iter().filter(|(_, holds)| *holds).for_each(|(mark, _)| census.met(mark));
    }
    census.add("guards", world.guards.len());
    census.add("derived tables", usize::from(world.derived.is_some()));
    census.add("tables with work", world.works.len());
    let values = world.things.iter().filter(|thing| !thing.starts.is_empty());
    census.add("things that are values", values.count());
}

/// Roots to delete: one, or several.
struct Drawn<'t> {
    thing: &'t Thing,
    values: Vec<Value>,
    /// Whose values they are, where that matters.
    tenant: Option<&'static str>,
    /// Options as they are asked for.
    asked: BTreeMap<String, String>,
    /// The world in which lines have the fates that the options give them.
    world: World,
}

impl<'t> Drawn<'t> {
    /// Asks for some of the thing's options and leaves the others to their defaults.
    fn of(world: &World, thing: &'t Thing, value: Value, dice: &mut Dice) -> Self {
        let mut asked = BTreeMap::new();
        let mut on = Vec::new();
        for (option, default) in &thing.options {
            let chosen = if dice.percent(60) { dice.percent(50) } else { *default };
            if chosen != *default || dice.percent(30) {
                let words =
                    if chosen { ["true", "TRUE", "True"] } else { ["false", "FALSE", "fALSE"] };
                asked.insert(option_name(*option), (*dice.pick(&words)).to_owned());
            }
            on.extend(chosen.then_some(*option));
        }
        let tenant = thing.of_kind.then(|| *dice.pick(&draw::KINDS));
        Self { thing, values: vec![value], tenant, asked, world: world.switched(&on) }
    }

    fn caller(&self) -> Caller {
        let tenant = self.tenant.map(TenantId::new);
        Caller { tenant, ..Caller::operator(Actor::new(ACTOR)) }
    }

    /// The roots, as they are asked for.
    fn root(&self, dialect: Dialect) -> Told<Root> {
        let ids: Option<Vec<String>> =
            self.values.iter().map(|value| value.typed(dialect)).collect();
        Ok(Root {
            thing: ThingName::new(&self.thing.name),
            key: RootKey::Ids(ids.ok_or("a root that nobody can type")?),
            options: self.asked.clone(),
            caller: self.caller(),
        })
    }

    /// Whether a line of this world writes the root's value: then there must be one root.
    fn speaks_of_one(&self) -> bool {
        let mut lines = self.world.references.iter();
        lines.any(|line| match &line.fate {
            Fate::Set(set) => set.iter().any(|(_, becomes)| *becomes == Becomes::Root),
            _ => false,
        })
    }
}

struct Trial<'t> {
    world: &'t World,
    case: &'t Case,
    ground: &'t mut Ground,
    system: System,
    /// The same system, if a deletion waits for nobody.
    hasty: System,
    /// What is there.
    rows: Rows,
    census: &'t mut Census,
}

impl<'t> Trial<'t> {
    /// A root, and now and then more of the same thing.
    fn draw_roots(&self, dice: &mut Dice) -> Option<Drawn<'t>> {
        let mut drawn = self.draw_root(dice)?;
        let others: Vec<Value> = self
            .values()
            .filter(|(thing, _)| thing.name == drawn.thing.name)
            .map(|of| of.1)
            .collect();
        let several = if drawn.speaks_of_one() { 15 } else { 60 };
        if !others.is_empty() && dice.percent(several) {
            for _ in 0..dice.between(1, 3) {
                let other = dice.pick(&others).clone();
                if !drawn.values.contains(&other) {
                    drawn.values.push(other);
                }
            }
        }
        Some(drawn)
    }

    /// Every thing with every value that a row holds.
    fn values(&self) -> impl Iterator<Item = (&'t Thing, Value)> {
        self.world.things.iter().flat_map(move |thing| {
            let columns = thing.row.map(|table| (table, ID)).into_iter();
            let columns = columns.chain(thing.starts.iter().copied());
            columns.flat_map(move |(table, column)| {
                let values = self.rows[table].iter().map(move |row| row[column].clone());
                values.filter(|value| !value.is_null()).map(move |value| (thing, value))
            })
        })
    }

    /// A thing and a value, of a row or of a column that starts from it: any, or rather one that
    /// does much, or rather one that is refused. Now and then a value that nothing holds.
    fn draw_root(&self, dice: &mut Dice) -> Option<Drawn<'t>> {
        let roots: Vec<(&Thing, Value)> = self.values().collect();
        if dice.percent(5) {
            let missing = Value::Text("12345".into());
            let (thing, _) = roots.first()?;
            return Some(Drawn::of(self.world, thing, missing, dice));
        }
        let (candidates, refused) = *dice.pick(&[(1, 0), (4, 0), (4, 1000)]);
        let sum = |counts: &BTreeMap<String, u64>| counts.values().sum::<u64>();
        let weight = |drawn: &Drawn<'_>| match expect::delete(
            &drawn.world,
            &self.rows,
            drawn.thing,
            &drawn.values,
            drawn.tenant,
        ) {
            Outcome::Done(end) => sum(&end.removed) + 2 * sum(&end.changed) + 2 * end.derived,
            Outcome::Refused(_) => refused,
            Outcome::Missing => 0,
        };
        let drawn = (0..candidates).filter_map(|_| {
            let (thing, value) = roots.get(dice.below(roots.len()))?.clone();
            Some(Drawn::of(self.world, thing, value, dice))
        });
        drawn.max_by_key(weight)
    }

    async fn delete(&mut self, drawn: &Drawn<'_>, is_obeyed_first: bool) -> Told<()> {
        let Drawn { thing, values, tenant, world, .. } = drawn;
        self.census.met("roots");
        let dialect = self.ground.dialect();
        let before = dumped(&self.case.shape, &self.rows, dialect);
        let expected = expect::delete(world, &self.rows, thing, values, *tenant);
        let root = drawn.root(dialect)?;
        let Some(preview) = self.shown(drawn, &root, &expected, &before).await? else {
            return Ok(());
        };
        let request = DeleteRequest {
            root,
            reason: Some("the test".into()),
            bound_to: Some(Bound::Parts {
                digest: preview.digest.clone().ok_or("the preview has no digest")?,
                parts: preview.parts.clone().ok_or("the preview has no parts")?,
            }),
        };
        let at_work = AtWork::of(world, &self.rows, thing, values, *tenant);
        at_work.judge(&preview)?;
        let (before, expected) = match expected {
            Outcome::Done(_) => {
                if !at_work.running.is_empty() && !is_obeyed_first {
                    self.is_not_obeyed(&request, &at_work).await?;
                }
                let stopped = working::obeyed(world, &at_work.asked(world, &self.rows));
                let expected = expect::delete(world, &stopped, thing, values, *tenant);
                (dumped(&self.case.shape, &stopped, dialect), expected)
            }
            refused => (before, refused),
        };
        let done = self.carry_out(&request).await;
        let now = self.ground.dump().await;
        match expected {
            Outcome::Missing => Ok(()),
            Outcome::Refused(refusing) => {
                demand!(now == before, "a refusal changes rows:{}", difference(&before, &now));
                self.census.add("refused, nobody asked", usize::from(!at_work.running.is_empty()));
                let shown = blockers(&preview.blockers);
                demand!(shown == refusing, "the preview says {shown:?}, the model {refusing:?}");
                self.refused(done, &refusing)
            }
            Outcome::Done(end) => {
                demand!(
                    preview.blockers.is_empty(),
                    "the preview refuses: {:#?}",
                    preview.blockers
                );
                let receipt = done.map_err(|error| format!("Sexton refuses: {error:?}"))?;
                self.judge_end(&before, &now, &end)?;
                self.judge_work(&at_work, &receipt)?;
                judge_counts(&preview, &receipt, &end)?;
                foretold::judge(world, &preview, &end, dialect, self.census)?;
                judge_options(drawn, &preview)?;
                self.count_end(drawn, &end);
                self.rows = end.rows;
                Ok(())
            }
        }
    }

    /// The preview, which changes nothing; none where there is nothing to show, as expected.
    async fn shown(
        &mut self,
        drawn: &Drawn<'_>,
        root: &Root,
        expected: &Outcome,
        before: &Dump,
    ) -> Told<Option<Preview>> {
        let preview = self.system.preview(root, Budget::default()).await;
        let now = self.ground.dump().await;
        demand!(now == *before, "the preview changes rows:{}", difference(before, &now));
        let preview = match (expected, preview) {
            (_, Err(EngineError::OneAtATime { .. }))
                if drawn.values.len() > 1 && drawn.speaks_of_one() =>
            {
                self.census.met("several roots that must come one at a time");
                return Ok(None);
            }
            (Outcome::Missing, Err(EngineError::NotFound { .. })) => {
                self.census.met("missing");
                return Ok(None);
            }
            (_, Err(error)) => return Err(format!("the preview fails: {error:?}")),
            (Outcome::Missing, Ok(preview)) => {
                return Err(format!("nothing is there, but {preview:#?}"));
            }
            (_, Ok(preview)) => preview,
        };
        demand!(preview.precision == Precision::Exact, "the preview is not exact: {preview:#?}");
        Ok(Some(preview))
    }

    /// Nobody stops, and the deletion does not wait: nothing but work has changed.
    async fn is_not_obeyed(&mut self, request: &DeleteRequest, at_work: &AtWork) -> Told<()> {
        let unbound = DeleteRequest { bound_to: None, ..request.clone() };
        match self.hasty.delete(&unbound).await {
            Err(DeleteError::Refused(refusal))
                if refusal.by == RefusedBy::Undrained && refusal.has_asked => {}
            ended => return Err(format!("not refused by who is at work: {ended:#?}")),
        }
        self.rows = at_work.asked(self.world, &self.rows);
        let left = dumped(&self.case.shape, &self.rows, self.ground.dialect());
        let now = self.ground.dump().await;
        demand!(now == left, "a refusal changes more than work:{}", difference(&left, &now));
        self.census.met("refused while somebody is at work");
        Ok(())
    }

    /// Deletes, while workers stop that are asked to.
    async fn carry_out(&mut self, request: &DeleteRequest) -> Result<Receipt, DeleteError> {
        let statements = working::obeying(self.world);
        if statements.is_empty() {
            return self.system.delete(request).await;
        }
        let has_ended = AtomicBool::new(false);
        let deleting = async {
            let ended = self.system.delete(request).await;
            has_ended.store(true, Ordering::Relaxed);
            ended
        };
        let working = async {
            while !has_ended.load(Ordering::Relaxed) {
                for statement in &statements {
                    self.ground.query(statement).await;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::join!(deleting, working).0
    }

    /// What waits and stays is stopped with the deletion, unless somebody was at work: then before.
    fn judge_work(&mut self, at_work: &AtWork, receipt: &Receipt) -> Told<()> {
        let changed = receipt.record.changed.iter();
        let told: BTreeMap<String, u64> = changed
            .filter(|(line, _)| line.starts_with("[work."))
            .map(|(line, rows)| (line.clone(), *rows))
            .collect();
        let was_asked = !at_work.running.is_empty();
        let wanted = if was_asked { BTreeMap::new() } else { at_work.staying.clone() };
        demand!(told == wanted, "the record tells of work {told:?}, the model {wanted:?}");
        if was_asked {
            self.census.met("deleted once workers stopped");
            self.census.add("rows asked to stop", at_work.running.len());
        }
        self.census.add("rows stopped", at_work.idle.len());
        self.census.add("rows stopped that stay", at_work.staying.values().sum::<u64>());
        Ok(())
    }

    fn judge_end(&self, before: &Dump, now: &Dump, end: &End) -> Told<()> {
        let left = dumped(&self.case.shape, &end.rows, self.ground.dialect());
        demand!(*now == left, "Sexton leaves other rows than the model:{}", difference(&left, now));
        let gone = gone(before, now);
        demand!(gone == end.removed, "these are gone: {gone:?}, says the model: {:?}", end.removed);
        Ok(())
    }

    fn refused(
        &mut self,
        done: Result<Receipt, DeleteError>,
        refusing: &BTreeSet<(By, String)>,
    ) -> Told<()> {
        let refusal = match done {
            Err(DeleteError::Refused(refusal)) => refusal,
            Err(error) => return Err(format!("refused otherwise than by {refusing:?}: {error:?}")),
            Ok(receipt) => return Err(format!("deleted in spite of {refusing:?}: {receipt:#?}")),
        };
        let first = refusing.first().map(|(by, _)| *by);
        let by = match first {
            Some(By::Wrong) => RefusedBy::Wrong,
            Some(By::OverLimit) => RefusedBy::OverLimit,
            _ => RefusedBy::Refused,
        };
        // A deletion that is refused for another reason has not counted its leaves.
        let others = |names: BTreeSet<(By, String)>| -> BTreeSet<(By, String)> {
            names.into_iter().filter(|(by, _)| *by != By::OverLimit).collect()
        };
        let (told, wanted) = (others(blockers(&refusal.blockers)), others(refusing.clone()));
        demand!(refusal.by == by && told == wanted, "refused by {refusal:#?}, not by {refusing:?}");
        self.census.met("refused");
        for (by, _) in refusing {
            self.census.met(match by {
                By::Wrong => "refused by `only`",
                By::State => "refused by `refuse`",
                By::Reference => "refused by a line",
                By::Guard => "refused by a guard",
                By::OverLimit => "refused by a limit",
            });
        }
        Ok(())
    }

    fn count_end(&mut self, drawn: &Drawn<'_>, end: &End) {
        let Drawn { thing, values, world, .. } = drawn;
        self.census.met("deleted");
        if values.len() > 1 {
            self.census.met("several roots deleted");
        }
        let lines = self.world.references.iter().zip(&world.references);
        if lines.into_iter().any(|(written, switched)| written.fate != switched.fate) {
            self.census.met("deleted with a switched line");
        }
        let sum = |counts: &BTreeMap<String, u64>| counts.values().sum::<u64>();
        self.census.add("rows removed", sum(&end.removed));
        self.census.add("rows taken", end.taken);
        self.census.add("rows changed", sum(&end.changed));
        let anonymized = |line: &&Reference| matches!(line.fate, Fate::Anonymize(_));
        let lines = world.references.iter().filter(anonymized);
        let rows = lines.filter_map(|line| end.changed.get(&sentence(world, line)));
        self.census.add("rows anonymized", rows.sum::<u64>());
        let inside = end.changed.iter().filter(|(line, _)| line.contains('$'));
        self.census.add("rows changed inside JSON", inside.map(|(_, rows)| *rows).sum::<u64>());
        self.census.add("rows kept though they refer", sum(&end.kept));
        self.census.add("rows derived", end.derived);
        if !thing.starts.is_empty() {
            self.census.met("deleted by value");
            if drawn.tenant.is_some() {
                self.census.met("deleted by a tenant's value");
            }
            let has_row =
                |table: usize, value: &Value| self.rows[table].iter().any(|row| row[ID] == *value);
            let is_rowless = |value| !thing.row.is_some_and(|table| has_row(table, value));
            if values.len() > 1 {
                self.census.met("several values deleted");
            }
            if values.iter().any(is_rowless) {
                self.census.met("deleted by value, its own row missing");
            }
        }
    }
}

fn blockers(blockers: &[Blocker]) -> BTreeSet<(By, String)> {
    let by = |kind: BlockerKind| match kind {
        BlockerKind::Wrong => By::Wrong,
        BlockerKind::State | BlockerKind::Hold => By::State,
        BlockerKind::Reference => By::Reference,
        BlockerKind::Guard => By::Guard,
        BlockerKind::OverLimit => By::OverLimit,
        BlockerKind::Undrained => unreachable!("all work can be stopped"),
        BlockerKind::Object => unreachable!("no objects are drawn"),
    };
    blockers.iter().map(|blocker| (by(blocker.kind), blocker.name.clone())).collect()
}

/// The preview must warn of what was chosen, and of nothing else.
fn judge_options(drawn: &Drawn<'_>, preview: &Preview) -> Told<()> {
    for (option, default) in &drawn.thing.options {
        let name = option_name(*option);
        let asked = drawn.asked.get(&name).map(|value| value.eq_ignore_ascii_case("true"));
        let on = asked.unwrap_or(*default);
        let warned = preview.warnings.contains(&format!("{name} is on"));
        let shown = preview.options.iter().any(|shown| shown.name == name && shown.chosen == on);
        demand!(shown && warned == on, "{name} should be {on}: {preview:#?}");
    }
    Ok(())
}

/// Preview and receipt must count what the model counts.
fn judge_counts(preview: &Preview, receipt: &Receipt, end: &End) -> Told<()> {
    let exact = |counts: Vec<(&String, Count)>| -> BTreeMap<String, u64> {
        let counted = counts.into_iter().map(|(name, count)| match count {
            Count::Exact(rows) => (name.clone(), rows),
            other => (format!("{name}: {other:?}"), 1),
        });
        counted.filter(|(_, rows)| *rows > 0).collect()
    };
    let removed = exact(preview.removed.iter().map(|of| (&of.table, of.rows)).collect());
    let changed = exact(preview.changed.iter().map(|of| (&of.line, of.rows)).collect());
    demand!(removed == end.removed, "the preview counts {removed:?}, the model {:?}", end.removed);
    demand!(changed == end.changed, "the preview counts {changed:?}, the model {:?}", end.changed);
    for kept in &preview.kept {
        let wanted = end.kept.get(&kept.line).copied().unwrap_or(0);
        let told = kept.rows == Count::Exact(wanted) || kept.rows == Count::Unknown;
        demand!(told, "the preview counts {kept:?}, the model {wanted}");
    }
    let derived: u64 = preview.derived.iter().map(|of| of.rows.least()).sum();
    demand!(derived == end.derived, "the preview derives {derived}, the model {}", end.derived);
    let record = &receipt.record;
    let mut told = record.changed.clone();
    told.retain(|line, _| !line.starts_with("[work."));
    demand!(
        record.removed == end.removed
            && told == end.changed
            && record.derived.values().sum::<u64>() == end.derived,
        "the receipt counts {record:#?}, the model {:?} {:?} {}",
        end.removed,
        end.changed,
        end.derived
    );
    demand!(Some(&record.digest) == preview.digest.as_ref(), "another digest: {record:#?}");
    Ok(())
}
