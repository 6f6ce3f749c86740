//! The port to the server's own state: API keys, sessions of the console, stored previews, the
//! latest sweeps.
//!
//! It lives in a database of its own, because it belongs to no system: a server has several
//! systems and replicas, and one state. Secrets are never in it, only what they hash to.
//!
//! Invariants: a key is never removed, so that its name in a record stays explained; what has
//! expired, ended or was revoked is found by nobody who asks with the time.
//! Not here: what a key may do, and how often (`sexton-server`, which keeps rates in mind).

use std::collections::BTreeSet;

use async_trait::async_trait;
use sexton_core::names::{
    ConsoleSessionId, KeyId, PreviewId, SweepId, SystemName, TenantId, Timestamp,
};

use super::error::DatabaseError;

/// A secret is noted as used at most this often.
pub const USE_NOTED_EVERY_SECS: i64 = 60;

/// What a secret hashes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SecretHash(pub [u8; 32]);

/// What a key's bearer may touch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Roles, in the order given.
    pub roles: Vec<String>,
    /// The one tenant that they see; `None` sees all.
    pub tenant: Option<TenantId>,
    /// The systems that they may touch; `None` is all.
    pub systems: Option<BTreeSet<SystemName>>,
    /// The organisations that they act for.
    pub organisations: Vec<String>,
    /// How many requests a minute; `None` is as many as the server says for all.
    pub per_minute: Option<u32>,
}

/// An API key as it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// Its id.
    pub id: KeyId,
    /// What people call it.
    pub name: String,
    /// How the secret begins, by which people know it again.
    pub prefix: String,
    /// What the secret hashes to.
    pub hash: SecretHash,
    /// What it may touch.
    pub grant: Grant,
    /// Who made it.
    pub created_by: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
}

/// An API key as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// As it was made.
    pub made: NewKey,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, give or take [`USE_NOTED_EVERY_SECS`].
    pub used_at: Option<Timestamp>,
}

/// A place in the list of keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPlace {
    /// When the key there was made.
    pub created_at: Timestamp,
    /// Its id.
    pub id: KeyId,
}

/// Somebody at the console, who came with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsoleSession {
    /// Its id.
    pub id: ConsoleSessionId,
    /// What the cookie hashes to.
    pub hash: SecretHash,
    /// The key that opened it.
    pub key: KeyId,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}

/// A preview that can be confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPreview {
    /// Its id.
    pub id: PreviewId,
    /// The system that it is of.
    pub system: SystemName,
    /// Whose it is: nobody else finds it.
    pub owner: String,
    /// What the server keeps of it: JSON, which this port does not read.
    pub body: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it can be confirmed no longer.
    pub expires_at: Timestamp,
}

/// The latest sweep of a system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSweep {
    /// The system that it is of: there is one of each.
    pub system: SystemName,
    /// Its id.
    pub id: SweepId,
    /// What the server keeps of it: JSON, which this port does not read.
    pub body: String,
    /// When it began.
    pub began_at: Timestamp,
    /// Until when nobody else begins one, if it does not end before.
    pub leased_until: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// The server's own state.
#[async_trait]
pub trait State: Send + Sync {
    /// Creates or upgrades its tables.
    async fn prepare(&self) -> Result<(), DatabaseError>;

    /// Stores a key. A repeat, with the same id or the same hash, fails.
    async fn create_key(&self, key: &NewKey) -> Result<(), DatabaseError>;

    /// Keys made before that place, newest first; revoked and expired ones too.
    async fn keys(&self, before: Option<&KeyPlace>, limit: u32) -> Result<Vec<Key>, DatabaseError>;

    /// Whether there ever was a key.
    async fn has_keys(&self) -> Result<bool, DatabaseError>;

    /// One key by its id.
    async fn key(&self, id: &KeyId) -> Result<Option<Key>, DatabaseError>;

    /// The key whose secret hashes to this, revoked and expired ones too.
    async fn key_by_hash(&self, hash: &SecretHash) -> Result<Option<Key>, DatabaseError>;

    /// Revokes a key, and ends the sessions that it opened. Says whether it was there and not
    /// revoked yet; if not, nothing changes.
    async fn revoke_key(&self, id: &KeyId, at: Timestamp) -> Result<bool, DatabaseError>;

    /// Notes that a key was used, unless that was noted less than [`USE_NOTED_EVERY_SECS`] ago.
    /// Says whether it was.
    async fn note_use(&self, id: &KeyId, at: Timestamp) -> Result<bool, DatabaseError>;

    /// Stores a session. A repeat fails.
    async fn open_session(&self, session: &ConsoleSession) -> Result<(), DatabaseError>;

    /// The session whose cookie hashes to this, and its key, unless it is over by then.
    async fn session_by_hash(
        &self,
        hash: &SecretHash,
        now: Timestamp,
    ) -> Result<Option<(ConsoleSession, Key)>, DatabaseError>;

    /// Ends a session. Says whether it was there.
    async fn end_session(&self, id: &ConsoleSessionId) -> Result<bool, DatabaseError>;

    /// Stores a preview. A repeat fails.
    async fn put_preview(&self, preview: &StoredPreview) -> Result<(), DatabaseError>;

    /// A preview of this owner, unless it is over by then.
    async fn preview(
        &self,
        id: &PreviewId,
        owner: &str,
        now: Timestamp,
    ) -> Result<Option<StoredPreview>, DatabaseError>;

    /// Stores a sweep in the place of the one before, unless that is under way: it has not ended,
    /// and its lease is not over by then. Says whether it was stored.
    async fn begin_sweep(&self, sweep: &StoredSweep, now: Timestamp)
    -> Result<bool, DatabaseError>;

    /// Holds a sweep's lease until then. Says whether it is the latest and has not ended.
    async fn keep_sweep(&self, id: &SweepId, until: Timestamp) -> Result<bool, DatabaseError>;

    /// Ends a sweep with what is kept of it. Says whether it is the latest and had not ended.
    async fn end_sweep(
        &self,
        id: &SweepId,
        at: Timestamp,
        body: &str,
    ) -> Result<bool, DatabaseError>;

    /// The latest sweep of a system.
    async fn sweep(&self, system: &SystemName) -> Result<Option<StoredSweep>, DatabaseError>;

    /// The secret of this name that all servers share: the one that is stored, or else this one,
    /// stored now. Race: of two at once both get the first one's.
    async fn shared_secret(&self, name: &str, fresh: &[u8; 32]) -> Result<[u8; 32], DatabaseError>;

    /// Removes sessions and previews that are over by then, at most so many of each. Says how
    /// many went.
    async fn expire(&self, now: Timestamp, limit: u32) -> Result<u64, DatabaseError>;
}
