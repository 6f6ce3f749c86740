//! What a cache keeps of snapshots, and the epochs that keep a late fill from bringing back what
//! was evicted.
//!
//! Whoever is about to read a payload from the database takes a ticket first. What was read is
//! kept only if nothing of that name was evicted since: else it may be older than the eviction,
//! and must be read again.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The name of what is kept: a cohort and a slug.
pub type Name = (String, String);

/// Payloads by their names.
#[derive(Debug, Default)]
pub struct Shelf(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    payloads: HashMap<Name, String>,
    epochs: HashMap<Name, u64>,
}

/// A promise that what is read from now on is younger than every eviction so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket(u64);

impl Shelf {
    /// The payload of this name, if it is kept.
    pub fn find(&self, name: &Name) -> Option<String> {
        self.lock().payloads.get(name).cloned()
    }

    /// To be taken before the payload is read.
    pub fn ticket(&self, name: &Name) -> Ticket {
        Ticket(self.lock().epoch(name))
    }

    /// Keeps what was read under this ticket. False: it was evicted since, and is to be read again.
    pub fn keep(&self, name: &Name, ticket: Ticket, payload: Option<&str>) -> bool {
        let mut kept = self.lock();
        if kept.epoch(name) != ticket.0 {
            return false;
        }
        if let Some(payload) = payload {
            kept.payloads.insert(name.clone(), payload.to_owned());
        }
        true
    }

    /// Forgets the payload, also those that are being read at this moment.
    pub fn evict(&self, name: &Name) {
        let mut kept = self.lock();
        kept.payloads.remove(name);
        *kept.epochs.entry(name.clone()).or_default() += 1;
    }

    /// Every change is one insertion or removal, so what a panic leaves behind is whole.
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn epoch(&self, name: &Name) -> u64 {
        self.epochs.get(name).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b29_a_fill_that_began_before_the_eviction_is_not_kept() {
        let shelf = Shelf::default();
        let [winter, spring] = ["winter", "spring"].map(|slug| ("1".to_owned(), slug.to_owned()));
        let [late, other] = [&winter, &spring].map(|name| shelf.ticket(name));
        shelf.evict(&winter);
        assert!(!shelf.keep(&winter, late, Some("old")));
        assert_eq!(shelf.find(&winter), None);
        assert!(shelf.keep(&spring, other, Some("its own")));
        assert!(shelf.keep(&winter, shelf.ticket(&winter), Some("new")));
        assert_eq!(shelf.find(&winter).as_deref(), Some("new"));
        shelf.evict(&winter);
        assert_eq!(shelf.find(&winter), None);
        assert_eq!(shelf.find(&spring).as_deref(), Some("its own"));
    }

    #[test]
    fn that_there_is_nothing_is_not_kept() {
        let shelf = Shelf::default();
        let name = ("1".to_owned(), "winter".to_owned());
        assert!(shelf.keep(&name, shelf.ticket(&name), None));
        assert_eq!(shelf.find(&name), None);
    }
}
