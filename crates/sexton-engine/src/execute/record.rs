//! What is written with the rows: tombstones, the audit record, the deletion's new state.

use std::collections::{BTreeMap, BTreeSet};

use sexton_core::audit::{RECORD_VERSION, Record};
use sexton_core::lifecycle::{Event, next};
use sexton_core::plan::Way;
use sexton_core::preview::canonical_key;
use sexton_core::sql::Scalar;

use super::Committed;
use super::admit::Admitted;
use super::change::ChangeError;
use super::hide;
use super::promise::{Counts, Promised};
use crate::outcome::{DeleteError, EngineError};
use crate::ports::{DatabaseError, StateChange, TombstoneSet, Tx};
use crate::system::System;
use crate::walk::Walk;

/// The name under which the roots' own values are kept, where columns start from them.
pub(crate) const ROOT_VALUE: &str = "{root}";
/// The name under which the tenant is kept whose values they are.
pub(crate) const ROOT_TENANT: &str = "{tenant}";

/// So many keys are stored as one value: databases carry values of a gigabyte at most.
const KEYS_MAX: usize = 100_000;

/// What a transaction has done so far.
#[derive(Debug, Default)]
pub(crate) struct Carried {
    pub removed: Vec<(String, u64)>,
    pub changed: Vec<(String, u64)>,
    pub derived: Vec<(String, u64)>,
    pub digest: String,
    pub tenants: BTreeSet<String>,
    pub promised: Promised,
}

/// Writes the deletion's new state, which comes true with the commit.
///
/// Race: its row is locked from here on, so however long the transaction takes, nobody takes the
/// deletion over while it is at work. Who was faster has decided, and nothing is begun.
pub(super) async fn become_committed(
    system: &System,
    admitted: &Admitted,
    tx: &mut dyn Tx,
) -> Result<(), ChangeError> {
    let event = match admitted.ready.plan.way {
        Way::Hide => Event::Hidden,
        Way::AtOnce | Way::Chunk => Event::Committed,
    };
    let to = next(admitted.state, event).expect("what is not gone may commit");
    let change = StateChange {
        id: &admitted.stored.id,
        lease: &admitted.stored.lease,
        from: admitted.state,
        to,
        at: system.surroundings.clock.now(),
        note: None,
        receipt: None,
    };
    if tx.change_state(change).await? {
        return Ok(());
    }
    Err(DatabaseError::Failed {
        label: "commit the deletion".into(),
        detail: "its lease ended and somebody else took it over; nothing was deleted".into(),
    }
    .into())
}

/// Writes everything else that commits with the rows.
pub(super) async fn write(
    system: &System,
    admitted: &Admitted,
    walk: &mut Walk<'_>,
    carried: Carried,
) -> Result<Committed, ChangeError> {
    let at = system.surroundings.clock.now();
    let id = &admitted.stored.id;
    let tombstones = tombstones(walk);
    if !tombstones.is_empty() {
        walk.tx.insert_tombstones(id, at, &tombstones).await?;
    }
    let remembered = walk.remembered();
    if !remembered.is_empty() {
        walk.tx.insert_fenced(id, at, &remembered).await?;
    }
    let hidden = hide::hidden(system, walk, at);
    if !hidden.is_empty() {
        walk.tx.insert_hidden(id, &hidden).await?;
        hide::keep_undo(walk, id).await?;
    }
    let Counts { calls: promised, objects, events } =
        carried.promised.store(system, admitted, walk, &carried.removed).await?;
    let sums = |counts: &[(String, u64)]| -> BTreeMap<String, u64> {
        counts.iter().filter(|(_, rows)| *rows > 0).cloned().collect()
    };
    let mut tenants: Vec<String> = carried.tenants.into_iter().collect();
    let tenant = if tenants.len() == 1 { tenants.pop() } else { None };
    let record = Record {
        v: RECORD_VERSION,
        deletion: id.to_string(),
        system: system.policy.system.to_string(),
        thing: admitted.stored.thing.to_string(),
        roots: admitted.stored.roots.clone(),
        tenant,
        tenants,
        actor: admitted.stored.actor.to_string(),
        reason: admitted.stored.reason.clone(),
        at: at.to_string(),
        digest: carried.digest.clone(),
        plan: admitted.ready.plan.fingerprint.clone(),
        options: admitted.options.clone(),
        removed: sums(&carried.removed),
        changed: sums(&carried.changed),
        derived: sums(&carried.derived),
        promised,
        objects,
        events,
        hidden: hide::counts(&hidden),
        given_up: BTreeMap::new(),
        act: None,
    };
    walk.tx.insert_audit(id, &record.text()).await?;
    let (promised, events) = (sum(&record.promised), sum(&record.events));
    let (removed, digest, objects) = (carried.removed, carried.digest, sum(&record.objects));
    Ok(Committed { id: id.clone(), removed, digest, promised, objects, events })
}

