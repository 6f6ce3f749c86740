//! The ledger's methods with points, named by the method.

use async_trait::async_trait;
use sexton_core::names::{DeletionId, SystemName, ThingName, Timestamp};
use sexton_engine::ports::{
    AskedRoots, AuditHead, AuditRow, DatabaseError, DeletionRow, HiddenRoot, Ledger, NewDeletion,
    Remembered, StateChange, TombstoneSet,
};

use super::transaction::InterposedTx;

#[async_trait]
impl Ledger for InterposedTx {
    async fn is_there(&mut self) -> Result<bool, DatabaseError> {
        self.watch.around("is_there", self.inner.is_there()).await
    }

    async fn insert_deletion(&mut self, deletion: &NewDeletion) -> Result<(), DatabaseError> {
        self.watch.around("insert_deletion", self.inner.insert_deletion(deletion)).await
    }

    async fn change_state(&mut self, change: StateChange<'_>) -> Result<bool, DatabaseError> {
        let call = format!("change_state to {}", change.to);
        self.watch.around(&call, self.inner.change_state(change)).await
    }

    async fn wait_on(
        &mut self,
        id: &DeletionId,
        lease: &str,
        lease_secs: i64,
        note: &str,
    ) -> Result<bool, DatabaseError> {
        self.watch.around("wait_on", self.inner.wait_on(id, lease, lease_secs, note)).await
    }

    async fn deletion(&mut self, id: &DeletionId) -> Result<Option<DeletionRow>, DatabaseError> {
        self.watch.around("deletion", self.inner.deletion(id)).await
    }

    async fn deletions(
        &mut self,
        system: &SystemName,
        limit: u32,
    ) -> Result<Vec<DeletionRow>, DatabaseError> {
        self.watch.around("deletions", self.inner.deletions(system, limit)).await
    }

    async fn take_over(
        &mut self,
        system: &SystemName,
        lease: &str,
        lease_secs: i64,
        limit: u32,
    ) -> Result<Vec<DeletionRow>, DatabaseError> {
        let taken = self.inner.take_over(system, lease, lease_secs, limit);
        self.watch.around("take_over", taken).await
    }

    async fn let_go(&mut self, id: &DeletionId, lease: &str) -> Result<bool, DatabaseError> {
        self.watch.around("let_go", self.inner.let_go(id, lease)).await
    }

    async fn insert_tombstones(
        &mut self,
        deletion: &DeletionId,
        at: Timestamp,
        sets: &[TombstoneSet],
    ) -> Result<(), DatabaseError> {
        let written = self.inner.insert_tombstones(deletion, at, sets);
        self.watch.around("insert_tombstones", written).await
    }

    async fn tombstones(&mut self, id: &DeletionId) -> Result<Vec<TombstoneSet>, DatabaseError> {
        self.watch.around("tombstones", self.inner.tombstones(id)).await
    }

