//! Pauses: background work that people have stopped, of a system or of one store.

use async_trait::async_trait;
use sexton_core::names::{StoreName, SystemName, Timestamp};

use super::error::DatabaseError;

/// A pause as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// Of which store; none for all background work of the system.
    pub store: Option<StoreName>,
    /// Who paused it.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// When, by the database's clock.
    pub at: Timestamp,
}

/// Pauses, inside a transaction.
#[async_trait]
pub trait Pauses {
    /// What is paused, the system first. Locks nothing.
    async fn pauses(&mut self, system: &SystemName) -> Result<Vec<Pause>, DatabaseError>;

    /// Pauses the system, or one store of it; says whether it was not paused before.
    async fn insert_pause(
        &mut self,
        system: &SystemName,
        store: Option<&StoreName>,
        by: (&str, &str),
    ) -> Result<bool, DatabaseError>;

    /// Ends a pause; says whether there was one. A repeat finds none.
    async fn remove_pause(
        &mut self,
        system: &SystemName,
        store: Option<&StoreName>,
    ) -> Result<bool, DatabaseError>;
}
