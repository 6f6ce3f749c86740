//! Takes back a deletion that has hidden its roots, before anything is gone: the same rows as before,
//! or nothing.
//!
//! Only the rows that this deletion hid come back; what was hidden before by others stays hidden.
//!
//! Race: its state is taken first. A purge takes it too before its first chunk, so one of the two is
//! refused.

mod root;

use std::collections::BTreeMap;

use sexton_core::audit::{Act, Record, Told};
use sexton_core::lifecycle::{Event, State, next};
use sexton_core::names::{Actor, DeletionId};
use sexton_core::plan::{Undo, Way};
use sexton_core::policy::Hide;
use sexton_core::sql::{Bind, Scalar};

use crate::outcome::{DeleteError, EngineError};
use crate::ports::{Arg, DatabaseError, DeletionRow, Mode, Query, StateChange, Tx};
use crate::system::System;

pub use root::RootRestored;

/// How a restoration ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Restored {
    /// So many rows are what they were.
    Rows(u64),
    /// It cannot be restored, in a sentence; nothing changed.
    Refused(String),
}

impl System {
    /// Restores what a deletion has hidden; nothing if there is no such deletion.
    pub async fn restore(
        &self,
        id: &DeletionId,
        actor: &Actor,
    ) -> Result<Option<Restored>, DeleteError> {
        let Some(status) = self.status(id).await? else { return Ok(None) };
        let row = status.row;
        if let Some(why) = self.unrestorable(&row).await? {
            return Ok(Some(Restored::Refused(why)));
        }
        let (options, _) = self.record_of(id).await?;
        let ready = self.ready_to(&row.thing, &options, Way::Hide).await?;
        let mut tx = self.database.begin(Mode::Change).await?;
        if tx.stamp(&ready.plan.tables).await? != ready.stamp {
            tx.rollback().await?;
            self.forget().await;
            let why = "a table has changed its shape; try again".to_owned();
            return Ok(Some(Restored::Refused(why)));
        }
        let restored = self.give_back(&row, &ready.plan.undo, actor, tx.as_mut()).await;
        match restored {
            Ok(Restored::Rows(rows)) => {
                self.record_restored(tx.as_mut(), &row, actor).await?;
                tx.commit().await?;
                Ok(Some(Restored::Rows(rows)))
            }
            Ok(refused) => {
                tx.rollback().await?;
                Ok(Some(refused))
            }
            Err(error) => {
                drop(tx.rollback().await);
                Err(EngineError::Database(error).into())
            }
        }
    }

    /// Why a deletion cannot be restored, if that is so before anything is tried.
    async fn unrestorable(&self, row: &DeletionRow) -> Result<Option<String>, DeleteError> {
        if row.state != State::Hidden {
            return Ok(Some(format!("it is {}: only what is hidden can be restored", row.state)));
        }
        let hide = self.thing(&row.thing).and_then(|thing| thing.hide.as_ref());
        if hide.is_some_and(Hide::is_in_ledger) {
            // Nothing was written over that would have to be kept for some time: until it is purged.
            return Ok(None);
        }
        let mut tx = self.begin_keep().await?;
        let due = tx.hidden(&row.id).await?.into_iter().filter_map(|root| root.due).min();
        tx.rollback().await?;
        let now = self.surroundings.clock.now();
        Ok(due
            .filter(|due| *due < now)
            .map(|due| format!("its time to be restored ended at {due}")))
    }

    async fn give_back(
        &self,
        row: &DeletionRow,
        undo: &[Undo],
        actor: &Actor,
        tx: &mut dyn Tx,
    ) -> Result<Restored, DatabaseError> {
        let to = next(row.state, Event::Restored).expect("what is hidden may be restored");
        let note = serde_json::json!({ "message": format!("restored by {actor}") }).to_string();
        let change = StateChange {
            id: &row.id,
            lease: &row.lease,
            from: row.state,
            to,
            at: self.surroundings.clock.now(),
            note: Some(note),
            receipt: None,
        };
        if !tx.change_state(change).await? {
            return Ok(Restored::Refused("somebody else has just taken it".into()));
        }
        let kept: BTreeMap<i64, String> = tx.undo(&row.id).await?.into_iter().collect();
        if kept.is_empty() && self.is_only_in_ledger(row, tx).await? {
            let hidden = tx.hidden(&row.id).await?;
            // No row was changed: what the ledger and the fence know of it is all there is.
            tx.drop_tombstones(&row.id).await?;
            tx.drop_hidden(&row.id).await?;
            return Ok(Restored::Rows(hidden.len() as u64));
        }
        if kept.is_empty() {
            return Ok(Restored::Refused("its policy does not say that it can be restored".into()));
        }
        let mut total = 0;
        // Order: roots are visible again before rows refer to them, or the fence would refuse.
        for undo in undo.iter().rev() {
            let place = i64::try_from(undo.set.0).unwrap_or(i64::MAX);
            let Some(rows) = kept.get(&place) else { continue };
            let given = restored(undo, rows, tx).await?;
            let expected = serde_json::from_str::<Vec<serde_json::Value>>(rows);
            let expected = expected.map_or(0, |rows| rows.len() as u64);
            if given != expected {
                let table = &undo.restore.table;
                let why = format!(
                    "{} row(s) of {table} were changed since it was hidden",
                    expected - given.min(expected)
                );
                return Ok(Restored::Refused(why));
            }
            total += given;
        }
        tx.drop_undo(&row.id).await?;
        tx.drop_hidden(&row.id).await?;
        Ok(Restored::Rows(total))
    }
}

impl System {
    /// Whether a deletion has hidden its roots in the ledger, and changed no row by that.
    async fn is_only_in_ledger(
        &self,
        row: &DeletionRow,
        tx: &mut dyn Tx,
    ) -> Result<bool, DatabaseError> {
        let hide = self.thing(&row.thing).and_then(|thing| thing.hide.as_ref());
        if !hide.is_some_and(Hide::is_in_ledger) {
            return Ok(false);
        }
        let record = tx.audit_row(&row.id).await?;
        let record = record.and_then(|row| serde_json::from_str::<Record>(&row.record).ok());
        Ok(record.is_some_and(|record| record.changed.is_empty() && record.derived.is_empty()))
    }

    /// Writes the record of a restoration and seals it: that what was deleted is there again counts
    /// as much as that it was gone.
    async fn record_restored(
        &self,
        tx: &mut dyn Tx,
        row: &DeletionRow,
        actor: &Actor,
    ) -> Result<(), DatabaseError> {
        let name = DeletionId::new(format!("{}.restored", row.id));
        let told = Told {
            name: name.to_string(),
            system: row.system.to_string(),
            thing: row.thing.to_string(),
            roots: row.roots.clone(),
            actor: actor.to_string(),
            reason: None,
            at: self.surroundings.clock.now().to_string(),
        };
        tx.insert_audit(&name, &Record::of_act(Act::Restored, told).text()).await?;
        self.seal_in(tx, &name).await.map(drop)
    }
}

async fn restored(undo: &Undo, rows: &str, tx: &mut dyn Tx) -> Result<u64, DatabaseError> {
    let args = undo.restore.binds.iter().map(|bind| match bind {
        Bind::Rows(_) => Arg::Scalar(Scalar::text(rows)),
        Bind::Literal(literal) => Arg::Scalar(literal.clone()),
        _ => Arg::Scalar(Scalar::Null),
    });
    let args = args.collect();
    let (label, sql) = (undo.restore.label.as_str(), undo.restore.sql.as_str());
    tx.run(Query { label, sql, args, general: false }).await
}
