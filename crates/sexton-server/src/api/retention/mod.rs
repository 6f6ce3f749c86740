//! Retention: rules that delete by age.

mod list;
mod preview;
mod run;
mod show;

pub use list::*;
pub use preview::*;
pub use run::*;
pub use show::*;
