//! Who asks: what a key or a token says of its bearer, who is let in, and what they may.

pub mod access;
pub mod config;
pub mod door;
pub mod gate;
pub mod issue;
pub mod network;
pub mod origin;
pub mod refusal;
pub mod secret;
pub mod session;
pub mod token;

mod presented;
mod rates;

#[cfg(test)]
mod held;

use std::collections::BTreeSet;

use sexton_core::names::{Actor, TenantId};
use sexton_engine::Caller;

/// Somebody known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Their name, as the audit has it.
    pub actor: Actor,
    /// What the key or token is called in logs and limits; never the secret.
    pub bearer: String,
    /// The roles granted to them.
    pub roles: Vec<String>,
    /// The organisations that they act for.
    pub organisations: Vec<String>,
    /// The one tenant that they see; `None` sees all.
    pub tenant: Option<TenantId>,
    /// The systems that they may touch; `None` is all.
    pub systems: Option<BTreeSet<String>>,
}

impl Identity {
    /// Whether a system is theirs to see.
    pub fn may_see(&self, system: &str) -> bool {
        self.systems.as_ref().is_none_or(|systems| systems.contains(system))
    }

    /// What the engine knows of them.
    pub fn caller(&self) -> Caller {
        Caller {
            actor: self.actor.clone(),
            organisations: self.organisations.clone(),
            tenant: self.tenant.clone(),
            roles: self.roles.clone(),
            admin: self.roles.iter().any(|role| role == "admin"),
        }
    }
}
