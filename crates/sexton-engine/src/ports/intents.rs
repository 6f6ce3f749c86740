//! Intents: promises stored with the rows, that are carried out after the commit.
//!
//! Whoever carries one out claims it first: a lease in its row, by the database's clock, so any
//! number of programs may reap and none waits for another. An intent whose lease ended is claimed
//! again, so it is carried out at least once, under the same id each time.

use async_trait::async_trait;
use sexton_core::intent::IntentKind;
use sexton_core::names::{DeletionId, IntentId, SystemName, Timestamp};

use super::error::DatabaseError;

/// A promise as it is first stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIntent {
    /// Its id.
    pub id: IntentId,
    /// What is promised.
    pub kind: IntentKind,
    /// The rule of the policy that asks for it: the name of a hook.
    pub rule: String,
    /// Whom it is about and with what: JSON.
    pub target: String,
    /// So many seconds after the commit it may be carried out.
    pub after_secs: i64,
}

/// What is claimed, and by whom.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// The system.
    pub system: &'a SystemName,
    /// Only those of this deletion.
    pub deletion: Option<&'a DeletionId>,
    /// Only of these kinds: others are a later program's.
    pub kinds: &'a [IntentKind],
    /// The lease's owner.
    pub lease: &'a str,
    /// How long nobody else claims them.
    pub lease_secs: i64,
    /// At most so many.
    pub limit: u32,
}

/// An intent as it was claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntentRow {
    /// Its id.
    pub id: IntentId,
    /// The deletion that promised it.
    pub deletion: DeletionId,
    /// What is promised.
    pub kind: IntentKind,
    /// The rule that asks for it.
    pub rule: String,
    /// Whom it is about and with what: JSON.
    pub target: String,
    /// How often it was claimed, this time among them.
    pub attempts: u32,
    /// How far it is, as the last attempt noted it: JSON.
    pub progress: Option<String>,
    /// So many milliseconds ago it could first be carried out, by the database's clock.
    pub age_ms: i64,
}

/// What became of a claimed intent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettledIntent {
    /// Which.
    pub id: IntentId,
    /// What became of it.
    pub settlement: Settlement,
    /// How far it is: JSON. Without, what was noted before stays.
    pub progress: Option<String>,
}

/// What became of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// It is carried out, or never will be: nothing of it is left.
    Ended {
        /// The outcome in a word, which receipts count.
        outcome: String,
    },
    /// It is tried again.
    Again {
        /// After so many milliseconds.
        after_ms: i64,
        /// What failed.
        reason: String,
    },
    /// Nothing failed; it goes on later, as if it had never been tried.
    Later {
        /// After so many milliseconds.
        after_ms: i64,
    },
}

/// What is left of a deletion's intents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntentsLeft {
    /// How many are open.
    pub open: u64,
    /// In how many milliseconds the next may be claimed, by the database's clock.
    pub due_in_ms: Option<i64>,
}

/// An intent that is still open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenIntent {
    /// Its id.
    pub id: IntentId,
    /// The rule that asks for it.
    pub rule: String,
    /// How often it was tried.
    pub attempts: u32,
    /// What failed last.
    pub reason: Option<String>,
    /// When it is tried next.
    pub next_try: Timestamp,
}

/// Stored promises, inside a transaction.
#[async_trait]
pub trait Intents {
    /// Stores promises of a deletion. A repeat with the same ids fails.
    async fn insert_intents(
        &mut self,
        system: &SystemName,
        deletion: &DeletionId,
        intents: &[NewIntent],
    ) -> Result<(), DatabaseError>;

    /// Claims open intents that are due and that nobody holds, the longest due first. Locks them
    /// and passes by those that somebody else is claiming now; a repeat goes on with the next.
    async fn claim_intents(&mut self, claim: Claim<'_>) -> Result<Vec<IntentRow>, DatabaseError>;

    /// Writes what became of claimed intents and lets go of them; says how many were still held
    /// by this lease. What another holds by now is left to it.
    async fn settle_intents(
        &mut self,
        lease: &str,
        settled: &[SettledIntent],
    ) -> Result<u64, DatabaseError>;

    /// Notes how far a claimed intent is, and holds it for so long from now; says whether it was
    /// still held by this lease. Locks it; a repeat does it again.
    async fn keep_intent(
        &mut self,
        lease: &str,
        id: &IntentId,
        progress: &str,
        lease_secs: i64,
    ) -> Result<bool, DatabaseError>;

    /// What is left of a deletion's intents of these kinds.
    async fn intents_left(
        &mut self,
        deletion: &DeletionId,
        kinds: &[IntentKind],
    ) -> Result<IntentsLeft, DatabaseError>;

    /// All intents of a deletion of one kind, in the order of their ids.
    async fn intents_of(
        &mut self,
        deletion: &DeletionId,
        kind: IntentKind,
    ) -> Result<Vec<IntentRow>, DatabaseError>;

    /// Open intents of the system of these kinds whose ids come after this one, by their ids, at
    /// most `limit`. Locks nothing.
    async fn open_intents(
        &mut self,
        system: &SystemName,
        kinds: &[IntentKind],
        after: Option<&IntentId>,
        limit: u32,
    ) -> Result<Vec<IntentRow>, DatabaseError>;

    /// Open intents of a deletion that were tried before, the next to be tried first.
    async fn failing_intents(
        &mut self,
        deletion: &DeletionId,
        limit: u32,
    ) -> Result<Vec<OpenIntent>, DatabaseError>;

    /// Makes open intents of a deletion due now, but for those that are held or must not be carried
    /// out yet; says how many are. A repeat finds the same.
    async fn hasten_intents(
        &mut self,
        deletion: &DeletionId,
        kinds: &[IntentKind],
    ) -> Result<u64, DatabaseError>;

    /// Ends open intents of a deletion that nobody holds, as this; says how many of each rule. A
    /// repeat finds none. What somebody is carrying out now is left to him.
    async fn end_intents(
        &mut self,
        deletion: &DeletionId,
        kinds: &[IntentKind],
        outcome: &str,
    ) -> Result<Vec<(String, u64)>, DatabaseError>;

    /// Ended intents of a deletion: rule, outcome, how many; by rule and outcome.
    async fn count_intents(
        &mut self,
        deletion: &DeletionId,
    ) -> Result<Vec<(String, String, u64)>, DatabaseError>;

    /// Removes the intents of a deletion of one kind; says how many. A repeat finds none.
    async fn drop_intents(
        &mut self,
        deletion: &DeletionId,
        kind: IntentKind,
    ) -> Result<u64, DatabaseError>;
}
