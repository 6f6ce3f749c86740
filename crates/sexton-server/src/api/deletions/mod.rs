//! Deletions: asked for, followed, and proven.

mod answer;
mod create;
mod list;
mod receipt;
mod show;
mod shown;

pub use create::*;
pub use list::*;
pub use receipt::*;
pub use show::*;
