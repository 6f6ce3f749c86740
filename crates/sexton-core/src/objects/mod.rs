//! Objects in stores, as values: what they are called, and what came of removing one.
//!
//! Keys are kept byte for byte: stores hold `/lead`, `a//b` and `a/../b` as names of their own,
//! and whoever tidies such a name removes another object than was meant.
//! Not here: how a store is asked (the engine's port), which objects go with a thing.

mod key;
mod outcome;

pub use key::{BadKey, BadPrefix, ObjectKey, ObjectVersion, Prefix, UploadId, VersionId};
pub use outcome::{Outcome, OutcomeCounts};