fn sum(counts: &BTreeMap<String, u64>) -> u64 {
    counts.values().sum()
}

/// Keys of interior rows that un-enforced references may still name.
pub(crate) fn tombstones(walk: &Walk<'_>) -> Vec<TombstoneSet> {
    let mut written = BTreeSet::new();
    let mut sets = Vec::new();
    let looks = walk.plan.looks.iter().flat_map(|again| &again.looks);
    for of in looks.filter_map(|look| look.keys.as_ref()) {
        if walk.sets[of.set.0].is_empty() || !written.insert(&of.name) {
            continue;
        }
        let keys: BTreeSet<String> = walk.sets[of.set.0]
            .all()
            .iter()
            .map(|row| of.columns.iter().map(|at| row[*at].clone()).collect::<Vec<_>>())
            .filter(|key| !key.iter().any(Scalar::is_null))
            .map(|key| canonical_key(&key))
            .collect();
        let keys: Vec<String> = keys.into_iter().collect();
        let parts = keys.chunks(KEYS_MAX).map(<[String]>::to_vec);
        sets.extend(parts.map(|keys| TombstoneSet { table: of.name.clone(), keys }));
    }
    if !walk.plan.root.started.is_empty() && walk.plan.way == Way::AtOnce {
        let keys = walk.roots.keys().iter().map(|key| canonical_key(key)).collect();
        sets.push(TombstoneSet { table: ROOT_VALUE.into(), keys });
        let of_tenant = walk.roots.tenant_of_values(walk.plan);
        sets.extend(of_tenant.map(|tenant| {
            let keys = vec![canonical_key(&[Scalar::text(tenant.as_str())])];
            TombstoneSet { table: ROOT_TENANT.into(), keys }
        }));
    }
    sets
}

/// The outcome of a deletion that did not happen, as it is kept with its row.
pub(super) fn note(error: &DeleteError) -> String {
    serde_json::json!({ "outcome": outcome(error), "message": error.to_string() }).to_string()
}

/// The outcome of a deletion that did not happen, in the policy's word.
pub(super) fn outcome(error: &DeleteError) -> &'static str {
    match error {
        DeleteError::Refused(refusal) => refusal.by.as_str(),
        DeleteError::Engine(EngineError::NotFound { .. }) => "missing",
        DeleteError::Engine(EngineError::NoRole { .. } | EngineError::NotOwner { .. }) => {
            "forbidden"
        }
        DeleteError::Engine(EngineError::BadId { .. } | EngineError::OneAtATime { .. }) => "bad-id",
        DeleteError::Engine(EngineError::NoTenant { .. }) => "unset",
        DeleteError::Engine(EngineError::BadOption(_)) => "bad-option",
        DeleteError::Engine(EngineError::TooManyRoots { .. }) => "over-limit",
        DeleteError::Stale(_) => "stale",
        DeleteError::Busy { .. } => "busy",
        DeleteError::Engine(
            EngineError::UnknownThing { .. }
            | EngineError::UnknownStore { .. }
            | EngineError::Policy(_),
        )
        | DeleteError::Unbuilt(_) => "refused",
        DeleteError::Engine(EngineError::Database(_))
        | DeleteError::Unverified { .. }
        | DeleteError::Untaken { .. }
        | DeleteError::Unreaped { .. }
        | DeleteError::Unfinished { .. }
        | DeleteError::Uncertain { .. } => "failed",
    }
}
