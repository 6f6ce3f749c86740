//! Systems.

mod list;

pub use list::*;
