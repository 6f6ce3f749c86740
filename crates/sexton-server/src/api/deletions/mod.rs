//! Deletions: asked for, followed, and proven.

mod answer;
mod create;
mod events;
mod list;
mod once;
mod receipt;
mod restore;
mod retry;
mod show;
mod shown;
mod withdraw;

pub use create::*;
pub use events::*;
pub use list::*;
pub use receipt::*;
pub use restore::*;
pub use retry::*;
pub use show::*;
pub use withdraw::*;

pub(crate) use answer::goes_on;
pub(crate) use shown::{found, receipt_of, shown};
