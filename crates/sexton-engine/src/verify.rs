//! Looks again after the commit, and writes the receipt.
//!
//! Deleted parents cannot be joined any more, so the look goes by tombstones: every reference
//! that nothing enforces is looked up by the keys that are gone. Only when none is left is the
//! deletion complete. Enforced references need no look: the database vouches for them.

use std::collections::BTreeMap;

use sexton_core::audit::{Receipt, Record};
use sexton_core::lifecycle::{Event, State, next};
use sexton_core::names::{Actor, DeletionId, ThingName};
use sexton_core::plan::{Look, Plan};
use sexton_core::preview::parse_key;
use sexton_core::sql::Scalar;

use crate::execute::ROOT_VALUE;
use crate::outcome::{DeleteError, EngineError};
use crate::ports::{DatabaseError, DeletionRow, Mode, StateChange, TombstoneSet, Tx};
use crate::system::System;
use crate::walk::{KeyRows, Locks, RootValue, Walk};

/// A look stops counting here: what is left is named, not measured.
const LEFT_MAX: u64 = 1_000;
/// Tombstones stay so long after the receipt, for writers that come late.
const LATE_SECS: i64 = 15 * 60;
/// How long a process that settles holds what it took over.
const LEASE_SECS: i64 = 60;

impl System {
    /// Goes on with deletions whose process ended: looks again at those that committed, and
    /// takes back those of which nothing had happened. Returns what became of each.
    pub async fn settle(&self) -> Result<Vec<(DeletionId, State)>, DeleteError> {
        self.prepare().await?;
        let lease = self.new_lease();
        let mut tx = self.database.begin(Mode::Keep).await?;
        let taken = tx.take_over(&self.policy.system, &lease, LEASE_SECS).await?;
        let before = self.surroundings.clock.now().plus_secs(-LATE_SECS);
        tx.drop_tombstones(before).await?;
        tx.commit().await?;
        let mut settled = Vec::new();
        for row in taken {
            let state = match row.state {
                State::Requested => self.withdraw(&row, &lease).await?,
                _ => match self.finish(&row.id, &lease).await {
                    Ok(_) => State::Complete,
                    Err(DeleteError::Unverified { .. }) => State::Reaped,
                    Err(error) => return Err(error),
                },
            };
            settled.push((row.id, state));
        }
        Ok(settled)
    }

    async fn withdraw(&self, row: &DeletionRow, lease: &str) -> Result<State, DeleteError> {
        let note = serde_json::json!({
            "outcome": "withdrawn",
            "message": "its process ended before anything was gone",
        });
        let mut tx = self.database.begin(Mode::Keep).await?;
        self.step(
            tx.as_mut(),
            &row.id,
            lease,
            (State::Requested, Event::Withdrawn),
            Some(note),
            None,
        )
        .await?;
        tx.commit().await?;
        Ok(State::Withdrawn)
    }

    /// From committed to complete: looks again, seals the audit, writes the receipt.
    pub(crate) async fn finish(
        &self,
        id: &DeletionId,
        lease: &str,
    ) -> Result<Receipt, DeleteError> {
        let (row, left, looked_at) = self.look_again(id).await?;
        let mut tx = self.database.begin(Mode::Keep).await?;
        if row.state == State::Committed {
            let note = (!left.is_empty()).then(|| waiting_on(&left));
            self.step(tx.as_mut(), id, lease, (State::Committed, Event::Reaped), note, None)
                .await?;
        }
        self.seal_in(tx.as_mut()).await?;
        if !left.is_empty() {
            tx.commit().await?;
            return Err(DeleteError::Unverified { deletion: id.clone(), left });
        }
        let receipt = self.receipt(tx.as_mut(), id, looked_at).await?;
        let text = serde_json::to_string(&receipt).expect("a receipt is plain text and numbers");
        self.step(tx.as_mut(), id, lease, (State::Reaped, Event::Verified), None, Some(text))
            .await?;
        tx.commit().await?;
        Ok(receipt)
    }

