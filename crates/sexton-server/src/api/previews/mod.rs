//! Previews: made, and looked at once more.

mod create;
mod show;

pub use create::*;
pub use show::*;
