//! The one transaction: find under locks, judge, change, remove, derive, record.

use sexton_core::plan::{Removal, RemovalPart};
use sexton_core::preview::{Blocker, BlockerKind, DigestPart, DigestParts};
use sexton_core::sql::Scalar;

use super::admit::Admitted;
use super::record::Carried;
use super::{Committed, record};
use crate::asked::all_of;
use crate::outcome::{DeleteError, EngineError, Refusal, RefusedBy};
use crate::ports::{DatabaseError, Tx, Violation};
use crate::reap::Calling;
use crate::request::Bound;
use crate::system::System;
use crate::walk::{Found, Judge, Locks, Walk, named};

/// Why the transaction is taken back.
pub(crate) enum ChangeError {
    SchemaChanged,
    Database(DatabaseError),
    /// Somebody must be told before these rows go.
    Uncalled(Vec<Calling>),
    /// Somebody is at work who can be asked to stop.
    AtWork(Vec<Blocker>),
    Ended(Box<DeleteError>),
}

impl From<DatabaseError> for ChangeError {
    fn from(error: DatabaseError) -> Self {
        Self::Database(error)
    }
}

impl ChangeError {
    pub(super) fn refused(refusal: Refusal) -> Self {
        Self::Ended(Box::new(DeleteError::Refused(refusal)))
    }
}

impl System {
    /// Everything between BEGIN and COMMIT.
    pub(super) async fn carry_out(
        &self,
        admitted: &Admitted,
        tx: &mut dyn Tx,
    ) -> Result<Committed, ChangeError> {
        let plan = &admitted.ready.plan;
        record::become_committed(self, admitted, tx).await?;
        if plan.root.lock_value {
            tx.lock_names(&admitted.roots.lock_names(&self.policy.system, plan)).await?;
        }
        let mut walk = Walk::new(plan, tx, admitted.roots.clone(), Locks::Take);
        let found = walk.find_root().await.map_err(|error| unfound(admitted, error))?;
        let subjects = all_of(&admitted.request.root, plan, found)
            .map_err(|error| ChangeError::Ended(Box::new(error.into())))?;
        if let Some(due) = &admitted.due
            && walk.rows(due, u64::MAX).await?.len() < walk.roots.len()
        {
            return Err(ChangeError::refused(Refusal::undue(plan)));
        }
        if walk.find_all().await? == Found::TooMany {
            return Err(ChangeError::refused(Refusal::by(RefusedBy::OverLimit, vec![too_many()])));
        }
        let judge = Judge { policy: &self.policy, subjects: &subjects };
        let mut blockers = walk.judge(&judge).await?;
        blockers.extend(walk.over_limit(walk.going_rows()));
        if let Some(refusal) = Refusal::of(blockers) {
            return Err(ChangeError::refused(refusal));
        }
        let parts = walk.digest_parts(&self.policy.system, &admitted.options);
        // Order: keys and old values are compared before the first change, leaves as they go.
        refuse_difference(admitted, &parts, false)?;
        walk.refuse_at_work().await?;
        let mut carried = self.carry(admitted, &mut walk, parts).await?;
        carried.tenants = subjects.into_iter().filter_map(|subject| subject.tenant).collect();
        record::write(self, admitted, &mut walk, carried).await
    }

    /// Changes and removes what was found and judged: all of it, what is about a root that is
    /// hidden, or a chunk.
    pub(crate) async fn carry(
        &self,
        admitted: &Admitted,
        walk: &mut Walk<'_>,
        mut parts: DigestParts,
    ) -> Result<Carried, ChangeError> {
        let plan = walk.plan;
        let mut carried = Carried::default();
        carried.changed.extend(walk.stop_staying().await?);
        if !plan.steps.record.is_empty() || !plan.steps.name.is_empty() {
            carried.promised = self.promise(admitted, walk).await?;
        }
        walk.change(&mut carried).await?;
        walk.remove(&mut carried, &mut parts).await?;
        refuse_difference(admitted, &parts, true)?;
        walk.derive(&mut carried).await?;
        walk.tx.settle_constraints().await?;
        // Race: a table may change its shape until our locks keep such changes away, which is when
        // its rows are removed. So the stamp is compared here: a reference that no line names, and
        // whose cascade took rows uncounted, is seen as well as a change before the transaction.
        if walk.tx.stamp(&plan.tables).await? != admitted.ready.stamp {
            return Err(ChangeError::SchemaChanged);
        }
        carried.digest = parts.exact();
        Ok(carried)
    }
}

