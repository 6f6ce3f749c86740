#![doc = include_str!("../README.md")]

mod audit;
mod background;
mod deletion;
mod hold;
mod overview;
mod preview;
mod problem;
mod sweep;
mod system;

pub use audit::{AuditRecord, AuditRecords, AuditVerification};
pub use background::{
    AskPause, AskPauseOfAll, AskRetentionPreview, AskRetentionRun, Pause, Pauses, RetentionPreview,
    RetentionRule, RetentionRules, RetentionSample,
};
pub use deletion::{
    AskDeletion, AskTakeBack, Deletion, DeletionEvent, Deletions, Outcome, Phase, Waiting,
};
pub use hold::{AskHold, AskRelease, Hold, Holds, Release};
pub use overview::{DayFigures, FailingFigures, Overview, SampleFigures, UnderWayFigures};
pub use preview::{AskPreview, Difference, Preview};
pub use problem::{Blocker, Problem, Wrong};
pub use sweep::{AskSweep, ReclaimedStore, Sweep};
pub use system::{SystemSummary, Systems, Thing, ThingOption, ThingRow, ThingRows, Things};
