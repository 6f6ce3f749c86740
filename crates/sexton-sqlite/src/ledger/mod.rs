//! Sexton's own tables inside a transaction.
//!
//! Here the port's methods are handed to the module of their table. SQLite locks the whole file
//! for writing, so what the port says of locks holds by being in a transaction that changes.

mod audit;
mod deletions;
mod fenced;
mod hidden;
mod tombstones;

pub(crate) use deletions::page;

use async_trait::async_trait;
use sexton_core::names::{DeletionId, SystemName, ThingName, Timestamp};
use sexton_engine::ports::{
    AskedRoots, AuditHead, AuditRow, DatabaseError, DeletionRow, HiddenRoot, Ledger, NewDeletion,
    Remembered, StateChange, TombstoneSet,
};

use crate::failure::{failure, is_missing_table};
use crate::transaction::SqliteTx;

#[async_trait]
impl Ledger for SqliteTx<'_> {
    async fn is_there(&mut self) -> Result<bool, DatabaseError> {
        let answer = crate::holds::exists(self.connection()?).await;
        self.judged(answer)
    }

    async fn insert_deletion(&mut self, deletion: &NewDeletion) -> Result<(), DatabaseError> {
        let answer = deletions::insert(self.connection()?, deletion).await;
        self.judged(answer)
    }

    async fn change_state(&mut self, change: StateChange<'_>) -> Result<bool, DatabaseError> {
        let answer = deletions::change_state(self.connection()?, change).await;
        self.judged(answer)
    }

    async fn wait_on(
        &mut self,
        id: &DeletionId,
        lease: &str,
        lease_secs: i64,
        note: &str,
    ) -> Result<bool, DatabaseError> {
        let answer = deletions::wait_on(self.connection()?, id, lease, lease_secs, note).await;
        self.judged(answer)
    }

    async fn deletion(&mut self, id: &DeletionId) -> Result<Option<DeletionRow>, DatabaseError> {
        let answer = deletions::read(self.connection()?, id).await;
        self.judged(answer)
    }

    async fn deletions(
        &mut self,
        system: &SystemName,
        limit: u32,
    ) -> Result<Vec<DeletionRow>, DatabaseError> {
        let answer = deletions::latest(self.connection()?, system, limit).await;
        self.judged(answer)
    }

    async fn take_over(
        &mut self,
        system: &SystemName,
        lease: &str,
        lease_secs: i64,
        limit: u32,
    ) -> Result<Vec<DeletionRow>, DatabaseError> {
        let answer =
            deletions::take_over(self.connection()?, system, lease, lease_secs, limit).await;
        self.judged(answer)
    }

    async fn let_go(&mut self, id: &DeletionId, lease: &str) -> Result<bool, DatabaseError> {
        let answer = deletions::let_go(self.connection()?, id, lease).await;
        self.judged(answer)
    }

    async fn insert_tombstones(
        &mut self,
        deletion: &DeletionId,
        at: Timestamp,
        sets: &[TombstoneSet],
    ) -> Result<(), DatabaseError> {
        for set in sets {
            let answer = tombstones::insert(self.connection()?, deletion, at, set).await;
            self.judged(answer)?;
        }
        Ok(())
    }

    async fn tombstones(&mut self, id: &DeletionId) -> Result<Vec<TombstoneSet>, DatabaseError> {
        let answer = tombstones::of_deletion(self.connection()?, id).await;
        self.judged(answer)
    }

    async fn late(
        &mut self,
        system: &SystemName,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<DeletionRow>, DatabaseError> {
        let answer = deletions::late(self.connection()?, system, before, limit).await;
        self.judged(answer)
    }

    async fn note_late(
        &mut self,
        id: &DeletionId,
        note: Option<&str>,
    ) -> Result<(), DatabaseError> {
        let answer = deletions::note_late(self.connection()?, id, note).await;
        self.judged(answer)
    }

    async fn drop_tombstones(&mut self, id: &DeletionId) -> Result<u64, DatabaseError> {
        let answer = fenced::forget(self.connection()?, id).await;
        self.judged(answer)?;
        let answer = tombstones::drop_of(self.connection()?, id).await;
        self.judged(answer)
    }

    /// There is one writer: nobody else is about to write.
    async fn lock_fence(&mut self, _of: &Remembered) -> Result<(), DatabaseError> {
        Ok(())
    }

    async fn insert_fenced(
        &mut self,
        deletion: &DeletionId,
        at: Timestamp,
        sets: &[Remembered],
    ) -> Result<(), DatabaseError> {
        for set in sets {
            let answer = fenced::insert(self.connection()?, deletion, at, set).await;
            self.judged(answer)?;
        }
        Ok(())
    }

    async fn insert_hidden(
        &mut self,
        deletion: &DeletionId,
        roots: &[HiddenRoot],
    ) -> Result<(), DatabaseError> {
        for root in roots {
            let answer = hidden::insert(self.connection()?, deletion, root).await;
            self.judged(answer)?;
        }
        Ok(())
    }

    async fn hidden(&mut self, deletion: &DeletionId) -> Result<Vec<HiddenRoot>, DatabaseError> {
        let answer = hidden::of_deletion(self.connection()?, deletion).await;
        self.judged(answer)
    }

    async fn hidden_by(
        &mut self,
        system: &SystemName,
        thing: &ThingName,
        key: &str,
    ) -> Result<Option<DeletionId>, DatabaseError> {
        let answer = hidden::by(self.connection()?, system, thing, key).await;
        self.judged(answer)
    }

    async fn hidden_among(&mut self, asked: AskedRoots<'_>) -> Result<Vec<String>, DatabaseError> {
        let answer = hidden::among(self.connection()?, &asked).await;
        match answer.map_err(|error| failure("look for what is hidden", error)) {
            // No table, nothing hidden: nobody has prepared this file yet.
            Err(error) if is_missing_table(&error) => Ok(Vec::new()),
            answer => self.judged(answer),
        }
    }

    async fn insert_undo(
        &mut self,
        deletion: &DeletionId,
        place: i64,
        rows: &str,
    ) -> Result<(), DatabaseError> {
        let answer = hidden::insert_undo(self.connection()?, deletion, place, rows).await;
        self.judged(answer)
    }

    async fn undo(&mut self, deletion: &DeletionId) -> Result<Vec<(i64, String)>, DatabaseError> {
        let answer = hidden::undo(self.connection()?, deletion).await;
        self.judged(answer)
    }

    async fn drop_undo(&mut self, deletion: &DeletionId) -> Result<(), DatabaseError> {
        let answer = hidden::drop_undo(self.connection()?, deletion).await;
        self.judged(answer)
    }

    async fn due_to_purge(
        &mut self,
        system: &SystemName,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<DeletionId>, DatabaseError> {
        let answer = hidden::due(self.connection()?, system, now, limit).await;
        self.judged(answer)
    }

    async fn note_purge(
        &mut self,
        deletion: &DeletionId,
        note: Option<&str>,
    ) -> Result<(), DatabaseError> {
        let answer = hidden::note(self.connection()?, deletion, note).await;
        self.judged(answer)
    }

    async fn insert_purged(
        &mut self,
        deletion: &DeletionId,
        at: Timestamp,
        counts: &str,
    ) -> Result<(), DatabaseError> {
        let answer = hidden::insert_purged(self.connection()?, deletion, at, counts).await;
        self.judged(answer)
    }

    async fn purged(&mut self, deletion: &DeletionId) -> Result<Vec<String>, DatabaseError> {
        let answer = hidden::purged(self.connection()?, deletion).await;
        self.judged(answer)
    }

    async fn drop_hidden(&mut self, deletion: &DeletionId) -> Result<(), DatabaseError> {
        let answer = hidden::drop_purged(self.connection()?, deletion).await;
        self.judged(answer)?;
        let answer = hidden::drop_of(self.connection()?, deletion).await;
        self.judged(answer)
    }

    async fn insert_audit(
        &mut self,
        deletion: &DeletionId,
        record: &str,
    ) -> Result<(), DatabaseError> {
        let answer = audit::insert(self.connection()?, deletion, record).await;
        self.judged(answer)
    }

    async fn lock_audit_head(&mut self) -> Result<AuditHead, DatabaseError> {
        let answer = audit::lock_head(self.connection()?).await;
        self.judged(answer)
    }

    async fn unsealed_audit(&mut self, limit: u32) -> Result<Vec<AuditRow>, DatabaseError> {
        let answer = audit::unsealed(self.connection()?, limit).await;
        self.judged(answer)
    }

    async fn count_unsealed_audit(&mut self) -> Result<u64, DatabaseError> {
        let answer = audit::count_unsealed(self.connection()?).await;
        self.judged(answer)
    }

    async fn sealed_audit(
        &mut self,
        after: i64,
        limit: u32,
    ) -> Result<Vec<AuditRow>, DatabaseError> {
        let answer = audit::sealed(self.connection()?, after, limit).await;
        self.judged(answer)
    }

    async fn seal_audit(&mut self, id: i64, head: &AuditHead) -> Result<(), DatabaseError> {
        let answer = audit::seal(self.connection()?, id, head).await;
        self.judged(answer)?;
        let answer = audit::move_head(self.connection()?, head).await;
        self.judged(answer)
    }

    async fn audit_head(&mut self) -> Result<AuditHead, DatabaseError> {
        let answer = audit::head(self.connection()?).await;
        self.judged(answer)
    }

    async fn audit_row(
        &mut self,
        deletion: &DeletionId,
    ) -> Result<Option<AuditRow>, DatabaseError> {
        let answer = audit::of_deletion(self.connection()?, deletion).await;
        self.judged(answer)
    }

    async fn audit_rows(&mut self, after: i64, limit: u32) -> Result<Vec<AuditRow>, DatabaseError> {
        let answer = audit::rows(self.connection()?, after, limit).await;
        self.judged(answer)
    }

    async fn audit_rows_before(
        &mut self,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<AuditRow>, DatabaseError> {
        let answer = audit::before(self.connection()?, before, limit).await;
        self.judged(answer)
    }

    async fn unaudited_deletions(&mut self) -> Result<Vec<DeletionId>, DatabaseError> {
        let answer = audit::unaudited(self.connection()?).await;
        self.judged(answer)
    }
}
