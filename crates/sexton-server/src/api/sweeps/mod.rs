//! Sweeps: what is in stores and named by no row.

mod create;
mod latest;

pub use create::*;
pub use latest::*;
