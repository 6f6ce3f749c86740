//! What is asked for: a root, and a deletion of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use sexton_core::names::{Actor, TenantId, ThingName};
use sexton_core::preview::DigestParts;

use crate::ports::{Clock, Entropy, SystemClock, SystemEntropy};

/// The root of a preview or deletion, or several at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// The thing.
    pub thing: ThingName,
    /// Its key.
    pub key: RootKey,
    /// Options by name, as given: `true` or `false` in any case of letters.
    pub options: BTreeMap<String, String>,
    /// In which tenant; `None` sees all (the operator of the database).
    pub tenant: Option<TenantId>,
    /// Who asks.
    pub actor: Actor,
}

/// So many roots fit one deletion.
pub const ROOTS_MAX: usize = 1_000;

/// How a root is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RootKey {
    /// By its key; the values of a composite key are joined by commas.
    Id(String),
    /// Several by their keys: all of them or none. The same one twice is one.
    Ids(Vec<String>),
    /// By named values, through the thing's `find`.
    Named(BTreeMap<String, String>),
}

/// One deletion asked for.
#[derive(Debug, Clone)]
pub struct DeleteRequest {
    /// What.
    pub root: Root,
    /// Why.
    pub reason: Option<String>,
    /// The preview that was confirmed.
    pub bound_to: Option<Bound>,
}

/// What a deletion is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bound {
    /// A digest: a difference refuses.
    Digest(String),
    /// A digest and its parts: a difference refuses and is told per table.
    Parts {
        /// The digest of the preview.
        digest: String,
        /// What it was made of.
        parts: DigestParts,
    },
}

impl Bound {
    /// The digest itself.
    pub fn digest(&self) -> &str {
        match self {
            Self::Digest(digest) | Self::Parts { digest, .. } => digest,
        }
    }
}

/// The clock and randomness that a system uses.
#[derive(Clone)]
pub struct Surroundings {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

impl Surroundings {
    /// The machine's own.
    pub fn of_this_machine() -> Self {
        Self { clock: Arc::new(SystemClock), entropy: Arc::new(SystemEntropy) }
    }
}
