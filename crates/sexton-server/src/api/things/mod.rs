//! Things: what can be deleted, and the rows that are such things.

mod cancel;
mod list;
mod rows;
mod show;

pub use cancel::*;
pub use list::*;
pub use rows::*;
pub use show::*;
