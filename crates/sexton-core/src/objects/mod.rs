//! Objects in stores, as values: what they are called, and what came of removing one.
//!
//! Keys are kept byte for byte: stores hold `/lead`, `a//b` and `a/../b` as names of their own,
//! and whoever tidies such a name removes another object than was meant.
//! A promise to remove some is a `target`, and how far it is its `Progress`.
//! Not here: how a store is asked (the engine's port), which objects go with a thing.

mod covering;
mod key;
mod manifest;
mod outcome;
mod target;

pub use covering::{Covering, Terms};
pub use key::{BadKey, BadPrefix, ObjectKey, ObjectVersion, Prefix, UploadId, VersionId};
pub use manifest::{MANIFEST_BYTES_MAX, ManifestTarget, SharedNames, SharedTarget};
pub use outcome::{Outcome, OutcomeCounts};
pub use target::{
    KEYS_PER_INTENT, LEFT_TOLD_MAX, LeftObject, Named, NamingIn, ObjectTarget, Progress, Removed,
    SeenAs,
};
