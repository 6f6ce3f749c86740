#![doc = include_str!("../README.md")]

pub mod clear;
pub mod ports;

mod asked;
mod audit;
mod cancel;
mod draft;
mod execute;
mod fence;
mod hold;
mod inquire;
mod late;
mod manifest;
mod once;
mod outcome;
mod overview;
mod panels;
mod pause;
mod preview;
mod purge;
mod reap;
mod request;
mod restore;
mod retain;
mod routes;
mod status;
mod stores;
mod sweep;
mod system;
mod things;
mod turns;
mod verify;
mod walk;
mod withdraw;

pub use audit::{AuditEntry, ChainReport};
pub use cancel::{CalledHook, Cancelled, CancelledRows};
pub use draft::draft;
pub use execute::{Acceptance, Accepted, Committed, Waiting, commit_in};
pub use fence::FenceChange;
pub use hold::{HoldError, HoldOn, HoldRequest};
pub use inquire::{Inspected, Reach};
pub use once::Once;
pub use outcome::{DeleteError, EngineError, Refusal, RefusedBy};
pub use overview::{DAYS_SHOWN, Overview, day_of};
pub use panels::{KeptQuery, KeptRow, PanelAct, PanelQuery, PanelRow};
pub use preview::Budget;
pub use purge::Purged;
pub use reap::{GivenUp, Gone, Worked};
pub use request::{Bound, Caller, DeleteRequest, ROOTS_MAX, Root, RootKey, Surroundings};
pub use restore::{Restored, RootRestored};
pub use retain::{
    RetainError, RetainRequest, Retained, RetentionEnd, RetentionLook, RetentionSample, RuleStatus,
};
pub use routes::{ForRoute, RowsListed};
pub use status::DeletionStatus;
pub use stores::Stores;
pub use sweep::{ReclaimRequest, Reclaimed, SweepRequest};
pub use system::System;
pub use things::{ThingQuery, ThingRow};
pub use withdraw::Withdrawn;
