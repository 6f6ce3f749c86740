//! Shared objects: which owners name which, as far as their manifests were read.
//!
//! An owner is a row; a scope is within what objects are shared. Whoever decides whether an object
//! may go holds the lock of its scope, and has met every owner that lives.

use async_trait::async_trait;
use sexton_core::names::{IntentId, PoolName, SystemName};

use super::error::DatabaseError;

/// Within what objects are shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope<'a> {
    /// The system.
    pub system: &'a SystemName,
    /// The pool.
    pub pool: &'a PoolName,
    /// The part of the pool.
    pub scope: &'a str,
}

/// What is known of shared objects, inside a transaction.
#[async_trait]
pub trait Shared {
    /// The owners that were met, in the order of bytes.
    async fn owners(&mut self, scope: Scope<'_>) -> Result<Vec<String>, DatabaseError>;

    /// Notes that an owner was met, and which keys it names. A repeat reads as once.
    async fn meet_owner(
        &mut self,
        scope: Scope<'_>,
        owner: &str,
        keys: &[String],
    ) -> Result<(), DatabaseError>;

    /// Forgets owners and what they named. A repeat finds none.
    async fn forget_owners(
        &mut self,
        scope: Scope<'_>,
        owners: &[String],
    ) -> Result<(), DatabaseError>;

    /// Those of the keys that an owner names, or that a pin keeps by the database's clock.
    async fn kept(
        &mut self,
        scope: Scope<'_>,
        keys: &[String],
    ) -> Result<Vec<String>, DatabaseError>;

    /// Lets a promise decide on what is shared within the scope, unless another that is held by
    /// somebody does: then false. A repeat by the same promise is true again.
    async fn decide_in(
        &mut self,
        scope: Scope<'_>,
        intent: &IntentId,
    ) -> Result<bool, DatabaseError>;

    /// Lets others decide within the scope. A repeat changes nothing.
    async fn has_decided_in(
        &mut self,
        scope: Scope<'_>,
        intent: &IntentId,
    ) -> Result<(), DatabaseError>;

    /// All keys of a pool that a pin keeps by the database's clock, at most `limit`. Locks nothing.
    async fn pins(
        &mut self,
        system: &SystemName,
        pool: &PoolName,
        limit: u32,
    ) -> Result<Vec<String>, DatabaseError>;

    /// Keeps an object for so many seconds, or longer if it is kept for longer already.
    async fn pin(
        &mut self,
        system: &SystemName,
        pool: &PoolName,
        key: &str,
        secs: i64,
    ) -> Result<(), DatabaseError>;
}
