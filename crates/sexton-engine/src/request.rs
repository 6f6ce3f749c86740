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
    /// Who asks.
    pub caller: Caller,
}

/// Who asks, and what the policy may know of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Their name, for the audit, for owners and for SQL of the policy.
    pub actor: Actor,
    /// The organisations that they act for now: what these own is theirs.
    pub organisations: Vec<String>,
    /// In which tenant; `None` sees all.
    pub tenant: Option<TenantId>,
    /// The roles that were granted to them.
    pub roles: Vec<String>,
    /// Whether they may do all that anybody in their tenant may.
    pub admin: bool,
}

impl Caller {
    /// The operator of the database, who may do everything in every tenant.
    pub fn operator(actor: Actor) -> Self {
        Self { admin: true, ..Self::of_roles(actor, &[]) }
    }

    /// Somebody who is granted these roles and owns what carries their name.
    pub fn of_roles(actor: Actor, roles: &[&str]) -> Self {
        let roles = roles.iter().map(|&role| role.to_owned()).collect();
        Self { actor, organisations: Vec::new(), tenant: None, roles, admin: false }
    }

    /// What is kept for them is found by this: their name, within their tenant.
    pub fn owner(&self) -> String {
        let tenant = self.tenant.as_ref().map(TenantId::as_str).unwrap_or_default();
        format!("{tenant}\n{}", self.actor)
    }

    /// The same, but in this tenant only.
    #[must_use]
    pub fn within(self, tenant: TenantId) -> Self {
        Self { tenant: Some(tenant), ..self }
    }

    /// The same, acting for this organisation too.
    #[must_use]
    pub fn acting_for(mut self, organisation: impl Into<String>) -> Self {
        self.organisations.push(organisation.into());
        self
    }
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
