//! The one place where time is measured.

use std::time::Instant;

/// Starts a stopwatch: ask it for `elapsed`.
#[expect(clippy::disallowed_methods, reason = "measuring is what this crate is for")]
pub fn start() -> Instant {
    Instant::now()
}
