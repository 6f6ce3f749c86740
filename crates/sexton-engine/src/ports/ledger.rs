//! Sexton's own tables beside the system's: deletions, tombstones, audit.
//!
//! They commit with the rows they speak of, so they are reached through the same transaction.
//! One method is one statement; each says what it locks and what a repeat does.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use sexton_core::audit::RootNames;
use sexton_core::lifecycle::State;
use sexton_core::names::{Actor, DeletionId, SystemName, TenantId, ThingName, Timestamp};

use super::error::DatabaseError;

/// A deletion as it is first stored.
#[derive(Debug, Clone)]
pub struct NewDeletion {
    /// Its id.
    pub id: DeletionId,
    /// The system.
    pub system: SystemName,
    /// The thing.
    pub thing: ThingName,
    /// The roots as the audit may name them (plain or keyed hash).
    pub roots: RootNames,
    /// Who asked.
    pub actor: Actor,
    /// In which tenant they asked; none of who sees all.
    pub tenant: Option<TenantId>,
    /// Why.
    pub reason: Option<String>,
    /// The digest it is bound to, if it was confirmed from a preview.
    pub bound_to: Option<String>,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// The lease's owner, unique per run.
    pub lease: String,
    /// How long nobody else takes it over, by the database's clock.
    pub lease_secs: i64,
}

/// A deletion as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletionRow {
    /// Its id.
    pub id: DeletionId,
    /// The system.
    pub system: SystemName,
    /// The thing.
    pub thing: ThingName,
    /// The roots as stored.
    pub roots: RootNames,
    /// Its state.
    pub state: State,
    /// Who asked.
    pub actor: Actor,
    /// In which tenant they asked; none of who sees all.
    pub tenant: Option<TenantId>,
    /// Why.
    pub reason: Option<String>,
    /// The digest it was bound to.
    pub bound_to: Option<String>,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// When its state last changed.
    pub changed_at: Timestamp,
    /// The lease's owner.
    pub lease: String,
    /// Until when the lease holds, by the database's clock.
    pub leased_until: Timestamp,
    /// The outcome of a refusal, or what it waits for: JSON.
    pub note: Option<String>,
    /// The receipt: JSON.
    pub receipt: Option<String>,
}

/// One guarded change of state.
#[derive(Debug, Clone)]
pub struct StateChange<'a> {
    /// Which deletion.
    pub id: &'a DeletionId,
    /// The lease that the writer holds.
    pub lease: &'a str,
    /// The state it must be in.
    pub from: State,
    /// The state it becomes.
    pub to: State,
    /// When.
    pub at: Timestamp,
    /// The outcome of a refusal, or what it waits for: JSON.
    pub note: Option<String>,
    /// The receipt: JSON.
    pub receipt: Option<String>,
}

/// Keys of one interior table that are gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TombstoneSet {
    /// The table as the policy spells it.
    pub table: String,
    /// Keys, each as the JSON array of its values.
    pub keys: Vec<String>,
}

impl TombstoneSet {
    /// The keys as they are stored: one a line, since JSON has no line breaks of its own.
    pub fn text(&self) -> String {
        self.keys.join("\n")
    }

    /// Sets from stored tables and texts, one for each table, no key twice.
    pub fn gather(stored: impl IntoIterator<Item = (String, String)>) -> Vec<Self> {
        let mut tables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (table, text) in stored {
            tables.entry(table).or_default().extend(text.lines().map(str::to_owned));
        }
        let sets = tables.into_iter();
        sets.map(|(table, keys)| Self { table, keys: keys.into_iter().collect() }).collect()
    }
}

/// Keys that a fence remembers, under the name of their table and columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// The name.
    pub memory: String,
    /// Keys, each as its text.
    pub keys: Vec<String>,
}

/// A root that is hidden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HiddenRoot {
    /// The thing.
    pub thing: ThingName,
    /// Its key, as the JSON array of its values.
    pub key: String,
    /// When it was hidden.
    pub at: Timestamp,
    /// When its purge may begin; none if there is none.
    pub due: Option<Timestamp>,
    /// Whose value it is, where the same value of two tenants is two.
    pub tenant: Option<TenantId>,
}

/// Roots that somebody asks for.
#[derive(Debug, Clone)]
pub struct AskedRoots<'a> {
    /// The system.
    pub system: &'a SystemName,
    /// Things that they may be hidden as.
    pub things: &'a [ThingName],
    /// Their keys, each as the JSON array of its values.
    pub keys: &'a [String],
    /// Whose values they are, where the same value of two tenants is two.
    pub tenant: Option<&'a TenantId>,
}

