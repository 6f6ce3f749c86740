//! Things: what can be deleted, and the rows that are such things.

mod list;

pub use list::*;
