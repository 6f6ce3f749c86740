//! Compares stores with rows: what is there and named by nobody, and what is named and not there.
//!
//! One pass, that reads nothing twice and changes nothing: names come from the database as stores
//! list, in the order of bytes, and are judged side by side (`scan`). What no row names is removed
//! only if a person asks for it (`reclaim`), by promises that look again before they remove.
//!
//! Not here: how the promises are carried out (`reap::objects`).

mod asking;
mod kept;
mod names;
mod promised;
mod reclaim;
mod scan;

use sexton_core::names::{ObjectRuleName, StoreName, Timestamp};
use sexton_core::sweep::{InStore, SWEEP_VERSION, Seen, SweepReport};

use crate::outcome::EngineError;
use crate::system::System;
pub(crate) use kept::{Keeping, KeptError};
pub(crate) use names::{NamesRead, read_names};
pub use reclaim::{ReclaimRequest, Reclaimed};

/// What is compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SweepRequest {
    /// Only these stores; all of the policy's if none is named.
    pub stores: Vec<StoreName>,
    /// How old an object has to be before it is called an orphan, instead of what the policy says.
    pub older_than_secs: Option<i64>,
}

/// What is told while a sweep goes on: the store at hand, as far as it is.
pub(crate) type Progress<'p> = dyn FnMut(&InStore) + Send + 'p;

/// Objects that no row names and that are old enough, with the rules below whose names they lie.
#[derive(Debug, Default)]
pub(crate) struct Orphans {
    pub found: Vec<(Option<ObjectRuleName>, Seen)>,
    /// How many more there are than are kept in mind.
    pub more: u64,
}

impl System {
    /// Compares stores with rows, and tells how far it is after every page.
    pub async fn sweep(
        &self,
        request: &SweepRequest,
        progress: &mut Progress<'_>,
    ) -> Result<SweepReport, EngineError> {
        let asking = self.asking().await?;
        let began = self.surroundings.clock.now();
        let mut stores = Vec::new();
        for (store, older_than) in self.swept(request)? {
            let scan = self.scan(&asking, &store, older_than, began);
            stores.push(Box::pin(scan.look(None, progress)).await);
        }
        Ok(self.report(began, stores))
    }

    fn report(&self, at: Timestamp, stores: Vec<InStore>) -> SweepReport {
        let system = self.policy.system.clone();
        let mut report = SweepReport { v: SWEEP_VERSION, system, at, stores };
        for rule in self.policy.objects.iter().filter(|rule| rule.stores.len() > 1) {
            let stores: Vec<&StoreName> = rule.stores.iter().map(|store| &store.value).collect();
            report.add_missing_everywhere(&rule.name, &stores);
        }
        report
    }

    /// The stores that are asked for, each with how old an orphan has to be there.
    fn swept(&self, request: &SweepRequest) -> Result<Vec<(StoreName, Option<i64>)>, EngineError> {
        let rules = &self.policy.stores;
        for asked in &request.stores {
            if !rules.iter().any(|rule| rule.name == *asked) {
                let known: Vec<&str> = rules.iter().map(|rule| rule.name.as_str()).collect();
                let (store, known) = (asked.clone(), known.join(", "));
                return Err(EngineError::UnknownStore { store, known });
            }
        }
        let asked = |name: &StoreName| request.stores.is_empty() || request.stores.contains(name);
        let swept = rules.iter().filter(|rule| asked(&rule.name));
        let age = |of_store: Option<i64>| request.older_than_secs.or(of_store);
        Ok(swept.map(|rule| (rule.name.clone(), age(rule.sweep_after_secs))).collect())
    }
}
