//! The audit: seals records into the chain, lists them, and verifies the chain.

use sexton_core::audit::{ChainFault, FIRST_HASH, Link, Record, judge_chain, seal};

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
    /// returns them.
    ///
    /// Race: the end of the chain is locked first, so two sealers never give one place twice.
    pub(crate) async fn seal_in(&self, tx: &mut dyn Tx) -> Result<Vec<AuditRow>, DatabaseError> {
        let mut head = tx.lock_audit_head().await?;
        let mut sealed = tx.unsealed_audit().await?;
        for row in &mut sealed {
            let seq = head.seq + 1;
            head = AuditHead { seq, hash: seal(&head.hash, seq, &row.record) };
            tx.seal_audit(row.id, &head).await?;
            (row.seq, row.hash) = (Some(head.seq), Some(head.hash.clone()));
        }
        Ok(sealed)
    }

    /// Records in the order they were written, the latest `limit` of them.
    pub async fn audit_list(&self, limit: usize) -> Result<Vec<AuditEntry>, DeleteError> {
        let rows = self.audit_rows().await?;
        let skip = rows.len().saturating_sub(limit);
        let entries = rows.into_iter().skip(skip).filter_map(|row| {
            let record = serde_json::from_str(&row.record).ok()?;
            Some(AuditEntry { seq: row.seq, hash: row.hash, record })
        });
        Ok(entries.collect())
    }

    /// Judges the whole chain: any changed, removed or inserted record is found.
    pub async fn audit_verify(&self) -> Result<ChainReport, DeleteError> {
        let rows = self.audit_rows().await?;
        let mut tx = self.database.begin(Mode::Look { budget: None }).await?;
        if !tx.is_there().await? {
            return Ok(ChainReport {
                records: 0,
                unsealed: 0,
                head: FIRST_HASH.into(),
                faults: Vec::new(),
            });
        }
        let head = tx.audit_head().await?;
        let unrecorded = tx.unaudited_deletions().await?;
        tx.rollback().await?;
        let mut links: Vec<Link> = rows.iter().filter_map(link).collect();
        links.sort_by_key(|link| link.seq);
        let mut faults = judge_chain(&links, head.seq, &head.hash);
        faults.extend(
            unrecorded.into_iter().map(|id| ChainFault::Unrecorded { deletion: id.to_string() }),
        );
        Ok(ChainReport {
            records: links.len() as u64,
            unsealed: (rows.len() - links.len()) as u64,
            head: head.hash,
            faults,
        })
    }

    async fn audit_rows(&self) -> Result<Vec<AuditRow>, DeleteError> {
        if !self.has_history().await? {
            return Ok(Vec::new());
        }
        let mut tx = self.database.begin(Mode::Look { budget: None }).await?;
        let mut rows: Vec<AuditRow> = Vec::new();
        loop {
            let after = rows.last().map_or(0, |row| row.id);
            let page = tx.audit_rows(after, PAGE).await?;
            if page.is_empty() {
                break;
            }
            rows.extend(page);
        }
        tx.rollback().await?;
        Ok(rows)
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