/// Why the root could not even be looked for: most often its id does not fit its column.
pub(super) fn unfound(admitted: &Admitted, error: DatabaseError) -> ChangeError {
    let DatabaseError::BadValue(detail) = error else {
        return error.into();
    };
    let root = &admitted.request.root;
    let bad = EngineError::BadId { thing: root.thing.clone(), ids: named(root), detail };
    ChangeError::Ended(Box::new(bad.into()))
}

/// The blocker if the interior alone is more than a plan carries.
pub(crate) fn too_many() -> Blocker {
    Blocker {
        kind: BlockerKind::OverLimit,
        name: "limits.rows".into(),
        message: "more than a million interior rows would go at once".into(),
        count: crate::walk::INTERIOR_KEYS_MAX,
        names: Vec::new(),
        subject: Vec::new(),
        roots: Vec::new(),
        ways_out: vec!["give the thing `hide`, so that it is purged in chunks".into()],
    }
}

fn refuse_difference(admitted: &Admitted, now: &DigestParts, all: bool) -> Result<(), ChangeError> {
    let stale = |differences| Err(ChangeError::Ended(Box::new(DeleteError::Stale(differences))));
    match &admitted.request.bound_to {
        // It was compared before work was asked to stop. What the workers did to end was asked for.
        _ if admitted.has_asked => Ok(()),
        None => Ok(()),
        Some(Bound::Digest(digest)) if !all || now.matches(digest) => Ok(()),
        Some(Bound::Digest(_)) => stale(Vec::new()),
        Some(Bound::Parts { digest, parts }) => {
            let differences = parts.differences(now, all && !digest.starts_with("bounded-"));
            if differences.is_empty() { Ok(()) } else { stale(differences) }
        }
    }
}

