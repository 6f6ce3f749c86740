//! Pauses: background work of a system, of one of its stores, or of every system.

mod all;
mod lift;
mod list;
mod pause;

pub use all::*;
pub use lift::*;
pub use list::*;
pub use pause::*;
