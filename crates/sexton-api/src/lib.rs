#![doc = include_str!("../README.md")]

mod audit;
mod deletion;
mod preview;
mod problem;
mod sweep;
mod system;

pub use audit::{AuditRecord, AuditRecords, AuditVerification};
pub use deletion::{AskDeletion, Deletion, Deletions, Outcome, Phase, Waiting};
pub use preview::{AskPreview, Difference, Preview};
pub use problem::{Blocker, Problem, Wrong};
pub use sweep::{AskSweep, Sweep};
pub use system::{SystemSummary, Systems, Thing, ThingOption, ThingRow, ThingRows, Things};
