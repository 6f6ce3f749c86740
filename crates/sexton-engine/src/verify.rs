//! Looks again after the commit, and writes the receipt.
//!
//! Deleted parents cannot be joined any more, so the look goes by tombstones: every reference
//! that nothing enforces is looked up by the keys that are gone. Only when none is left is the
//! deletion complete. Enforced references need no look: the database vouches for them.
//!
//! The look, the seal and the receipt are one transaction, begun after the commit: its first
//! statement sees whatever was committed before it.

use std::collections::{BTreeMap, BTreeSet};

use sexton_core::audit::{Receipt, Record};
use sexton_core::intent::IntentKind;
use sexton_core::lifecycle::{Event, State, next};
use sexton_core::line::ObjectFacts;
use sexton_core::names::{Actor, DeletionId, TenantId, ThingName};
use sexton_core::plan::{Look, LookAgain, Plan};
use sexton_core::policy::Options;
use sexton_core::preview::parse_key;
use sexton_core::sql::Scalar;
use sexton_core::sweep::SWEEP;

use crate::execute::{ROOT_TENANT, ROOT_VALUE};
use crate::outcome::DeleteError;
use crate::ports::{AuditRow, DatabaseError, DeletionRow, StateChange, TombstoneSet, Tx};
use crate::reap::{OBJECTS, Open, REAPED, kinds_stored, objects_gone};
use crate::request::Caller;
use crate::system::System;
use crate::walk::{KeyRows, Locks, Roots, Walk};

/// A look stops counting here: what is left is named, not measured.
const LEFT_MAX: u64 = 1_000;
/// So many deletions are taken over at a time.
const TAKEN_MAX: u32 = 20;
/// How long a process that settles holds what it took over.
const LEASE_SECS: i64 = 60;

impl System {
    /// Goes on with deletions whose process ended: looks again at those that committed, and
    /// takes back those of which nothing had happened. Returns what became of each, or the first
    /// failure once all others have been settled.
    pub async fn settle(&self) -> Result<Vec<(DeletionId, State)>, DeleteError> {
        if !self.has_history().await? {
            return Ok(Vec::new());
        }
        let lease = self.new_lease();
        let (mut settled, mut failure) = (Vec::new(), None);
        let mut met = BTreeSet::new();
        loop {
            let mut tx = self.begin_keep().await?;
            // Order: few at a time, so that the lease of the last is not over before its turn.
            let taken = tx.take_over(&self.policy.system, &lease, LEASE_SECS, TAKEN_MAX).await?;
            tx.commit().await?;
            // What could not be settled comes round again once its new lease is over.
            let is_last = taken.len() < TAKEN_MAX as usize
                || taken.iter().any(|row| !met.insert(row.id.clone()));
            for row in taken {
                match self.settle_one(&row, &lease).await {
                    // It waits for its calls, as before.
                    Ok(State::Committed) => {}
                    Ok(state) => settled.push((row.id, state)),
                    Err(error) => failure = failure.or(Some(error)),
                }
            }
            if is_last {
                break;
            }
        }
        failure = failure.or(self.look_late().await.err());
        failure.map_or(Ok(settled), Err)
    }

    async fn settle_one(&self, row: &DeletionRow, lease: &str) -> Result<State, DeleteError> {
        if matches!(row.state, State::Requested | State::Drained) {
            return self.withdraw_left(row, lease).await;
        }
        let (options, mut open) = self.record_of(&row.id).await?;
        if row.state == State::Purged {
            // What its chunks promised is not in the record of its hiding.
            open = Open { calls: true, objects: true, events: true };
        }
        match self.finish(&row.id, &row.thing, &options, lease, row.state, open).await {
            Ok(_) => Ok(State::Complete),
            Err(DeleteError::Unreaped { .. }) => Ok(State::Committed),
            Err(DeleteError::Unverified { .. }) => Ok(State::Reaped),
            Err(error) => Err(error),
        }
    }

    /// Withdraws what its process left before anything was gone.
    async fn withdraw_left(&self, row: &DeletionRow, lease: &str) -> Result<State, DeleteError> {
        // Work that was asked to stop has stopped, or will: nothing asks it to go on.
        let has_asked =
            row.state == State::Drained || row.note.as_deref().is_some_and(waits_for_work);
        let message = if has_asked {
            "its process ended before anything was gone; work in flight had been asked to stop"
        } else {
            "its process ended before anything was gone"
        };
        let note = serde_json::json!({ "outcome": "withdrawn", "message": message });
        let mut tx = self.begin_keep().await?;
        let step = Step { from: row.state, events: &[Event::Withdrawn], note: Some(note) };
        if !self.step(tx.as_mut(), &row.id, lease, step, None).await? {
            return Err(taken_over().into());
        }
        tx.commit().await?;
        Ok(State::Withdrawn)
    }

