//! The client: a server, as one key sees it.

use sexton_api::{SystemSummary, Systems, Things};

use crate::call;
use crate::deletions::Deletions;
use crate::error::Error;
use crate::sender::Sender;
use crate::settings::Settings;
use crate::thing::Thing;
use crate::whole::{Audit, Holds, Pauses, Retention, Sweeps};

/// A server, as one key sees it; cheap to clone.
#[derive(Debug, Clone)]
pub struct Sexton(Sender);

impl Sexton {
    /// How to ask the server at this address.
    pub fn at(server: impl Into<String>) -> Settings {
        Settings::at(server)
    }

    /// The server that SEXTON_SERVER names, by the key in SEXTON_KEY.
    pub fn from_env() -> Result<Self, Error> {
        Settings::from_env()?.client()
    }

    pub(crate) fn with(sender: Sender) -> Self {
        Self(sender)
    }

    /// Where the server is.
    pub fn server(&self) -> &str {
        self.0.server()
    }

    /// Every system that the key may see.
    pub async fn systems(&self) -> Result<Vec<SystemSummary>, Error> {
        Ok(self.0.send::<Systems>(&call::systems()).await?.data)
    }

    /// The things of a system that can be deleted.
    pub async fn things(&self, system: &str) -> Result<Vec<sexton_api::Thing>, Error> {
        Ok(self.0.send::<Things>(&call::things(system)).await?.data)
    }

    /// One thing of a system; nothing is asked yet.
    pub fn thing(&self, system: impl Into<String>, thing: impl Into<String>) -> Thing {
        Thing::of(self.0.clone(), system.into(), thing.into())
    }

    /// The deletions of a system; nothing is asked yet.
    pub fn deletions(&self, system: impl Into<String>) -> Deletions {
        Deletions::of(self.0.clone(), system.into())
    }

    /// The audit of a system; nothing is asked yet.
    pub fn audit(&self, system: impl Into<String>) -> Audit {
        Audit::of(self.0.clone(), system.into())
    }

    /// The holds of a system; nothing is asked yet.
    pub fn holds(&self, system: impl Into<String>) -> Holds {
        Holds::of(self.0.clone(), system.into())
    }

    /// The pauses of a system's background work; nothing is asked yet.
    pub fn pauses(&self, system: impl Into<String>) -> Pauses {
        Pauses::of(self.0.clone(), system.into())
    }

    /// The rules of a system that delete by age; nothing is asked yet.
    pub fn retention(&self, system: impl Into<String>) -> Retention {
        Retention::of(self.0.clone(), system.into())
    }

    /// The sweeps of a system's stores; nothing is asked yet.
    pub fn sweeps(&self, system: impl Into<String>) -> Sweeps {
        Sweeps::of(self.0.clone(), system.into())
    }
}
