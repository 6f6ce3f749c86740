//! Batches whose jobs are being worked on.

mod alone;
mod cached;
mod deleted;
mod drained;
mod fenced;
