//! The root that a command line names.

use std::collections::BTreeSet;

use sexton_core::names::{Actor, TenantId, ThingName};
use sexton_engine::{Budget, Caller, Root, RootKey};

use crate::arguments::Target;
use crate::failure::Failure;

/// Who asks where nobody says.
const NOBODY: &str = "cli";

impl Target {
    /// The root for the engine.
    pub fn root(&self) -> Root {
        let key = match self.ids.as_slice() {
            [] => RootKey::Named(self.find.iter().cloned().collect()),
            [id] => RootKey::Id(id.clone()),
            ids => RootKey::Ids(ids.to_vec()),
        };
        Root {
            thing: self.thing(),
            key,
            options: self.option.iter().cloned().collect(),
            caller: self.caller(),
        }
    }

    /// Refuses an option that is given twice: which of the two was meant?
    pub fn judge_options(&self) -> Result<(), Failure> {
        let mut given = BTreeSet::new();
        match self.option.iter().find(|(name, _)| !given.insert(name)) {
            Some((name, _)) => Err(Failure::OptionTwice(name.clone())),
            None => Ok(()),
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

    /// The root as the person named it.
    pub fn named(&self) -> String {
        let found = self.find.iter().map(|(name, value)| format!("{name}={value}"));
        let named: Vec<String> = self.ids.iter().cloned().chain(found).collect();
        named.join(" ")
    }

    /// Whoever can open the database may do everything in it, or in the tenant that they name.
    fn caller(&self) -> Caller {
        let operator = Caller::operator(Actor::new(self.actor()));
        match &self.tenant {
            Some(tenant) => operator.within(TenantId::new(tenant)),
            None => operator,
        }
    }

    fn actor(&self) -> String {
        actor(self.actor.as_ref())
    }
}

/// Who asks: who was named, or whose session it is.
pub fn actor(named: Option<&String>) -> String {
    let user = std::env::var("USER").ok();
    let named = named.cloned().or(user).filter(|name| !name.trim().is_empty());
    named.unwrap_or_else(|| NOBODY.into())
}
