//! What every handler shares: the systems, the gate, kept previews, deletions under way.

use std::collections::BTreeMap;
use std::sync::Arc;

use sexton_engine::{Surroundings, System};
use tokio::sync::watch;

use crate::failure::Failure;
use crate::gate::Gate;
use crate::meter::Meter;
use crate::running::Running;
use crate::shelf::Shelf;
use crate::sweeping::Sweeps;
use crate::who::Identity;
use crate::who::access::{Action, Subject, may};
use crate::who::door::verdict;

/// What every handler shares.
pub struct Service {
    systems: BTreeMap<String, Arc<System>>,
    /// Who may come in.
    pub gate: Arc<dyn Gate>,
    /// The clock and randomness.
    pub surroundings: Surroundings,
    /// Previews that can be confirmed.
    pub shelf: Shelf,
    /// Deletions that this process carries out.
    pub running: Running,
    /// The last sweeps.
    pub sweeps: Sweeps,
    /// What was counted.
    pub meter: Arc<Meter>,
    base_path: String,
    stopping: watch::Sender<bool>,
}

/// Two systems of one name cannot be told apart.
#[derive(Debug, thiserror::Error)]
#[error("two policies are of a system `{0}`")]
pub struct SameName(pub String);

impl Service {
    /// A service of these systems behind this gate.
    pub fn new(
        systems: impl IntoIterator<Item = Arc<System>>,
        gate: Arc<dyn Gate>,
        surroundings: Surroundings,
    ) -> Result<Self, SameName> {
        let mut named = BTreeMap::new();
        for system in systems {
            let name = system.policy().system.to_string();
            if named.insert(name.clone(), system).is_some() {
                return Err(SameName(name));
            }
        }
        Ok(Self {
            systems: named,
            gate,
            surroundings,
            shelf: Shelf::default(),
            running: Running::default(),
            sweeps: Sweeps::default(),
            meter: Arc::default(),
            base_path: String::new(),
            stopping: watch::Sender::new(false),
        })
    }

    /// The same below this path: empty, or with a slash before and none behind.
    #[must_use]
    pub fn below(self, base_path: impl Into<String>) -> Self {
        Self { base_path: base_path.into(), ..self }
    }

    /// What comes before every path.
    pub fn base_path(&self) -> &str {
        &self.base_path
    }

    /// Every system.
    pub fn systems(&self) -> impl Iterator<Item = (&str, &Arc<System>)> {
        self.systems.iter().map(|(name, system)| (name.as_str(), system))
    }

    /// The system of this name, if there is one for them: another's is as one that never was.
    pub fn system(&self, name: &str, identity: &Identity) -> Result<&Arc<System>, Failure> {
        let seen = self.systems.get(name).filter(|_| identity.may_see(name));
        seen.ok_or_else(|| Failure::missing(format!("there is no system `{name}`")))
    }

    /// The same, if they may do this with the system as a whole.
    pub fn system_for(
        &self,
        name: &str,
        identity: &Identity,
        action: Action,
    ) -> Result<&Arc<System>, Failure> {
        let system = self.system(name, identity)?;
        verdict(may(identity, action, Subject::System(name)), name)?;
        Ok(system)
    }

    /// A new id with this prefix.
    pub fn new_id(&self, prefix: &str) -> String {
        let word = data_encoding::BASE32_NOPAD.encode(&self.surroundings.entropy.unique());
        [prefix, &word.to_lowercase()].concat()
    }

    /// Becomes true when the server is to end.
    pub fn stopping(&self) -> watch::Receiver<bool> {
        self.stopping.subscribe()
    }

    /// Tells everybody that the server is to end.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }
}