    async fn late(
        &mut self,
        system: &SystemName,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<DeletionRow>, DatabaseError> {
        self.watch.around("late", self.inner.late(system, before, limit)).await
    }

    async fn note_late(
        &mut self,
        id: &DeletionId,
        note: Option<&str>,
    ) -> Result<(), DatabaseError> {
        self.watch.around("note_late", self.inner.note_late(id, note)).await
    }

    async fn drop_tombstones(&mut self, id: &DeletionId) -> Result<u64, DatabaseError> {
        self.watch.around("drop_tombstones", self.inner.drop_tombstones(id)).await
    }

    async fn lock_fence(&mut self, of: &Remembered) -> Result<(), DatabaseError> {
        let call = format!("lock_fence {}", of.memory);
        if self.unlocked {
            return self.watch.around(&call, async { Ok(()) }).await;
        }
        self.watch.around(&call, self.inner.lock_fence(of)).await
    }

    async fn insert_fenced(
        &mut self,
        deletion: &DeletionId,
        at: Timestamp,
        sets: &[Remembered],
    ) -> Result<(), DatabaseError> {
        let written = self.inner.insert_fenced(deletion, at, sets);
        self.watch.around("insert_fenced", written).await
    }

    async fn insert_hidden(
        &mut self,
        deletion: &DeletionId,
        roots: &[HiddenRoot],
    ) -> Result<(), DatabaseError> {
        self.watch.around("insert_hidden", self.inner.insert_hidden(deletion, roots)).await
    }

    async fn hidden(&mut self, deletion: &DeletionId) -> Result<Vec<HiddenRoot>, DatabaseError> {
        self.watch.around("hidden", self.inner.hidden(deletion)).await
    }

    async fn hidden_by(
        &mut self,
        system: &SystemName,
        thing: &ThingName,
        key: &str,
    ) -> Result<Option<DeletionId>, DatabaseError> {
        self.watch.around("hidden_by", self.inner.hidden_by(system, thing, key)).await
    }

    async fn hidden_among(&mut self, asked: AskedRoots<'_>) -> Result<Vec<String>, DatabaseError> {
        self.watch.around("hidden_among", self.inner.hidden_among(asked)).await
    }

    async fn insert_undo(
        &mut self,
        deletion: &DeletionId,
        place: i64,
        rows: &str,
    ) -> Result<(), DatabaseError> {
        self.watch.around("insert_undo", self.inner.insert_undo(deletion, place, rows)).await
    }

    async fn undo(&mut self, deletion: &DeletionId) -> Result<Vec<(i64, String)>, DatabaseError> {
        self.watch.around("undo", self.inner.undo(deletion)).await
    }

    async fn drop_undo(&mut self, deletion: &DeletionId) -> Result<(), DatabaseError> {
        self.watch.around("drop_undo", self.inner.drop_undo(deletion)).await
    }

    async fn due_to_purge(
        &mut self,
        system: &SystemName,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<DeletionId>, DatabaseError> {
        self.watch.around("due_to_purge", self.inner.due_to_purge(system, now, limit)).await
    }

    async fn note_purge(
        &mut self,
        deletion: &DeletionId,
        note: Option<&str>,
    ) -> Result<(), DatabaseError> {
        self.watch.around("note_purge", self.inner.note_purge(deletion, note)).await
    }

    async fn insert_purged(
        &mut self,
        deletion: &DeletionId,
        at: Timestamp,
        counts: &str,
    ) -> Result<(), DatabaseError> {
        self.watch.around("insert_purged", self.inner.insert_purged(deletion, at, counts)).await
    }

    async fn purged(&mut self, deletion: &DeletionId) -> Result<Vec<String>, DatabaseError> {
        self.watch.around("purged", self.inner.purged(deletion)).await
    }

    async fn drop_hidden(&mut self, deletion: &DeletionId) -> Result<(), DatabaseError> {
        self.watch.around("drop_hidden", self.inner.drop_hidden(deletion)).await
    }

    async fn insert_audit(
        &mut self,
        deletion: &DeletionId,
        record: &str,
    ) -> Result<(), DatabaseError> {
        self.watch.around("insert_audit", self.inner.insert_audit(deletion, record)).await
    }

    async fn lock_audit_head(&mut self) -> Result<AuditHead, DatabaseError> {
        self.watch.around("lock_audit_head", self.inner.lock_audit_head()).await
    }

    async fn unsealed_audit(&mut self, limit: u32) -> Result<Vec<AuditRow>, DatabaseError> {
        self.watch.around("unsealed_audit", self.inner.unsealed_audit(limit)).await
    }

    async fn count_unsealed_audit(&mut self) -> Result<u64, DatabaseError> {
        self.watch.around("count_unsealed_audit", self.inner.count_unsealed_audit()).await
    }

    async fn sealed_audit(
        &mut self,
        after: i64,
        limit: u32,
    ) -> Result<Vec<AuditRow>, DatabaseError> {
        self.watch.around("sealed_audit", self.inner.sealed_audit(after, limit)).await
    }

    async fn seal_audit(&mut self, id: i64, head: &AuditHead) -> Result<(), DatabaseError> {
        self.watch.around("seal_audit", self.inner.seal_audit(id, head)).await
    }

    async fn audit_head(&mut self) -> Result<AuditHead, DatabaseError> {
        self.watch.around("audit_head", self.inner.audit_head()).await
    }

    async fn audit_row(
        &mut self,
        deletion: &DeletionId,
    ) -> Result<Option<AuditRow>, DatabaseError> {
        self.watch.around("audit_row", self.inner.audit_row(deletion)).await
    }

    async fn audit_rows_before(
        &mut self,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<AuditRow>, DatabaseError> {
        let rows = self.inner.audit_rows_before(before, limit);
        self.watch.around("audit_rows_before", rows).await
    }

    async fn audit_rows(&mut self, after: i64, limit: u32) -> Result<Vec<AuditRow>, DatabaseError> {
        self.watch.around("audit_rows", self.inner.audit_rows(after, limit)).await
    }

    async fn unaudited_deletions(&mut self) -> Result<Vec<DeletionId>, DatabaseError> {
        self.watch.around("unaudited_deletions", self.inner.unaudited_deletions()).await
    }
}
