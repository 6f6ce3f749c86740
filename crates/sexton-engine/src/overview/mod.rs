//! How a system stands, at a glance: what went on each day, what is still to be done, what fails,
//! how much there is.
//!
//! What is shown of the past is kept in figures (`keep`), so a look costs the days that are shown
//! and not the history. The last minutes are not counted yet; a look counts them itself.

mod days;
mod keep;

use sexton_core::names::Timestamp;

use crate::outcome::DeleteError;
use crate::ports::{Backlog, DayCount, FailingRule, Mode, Sample, UnderWay};
use crate::system::System;
pub use days::day_of;

/// So many days are shown, today's with them.
pub const DAYS_SHOWN: i64 = 30;
/// No more is counted by a look itself; what is beyond waits for a worker.
const UNCOUNTED_MAX: u32 = 5_000;
/// So many reasons are told why promises fail.
const FAILING_MAX: u32 = 10;

/// How a system stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// When it was looked at.
    pub at: Timestamp,
    /// Deletions that ended on the days that are shown, by day.
    pub days: Vec<DayCount>,
    /// How much things and stores held on these days.
    pub samples: Vec<Sample>,
    /// Deletions that are not at an end, by state.
    pub under_way: Vec<UnderWay>,
    /// How much is still to be done.
    pub backlog: Backlog,
    /// Promises that fail, put together by reason.
    pub failing: Vec<FailingRule>,
}

impl System {
    /// How the system stands now.
    pub async fn overview(&self) -> Result<Overview, DeleteError> {
        let at = self.surroundings.clock.now();
        let mut overview = Overview {
            at,
            days: Vec::new(),
            samples: Vec::new(),
            under_way: Vec::new(),
            backlog: Backlog::default(),
            failing: Vec::new(),
        };
        if !self.has_history().await? {
            return Ok(overview);
        }
        let system = &self.policy.system;
        let from = day_of(at) - DAYS_SHOWN + 1;
        // Race: one snapshot, so a deletion that is counted meanwhile is told once.
        let mut tx = self.database.begin(Mode::Look { budget: None }).await?;
        let counted = tx.counted(system).await?;
        let late = tx.ended(system, counted.as_ref(), at, UNCOUNTED_MAX).await?;
        let mut kept = tx.days(system, from).await?;
        kept.extend(days::of_ended(&late).into_iter().filter(|count| count.day >= from));
        overview.days = days::together(kept);
        overview.samples = tx.samples(system, from).await?;
        overview.under_way = tx.under_way(system).await?;
        overview.backlog = tx.backlog(system).await?;
        overview.failing = tx.failing_rules(system, FAILING_MAX).await?;
        tx.rollback().await?;
        Ok(overview)
    }
}
