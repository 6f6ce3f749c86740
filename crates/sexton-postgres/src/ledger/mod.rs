//! Sexton's own tables, reached through the transaction: one function, one statement.
//!
//! This file only passes on, so that every answer is judged in one way; the statements are in
//! one module per table.

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

use crate::held::Held;
use crate::transaction::PostgresTx;

#[async_trait]
impl<H: Held> Ledger for PostgresTx<H> {
    async fn is_there(&mut self) -> Result<bool, DatabaseError> {
        self.has_ledger().await
    }

    async fn insert_deletion(&mut self, deletion: &NewDeletion) -> Result<(), DatabaseError> {
        let answer = deletions::insert(&mut self.link(), deletion).await;
        self.judged("store the deletion", "", answer)
    }

    async fn change_state(&mut self, change: StateChange<'_>) -> Result<bool, DatabaseError> {
        let answer = deletions::change_state(&mut self.link(), &change).await;
        self.judged("change the deletion's state", "", answer)
    }

    async fn wait_on(
        &mut self,
        id: &DeletionId,
        lease: &str,
        lease_secs: i64,
        note: &str,
    ) -> Result<bool, DatabaseError> {
        let answer = deletions::wait_on(&mut self.link(), id, lease, lease_secs, note).await;
        self.judged("note what the deletion waits for", "", answer)
    }

    async fn deletion(&mut self, id: &DeletionId) -> Result<Option<DeletionRow>, DatabaseError> {
        let answer = deletions::one(&mut self.link(), id).await;
        self.judged("read the deletion", "", answer)
    }

    async fn deletions(
        &mut self,
        system: &SystemName,
        limit: u32,
    ) -> Result<Vec<DeletionRow>, DatabaseError> {
        let answer = deletions::latest(&mut self.link(), system, limit).await;
        self.judged("read the latest deletions", "", answer)
    }

    async fn take_over(
        &mut self,
        system: &SystemName,
        lease: &str,
        lease_secs: i64,
        limit: u32,
    ) -> Result<Vec<DeletionRow>, DatabaseError> {
        let answer = deletions::take_over(&mut self.link(), system, lease, lease_secs, limit).await;
        self.judged("take over deletions", "", answer)
    }

    async fn let_go(&mut self, id: &DeletionId, lease: &str) -> Result<bool, DatabaseError> {
        let answer = deletions::let_go(&mut self.link(), id, lease).await;
        self.judged("let go of the deletion", "", answer)
    }

    async fn insert_tombstones(
        &mut self,
        deletion: &DeletionId,
        at: Timestamp,
        sets: &[TombstoneSet],
    ) -> Result<(), DatabaseError> {
        let answer = tombstones::insert(&mut self.link(), deletion, at, sets).await;
        self.judged("write tombstones", "", answer)
    }

    async fn tombstones(&mut self, id: &DeletionId) -> Result<Vec<TombstoneSet>, DatabaseError> {
        let answer = tombstones::of(&mut self.link(), id).await;
        self.judged("read tombstones", "", answer)
    }

