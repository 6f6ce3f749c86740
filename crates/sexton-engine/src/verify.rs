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
use sexton_core::sql::{Scalar, Statement};

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
    /// takes back those of which nothing had happened. Returns what became of each, or the first
    /// failure once all others have been settled.
    pub async fn settle(&self) -> Result<Vec<(DeletionId, State)>, DeleteError> {
        if !self.has_history().await? {
            return Ok(Vec::new());
        }
        let lease = self.new_lease();
        let mut tx = self.begin_keep().await?;
        let taken = tx.take_over(&self.policy.system, &lease, LEASE_SECS).await?;
        let before = self.surroundings.clock.now().plus_secs(-LATE_SECS);
        tx.drop_tombstones(before).await?;
        tx.commit().await?;
        let (mut settled, mut failure) = (Vec::new(), None);
        for row in taken {
            match self.settle_one(&row, &lease).await {
                Ok(state) => settled.push((row.id, state)),
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        failure.map_or(Ok(settled), Err)
    }

    async fn settle_one(&self, row: &DeletionRow, lease: &str) -> Result<State, DeleteError> {
        if row.state == State::Requested {
            return self.withdraw(row, lease).await;
        }
        match self.finish(&row.id, &row.thing, lease).await {
            Ok(_) => Ok(State::Complete),
            Err(DeleteError::Unverified { .. }) => Ok(State::Reaped),
            Err(error) => Err(error),
        }
    }

    async fn withdraw(&self, row: &DeletionRow, lease: &str) -> Result<State, DeleteError> {
        let note = serde_json::json!({
            "outcome": "withdrawn",
            "message": "its process ended before anything was gone",
        });
        let mut tx = self.begin_keep().await?;
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
        thing: &ThingName,
        lease: &str,
    ) -> Result<Receipt, DeleteError> {
        // Order: planning takes connections of its own, so it comes before any is held.
        let ready = self.ready(thing).await?;
        let (row, left, looked_at) = self.look_again(&ready.plan, id).await?;
        let mut tx = self.begin_keep().await?;
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
        plan: &Plan,
        id: &DeletionId,
    ) -> Result<(DeletionRow, Vec<(String, u64)>, u64), DeleteError> {
        let mut tx = self.database.begin(Mode::Look { budget: None }).await?;
        let row = tx.deletion(id).await?.ok_or_else(|| EngineError::NotFound {
            thing: ThingName::new("deletion"),
            id: id.to_string(),
        })?;
        let tombstones = tx.tombstones(id).await?;
        let mut left = Vec::new();
        for look in &plan.looks {
            let found = look_from(plan, look, &tombstones, tx.as_mut()).await?;
            if found > 0 {
                left.push((look.text.clone(), found));
            }
        }
        left.extend(still_there(plan, &tombstones, tx.as_mut()).await?);
        tx.rollback().await?;
        let looked_at = plan.looks.len() + plan.root.started.len();
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

/// What finds a root by its value, where columns start from it: its row, and those columns.
fn of_the_value(plan: &Plan) -> impl Iterator<Item = &Statement> {
    let root = &plan.root;
    let row = root.row.iter().filter(|_| !root.started.is_empty()).map(|row| &row.statement);
    row.chain(&root.started)
}

/// Rows that still hold the root's value, its own row among them: one that was missing may have
/// come late.
async fn still_there(
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
    for statement in of_the_value(plan) {
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
