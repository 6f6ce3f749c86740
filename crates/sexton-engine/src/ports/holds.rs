//! Holds: guards that people put on roots, beside the rows that they keep.
//!
//! Until when a hold holds is told by the database's clock, as every deletion asks it.

use async_trait::async_trait;
use sexton_core::names::{SystemName, ThingName, Timestamp};

use super::error::DatabaseError;

/// What a hold is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeldOn {
    /// One root, by its value; composite values are joined by commas.
    Root(String),
    /// Every root that meets this condition when somebody would delete it.
    Condition(String),
}

/// A hold as it is put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewHold {
    /// The system.
    pub system: SystemName,
    /// The thing.
    pub thing: ThingName,
    /// What it is on.
    pub on: HeldOn,
    /// For which case.
    pub case: Option<String>,
    /// Why.
    pub reason: String,
    /// Who puts it.
    pub placed_by: String,
    /// Until when, if not until it is released.
    pub until: Option<Timestamp>,
}

/// A hold as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Its number.
    pub id: i64,
    /// The thing.
    pub thing: ThingName,
    /// What it is on.
    pub on: HeldOn,
    /// For which case.
    pub case: Option<String>,
    /// Why.
    pub reason: String,
    /// Who put it.
    pub placed_by: String,
    /// When.
    pub placed_at: Timestamp,
    /// Until when, if not until it is released.
    pub until: Option<Timestamp>,
    /// Whether it holds now.
    pub is_active: bool,
    /// Who released it, when and why.
    pub released: Option<Released>,
}

/// The end of a hold by a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Released {
    /// When.
    pub at: Timestamp,
    /// Who; unknown of holds that were released otherwise than by Sexton.
    pub by: Option<String>,
    /// Why.
    pub because: Option<String>,
}

/// Holds, inside a transaction.
#[async_trait]
pub trait Holds {
    /// Holds in force on roots of these things, locked in shared mode where rows can be locked.
    /// Empty where Sexton's tables do not exist yet.
    async fn active_holds(
        &mut self,
        system: &SystemName,
        things: &[ThingName],
    ) -> Result<Vec<Hold>, DatabaseError>;

    /// Waits until no transaction is open that has read holds to change something, and keeps others
    /// from it until this one ends.
    async fn lock_holds(&mut self) -> Result<(), DatabaseError>;

    /// Puts a hold; none if its time is over already. A repeat puts another.
    async fn insert_hold(&mut self, hold: &NewHold) -> Result<Option<Hold>, DatabaseError>;

    /// The system's holds, the latest first; only those in force unless `all`, and only those before
    /// that number.
    async fn holds(
        &mut self,
        system: &SystemName,
        all: bool,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<Hold>, DatabaseError>;

    /// One hold of the system.
    async fn hold(&mut self, system: &SystemName, id: i64) -> Result<Option<Hold>, DatabaseError>;

    /// Releases a hold; says whether it was not released before. Locks its row, so it waits for
    /// deletions that judge by it.
    async fn release_hold(
        &mut self,
        system: &SystemName,
        id: i64,
        by: &str,
        because: &str,
    ) -> Result<bool, DatabaseError>;
}
