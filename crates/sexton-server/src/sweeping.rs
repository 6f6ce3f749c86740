//! The latest sweep of each system.
//!
//! It is kept in the server's own state, so that any replica tells of it and no two sweep one
//! system at once; a service without a state keeps it in mind. What a sweep found is no record of
//! anything: it is true for the moment, and made again.
//!
//! Invariant: a sweep holds a lease while it goes on, so one whose server died is known to be
//! broken off.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sexton_api::Sweep;
use sexton_core::names::{SweepId, SystemName, Timestamp};
use sexton_engine::ports::{Clock, DatabaseError, State, StoredSweep};

/// So long nobody else begins one where the server says nothing.
const LEASE_SECS: i64 = 60;
/// So often it says something.
const KEEP_EVERY: Duration = Duration::from_secs(20);

/// Sweeps by system.
pub enum Sweeps {
    /// In the server's own state.
    Shared(Arc<dyn State>),
    /// In mind.
    Own(Mutex<BTreeMap<SystemName, StoredSweep>>),
}

impl Default for Sweeps {
    fn default() -> Self {
        Self::Own(Mutex::default())
    }
}

impl Sweeps {
    /// Begins one, unless one is under way; says whether it did.
    pub async fn begin(&self, sweep: &Sweep, now: Timestamp) -> Result<bool, DatabaseError> {
        let stored = StoredSweep {
            system: SystemName::new(sweep.system.as_str()),
            id: SweepId::new(sweep.id.as_str()),
            body: written(sweep),
            began_at: now,
            leased_until: now.plus_secs(LEASE_SECS),
            ended_at: None,
        };
        match self {
            Self::Shared(state) => state.begin_sweep(&stored, now).await,
            Self::Own(latest) => {
                let mut latest = latest.lock().unwrap_or_else(PoisonError::into_inner);
                let before = latest.get(&stored.system);
                if before.is_some_and(|before| is_under_way(before, now)) {
                    return Ok(false);
                }
                latest.insert(stored.system.clone(), stored);
                Ok(true)
            }
        }
    }

    /// Does the work of a sweep, and holds its lease meanwhile.
    pub async fn held<T>(
        &self,
        id: &SweepId,
        clock: &dyn Clock,
        work: impl Future<Output = T>,
    ) -> T {
        tokio::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = tokio::time::sleep(KEEP_EVERY) => {
                    let until = clock.now().plus_secs(LEASE_SECS);
                    if let Err(error) = self.keep(id, until).await {
                        tracing::warn!(event = "sweep_not_kept", error = %error);
                    }
                }
            }
        }
    }

    async fn keep(&self, id: &SweepId, until: Timestamp) -> Result<(), DatabaseError> {
        match self {
            Self::Shared(state) => state.keep_sweep(id, until).await.map(drop),
            Self::Own(latest) => {
                let mut latest = latest.lock().unwrap_or_else(PoisonError::into_inner);
                latest.values_mut().filter(|sweep| sweep.id == *id).for_each(|sweep| {
                    sweep.leased_until = until;
                });
                Ok(())
            }
        }
    }

    /// Keeps what it has found.
    pub async fn end(&self, sweep: &Sweep, now: Timestamp) -> Result<(), DatabaseError> {
        let (id, body) = (SweepId::new(sweep.id.as_str()), written(sweep));
        match self {
            Self::Shared(state) => state.end_sweep(&id, now, &body).await.map(drop),
            Self::Own(latest) => {
                let mut latest = latest.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(kept) = latest.values_mut().find(|kept| kept.id == id) {
                    (kept.body, kept.ended_at) = (body, Some(now));
                }
                Ok(())
            }
        }
    }

    /// The latest one of a system.
    pub async fn latest(
        &self,
        system: &str,
        now: Timestamp,
    ) -> Result<Option<Sweep>, DatabaseError> {
        let system = SystemName::new(system);
        let found = match self {
            Self::Shared(state) => state.sweep(&system).await?,
            Self::Own(latest) => {
                let latest = latest.lock().unwrap_or_else(PoisonError::into_inner);
                latest.get(&system).cloned()
            }
        };
        Ok(found.and_then(|found| shown(&found, now)))
    }
}

fn is_under_way(sweep: &StoredSweep, now: Timestamp) -> bool {
    sweep.ended_at.is_none() && sweep.leased_until > now
}

fn written(sweep: &Sweep) -> String {
    serde_json::to_string(sweep).unwrap_or_default()
}

/// As it was written, unless its server has died since.
fn shown(stored: &StoredSweep, now: Timestamp) -> Option<Sweep> {
    let mut sweep: Sweep = serde_json::from_str(&stored.body).ok()?;
    if stored.ended_at.is_none() && !is_under_way(stored, now) {
        sweep.ended_at = Some(stored.leased_until.to_string());
        sweep.failure = Some("it was broken off".to_owned());
    }
    Some(sweep)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sweep(id: &str) -> Sweep {
        Sweep { id: id.to_owned(), system: "a".to_owned(), ..Sweep::default() }
    }

    #[tokio::test]
    async fn a_sweep_whose_server_died_is_known_to_be_broken_off_and_another_may_begin() {
        let (sweeps, now) = (Sweeps::default(), Timestamp(1_790_000_000_000_000));
        assert!(sweeps.begin(&sweep("swp_1"), now).await.unwrap());
        assert!(!sweeps.begin(&sweep("swp_2"), now.plus_secs(59)).await.unwrap());
        let latest = sweeps.latest("a", now.plus_secs(59)).await.unwrap().unwrap();
        assert_eq!((latest.ended_at, latest.failure), (None, None));
        let latest = sweeps.latest("a", now.plus_secs(60)).await.unwrap().unwrap();
        assert_eq!(latest.failure.as_deref(), Some("it was broken off"));
        assert!(sweeps.begin(&sweep("swp_2"), now.plus_secs(60)).await.unwrap());
        // What the first still has to say is nobody's any more.
        sweeps.end(&sweep("swp_1"), now.plus_secs(61)).await.unwrap();
        let latest = sweeps.latest("a", now.plus_secs(62)).await.unwrap().unwrap();
        assert_eq!((latest.id.as_str(), latest.failure), ("swp_2", None));
    }
}
