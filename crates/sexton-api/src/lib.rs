#![doc = include_str!("../README.md")]

mod deletion;
mod preview;
mod problem;
mod system;

pub use deletion::{AskDeletion, Deletion, Deletions, Outcome, Phase, Waiting};
pub use preview::{AskPreview, Difference, Preview};
pub use problem::{Blocker, Problem, Wrong};
pub use system::{SystemSummary, Systems, Thing, ThingOption, Things};