    /// From committed to complete: looks again, seals the audit, writes the receipt.
    pub(crate) async fn finish(
        &self,
        id: &DeletionId,
        thing: &ThingName,
        options: &Options,
        lease: &str,
        from: State,
        open: Open,
    ) -> Result<Receipt, DeleteError> {
        // Order: planning takes connections of its own, so it comes before any is held.
        let ready = match thing.as_str() {
            // No rows went, and no policy has such a thing.
            SWEEP => None,
            _ => Some(self.ready(thing, options).await?),
        };
        let mut tx = self.begin_keep().await?;
        if open.is_reaped() && tx.intents_left(id, REAPED).await?.open > 0 {
            tx.rollback().await?;
            return Err(self.leave_open(id, lease, open).await?);
        }
        let seen = match &ready {
            Some(ready) => look_again(&ready.plan, id, tx.as_mut()).await?,
            None => Seen { left: Vec::new(), looked_at: 0 },
        };
        let sealed = self.seal_in(tx.as_mut(), id).await?;
        if !seen.left.is_empty() {
            let step = Step { from, events: &[Event::Reaped], note: Some(waiting_on(&seen.left)) };
            let is_first = matches!(from, State::Committed | State::Purged);
            if is_first && !self.step(tx.as_mut(), id, lease, step, None).await? {
                return self.as_others_left_it(tx, id).await;
            }
            tx.commit().await?;
            return Err(DeleteError::Unverified { deletion: id.clone(), left: seen.left });
        }
        let mut receipt = self.receipt(tx.as_mut(), id, sealed, seen.looked_at).await?;
        let mut facts = ObjectFacts::default();
        if open.objects {
            (receipt.objects_gone, facts) = objects_gone(tx.as_mut(), id).await?;
            for kind in OBJECTS {
                tx.drop_intents(id, kind).await?;
            }
        }
        if open.events {
            let kinds = kinds_stored(&self.policy, &receipt.record.events);
            self.tell_log_in(tx.as_mut(), id, &kinds, facts).await?;
        }
        if open.calls {
            for (rule, outcome, count) in tx.count_intents(id).await? {
                receipt.called.entry(rule).or_default().insert(outcome, count);
            }
            // What was said held values of rows that are gone.
            tx.drop_intents(id, IntentKind::Hook).await?;
        }
        let text = serde_json::to_string(&receipt).expect("a receipt is plain text and numbers");
        let events: &[Event] = match from {
            State::Committed | State::Purged => &[Event::Reaped, Event::Verified],
            _ => &[Event::Verified],
        };
        let step = Step { from, events, note: None };
        if !self.step(tx.as_mut(), id, lease, step, Some(text)).await? {
            return self.as_others_left_it(tx, id).await;
        }
        if !receipt.record.hidden.is_empty() {
            tx.drop_hidden(id).await?;
        }
        tx.commit().await?;
        Ok(receipt)
    }

    /// The options that a committed deletion was carried out with, and what it promised, from its
    /// record.
    pub(crate) async fn record_of(&self, id: &DeletionId) -> Result<(Options, Open), DeleteError> {
        let mut tx = self.begin_keep().await?;
        let row = tx.audit_row(id).await?;
        tx.rollback().await?;
        let record = row.and_then(|row| serde_json::from_str::<Record>(&row.record).ok());
        let told = record.map(|record| {
            let open = Open {
                calls: !record.promised.is_empty(),
                objects: !record.objects.is_empty(),
                events: !record.events.is_empty(),
            };
            (record.options, open)
        });
        Ok(told.unwrap_or_default())
    }

    /// The receipt that somebody else wrote. A deletion that took longer than its lease is taken
    /// over by whoever settles, and may be complete by now.
    async fn as_others_left_it(
        &self,
        tx: Box<dyn Tx>,
        id: &DeletionId,
    ) -> Result<Receipt, DeleteError> {
        tx.rollback().await?;
        let mut tx = self.begin_keep().await?;
        let row = tx.deletion(id).await?;
        tx.rollback().await?;
        let receipt = row.and_then(|row| serde_json::from_str(&row.receipt?).ok());
        receipt.ok_or_else(|| taken_over().into())
    }

    /// Changes the state by these events; says whether the deletion was still ours.
    async fn step(
        &self,
        tx: &mut dyn Tx,
        id: &DeletionId,
        lease: &str,
        step: Step<'_>,
        receipt: Option<String>,
    ) -> Result<bool, DatabaseError> {
        let to = step.events.iter().try_fold(step.from, |state, event| next(state, *event));
        let to = to.expect("the caller names events that fit the state");
        let at = self.surroundings.clock.now();
        let note = step.note.map(|note| note.to_string());
        tx.change_state(StateChange { id, lease, from: step.from, to, at, note, receipt }).await
    }

