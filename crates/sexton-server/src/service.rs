//! What every handler shares: the systems, the gate, kept previews, deletions under way.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use sexton_core::check::shared_route;
use sexton_core::names::{RouteName, SystemName};
use sexton_core::policy::Policy;
use sexton_engine::ports::{Secrets, State, SystemSecrets};
use sexton_engine::{Surroundings, System};
use tokio::sync::{OnceCell, watch};

use crate::api::Signer;
use crate::failure::Failure;
use crate::gate::Gate;
use crate::meter::Meter;
use crate::running::Running;
use crate::shelf::Shelf;
use crate::sweeping::Sweeps;
use crate::who::Identity;
use crate::who::access::{Action, Subject, may};
use crate::who::door::verdict;

/// No answer takes longer; the longest that may be waited for a deletion is shorter.
const ANSWER_TIME: Duration = Duration::from_secs(75);

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
    answer_time: Duration,
    state: Option<Arc<dyn State>>,
    signer: OnceCell<Signer>,
}

/// Why systems cannot be served together.
#[derive(Debug, thiserror::Error)]
pub enum Indistinct {
    /// Two of one name.
    #[error("two policies are of a system `{0}`")]
    Name(String),
    /// A request that would be meant for both.
    #[error(
        "`{route}` of the system `{system}` and `{met}` of the system `{of}` can be the same request"
    )]
    Route {
        /// A route.
        route: RouteName,
        /// Whose it is.
        system: SystemName,
        /// The other's.
        met: RouteName,
        /// The other.
        of: SystemName,
    },
}

impl Service {
    /// A service of these systems behind this gate.
    pub fn new(
        systems: impl IntoIterator<Item = Arc<System>>,
        gate: Arc<dyn Gate>,
        surroundings: Surroundings,
    ) -> Result<Self, Indistinct> {
        let mut named: BTreeMap<String, Arc<System>> = BTreeMap::new();
        for system in systems {
            let name = system.policy().system.to_string();
            for known in named.values() {
                refuse_shared(known.policy(), system.policy())?;
            }
            if named.insert(name.clone(), system).is_some() {
                return Err(Indistinct::Name(name));
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
            answer_time: ANSWER_TIME,
            state: None,
            signer: OnceCell::new(),
        })
    }

    /// The same, sharing previews, sweeps and cursors with every server that has this state, which
    /// must be prepared. Without, each keeps its own.
    #[must_use]
    pub fn sharing(self, state: Arc<dyn State>) -> Self {
        Self {
            shelf: Shelf::Shared(state.clone()),
            sweeps: Sweeps::Shared(state.clone()),
            state: Some(state),
            ..self
        }
    }

    /// What is shared with other servers, if anything is.
    pub fn state(&self) -> Option<&Arc<dyn State>> {
        self.state.as_ref()
    }

    /// Who signs cursors.
    pub(crate) async fn signer(&self) -> Result<&Signer, Failure> {
        let make = async || {
            let fresh = SystemSecrets.secret();
            match &self.state {
                Some(state) => state.shared_secret("cursors", &fresh).await.map(Signer),
                None => Ok(Signer(fresh)),
            }
        };
        Ok(self.signer.get_or_try_init(make).await?)
    }

    /// The same below this path: empty, or with a slash before and none behind.
    #[must_use]
    pub fn below(self, base_path: impl Into<String>) -> Self {
        Self { base_path: base_path.into(), ..self }
    }

    /// The same, where no answer may take longer than this.
    #[must_use]
    pub fn answering_within(self, answer_time: Duration) -> Self {
        Self { answer_time, ..self }
    }

    /// No answer takes longer.
    pub fn answer_time(&self) -> Duration {
        self.answer_time
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

/// Whoever asks must know which of the two is meant.
fn refuse_shared(one: &Policy, other: &Policy) -> Result<(), Indistinct> {
    let Some((route, met)) = shared_route(one, other).filter(|_| one.system != other.system) else {
        return Ok(());
    };
    Err(Indistinct::Route {
        route: route.name.clone(),
        system: one.system.clone(),
        met: met.name.clone(),
        of: other.system.clone(),
    })
}
