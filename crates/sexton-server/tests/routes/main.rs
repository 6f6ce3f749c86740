//! The contracts of the sample systems over their own routes: status, headers and bytes.

#[macro_use]
mod place;

mod batches;
mod datasets;
mod snapshots;
mod transcriptions;
