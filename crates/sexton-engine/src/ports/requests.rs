//! What a server asks of Sexton's own tables: which deletion a request has made, pages of
//! deletions, and how much is still to be done.
//!
//! A request that carries a key is kept with the deletion that it made, in one transaction: asked
//! again, of whichever server, it finds that deletion and makes no other.

use async_trait::async_trait;
use sexton_core::names::{Actor, DeletionId, SystemName, Timestamp};

use super::error::DatabaseError;
use super::ledger::DeletionRow;

/// How a request is known again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestKey {
    /// Who asked: keys of others are other keys.
    pub asker: String,
    /// The key that they chose.
    pub key: String,
}

/// A request that has made a deletion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRequest {
    /// How it is known again.
    pub key: RequestKey,
    /// What its body hashes to.
    pub body: String,
    /// The deletion.
    pub deletion: DeletionId,
    /// When it was asked.
    pub at: Timestamp,
}

/// Which deletions a page has.
#[derive(Debug, Clone, Copy)]
pub struct DeletionPage<'a> {
    /// The system.
    pub system: &'a SystemName,
    /// Only what they asked for.
    pub actor: Option<&'a Actor>,
    /// Only those before this one in the list.
    pub before: Option<(Timestamp, &'a DeletionId)>,
    /// How many at most.
    pub limit: u32,
}

/// How much is still to be done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Deletions that are not at an end.
    pub deletions: u64,
    /// When the oldest of them was asked for.
    pub oldest_deletion: Option<Timestamp>,
    /// Promises that are open.
    pub intents: u64,
    /// When the first of them was due.
    pub oldest_intent: Option<Timestamp>,
}

/// What a server asks, inside a transaction.
#[async_trait]
pub trait Requests {
    /// Keeps a request; says whether it was new. Waits for whoever is keeping the same one; a
    /// repeat changes nothing.
    async fn keep_request(
        &mut self,
        system: &SystemName,
        request: &KeptRequest,
    ) -> Result<bool, DatabaseError>;

    /// The request of this key. Locks nothing.
    async fn request(
        &mut self,
        system: &SystemName,
        key: &RequestKey,
    ) -> Result<Option<KeptRequest>, DatabaseError>;

    /// Forgets requests that were asked before, at most `limit`; says how many.
    async fn forget_requests(
        &mut self,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64, DatabaseError>;

    /// A page of deletions, newest first. Locks nothing.
    async fn deletion_page(
        &mut self,
        page: DeletionPage<'_>,
    ) -> Result<Vec<DeletionRow>, DatabaseError>;

    /// How much is still to be done. Locks nothing.
    async fn backlog(&mut self, system: &SystemName) -> Result<Backlog, DatabaseError>;
}
