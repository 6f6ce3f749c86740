//! Holds: what keeps things from being deleted until a person says otherwise.

mod create;
mod list;
mod release;
mod show;

pub use create::*;
pub use list::*;
pub use release::*;
pub use show::*;
