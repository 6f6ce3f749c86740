//! How a system stands: what went each day, what is still to be done, what fails, how much there is.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a system stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Overview {
    /// The system.
    pub system: String,
    /// When it was looked at, as RFC 3339.
    pub at: String,
    /// The days that are shown (UTC), today last.
    pub dates: Vec<String>,
    /// Deletions that ended on these days, by day, thing and end.
    pub days: Vec<DayFigures>,
    /// How much things and stores held on these days, as far as it was looked at.
    pub samples: Vec<SampleFigures>,
    /// Deletions that are not at an end, by state.
    pub under_way: Vec<UnderWayFigures>,
    /// Promises that are open.
    pub promises: u64,
    /// When the first of them was due, as RFC 3339.
    pub oldest_promise_at: Option<String>,
    /// Promises that fail, put together by rule and reason, the most first.
    pub failing: Vec<FailingFigures>,
}

/// Deletions of one thing that ended alike on one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DayFigures {
    /// The day.
    pub date: String,
    /// The thing.
    pub thing: String,
    /// How they ended: `complete`, `refused`, `withdrawn`, `restored`.
    pub state: String,
    /// How many.
    pub deletions: u64,
    /// How many rows went.
    pub rows: u64,
    /// How many objects went.
    pub objects: u64,
    /// How many bytes of objects, as far as stores told.
    pub bytes: u64,
}

/// How much a thing or a store held on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SampleFigures {
    /// `thing` or `store`.
    pub of: String,
    /// Its name.
    pub name: String,
    /// The day.
    pub date: String,
    /// When it was looked at, as RFC 3339.
    pub at: String,
    /// How many rows, or objects.
    pub items: u64,
    /// How many bytes, where that is known.
    pub bytes: Option<u64>,
    /// How many objects no row accounts for, in a store.
    pub orphans: Option<u64>,
    /// How many rows name an object that is not there, in a store.
    pub dangling: Option<u64>,
}

/// Deletions in one state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnderWayFigures {
    /// The state.
    pub state: String,
    /// How many.
    pub deletions: u64,
    /// When the oldest was asked for, as RFC 3339.
    pub oldest_at: String,
}

/// Promises that fail for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FailingFigures {
    /// The rule or hook.
    pub rule: String,
    /// What was said last.
    pub reason: String,
    /// How many.
    pub promises: u64,
    /// One of the deletions that wait for them.
    pub deletion: String,
    /// When the first is tried next, as RFC 3339.
    pub next_try_at: String,
}
