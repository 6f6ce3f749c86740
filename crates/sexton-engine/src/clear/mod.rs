//! Removes everything below a prefix of a store.
//!
//! Listing and removing overlap: pages become batches of at most a thousand keys while further
//! pages are on their way, and no more batches wait than are soon sent, so memory does not grow
//! with the prefix. The store decides how many batches are under way at once (`pace`); a listing
//! that goes on for long is split (`ranges`).
//!
//! Nothing is remembered but how far everything is done: whoever begins again behind that, or at
//! the beginning, goes on with what is there. That a prefix is empty is said of one listing;
//! whether something came later is for the caller to look, later.

mod carry_out;
mod pace;
mod ranges;

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use sexton_core::objects::{ObjectKey, Outcome, OutcomeCounts, Prefix};

use crate::ports::store::{Listed, Obstacle, Scope};
use crate::ports::{Entropy, Store, StoreError};
use carry_out::Clearing;
pub(crate) use pace::back_off;

/// What is to be removed.
#[derive(Clone)]
pub struct ClearRequest {
    /// Below which everything goes.
    pub prefix: Prefix,
    /// Whether versions go, too.
    pub scope: Scope,
    /// Behind which text, as an earlier run told it; from the first key if none did.
    pub behind: Option<String>,
    /// What stays though it lies below.
    pub spared: Spared,
    /// How hard the store is worked.
    pub effort: Effort,
    /// Who is asked before each page and each batch whether it goes on.
    pub gate: Option<Arc<dyn Gate>>,
}

/// Says whether a clearing that is under way goes on.
#[async_trait]
pub trait Gate: Send + Sync {
    /// Whether it does. Once it does not, what is under way is waited for and nothing begins.
    async fn is_open(&self) -> bool;
}

/// Names of objects that stay: each an object, or a folder and all in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spared(BTreeSet<String>);

impl Spared {
    /// These names; a `/` at the end says nothing.
    pub fn of(names: impl IntoIterator<Item = String>) -> Self {
        let names = names.into_iter().map(|name| name.trim_end_matches('/').to_owned());
        Self(names.filter(|name| !name.is_empty()).collect())
    }

    /// These, too.
    #[must_use]
    pub fn and(mut self, names: &[String]) -> Self {
        self.0.extend(names.iter().cloned());
        self
    }

    /// Whether this object stays.
    pub fn holds(&self, key: &str) -> bool {
        let mut folders = key.match_indices('/').map(|(at, _)| &key[..at]);
        !self.0.is_empty()
            && (self.0.contains(key) || folders.any(|folder| self.0.contains(folder)))
    }
}

/// How hard a store is worked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort {
    /// The most batches under way at once.
    pub removals_max: usize,
    /// How often a key, a batch or a page is tried in all.
    pub attempts_max: u32,
    /// How many failures are told one by one; all are counted.
    pub failures_max: usize,
}

impl Effort {
    /// As a store of unknown strength bears it.
    pub const USUAL: Self = Self { removals_max: 16, attempts_max: 6, failures_max: 20 };
}

/// What has been done so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cleared {
    /// How many objects, or versions, were listed.
    pub listed: u64,
    /// How many of them stay because they are spared.
    pub spared: u64,
    /// What came of the others.
    pub counts: OutcomeCounts,
    /// How many bytes are gone.
    pub bytes: u64,
    /// What came of unfinished uploads.
    pub uploads: OutcomeCounts,
    /// Whether the store knows no such uploads.
    pub knows_no_uploads: bool,
    /// The first of those that are left.
    pub failures: Vec<ClearFailure>,
    /// Behind which text not everything is done; `None` once nothing is open.
    pub behind: Option<String>,
    /// Whether the gate was closed before the end.
    pub is_halted: bool,
}

/// One that is left, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClearFailure {
    /// Its key, or its place where it has none.
    pub place: String,
    /// Its key, where it is an object.
    pub key: Option<ObjectKey>,
    /// Why it is left.
    pub outcome: Outcome,
}

impl Cleared {
    /// Whether the listing was empty but for what is spared: one of the two that a prefix needs to be called gone.
    pub fn found_nothing(&self) -> bool {
        self.behind.is_none()
            && !self.is_halted
            && self.listed == self.spared
            && self.uploads == OutcomeCounts::default()
            && self.counts == OutcomeCounts::default()
    }

    fn note(&mut self, listed: &Listed, outcome: Outcome, failures_max: usize) {
        self.counts.add(&outcome);
        if outcome == Outcome::Deleted {
            self.bytes += listed.bytes;
        }
        let (place, key) = (listed.object.to_string(), Some(listed.object.key.clone()));
        self.note_failure(place, key, outcome, failures_max);
    }

    fn note_obstacle(&mut self, obstacle: Obstacle, failures_max: usize) {
        let outcome = Outcome::Unreadable { reason: obstacle.reason };
        self.counts.add(&outcome);
        self.note_failure(obstacle.place, None, outcome, failures_max);
    }

    fn note_upload(&mut self, key: &ObjectKey, outcome: Outcome, failures_max: usize) {
        self.uploads.add(&outcome);
        self.note_failure(format!("{key} (unfinished upload)"), None, outcome, failures_max);
    }

    fn note_failure(
        &mut self,
        place: String,
        key: Option<ObjectKey>,
        outcome: Outcome,
        failures_max: usize,
    ) {
        if !outcome.is_gone() && self.failures.len() < failures_max {
            self.failures.push(ClearFailure { place, key, outcome });
        }
    }
}

/// Why a prefix was not gone through to its end. What was done is done.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{error}")]
pub struct Stopped {
    /// What was done before.
    pub cleared: Cleared,
    /// What stopped it.
    pub error: StoreError,
}

/// Removes everything below a prefix; tells how far it is after every batch.
pub async fn clear(
    store: Arc<dyn Store>,
    entropy: Arc<dyn Entropy>,
    request: &ClearRequest,
    progress: &mut (dyn FnMut(&Cleared) + Send),
) -> Result<Cleared, Box<Stopped>> {
    Clearing::below(store, entropy, request, progress).carry_out().await
}

/// Removes these objects, however many calls that takes.
pub async fn remove(
    store: Arc<dyn Store>,
    entropy: Arc<dyn Entropy>,
    objects: Vec<Listed>,
    effort: Effort,
) -> Result<Cleared, Box<Stopped>> {
    Clearing::of(store, entropy, objects, effort, &mut |_| {}).carry_out().await
}