    async fn receipt(
        &self,
        tx: &mut dyn Tx,
        id: &DeletionId,
        sealed: Option<AuditRow>,
        looked_at: u64,
    ) -> Result<Receipt, DatabaseError> {
        let row = match sealed {
            Some(row) => Some(row),
            // Somebody else sealed it.
            None => tx.audit_row(id).await?,
        };
        let lost = |detail: &str| DatabaseError::Failed {
            label: "read the audit".into(),
            detail: detail.into(),
        };
        let row = row.ok_or_else(|| lost("the record of this deletion is missing"))?;
        let record: Record =
            serde_json::from_str(&row.record).map_err(|_| lost("the record cannot be read"))?;
        let (Some(seq), Some(hash)) = (row.seq, row.hash) else {
            return Err(lost("the record is not sealed"));
        };
        let verified_at = self.surroundings.clock.now().to_string();
        let (called, objects_gone) = (BTreeMap::new(), BTreeMap::new());
        let purged =
            if record.hidden.is_empty() { BTreeMap::new() } else { purged(tx, id).await? };
        Ok(Receipt { record, verified_at, looked_at, purged, called, objects_gone, seq, hash })
    }
}

/// The sums of what the chunks of a deletion removed.
async fn purged(tx: &mut dyn Tx, id: &DeletionId) -> Result<BTreeMap<String, u64>, DatabaseError> {
    let mut sums: BTreeMap<String, u64> = BTreeMap::new();
    for counts in tx.purged(id).await? {
        let counts: BTreeMap<String, u64> = serde_json::from_str(&counts).unwrap_or_default();
        for (table, rows) in counts {
            *sums.entry(table).or_default() += rows;
        }
    }
    Ok(sums)
}

/// Whether a deletion noted that it waits for work, rather than for calls.
fn waits_for_work(note: &str) -> bool {
    let note: serde_json::Value = serde_json::from_str(note).unwrap_or_default();
    note["waiting_on"].as_str().is_some_and(|said| said.starts_with("work"))
}

/// A change of state, by one event or by several at once.
struct Step<'s> {
    from: State,
    events: &'s [Event],
    note: Option<serde_json::Value>,
}

// Race: whoever took it over writes the receipt; this process stops here.
fn taken_over() -> DatabaseError {
    DatabaseError::Failed {
        label: "change the deletion's state".into(),
        detail: "its lease ended and somebody else took it over; ask `sexton status`".into(),
    }
}

/// What a look saw.
pub(crate) struct Seen {
    /// What was found, and how many rows of it.
    pub left: Vec<(String, u64)>,
    looked_at: u64,
}

/// Counts rows that still refer to tombstones, or hold a root's value.
pub(crate) async fn look_again(
    plan: &Plan,
    id: &DeletionId,
    tx: &mut dyn Tx,
) -> Result<Seen, DatabaseError> {
    let mut seen = Seen { left: Vec::new(), looked_at: 0 };
    if plan.looks.is_empty() {
        return Ok(seen);
    }
    let tombstones = tx.tombstones(id).await?;
    let kept = |name: &'static str| {
        let sets = tombstones.iter().filter(move |set| set.table == name);
        sets.flat_map(|set| &set.keys).filter_map(|key| parse_key(key))
    };
    let tenant = kept(ROOT_TENANT).flatten().next();
    let tenant = tenant.map(|tenant| TenantId::new(tenant.to_string()));
    let caller = Caller { tenant, ..Caller::operator(Actor::new("")) };
    let roots = Roots::of(kept(ROOT_VALUE).collect(), caller);
    let mut walk = Walk::new(plan, tx, roots, Locks::Leave);
    walk.sets = gone(plan, &tombstones);
    for LookAgain { looks, statement } in &plan.looks {
        let counts = walk.rows(statement, LEFT_MAX).await?.pop().unwrap_or_default();
        let counts = counts.iter().map(|count| count.as_integer().unwrap_or(0));
        for (look, count) in looks.iter().zip(counts).filter(|(_, count)| *count > 0) {
            seen.left.push((look.text.clone(), count.unsigned_abs()));
        }
        seen.looked_at += looks.len() as u64;
    }
    Ok(seen)
}

/// The key sets as far as tombstones know them: in each row the columns of one set of
/// tombstones, the others NULL, which refers to nothing.
fn gone(plan: &Plan, tombstones: &[TombstoneSet]) -> Vec<KeyRows> {
    let mut sets: Vec<KeyRows> =
        plan.sets.iter().map(|set| KeyRows::new(set.columns.len())).collect();
    let looks = plan.looks.iter().flat_map(|again| &again.looks);
    let mut known = BTreeSet::new();
    for keys in looks.filter_map(|look: &Look| look.keys.as_ref()) {
        if !known.insert(&keys.name) {
            continue;
        }
        let written = tombstones.iter().filter(|set| set.table == keys.name);
        let rows = written.flat_map(|set| &set.keys).filter_map(|key| parse_key(key));
        let rows = rows.map(|values| {
            let mut row = vec![Scalar::Null; plan.sets[keys.set.0].columns.len()];
            for (at, value) in keys.columns.iter().zip(values) {
                row[*at] = value;
            }
            row
        });
        // The whole row stands for its identity: only the looked-for columns are known.
        sets[keys.set.0].add(rows.collect());
    }
    sets
}

pub(crate) fn waiting_on(left: &[(String, u64)]) -> serde_json::Value {
    let lines: BTreeMap<&str, u64> =
        left.iter().map(|(line, rows)| (line.as_str(), *rows)).collect();
    serde_json::json!({ "waiting_on": "rows that still refer to what is gone", "left": lines })
}
