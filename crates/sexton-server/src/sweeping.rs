//! The last sweep of each system that this server began.
//!
//! What a sweep found is no record of anything: it is true for the moment, and made again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use sexton_api::Sweep;
use sexton_core::names::Timestamp;
use sexton_core::sweep::SweepReport;
use sexton_engine::EngineError;

type BySystem = Arc<Mutex<BTreeMap<String, Sweep>>>;

/// Sweeps by system.
#[derive(Default)]
pub struct Sweeps {
    latest: BySystem,
}

/// A sweep that is under way.
pub struct Begun {
    system: String,
    shown: Sweep,
    latest: BySystem,
}

impl Sweeps {
    /// Begins one, unless one is under way.
    pub fn begin(&self, system: &str, now: Timestamp) -> Option<Begun> {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if latest.get(system).is_some_and(|sweep| sweep.ended_at.is_none()) {
            return None;
        }
        let shown = Sweep {
            system: system.to_owned(),
            began_at: now.to_string(),
            ended_at: None,
            failure: None,
            report: None,
        };
        latest.insert(system.to_owned(), shown.clone());
        Some(Begun { system: system.to_owned(), shown, latest: self.latest.clone() })
    }

    /// The last one of a system.
    pub fn latest(&self, system: &str) -> Option<Sweep> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner).get(system).cloned()
    }
}

impl Begun {
    /// As it is shown while it is under way.
    pub fn shown(&self) -> Sweep {
        self.shown.clone()
    }

    /// Keeps what it has found.
    pub fn end(&self, swept: &Result<SweepReport, EngineError>, now: Timestamp) {
        let report = swept.as_ref().ok().and_then(|report| serde_json::to_value(report).ok());
        let failure = swept.as_ref().err().map(ToString::to_string);
        let ended_at = Some(now.to_string());
        let sweep = Sweep { ended_at, failure, report, ..self.shown.clone() };
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        latest.insert(self.system.clone(), sweep);
    }
}

impl Drop for Begun {
    /// One that was broken off is not under way any more.
    fn drop(&mut self) {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sweep) = latest.get_mut(&self.system)
            && sweep.ended_at.is_none()
        {
            sweep.ended_at = Some(sweep.began_at.clone());
            sweep.failure = Some("it was broken off".to_owned());
        }
    }
}
