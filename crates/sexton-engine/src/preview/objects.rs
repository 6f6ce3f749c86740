//! Objects in a preview: named in the snapshot, looked for in their stores afterwards, as long as
//! there is time.
//!
//! A store that is down, or slow, makes no preview fail: what was not seen is said to be unseen.

use std::sync::Arc;
use std::time::Duration;

use sexton_core::objects::{ObjectKey, ObjectVersion};
use sexton_core::plan::{NamedObjects, Plan};
use sexton_core::preview::{Count, ObjectsGoing, Preview};
use tokio::time::Instant;

use super::Looking;
use crate::execute::{NamesFound, Placed};
use crate::outcome::EngineError;
use crate::ports::store::{Listing, Scope, Start};
use crate::ports::{Store, StoreError};
use crate::system::System;

/// So many objects of a rule are counted in a store.
const OBJECTS_MAX: u64 = 100_000;
/// So many of them are shown.
const SAMPLES_MAX: usize = 3;
/// A preview that took all its time for rows still looks at stores for so long.
const LEAST: Duration = Duration::from_secs(1);

impl Looking<'_> {
    /// Reads what the objects are called that go with the rows.
    pub(super) async fn find_names(&mut self, preview: &mut Preview) -> Result<(), EngineError> {
        for named in &self.walk.plan.steps.name {
            let found = if self.in_time { Some(self.walk.names(named).await) } else { None };
            let found = match found {
                Some(found) => self.unless_late(found)?,
                None => None,
            };
            match found {
                Some(Ok(found)) => self.names.push(Some(found)),
                Some(Err(blocker)) => {
                    preview.blockers.push(blocker);
                    self.names.push(None);
                }
                None => self.names.push(None),
            }
        }
        Ok(())
    }
}

impl System {
    /// Looks how many objects the names stand for.
    pub(super) async fn weigh(
        &self,
        plan: &Plan,
        names: Vec<Option<NamesFound>>,
        until: Instant,
    ) -> Vec<ObjectsGoing> {
        let until = until.max(Instant::now() + LEAST);
        let mut going = Vec::new();
        let found: Vec<(&NamedObjects, NamesFound)> = plan
            .steps
            .name
            .iter()
            .zip(names)
            .filter_map(|(named, found)| Some((named, found?)))
            .collect();
        let placed = Placed::of(&self.stores, found.iter().map(|(named, found)| (*named, found)));
        for ((named, _), of_rule) in found.iter().zip(placed.going().rules) {
            for (store, of) in of_rule.stores {
                let (keys, prefixes) = (of.all_keys(), of.prefixes);
                if keys.is_empty() && prefixes.is_empty() {
                    continue;
                }
                let mut of_store = ObjectsGoing {
                    rule: named.rule.to_string(),
                    store: store.to_string(),
                    keys: keys.len() as u64,
                    prefixes: prefixes.len() as u64,
                    objects: Count::Exact(0),
                    bytes: 0,
                    samples: Vec::new(),
                    unseen: None,
                    may_stay: !named.unless_named_by.is_empty(),
                    keeps_versions: !named.all_versions,
                };
                let scope = if named.all_versions { Scope::Versions } else { Scope::Current };
                let looked = match self.stores.get(&store) {
                    Ok(store) => {
                        let mut weighed = Weighed { of: &mut of_store, seen: 0, scope };
                        let looked = weighed.look(store, &keys, &prefixes);
                        let looked = tokio::time::timeout_at(until, looked).await;
                        looked.unwrap_or(Ok(false)).map_err(|error| error.to_string())
                    }
                    Err(why) => Err(why),
                };
                if looked != Ok(true) {
                    of_store.objects = partly(of_store.objects);
                    of_store.unseen = looked.err();
                }
                going.push(of_store);
            }
        }
        going
    }
}

/// What is said of a store that was not looked at to the end.
fn partly(seen: Count) -> Count {
    match seen.least() {
        0 => Count::Unknown,
        seen => Count::AtLeast(seen),
    }
}

/// Counts objects as they are seen.
struct Weighed<'w> {
    of: &'w mut ObjectsGoing,
    seen: u64,
    scope: Scope,
}

impl Weighed<'_> {
    /// Whether all were seen.
    async fn look(
        &mut self,
        store: &Arc<dyn Store>,
        keys: &[String],
        prefixes: &[String],
    ) -> Result<bool, StoreError> {
        for key in keys {
            let Ok(object) = ObjectKey::new(key.as_str()) else { continue };
            if let Some(listed) = store.head(&ObjectVersion::current(object)).await? {
                self.add(key, listed.bytes);
            }
        }
        for prefix in prefixes {
            let mut start = Start::First;
            loop {
                let listing = Listing {
                    prefix: prefix.clone(),
                    start,
                    objects_max: store.page_max(),
                    scope: self.scope,
                    fold: false,
                };
                let page = store.list(&listing).await?;
                for listed in &page.objects {
                    self.add(listed.object.key.as_str(), listed.bytes);
                }
                if self.seen >= OBJECTS_MAX {
                    return Ok(false);
                }
                match page.next {
                    Some(next) => start = Start::At(next),
                    None => break,
                }
            }
        }
        Ok(true)
    }

    fn add(&mut self, key: &str, bytes: u64) {
        self.seen += 1;
        self.of.objects = Count::Exact(self.seen);
        self.of.bytes += bytes;
        if self.of.samples.len() < SAMPLES_MAX {
            self.of.samples.push(key.to_owned());
        }
    }
}
