//! Only the policy's cancellation of work: nothing is deleted.
//!
//! The rows that a deletion would stop are stopped, also those that only a purge waits for.
//! Nothing is stored of it: nothing went, and the rows themselves say what became of them. Again,
//! it changes nothing.

use serde::{Deserialize, Serialize};
use sexton_core::names::HookName;

use crate::outcome::DeleteError;
use crate::request::{DeleteRequest, Root};
use crate::system::System;

/// What was asked of work in flight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancelled {
    /// One for each table of the policy's work that the root has rows in.
    pub tables: Vec<CancelledRows>,
    /// Who was called for rows that somebody is at work on.
    pub calls: Vec<CalledHook>,
}

/// How often a hook was called to tell workers to stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalledHook {
    /// The hook.
    pub hook: HookName,
    /// Calls that were taken.
    pub taken: u64,
    /// Calls that were not.
    pub untaken: u64,
    /// Why not, each reason once.
    pub reasons: Vec<String>,
}

/// What was asked of the rows of one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelledRows {
    /// The table.
    pub table: String,
    /// Rows that waited, or whose worker is dead, and were stopped.
    pub stopped: u64,
    /// Rows whose worker was told to stop.
    pub asked: u64,
    /// Rows that a worker is still acting on.
    pub running: u64,
}

impl System {
    /// Asks the work of a root to stop, waits for nobody, and deletes nothing.
    pub async fn cancel(&self, root: &Root) -> Result<Cancelled, DeleteError> {
        let request = DeleteRequest { root: root.clone(), reason: None, bound_to: None };
        self.cancel_only(&request).await
    }
}
