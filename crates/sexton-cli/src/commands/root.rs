//! The root that a command line names.

use sexton_core::names::{Actor, TenantId, ThingName};
use sexton_engine::{Budget, Root, RootKey};

use crate::arguments::Target;

/// Who asks where nobody says.
const NOBODY: &str = "cli";

impl Target {
    /// The root for the engine.
    pub fn root(&self) -> Root {
        let key = match &self.id {
            Some(id) => RootKey::Id(id.clone()),
            None => RootKey::Named(self.find.iter().cloned().collect()),
        };
        Root {
            thing: self.thing(),
            key,
            tenant: self.tenant.as_ref().map(TenantId::new),
            actor: Actor::new(self.actor()),
        }
    }

    /// The thing for the engine.
    pub fn thing(&self) -> ThingName {
        ThingName::new(&self.thing)
    }

    /// How much may be looked at.
    pub fn budget(&self) -> Budget {
        Budget { time: self.budget, ..Budget::default() }
    }

    fn actor(&self) -> String {
        let user = std::env::var("USER").ok();
        let named = self.actor.clone().or(user).filter(|name| !name.trim().is_empty());
        named.unwrap_or_else(|| NOBODY.into())
    }
}
