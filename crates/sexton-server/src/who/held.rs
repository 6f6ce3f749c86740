//! A clock that tests hold still.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use sexton_core::names::Timestamp;
use sexton_engine::ports::Clock;

/// Stands until it is moved.
pub struct HeldClock(AtomicI64);

impl HeldClock {
    /// At some moment.
    pub fn new() -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(1_790_000_000_000_000)))
    }

    /// Moves it, on or back.
    pub fn pass_secs(&self, secs: i64) {
        self.0.fetch_add(secs * 1_000_000, Ordering::SeqCst);
    }
}

impl Clock for HeldClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}
