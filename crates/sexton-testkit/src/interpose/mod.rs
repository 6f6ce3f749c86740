//! Stands between the engine and a database or a store, names every call, and lets a test act at
//! each.
//!
//! A call of a port is two points: before it, and after it (or `failed`). A point is named by
//! the moment, the call and the transaction's mode: `before find runs (change)`,
//! `after insert_deletion (keep)`, `before commit (change)`. A statement is called by its label,
//! every other call by its method. So the same deletion always meets the same points.
//!
//! Not here: acting inside a call. What a database does between taking a statement and
//! answering it is its own.

mod blind;
mod breaker;
mod database;
mod figures;
mod holds;
mod intents;
mod killer;
mod ledger;
mod pauser;
mod pauses;
mod recorder;
mod requests;
mod rules;
mod shared;
mod store;
mod transaction;
mod unlocked;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use sexton_engine::ports::{DatabaseError, Mode, SessionId, StoreError};

pub use breaker::Breaker;
pub use database::Interposed;
pub use killer::{Killer, last_words};
pub use pauser::{Pauser, Stop, Stops};
pub use recorder::Recorder;
pub use store::InterposedStore;

/// Something that acts at points.
#[async_trait]
pub trait Watcher: Send + Sync {
    /// Is called at every point; the engine waits until it returns.
    async fn at(&self, point: &Point);

    /// How the call fails that is about to begin; it is carried out where nobody lets it fail.
    fn failure(&self, _point: &Point) -> Option<DatabaseError> {
        None
    }

    /// The same for a call to a store; at a later point, how a call is answered that was carried
    /// out.
    fn store_failure(&self, _point: &Point) -> Option<StoreError> {
        None
    }
}

/// When a point is, measured by its call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The call has not begun.
    Before,
    /// The call has succeeded.
    After,
    /// The call has failed.
    Failed,
}

/// A moment of one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// When.
    pub moment: Moment,
    /// Which call, and in which mode.
    pub call: String,
    /// In which session, where the database has one and the call is of a transaction.
    pub session: Option<SessionId>,
}

impl Point {
    /// Its name, by which tests choose it.
    pub fn name(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = match self.moment {
            Moment::Before => "before",
            Moment::After => "after",
            Moment::Failed => "failed",
        };
        write!(f, "{moment} {}", self.call)
    }
}

/// Who watches the calls of one transaction, or of the database itself.
#[derive(Clone)]
struct Watch {
    watchers: Arc<[Arc<dyn Watcher>]>,
    mode: Option<&'static str>,
    session: Option<SessionId>,
}

impl Watch {
    /// Carries a call out between its points.
    async fn around<T: Send>(
        &self,
        call: &str,
        work: impl Future<Output = Result<T, DatabaseError>> + Send,
    ) -> Result<T, DatabaseError> {
        let answer = match self.at(Moment::Before, call).await {
            Some(failure) => Err(failure),
            None => work.await,
        };
        let moment = if answer.is_ok() { Moment::After } else { Moment::Failed };
        self.at(moment, call).await;
        answer
    }

    /// Passes a point; how the call fails that begins here, if somebody lets it fail.
    async fn at(&self, moment: Moment, call: &str) -> Option<DatabaseError> {
        let call = match self.mode {
            Some(mode) => format!("{call} ({mode})"),
            None => call.to_owned(),
        };
        let point = Point { moment, call, session: self.session };
        for watcher in self.watchers.iter() {
            watcher.at(&point).await;
        }
        self.watchers.iter().find_map(|watcher| watcher.failure(&point))
    }
}

fn word(mode: Mode) -> &'static str {
    match mode {
        Mode::Look { .. } => "look",
        Mode::Change => "change",
        Mode::Keep => "keep",
    }
}