    async fn look_again(
        &self,
        id: &DeletionId,
    ) -> Result<(DeletionRow, Vec<(String, u64)>, u64), DeleteError> {
        let mut tx = self.database.begin(Mode::Look { budget: None }).await?;
        let row = tx.deletion(id).await?.ok_or_else(|| EngineError::NotFound {
            thing: ThingName::new("deletion"),
            id: id.to_string(),
        })?;
        let tombstones = tx.tombstones(id).await?;
        let ready = self.ready(&row.thing).await?;
        let mut left = Vec::new();
        for look in &ready.plan.looks {
            let found = look_from(&ready.plan, look, &tombstones, tx.as_mut()).await?;
            if found > 0 {
                left.push((look.text.clone(), found));
            }
        }
        left.extend(still_started(&ready.plan, &tombstones, tx.as_mut()).await?);
        tx.rollback().await?;
        let looked_at = ready.plan.looks.len() + ready.plan.root.started.len();
        Ok((row, left, looked_at as u64))
    }

    async fn step(
        &self,
        tx: &mut dyn Tx,
        id: &DeletionId,
        lease: &str,
        (from, event): (State, Event),
        note: Option<serde_json::Value>,
        receipt: Option<String>,
    ) -> Result<(), DatabaseError> {
        let to = next(from, event).expect("the caller names an event that fits its state");
        let at = self.surroundings.clock.now();
        let note = note.map(|note| note.to_string());
        let change = StateChange { id, lease, from, to, at, note, receipt };
        if tx.change_state(change).await? {
            return Ok(());
        }
        // Race: whoever took it over writes the receipt; this process stops here.
        Err(DatabaseError::Failed {
            label: "change the deletion's state".into(),
            detail: "its lease ended and somebody else took it over; ask `sexton status`".into(),
        })
    }

    async fn receipt(
        &self,
        tx: &mut dyn Tx,
        id: &DeletionId,
        looked_at: u64,
    ) -> Result<Receipt, DatabaseError> {
        let row = tx.audit_row(id).await?;
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
        Ok(Receipt { record, verified_at, looked_at, seq, hash })
    }
}

/// Counts rows that still refer to tombstones.
async fn look_from(
    plan: &Plan,
    look: &Look,
    tombstones: &[TombstoneSet],
    tx: &mut dyn Tx,
) -> Result<u64, DatabaseError> {
    let Some(set) = tombstones.iter().find(|set| set.table == look.tombstones) else {
        return Ok(0);
    };
    let key_set = &plan.sets[look.set.0];
    let rows = set.keys.iter().filter_map(|key| parse_key(key)).map(|values| {
        let mut row = vec![Scalar::Null; key_set.columns.len()];
        for (at, value) in look.columns.iter().zip(values) {
            row[*at] = value;
        }
        row
    });
    let nobody = RootValue { values: Vec::new(), tenant: None, actor: Actor::new("") };
    let mut walk = Walk::new(plan, tx, nobody, Locks::Leave);
    // The whole row stands for its identity: only the looked-for columns are known.
    walk.sets[look.set.0] = KeyRows::new(key_set.columns.len());
    walk.sets[look.set.0].add(rows.collect());
    walk.count(&look.statement, LEFT_MAX).await
}

/// Start columns that still hold the root's value.
async fn still_started(
    plan: &Plan,
    tombstones: &[TombstoneSet],
    tx: &mut dyn Tx,
) -> Result<Vec<(String, u64)>, DatabaseError> {
    let value = tombstones.iter().find(|set| set.table == ROOT_VALUE);
    let Some(values) = value.and_then(|set| parse_key(set.keys.first()?)) else {
        return Ok(Vec::new());
    };
    let root = RootValue { values, tenant: None, actor: Actor::new("") };
    let mut walk = Walk::new(plan, tx, root, Locks::Leave);
    let mut left = Vec::new();
    for statement in &plan.root.started {
        if !walk.rows(statement, 1).await?.is_empty() {
            left.push((format!("{} still holds the root's value", statement.table), 1));
        }
    }
    Ok(left)
}

fn waiting_on(left: &[(String, u64)]) -> serde_json::Value {
    let lines: BTreeMap<&str, u64> =
        left.iter().map(|(line, rows)| (line.as_str(), *rows)).collect();
    serde_json::json!({ "waiting_on": "rows that still refer to what is gone", "left": lines })
}
