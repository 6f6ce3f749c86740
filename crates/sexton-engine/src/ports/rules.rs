//! Rules of retention as they are run: who runs one now, when it is due, whom it could not delete.
//!
//! All times are the database's, so any number of programs may look which rules are due.

use async_trait::async_trait;
use sexton_core::names::{RetentionName, SystemName, Timestamp};

use super::error::DatabaseError;

/// A run of a rule that begins.
#[derive(Debug, Clone, Copy)]
pub struct RuleRun<'a> {
    /// The system.
    pub system: &'a SystemName,
    /// The rule.
    pub rule: &'a RetentionName,
    /// The lease's owner.
    pub lease: &'a str,
    /// How long nobody else runs it.
    pub lease_secs: i64,
}

/// How a rule stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleRow {
    /// The rule.
    pub rule: RetentionName,
    /// When it last began.
    pub began_at: Timestamp,
    /// When it last ended, if it did since.
    pub ended_at: Option<Timestamp>,
    /// When it is due.
    pub due_at: Timestamp,
    /// Whether somebody runs it now.
    pub is_running: bool,
    /// Whether it is due, and nobody runs it.
    pub is_due: bool,
    /// What came of it last: JSON.
    pub note: Option<String>,
    /// How many roots it could not delete when they were tried last.
    pub refused: u64,
}

/// A root that a rule could not delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRoot {
    /// Its key.
    pub root: String,
    /// How often it was tried.
    pub attempts: u32,
    /// Whether it may be tried again by a worker.
    pub is_due: bool,
    /// Why it stayed.
    pub reason: String,
}

/// Rules of retention, inside a transaction.
#[async_trait]
pub trait Rules {
    /// Takes a rule that nobody runs; only one that is due, unless `by_hand`. Says whether it was
    /// taken. Locks its row; a repeat takes nothing until the lease is over.
    async fn begin_rule(&mut self, run: RuleRun<'_>, by_hand: bool) -> Result<bool, DatabaseError>;

    /// Holds a rule for so long from now; says whether it was still held by this lease.
    async fn keep_rule(&mut self, run: RuleRun<'_>) -> Result<bool, DatabaseError>;

    /// Lets go of a rule, with what came of it; it is due again in so many seconds. Says whether
    /// it was still held by this lease.
    async fn end_rule(
        &mut self,
        run: RuleRun<'_>,
        again_secs: i64,
        note: &str,
    ) -> Result<bool, DatabaseError>;

    /// The rules of the system that were ever run, by name. Locks nothing.
    async fn rule_rows(&mut self, system: &SystemName) -> Result<Vec<RuleRow>, DatabaseError>;

    /// Roots that a rule could not delete, who was tried longest ago first. Locks nothing.
    async fn refused_roots(
        &mut self,
        system: &SystemName,
        rule: &RetentionName,
    ) -> Result<Vec<RefusedRoot>, DatabaseError>;

    /// Notes that a root could not be deleted, and for how many seconds workers leave it alone. A
    /// repeat counts one attempt more.
    async fn note_refused_root(
        &mut self,
        system: &SystemName,
        rule: &RetentionName,
        root: (&str, &str),
        pause_secs: i64,
    ) -> Result<(), DatabaseError>;

    /// Forgets that roots could not be deleted. A repeat finds none.
    async fn forget_refused_roots(
        &mut self,
        system: &SystemName,
        rule: &RetentionName,
        roots: &[String],
    ) -> Result<(), DatabaseError>;
}
