//! The audit: its records, and whether the chain of them is whole.

mod list;
mod verify;

pub use list::*;
pub use verify::*;
