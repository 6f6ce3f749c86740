//! What a server asks of Sexton's own tables: which deletion a request has made, pages of
//! deletions, and how much is still to be done.
//!
//! A request that carries a key is kept with the deletion that it made, in one transaction: asked
//! again, of whichever server, it finds that deletion and makes no other. One that makes no deletion
//! is kept before anything happens, and then what it was answered.

use async_trait::async_trait;
use sexton_core::names::{Actor, DeletionId, SystemName, TenantId, Timestamp};

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

/// A request that was asked with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRequest {
    /// How it is known again.
    pub key: RequestKey,
    /// What its body hashes to.
    pub body: String,
    /// The deletion that it has made; none where it does something else.
    pub deletion: Option<DeletionId>,
    /// What it was answered, where it made no deletion and has been carried out: JSON, which this
    /// port does not read.
    pub answer: Option<String>,
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
    /// Only what was asked for in this tenant.
    pub tenant: Option<&'a TenantId>,
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

    /// Notes what a request was answered. Says whether it is kept.
    async fn answer_request(
        &mut self,
        system: &SystemName,
        key: &RequestKey,
        answer: &str,
    ) -> Result<bool, DatabaseError>;

    /// Takes a request over that was asked then and not answered: it is asked now. Says whether it
    /// was so; of two at once, one is told so.
    async fn take_over_request(
        &mut self,
        system: &SystemName,
        key: &RequestKey,
        (asked_at, now): (Timestamp, Timestamp),
    ) -> Result<bool, DatabaseError>;

    /// Forgets one request. A repeat finds none.
    async fn forget_request(
        &mut self,
        system: &SystemName,
        key: &RequestKey,
    ) -> Result<(), DatabaseError>;

    /// Forgets deletions that were refused before, because there was no such root; at most `limit`;
    /// says how many.
    async fn forget_missing(
        &mut self,
        system: &SystemName,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64, DatabaseError>;

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
