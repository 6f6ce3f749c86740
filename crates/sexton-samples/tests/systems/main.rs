//! The sample systems on both databases: checks, plans, and their contracts line by line.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up ends here")]

#[macro_use]
mod place;

mod canary;
mod datasets;
mod requests;
mod retention;
mod snapshots;
mod stored;
mod stores;
mod told;
mod transcriptions;
mod who;
