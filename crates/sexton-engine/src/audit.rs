//! The audit: seals records into the chain, lists them, and verifies the chain.

use std::collections::VecDeque;

use sexton_core::audit::{ChainFault, ChainJudge, FIRST_HASH, Link, Record, seal};
use sexton_core::names::DeletionId;

use crate::outcome::DeleteError;
use crate::ports::{AuditHead, AuditRow, DatabaseError, Mode, Tx};
use crate::system::System;

/// So many records are read at a time.
const PAGE: u32 = 1_000;

/// One record, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its place in the chain, once sealed.
    pub seq: Option<i64>,
    /// Its hash, once sealed.
    pub hash: Option<String>,
    /// The record.
    pub record: Record,
}

/// What verifying the chain found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainReport {
    /// How many sealed records were judged.
    pub records: u64,
    /// How many are not sealed yet.
    pub unsealed: u64,
    /// The hash at the end of the chain.
    pub head: String,
    /// What is wrong.
    pub faults: Vec<ChainFault>,
}

impl System {
    /// Seals every committed record that is not sealed yet, in the order they were written, and
    /// returns that of this deletion if it was among them.
    ///
    /// Race: the end of the chain is locked first, so two sealers never give one place twice.
    pub(crate) async fn seal_in(
        &self,
        tx: &mut dyn Tx,
        of: &DeletionId,
    ) -> Result<Option<AuditRow>, DatabaseError> {
        let mut head = tx.lock_audit_head().await?;
        let mut own = None;
        loop {
            let page = tx.unsealed_audit(PAGE).await?;
            let is_last = page.len() < PAGE as usize;
            for mut row in page {
                let seq = head.seq + 1;
                head = AuditHead { seq, hash: seal(&head.hash, seq, &row.record) };
                tx.seal_audit(row.id, &head).await?;
                if row.deletion == *of {
                    (row.seq, row.hash) = (Some(head.seq), Some(head.hash.clone()));
                    own = Some(row);
                }
            }
            if is_last {
                return Ok(own);
            }
        }
    }

    /// Records in the order they were written, the latest `limit` of them.
    pub async fn audit_list(&self, limit: usize) -> Result<Vec<AuditEntry>, DeleteError> {
        let mut latest = VecDeque::new();
        if !self.has_history().await? {
            return Ok(Vec::new());
        }
        let mut tx = self.database.begin(Mode::Look { budget: None }).await?;
        let mut after = 0;
        loop {
            let page = tx.audit_rows(after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.id;
            latest.extend(page);
            latest.drain(..latest.len().saturating_sub(limit));
        }
        tx.rollback().await?;
        let entries = latest.into_iter().filter_map(|row| {
            let record = serde_json::from_str(&row.record).ok()?;
            Some(AuditEntry { seq: row.seq, hash: row.hash, record })
        });
        Ok(entries.collect())
    }

    /// Records before that place in the order in which they were written, the latest last; and the
    /// place of the first of them, where there may be more before it.
    pub async fn audit_page(
        &self,
        before: Option<i64>,
        limit: u32,
    ) -> Result<(Vec<AuditEntry>, Option<i64>), DeleteError> {
        if !self.has_history().await? {
            return Ok((Vec::new(), None));
        }
        let mut tx = self.database.begin(Mode::Look { budget: None }).await?;
        let mut rows = tx.audit_rows_before(before, limit.saturating_add(1)).await?;
        tx.rollback().await?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let first = rows.last().filter(|_| more).map(|row| row.id);
        let entries = rows.into_iter().rev().filter_map(|row| {
            let record = serde_json::from_str(&row.record).ok()?;
            Some(AuditEntry { seq: row.seq, hash: row.hash, record })
        });
        Ok((entries.collect(), first))
    }

    /// Judges the whole chain, a page at a time: any changed, removed or inserted record is found.
    pub async fn audit_verify(&self) -> Result<ChainReport, DeleteError> {
        if !self.has_history().await? {
            let head = FIRST_HASH.into();
            return Ok(ChainReport { records: 0, unsealed: 0, head, faults: Vec::new() });
        }
        // Race: one snapshot, so what is sealed meanwhile belongs to neither chain nor head.
        let mut tx = self.database.begin(Mode::Look { budget: None }).await?;
        let head = tx.audit_head().await?;
        let mut judge = ChainJudge::new(head.seq);
        let (mut records, mut after) = (0, 0);
        loop {
            let page = tx.sealed_audit(after, PAGE).await?;
            page.iter().filter_map(link).for_each(|link| judge.judge(&link));
            records += page.len() as u64;
            match page.last().and_then(|row| row.seq) {
                Some(last) if page.len() == PAGE as usize => after = last,
                _ => break,
            }
        }
        let unsealed = tx.count_unsealed_audit().await?;
        let unrecorded = tx.unaudited_deletions().await?;
        tx.rollback().await?;
        let mut faults = judge.end(&head.hash);
        faults.extend(
            unrecorded.into_iter().map(|id| ChainFault::Unrecorded { deletion: id.to_string() }),
        );
        Ok(ChainReport { records, unsealed, head: head.hash, faults })
    }
}

fn link(row: &AuditRow) -> Option<Link> {
    Some(Link {
        seq: row.seq?,
        hash: row.hash.clone()?,
        text: row.record.clone(),
        deletion: row.deletion.to_string(),
    })
}
