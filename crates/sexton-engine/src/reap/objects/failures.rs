//! What failed in an attempt, for those who are told: of each key once, however often it is tried.

use sexton_core::line::{Failing, Failure};

use super::{Noted, Remover, Went, held};
use crate::clear::{Cleared, Effort};
use crate::manifest::UNREADABLE;

/// So many keys of one promise are told of; all are counted.
const TOLD_MAX: usize = 10_000;

impl Remover {
    /// How hard a store is worked, and how much of what fails is told one by one.
    pub(super) fn effort(&self) -> Effort {
        let usual = Effort { attempts_max: self.attempts_max, ..Effort::USUAL };
        if self.tells { Effort { failures_max: TOLD_MAX, ..usual } } else { usual }
    }

    /// The same for these many objects, each of which is told.
    pub(super) fn effort_for(&self, objects: usize) -> Effort {
        Effort { failures_max: objects, ..self.effort() }
    }

    /// Notes which objects could not be removed.
    pub(super) fn note_left(&self, cleared: &Cleared) {
        for failure in &cleared.failures {
            let outcome = &failure.outcome;
            self.note_failed(&failure.place, outcome.to_string(), outcome.word());
        }
    }

    /// Notes an object that cannot be removed.
    pub(super) fn note_failed(&self, key: &str, error: String, error_type: &'static str) {
        if self.tells {
            let mut failed = self.failed.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            failed.insert(key.to_owned(), (error, error_type));
        }
    }

    /// What failed and was not told before; it is noted that it was.
    pub(super) fn failures(&self, went: &Went, noted: &Noted) -> Vec<Failure> {
        if !self.tells {
            return Vec::new();
        }
        let mut progress = held(noted);
        let mut failures = Vec::new();
        let failed = self.failed.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for (key, (error, error_type)) in failed.iter() {
            let (what, key, error) = (Failing::Key, Some(key.clone()), error.clone());
            failures.push(Failure { what, key, error, error_type });
        }
        // It was noted when it was read, and whoever reads it goes on from that note.
        let left = progress.stores.values().flat_map(|removed| &removed.left);
        for left in left.filter(|left| left.reason.starts_with(UNREADABLE)) {
            let (what, key) = (Failing::Manifest, Some(left.key.clone()));
            let (error, error_type) = (left.reason.clone(), "unreadable");
            failures.push(Failure { what, key, error, error_type });
        }
        failures.retain(|failure| {
            let known = (failure.what, failure.key.clone().unwrap_or_default());
            progress.told.len() < TOLD_MAX && progress.told.insert(known)
        });
        if let Went::Unanswered(error) = went {
            let (what, error_type) = (Failing::Store, error.word());
            failures.push(Failure { what, key: None, error: error.to_string(), error_type });
        }
        failures
    }
}
