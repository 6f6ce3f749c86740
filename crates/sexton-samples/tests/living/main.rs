//! The applications of the sample systems at work, each worker a process of its own: first by
//! themselves, then with deletions among them.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up ends here")]

#[macro_use]
mod place;

mod alone;
mod batches;
mod called;
mod datasets;
mod lies;
mod requests;
mod snapshots;
mod transcriptions;
mod uploading;
