//! The contracts of the sample systems over their own routes: status, headers and bytes.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up ends here")]

#[macro_use]
mod place;

mod batches;
mod datasets;
mod reclaiming;
mod requests;
mod requests_later;
mod snapshots;
mod stores;
mod transcriptions;