/// One record of the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// The order in which records were written.
    pub id: i64,
    /// The deletion it speaks of.
    pub deletion: DeletionId,
    /// The record itself: canonical JSON.
    pub record: String,
    /// Its place in the chain, once sealed.
    pub seq: Option<i64>,
    /// The hash over the previous hash and the record, once sealed.
    pub hash: Option<String>,
}

/// Where the chain ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditHead {
    /// The last place taken; 0 before the first.
    pub seq: i64,
    /// The hash at that place; the seed before the first.
    pub hash: String,
}

/// Sexton's own tables, inside a transaction.
#[async_trait]
pub trait Ledger {
    /// Whether Sexton's own tables are there for this role to read. Locks nothing.
    async fn is_there(&mut self) -> Result<bool, DatabaseError>;

    /// Stores a deletion as requested. A repeat with the same id fails.
    async fn insert_deletion(&mut self, deletion: &NewDeletion) -> Result<(), DatabaseError>;

    /// Changes the state if state and lease are as named; says whether they were.
    async fn change_state(&mut self, change: StateChange<'_>) -> Result<bool, DatabaseError>;

    /// Notes what a deletion waits for (JSON) and renews its lease from now, if its lease is as named
    /// and nothing is gone yet; says whether that was so. Locks the row. A repeat does it again.
    async fn wait_on(
        &mut self,
        id: &DeletionId,
        lease: &str,
        lease_secs: i64,
        note: &str,
    ) -> Result<bool, DatabaseError>;

    /// Reads one deletion.
    async fn deletion(&mut self, id: &DeletionId) -> Result<Option<DeletionRow>, DatabaseError>;

    /// The latest deletions, newest first.
    async fn deletions(
        &mut self,
        system: &SystemName,
        limit: u32,
    ) -> Result<Vec<DeletionRow>, DatabaseError>;

    /// Deletions that are not at an end, wait for no intent of theirs, and whose lease is over by
    /// the database's clock, oldest first, at most `limit`. Takes each over by writing the new lease; one is handed to one
    /// caller only, so a repeat goes on with the next.
    async fn take_over(
        &mut self,
        system: &SystemName,
        lease: &str,
        lease_secs: i64,
        limit: u32,
    ) -> Result<Vec<DeletionRow>, DatabaseError>;

    /// Ends the lease of a deletion that waits for others, so that anybody may go on with it; says
    /// whether it was held by this lease.
    async fn let_go(&mut self, id: &DeletionId, lease: &str) -> Result<bool, DatabaseError>;

    /// Adds tombstones of a deletion, each set as one row. A repeat reads as once.
    async fn insert_tombstones(
        &mut self,
        deletion: &DeletionId,
        at: Timestamp,
        sets: &[TombstoneSet],
    ) -> Result<(), DatabaseError>;

    /// Reads the tombstones of a deletion, a set per table.
    async fn tombstones(&mut self, id: &DeletionId) -> Result<Vec<TombstoneSet>, DatabaseError>;

    /// Deletions of the system that were complete before `before` and have tombstones or keys that
    /// a fence remembers, at most `limit`; those of which nothing late is noted come first. Locks
    /// nothing.
    async fn late(
        &mut self,
        system: &SystemName,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<DeletionRow>, DatabaseError>;

    /// Notes what came late with a deletion that is complete, or that nothing is left of it. A
    /// repeat notes the same.
    async fn note_late(&mut self, id: &DeletionId, note: Option<&str>)
    -> Result<(), DatabaseError>;

    /// Removes the tombstones of a deletion, and what fences remember of it; says how many sets. A
    /// repeat finds none.
    async fn drop_tombstones(&mut self, id: &DeletionId) -> Result<u64, DatabaseError>;

    /// Waits until no writer is about to attach a row to one of these keys unseen, and keeps others
    /// from it until the transaction ends. A repeat is free.
    async fn lock_fence(&mut self, of: &Remembered) -> Result<(), DatabaseError>;

    /// Remembers keys of a deletion, so that a fence refuses who refers to them. A repeat changes
    /// nothing.
    async fn insert_fenced(
        &mut self,
        deletion: &DeletionId,
        at: Timestamp,
        sets: &[Remembered],
    ) -> Result<(), DatabaseError>;

    /// Notes the roots that a deletion hid. A repeat fails.
    async fn insert_hidden(
        &mut self,
        deletion: &DeletionId,
        roots: &[HiddenRoot],
    ) -> Result<(), DatabaseError>;

    /// The roots that a deletion hid. Locks nothing.
    async fn hidden(&mut self, deletion: &DeletionId) -> Result<Vec<HiddenRoot>, DatabaseError>;

    /// The deletion that keeps this root hidden, or purges it; the latest, if several hid it.
    /// Locks nothing.
    async fn hidden_by(
        &mut self,
        system: &SystemName,
        thing: &ThingName,
        key: &str,
    ) -> Result<Option<DeletionId>, DatabaseError>;

    /// Keys of those of these roots that a deletion has hidden, whose purge has not ended. Locks
    /// nothing.
    async fn hidden_among(&mut self, asked: AskedRoots<'_>) -> Result<Vec<String>, DatabaseError>;

    /// Keeps what hiding changed in the set at this place of the plan: JSON. A repeat fails.
    async fn insert_undo(
        &mut self,
        deletion: &DeletionId,
        place: i64,
        rows: &str,
    ) -> Result<(), DatabaseError>;

    /// What hiding changed, by the places of the sets. Locks nothing.
    async fn undo(&mut self, deletion: &DeletionId) -> Result<Vec<(i64, String)>, DatabaseError>;

    /// Forgets what hiding changed. A repeat finds nothing.
    async fn drop_undo(&mut self, deletion: &DeletionId) -> Result<(), DatabaseError>;

    /// Deletions whose roots are hidden, or are being purged, and whose purge may begin by now,
    /// oldest first, at most `limit`. Locks nothing.
    async fn due_to_purge(
        &mut self,
        system: &SystemName,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<DeletionId>, DatabaseError>;

    /// Notes what a purge waits for (JSON), or that it waits for nothing. A repeat notes the same.
    async fn note_purge(
        &mut self,
        deletion: &DeletionId,
        note: Option<&str>,
    ) -> Result<(), DatabaseError>;

    /// Adds what a chunk removed: JSON. Waits for nobody.
    async fn insert_purged(
        &mut self,
        deletion: &DeletionId,
        at: Timestamp,
        counts: &str,
    ) -> Result<(), DatabaseError>;

    /// What the chunks of a deletion removed, in their order. Locks nothing.
    async fn purged(&mut self, deletion: &DeletionId) -> Result<Vec<String>, DatabaseError>;

    /// Forgets the roots that a deletion hid, and what its chunks removed. A repeat finds none.
    async fn drop_hidden(&mut self, deletion: &DeletionId) -> Result<(), DatabaseError>;

    /// Appends a record to the audit, not yet sealed.
    async fn insert_audit(
        &mut self,
        deletion: &DeletionId,
        record: &str,
    ) -> Result<(), DatabaseError>;

    /// Locks the end of the chain until the transaction ends and reads it.
    async fn lock_audit_head(&mut self) -> Result<AuditHead, DatabaseError>;

    /// Records not yet sealed, in the order they were written, at most `limit`.
    async fn unsealed_audit(&mut self, limit: u32) -> Result<Vec<AuditRow>, DatabaseError>;

    /// How many records are not yet sealed.
    async fn count_unsealed_audit(&mut self) -> Result<u64, DatabaseError>;

    /// Sealed records after this place of the chain, in its order.
    async fn sealed_audit(
        &mut self,
        after: i64,
        limit: u32,
    ) -> Result<Vec<AuditRow>, DatabaseError>;

    /// Seals one record and moves the end of the chain there.
    async fn seal_audit(&mut self, id: i64, head: &AuditHead) -> Result<(), DatabaseError>;

    /// Reads the end of the chain without a lock.
    async fn audit_head(&mut self) -> Result<AuditHead, DatabaseError>;

    /// The record of one deletion.
    async fn audit_row(&mut self, deletion: &DeletionId)
    -> Result<Option<AuditRow>, DatabaseError>;

    /// Records after this id, in the order they were written.
    async fn audit_rows(&mut self, after: i64, limit: u32) -> Result<Vec<AuditRow>, DatabaseError>;

    /// The latest records before that one, the latest first.
    async fn audit_rows_before(
        &mut self,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<AuditRow>, DatabaseError>;

    /// Ids of deletions that committed and have no record in the audit.
    async fn unaudited_deletions(&mut self) -> Result<Vec<DeletionId>, DatabaseError>;
}