    async fn late(
        &mut self,
        system: &SystemName,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<DeletionRow>, DatabaseError> {
        let answer = deletions::late(&mut self.link(), system, before, limit).await;
        self.judged("look for late writers", "", answer)
    }

    async fn note_late(
        &mut self,
        id: &DeletionId,
        note: Option<&str>,
    ) -> Result<(), DatabaseError> {
        let answer = deletions::note_late(&mut self.link(), id, note).await;
        self.judged("note what came late", "", answer)
    }

    async fn drop_tombstones(&mut self, id: &DeletionId) -> Result<u64, DatabaseError> {
        let answer = tombstones::remove(&mut self.link(), id).await;
        self.judged("remove tombstones", "", answer)
    }

    async fn lock_fence(&mut self, of: &Remembered) -> Result<(), DatabaseError> {
        let answer = fenced::lock(&mut self.link(), of).await;
        self.judged("lock the fence", "", answer)
    }

    async fn insert_fenced(
        &mut self,
        deletion: &DeletionId,
        at: Timestamp,
        sets: &[Remembered],
    ) -> Result<(), DatabaseError> {
        let answer = fenced::insert(&mut self.link(), deletion, at, sets).await;
        self.judged("remember keys for the fence", "", answer)
    }

    async fn insert_hidden(
        &mut self,
        deletion: &DeletionId,
        roots: &[HiddenRoot],
    ) -> Result<(), DatabaseError> {
        let answer = hidden::insert(&mut self.link(), deletion, roots).await;
        self.judged("note what is hidden", "", answer)
    }

    async fn hidden(&mut self, deletion: &DeletionId) -> Result<Vec<HiddenRoot>, DatabaseError> {
        let answer = hidden::of(&mut self.link(), deletion).await;
        self.judged("read what is hidden", "", answer)
    }

    async fn hidden_by(
        &mut self,
        system: &SystemName,
        thing: &ThingName,
        key: &str,
    ) -> Result<Option<DeletionId>, DatabaseError> {
        let answer = hidden::by(&mut self.link(), system, thing, key).await;
        self.judged("look for who hid it", "", answer)
    }

    async fn hidden_among(&mut self, asked: AskedRoots<'_>) -> Result<Vec<String>, DatabaseError> {
        if !self.has_ledger().await? {
            return Ok(Vec::new());
        }
        let answer = hidden::among(&mut self.link(), &asked).await;
        self.judged("look for what is hidden", "", answer)
    }

    async fn insert_undo(
        &mut self,
        deletion: &DeletionId,
        place: i64,
        rows: &str,
    ) -> Result<(), DatabaseError> {
        let answer = hidden::insert_undo(&mut self.link(), deletion, place, rows).await;
        self.judged("keep what hiding changed", "", answer)
    }

    async fn undo(&mut self, deletion: &DeletionId) -> Result<Vec<(i64, String)>, DatabaseError> {
        let answer = hidden::undo(&mut self.link(), deletion).await;
        self.judged("read what hiding changed", "", answer)
    }

    async fn drop_undo(&mut self, deletion: &DeletionId) -> Result<(), DatabaseError> {
        let answer = hidden::drop_undo(&mut self.link(), deletion).await;
        self.judged("forget what hiding changed", "", answer)
    }

    async fn due_to_purge(
        &mut self,
        system: &SystemName,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<DeletionId>, DatabaseError> {
        let answer = hidden::due(&mut self.link(), system, now, limit).await;
        self.judged("look for what is hidden", "", answer)
    }

    async fn note_purge(
        &mut self,
        deletion: &DeletionId,
        note: Option<&str>,
    ) -> Result<(), DatabaseError> {
        let answer = hidden::note(&mut self.link(), deletion, note).await;
        self.judged("note what a purge waits for", "", answer)
    }

    async fn insert_purged(
        &mut self,
        deletion: &DeletionId,
        at: Timestamp,
        counts: &str,
    ) -> Result<(), DatabaseError> {
        let answer = hidden::insert_purged(&mut self.link(), deletion, at, counts).await;
        self.judged("note what a chunk removed", "", answer)
    }

    async fn purged(&mut self, deletion: &DeletionId) -> Result<Vec<String>, DatabaseError> {
        let answer = hidden::purged(&mut self.link(), deletion).await;
        self.judged("read what chunks removed", "", answer)
    }

    async fn drop_hidden(&mut self, deletion: &DeletionId) -> Result<(), DatabaseError> {
        let answer = hidden::drop_of(&mut self.link(), deletion).await;
        self.judged("forget what was hidden", "", answer)
    }

    async fn insert_audit(
        &mut self,
        deletion: &DeletionId,
        record: &str,
    ) -> Result<(), DatabaseError> {
        let answer = audit::insert(&mut self.link(), deletion, record).await;
        self.judged("append to the audit", "", answer)
    }

    async fn lock_audit_head(&mut self) -> Result<AuditHead, DatabaseError> {
        let answer = audit::lock_head(&mut self.link()).await;
        self.judged("lock the end of the audit", "", answer)
    }

    async fn unsealed_audit(&mut self, limit: u32) -> Result<Vec<AuditRow>, DatabaseError> {
        let answer = audit::unsealed(&mut self.link(), limit).await;
        self.judged("read unsealed records", "", answer)
    }

    async fn count_unsealed_audit(&mut self) -> Result<u64, DatabaseError> {
        let answer = audit::count_unsealed(&mut self.link()).await;
        self.judged("read unsealed records", "", answer)
    }

    async fn sealed_audit(
        &mut self,
        after: i64,
        limit: u32,
    ) -> Result<Vec<AuditRow>, DatabaseError> {
        let answer = audit::sealed(&mut self.link(), after, limit).await;
        self.judged("read unsealed records", "", answer)
    }

    async fn seal_audit(&mut self, id: i64, head: &AuditHead) -> Result<(), DatabaseError> {
        let answer = audit::seal(&mut self.link(), id, head).await;
        self.judged("seal a record", "", answer)
    }

    async fn audit_head(&mut self) -> Result<AuditHead, DatabaseError> {
        let answer = audit::head(&mut self.link()).await;
        self.judged("read the end of the audit", "", answer)
    }

    async fn audit_row(
        &mut self,
        deletion: &DeletionId,
    ) -> Result<Option<AuditRow>, DatabaseError> {
        let answer = audit::of_deletion(&mut self.link(), deletion).await;
        self.judged("read the audit record", "", answer)
    }

    async fn audit_rows(&mut self, after: i64, limit: u32) -> Result<Vec<AuditRow>, DatabaseError> {
        let answer = audit::after(&mut self.link(), after, limit).await;
        self.judged("read the audit", "", answer)
    }

    async fn audit_rows_before(
        &mut self,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<AuditRow>, DatabaseError> {
        let answer = audit::before(&mut self.link(), before, limit).await;
        self.judged("read the audit", "", answer)
    }

    async fn unaudited_deletions(&mut self) -> Result<Vec<DeletionId>, DatabaseError> {
        let answer = audit::unaudited(&mut self.link()).await;
        self.judged("look for deletions without a record", "", answer)
    }
}
