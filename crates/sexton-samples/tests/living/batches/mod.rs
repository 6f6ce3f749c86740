//! Batches whose jobs are being worked on.

mod alone;
mod deleted;
mod drained;
mod fenced;
