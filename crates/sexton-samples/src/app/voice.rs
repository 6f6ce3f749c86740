//! How a worker speaks, and how it is told to wait: a process does both by lines, a demo in memory.

use super::values::Values;

/// Something that has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What: `claimed`, `heartbeat`, `wrote`, `cancelled`, `done`, …
    pub what: &'static str,
    /// Of what.
    pub values: Values,
}

impl Event {
    /// This has happened.
    pub fn new(what: &'static str, values: Values) -> Self {
        Self { what, values }
    }
}

/// Whoever listens to a worker.
pub trait Voice: Send {
    /// Something has happened.
    fn tell(&mut self, event: Event);

    /// This section comes next; returning lets it run.
    fn before(&mut self, _section: &str) {}

    /// Everything of this section has happened but its commit; returning lets it commit.
    fn before_commit(&mut self, _section: &str) {}

    /// The worker waits until it is told to go on.
    fn hold(&mut self, why: Event);

    /// Whether the worker shall look for another job.
    fn goes_on(&mut self) -> bool {
        true
    }
}
