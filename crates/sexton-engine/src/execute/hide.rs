//! Hides roots: the part of a deletion that is about the root, after which a purge goes on.
//!
//! It is the same walk as a deletion at once, of a plan that removes nothing. What is hidden is
//! noted with it, by its keys: what hangs below is found from these, and what was hidden before by
//! others is not among them.

use std::collections::{BTreeMap, HashMap};

use sexton_core::audit::{Receipt, Record};
use sexton_core::names::{DeletionId, Timestamp};
use sexton_core::policy::{Hide, Undo};
use sexton_core::preview::canonical_key;
use sexton_core::sql::Scalar;

use super::Committed;
use super::admit::Admitted;
use crate::outcome::DeleteError;
use crate::ports::{AuditRow, DatabaseError, HiddenRoot, Row};
use crate::reap::Open;
use crate::system::System;
use crate::walk::Walk;

/// The roots that a walk hides.
pub(super) fn hidden(system: &System, walk: &Walk<'_>, at: Timestamp) -> Vec<HiddenRoot> {
    let due = due(system, walk, at);
    let own = own_in_ledger(walk, at, due);
    let of_sets = walk.plan.hidden.iter().filter(|hidden| {
        // What the ledger hides is noted by the keys by which the ledger finds it again.
        own.is_empty() || hidden.thing != walk.plan.thing
    });
    let of_sets = of_sets.flat_map(|hidden| {
        let rows = walk.sets[hidden.set.0].all().iter();
        rows.map(move |row| {
            let key: Vec<Scalar> = hidden.key.iter().map(|at| row[*at].clone()).collect();
            let (thing, key) = (hidden.thing.clone(), canonical_key(&key));
            HiddenRoot { thing, key, at, due, tenant: None }
        })
    });
    let of_sets: Vec<HiddenRoot> = of_sets.collect();
    own.into_iter().chain(of_sets).collect()
}

/// The roots themselves, where no column of theirs hides them.
fn own_in_ledger(walk: &Walk<'_>, at: Timestamp, due: Option<Timestamp>) -> Vec<HiddenRoot> {
    if walk.plan.root.in_ledger.is_none() {
        return Vec::new();
    }
    let tenant = walk.roots.tenant_of_values(walk.plan);
    let keys = walk.ledger_keys().into_iter();
    let root =
        |key| HiddenRoot { thing: walk.plan.thing.clone(), key, at, due, tenant: tenant.cloned() };
    keys.map(root).collect()
}

/// When the purge of what a walk hides may begin; none if there is none.
fn due(system: &System, walk: &Walk<'_>, at: Timestamp) -> Option<Timestamp> {
    let thing = system.thing(&walk.plan.thing)?;
    thing.purge.as_ref()?;
    match thing.hide.as_ref().and_then(Hide::row).map(|row| row.undo) {
        Some(Undo::Forever) => None,
        Some(Undo::Secs(secs)) => Some(at.plus_secs(secs)),
        Some(Undo::UntilPurged) | None => Some(at),
    }
}

/// Keeps what hiding has changed, where it can be given back. What cannot be written down exactly is
/// not kept, and then nothing is restored.
pub(super) async fn keep_undo(walk: &mut Walk<'_>, id: &DeletionId) -> Result<(), DatabaseError> {
    let plan = walk.plan;
    for undo in &plan.undo {
        if walk.sets[undo.set.0].is_empty() {
            continue;
        }
        let identity = plan.sets[undo.set.0].identity;
        let now: HashMap<Vec<Scalar>, Row> = walk
            .rows(&undo.reread, u64::MAX)
            .await?
            .into_iter()
            .map(|row| (row[..identity].to_vec(), row))
            .collect();
        let old = walk.sets[undo.set.0].all().iter();
        let rows = old.filter_map(|row| {
            let values = identity..identity + undo.values;
            let now = &now.get(&row[..identity])?[values.clone()];
            Some([&row[..identity], &row[values], now].concat())
        });
        let rows: Vec<Row> = rows.collect();
        let is_plain = |value: &Scalar| !matches!(value, Scalar::Real(_) | Scalar::Blob(_));
        if rows.iter().flatten().all(is_plain) {
            let rows: Vec<String> = rows.iter().map(|row| canonical_key(row)).collect();
            let place = i64::try_from(undo.set.0).unwrap_or(i64::MAX);
            walk.tx.insert_undo(id, place, &format!("[{}]", rows.join(","))).await?;
        }
    }
    Ok(())
}

/// How many roots of each thing are hidden.
pub(super) fn counts(hidden: &[HiddenRoot]) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for root in hidden {
        *counts.entry(root.thing.to_string()).or_default() += 1;
    }
    counts
}

impl System {
    /// Makes the calls that hiding promised and seals its record; what is hidden is told, and is not
    /// complete.
    pub(super) async fn see_hidden(
        &self,
        committed: &Committed,
        admitted: &Admitted,
    ) -> Result<Receipt, DeleteError> {
        let open =
            Open { calls: committed.promised > 0, objects: false, events: committed.events > 0 };
        if open.is_reaped() {
            self.tell_log(&committed.id, open).await?;
            self.reap_own(&committed.id).await?;
        }
        let mut tx = self.begin_keep().await?;
        let sealed = self.seal_in(tx.as_mut(), &committed.id).await?;
        let row = match sealed {
            Some(row) => Some(row),
            None => tx.audit_row(&committed.id).await?,
        };
        tx.let_go(&committed.id, &admitted.stored.lease).await?;
        tx.commit().await?;
        let receipt = row.and_then(|row| self.interim(&row));
        receipt.ok_or_else(|| DeleteError::Uncertain { deletion: committed.id.clone() })
    }

    /// What there is to show of a deletion that is hidden.
    fn interim(&self, row: &AuditRow) -> Option<Receipt> {
        let record: Record = serde_json::from_str(&row.record).ok()?;
        Some(Receipt {
            record,
            verified_at: self.surroundings.clock.now().to_string(),
            looked_at: 0,
            purged: BTreeMap::new(),
            called: BTreeMap::new(),
            objects_gone: BTreeMap::new(),
            seq: row.seq?,
            hash: row.hash.clone()?,
        })
    }
}
