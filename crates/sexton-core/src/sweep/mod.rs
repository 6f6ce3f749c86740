//! A sweep lays what a store lists beside what rows name: what is there and named by nobody, and
//! what is named and not there.
//!
//! Both come in the order of bytes, so neither is ever kept in mind as a whole (`accounts`). What
//! was found is counted, with samples (`found`); what is to be removed of it is a promise like any
//! other (`objects::ObjectTarget`).
//! Not here: how names are read (`plan::names_in`) and stores are listed (the engine).

mod accounts;
mod found;
mod kept;

pub use accounts::{Accounts, NameRead, Standing, Unordered};
pub use found::{
    Ages, Dangling, InStore, OfRule, Refused, SAMPLES_MAX, SWEEP_VERSION, Seen, SweepReport, Tally,
    Unread,
};
pub use kept::KeptKeys;

/// What a deletion is called that removes what a sweep found; no thing of a policy can be.
pub const SWEEP: &str = "{sweep}";
/// The rule of objects that lie below no rule's names.
pub const NO_RULE: &str = "{no rule}";