impl Walk<'_> {
    /// Rows that are known to go so far.
    pub(crate) fn going_rows(&self) -> u64 {
        let going =
            self.plan.sets.iter().filter(|set| set.role == sexton_core::plan::SetRole::Going);
        going.map(|set| self.sets[set.id.0].len() as u64).sum()
    }

    /// The blocker if so many rows are more than one deletion may take.
    pub(crate) fn over_limit(&self, rows: u64) -> Option<Blocker> {
        let limit = self.plan.limits.rows;
        (rows > limit).then(|| Blocker {
            kind: BlockerKind::OverLimit,
            name: "limits.rows".into(),
            message: format!("it would take {rows} rows or more at once; the limit is {limit}"),
            count: rows,
            names: Vec::new(),
            subject: Vec::new(),
            roots: Vec::new(),
            ways_out: vec![format!(
                "raise `limits.rows` of [things.{}], or give it `hide` so that it is purged in chunks",
                self.plan.thing
            )],
        })
    }

    /// Refuses, or says who is to be asked, while somebody is at work on a row that goes or changes.
    ///
    /// Race: the rows are locked, so from here on no worker takes one.
    async fn refuse_at_work(&mut self) -> Result<(), ChangeError> {
        let unstopped = self.at_work(|working| !working.is_stopped).await?;
        if let Some(refusal) = Refusal::of(unstopped) {
            return Err(ChangeError::refused(refusal));
        }
        let at_work = self.at_work(|working| working.is_stopped).await?;
        if at_work.is_empty() { Ok(()) } else { Err(ChangeError::AtWork(at_work)) }
    }

    async fn change(&mut self, carried: &mut Carried) -> Result<(), DatabaseError> {
        let plan = self.plan;
        // Order: an enforced pointer is nulled first, so that its target can go.
        for statement in plan.steps.derive.iter().flat_map(|derivation| &derivation.release) {
            self.run(statement).await?;
        }
        for change in &plan.steps.change {
            let rows = self.run(&change.statement).await?;
            if rows > 0 {
                carried.changed.push((change.text.clone(), rows));
            }
        }
        Ok(())
    }

    async fn remove(
        &mut self,
        carried: &mut Carried,
        parts: &mut DigestParts,
    ) -> Result<(), ChangeError> {
        let plan = self.plan;
        let mut total = self.going_rows();
        for removal in &plan.steps.remove {
            let removed = self.remove_group(removal).await?;
            for (part, rows) in removal.parts.iter().zip(removed) {
                let name = part.table.to_string();
                if part.set.is_none() {
                    total += rows;
                    parts.parts.push(DigestPart::of_leaf(name.clone(), rows));
                }
                self.refuse_share(part, rows).await?;
                carried.removed.push((name, rows));
            }
            if let Some(refusal) = self.over_limit(total).and_then(|b| Refusal::of(vec![b])) {
                return Err(ChangeError::refused(refusal));
            }
        }
        Ok(())
    }

    async fn remove_group(&mut self, removal: &Removal) -> Result<Vec<u64>, ChangeError> {
        if let Some(together) = &removal.together {
            let rows = self.rows(together, u64::MAX).await?;
            let counts: Vec<u64> = match rows.first() {
                Some(row) => row.iter().map(count_of).collect(),
                None => vec![0; removal.parts.len()],
            };
            for (part, count) in removal.parts.iter().zip(&counts) {
                self.all_gone(part, *count)?;
            }
            return Ok(counts);
        }
        if removal.parts.iter().any(|part| part.check.is_some()) {
            self.tx.relax_constraints().await?;
        }
        let mut counts = Vec::new();
        for part in &removal.parts {
            counts.push(self.run(&part.statement).await?);
        }
        let mut checked = Vec::new();
        for (part, count) in removal.parts.iter().zip(counts) {
            checked.push(self.checked(part, count).await?);
        }
        Ok(checked)
    }

    /// How many rows of a part went, once it is sure that none is left.
    async fn checked(&mut self, part: &RemovalPart, count: u64) -> Result<u64, ChangeError> {
        let Some(check) = &part.check else {
            self.all_gone(part, count)?;
            return Ok(count);
        };
        if !self.rows(check, 1).await?.is_empty() {
            return Err(kept_back(part).into());
        }
        // Cascades of the database are not counted by it; the set knows them.
        Ok(part.set.map_or(count, |set| self.sets[set.0].len() as u64))
    }

    fn all_gone(&self, part: &RemovalPart, count: u64) -> Result<(), ChangeError> {
        match part.set {
            Some(set) if count != self.sets[set.0].len() as u64 => Err(kept_back(part).into()),
            _ => Ok(()),
        }
    }

    /// Refuses when more than the allowed share of a table would go.
    async fn refuse_share(&mut self, part: &RemovalPart, removed: u64) -> Result<(), ChangeError> {
        let (Some(percent), Some(population)) = (self.plan.limits.percent, &part.population) else {
            return Ok(());
        };
        if removed == 0 {
            return Ok(());
        }
        let left = self.count(population, u64::MAX).await?;
        let blocker = over_share(&part.table.to_string(), removed, left + removed, percent);
        match blocker.and_then(|blocker| Refusal::of(vec![blocker])) {
            Some(refusal) => Err(ChangeError::refused(refusal)),
            None => Ok(()),
        }
    }

    async fn derive(&mut self, carried: &mut Carried) -> Result<(), DatabaseError> {
        let plan = self.plan;
        for derivation in &plan.steps.derive {
            let rows = self.run(&derivation.statement).await?;
            if rows > 0 {
                carried.derived.push((derivation.table.to_string(), rows));
            }
        }
        Ok(())
    }
}

/// The blocker if so many of a table's rows are more than the allowed share.
#[expect(clippy::cast_precision_loss, reason = "a share of rows needs no more than 52 bits")]
pub(crate) fn over_share(table: &str, removed: u64, of: u64, percent: f64) -> Option<Blocker> {
    let share = removed as f64 * 100.0 / (of.max(1)) as f64;
    (share > percent).then(|| Blocker {
        kind: BlockerKind::OverLimit,
        name: "limits.percent".into(),
        message: format!("{removed} of {of} rows of {table} would go; the limit is {percent} %"),
        count: removed,
        names: Vec::new(),
        subject: Vec::new(),
        roots: Vec::new(),
        ways_out: vec!["raise `limits.percent` of the thing".into()],
    })
}

fn count_of(number: &Scalar) -> u64 {
    number.as_integer().and_then(|number| u64::try_from(number).ok()).unwrap_or(0)
}

fn kept_back(part: &RemovalPart) -> DatabaseError {
    DatabaseError::Violation {
        kind: Violation::Raised,
        label: part.statement.label.clone(),
        table: Some(part.table.clone()),
        detail: "a trigger or a rule kept rows that were to go, or others went with them; \
                 nothing was deleted"
            .into(),
    }
}
