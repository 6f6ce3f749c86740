//! Ends a statement that takes longer than it may.
//!
//! SQLite asks a handler every so many steps whether to go on. The handler knows the budget
//! weakly: once the transaction that owns it is dropped, what still runs for it ends at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sqlx::sqlite::LockedSqliteHandle;

/// Steps of SQLite's machine between two questions: some ten microseconds.
const STEPS: i32 = 1_000;

/// How long each statement of one transaction may take.
#[derive(Debug)]
pub struct Budget {
    allowed: Duration,
    started: Instant,
    /// When the statement that runs must end, in microseconds since `started`.
    ends: Arc<AtomicU64>,
}

impl Budget {
    /// A budget of this much for each statement.
    #[expect(clippy::disallowed_methods, reason = "measures how long a statement runs")]
    pub fn new(allowed: Duration) -> Self {
        let budget = Self { allowed, started: Instant::now(), ends: Arc::default() };
        budget.restart();
        budget
    }

    /// Gives the next statement the whole budget.
    pub fn restart(&self) {
        self.ends.store(micros(self.started.elapsed() + self.allowed), Ordering::Relaxed);
    }

    /// Makes a connection obey.
    pub fn guard(&self, handle: &mut LockedSqliteHandle<'_>) {
        let started = self.started;
        let ends = Arc::downgrade(&self.ends);
        handle.set_progress_handler(STEPS, move || {
            ends.upgrade()
                .is_some_and(|ends| micros(started.elapsed()) < ends.load(Ordering::Relaxed))
        });
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
