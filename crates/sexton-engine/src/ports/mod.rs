//! What the use cases need from outside: a database, object stores, a clock, randomness; and
//! where the server keeps its own state.
//!
//! A port speaks the domain's words; no driver's type crosses it. Every adapter passes the
//! same conformance suite.

mod caller;
mod database;
mod error;
mod events;
mod figures;
mod holds;
mod intents;
mod ledger;
mod pauses;
mod requests;
mod rules;
mod shared;
mod state;
pub mod store;
mod store_error;
mod surroundings;

pub use caller::{Answer, HookCall, HookCaller, NoCaller};
pub use database::{Arg, Database, Mode, PART_ROWS, Query, Row, SchemaStamp, SessionId, Tx};
pub use error::{DatabaseError, Transient, Violation};
pub use events::Events;
pub use figures::{
    Counted, DayCount, EndedDeletion, FailingRule, Figures, Sample, SampleOf, UnderWay,
};
pub use holds::{HeldOn, Hold, Holds, NewHold, Released};
pub use intents::{
    Claim, IntentRow, Intents, IntentsLeft, NewIntent, OpenIntent, SettledIntent, Settlement,
};
pub use ledger::{
    AskedRoots, AuditHead, AuditRow, DeletionRow, HiddenRoot, Ledger, NewDeletion, Remembered,
    StateChange, TombstoneSet,
};
pub use pauses::{Pause, Pauses};
pub use requests::{Backlog, DeletionPage, KeptRequest, RequestKey, Requests};
pub use rules::{RefusedRoot, RuleRow, RuleRun, Rules};
pub use shared::{Scope, Shared};
pub use state::{
    ConsoleSession, Grant, Key, KeyPlace, NewKey, SecretHash, State, StoredPreview, StoredSweep,
    USE_NOTED_EVERY_SECS,
};
pub use store::Store;
pub use store_error::StoreError;
pub use surroundings::{Clock, Entropy, Secrets, SystemClock, SystemEntropy, SystemSecrets};
