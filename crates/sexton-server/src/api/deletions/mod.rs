//! Deletions: asked for, followed, and proven.

mod answer;
mod create;
mod events;
mod list;
mod once;
mod receipt;
mod retry;
mod show;
mod shown;

pub use create::*;
pub use events::*;
pub use list::*;
pub use receipt::*;
pub use retry::*;
pub use show::*;
