//! Removes what no row named when a sweep saw it, if that is still so.
//!
//! Rows are asked by the very way in which the sweep asked them, and then the store whether each
//! object is still what it was. What changed stays: somebody uses it.
//!
//! Race: a row that comes to name an object, or an upload that replaces it, between these questions
//! and the removal is too late: no store removes under a condition.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sexton_core::names::{StoreName, Timestamp};
use sexton_core::objects::{ObjectKey, ObjectTarget, ObjectVersion, Removed, SeenAs};
use sexton_core::plan::NamedIn;
use sexton_core::sweep::{InStore, Standing, Unordered};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::{Noted, Remover, Went, count, held};
use crate::clear::remove;
use crate::ports::store::Listed;
use crate::ports::{Mode, Store};
use crate::sweep::{Keeping, NamesRead, read_names};

const MICROS_OF_A_SECOND: u64 = 1_000_000;

/// So many objects are looked at at once.
const HEADS_AT_ONCE: usize = 16;

impl Remover {
    /// Removes orphans that still are.
    pub(super) async fn orphans(
        &self,
        target: &ObjectTarget,
        seen: &BTreeMap<String, SeenAs>,
        noted: &Noted,
    ) -> Result<Went, Went> {
        let store = self.store(&target.store)?;
        let mut progress = held(noted).clone();
        progress.stores.values_mut().for_each(|removed| removed.failed = 0);
        let open = progress.open.take();
        let open: Vec<String> = open.unwrap_or_else(|| seen.keys().cloned().collect());
        let removed = progress.stores.entry(target.store.clone()).or_default();
        removed.left.clear();
        let unnamed = self.named_by_nobody(&open, &target.store).await?;
        removed.spared += (open.len() - unnamed.len()) as u64;
        let objects = unchanged(store, unnamed, seen, removed).await?;
        let effort = self.effort_for(objects.len());
        let keys: Vec<String> =
            objects.iter().map(|listed| listed.object.key.as_str().to_owned()).collect();
        let entropy = Arc::clone(&self.entropy);
        let (cleared, stopped) = match remove(Arc::clone(store), entropy, objects, effort).await {
            Ok(cleared) => (cleared, None),
            Err(stopped) => (stopped.cleared, Some(stopped.error)),
        };
        count(removed, &cleared);
        let failed = cleared.failures.iter().filter_map(|left| left.key.as_ref());
        let mut left: BTreeSet<String> = failed.map(|key| key.as_str().to_owned()).collect();
        let first = removed.left.first().map(|left| format!("{}: {}", left.key, left.reason));
        if stopped.is_some() {
            // Who was not answered for is looked at again; what is gone is then absent.
            left = keys.into_iter().collect();
        }
        let is_done = left.is_empty();
        progress.open = (!is_done).then(|| left.into_iter().collect());
        *held(noted) = progress;
        match (stopped, first) {
            (Some(error), _) => Err(error.into()),
            (None, Some(first)) if !is_done => Ok(Went::Again(first, None)),
            _ => Ok(Went::Ended),
        }
    }

    /// Those of the keys, which are in the order of bytes, that no row names now.
    async fn named_by_nobody(
        &self,
        keys: &[String],
        store: &StoreName,
    ) -> Result<Vec<String>, Went> {
        let asked: &NamedIn = match &self.naming {
            Some(Ok(asked)) => asked,
            Some(Err(why)) => return Err(Went::Again(why.clone(), None)),
            None => return Err(Went::Refused("rows cannot be asked".to_owned())),
        };
        let mut tx = self.database.begin(Mode::Look { budget: None }).await?;
        let mut found = InStore::new(store.clone(), String::new(), None);
        let (stores, entropy) = (&self.stores, &self.entropy);
        let keeping = Keeping { stores, entropy, store, asked: Some(keys) };
        let of = (&self.policy.system, asked);
        let kept = keeping.read(tx.as_mut(), of, true, &mut found).await?;
        let is_kept = |key: &String| kept.named.holds(key) || kept.pinned.contains(key);
        let (parts, names) = mpsc::channel(1);
        let judging = async {
            let mut names = NamesRead::new(asked, names);
            let mut unnamed = Vec::new();
            for key in keys {
                let standing = names.standing(key, &mut found).await?;
                if standing == Standing::Unnamed && !is_kept(key) {
                    unnamed.push(key.clone());
                }
            }
            Ok::<_, Unordered>(unnamed)
        };
        let (read, judged) = tokio::join!(read_names(tx.as_mut(), asked, parts), judging);
        // Order: without all names, nothing was judged.
        read?;
        tx.rollback().await?;
        judged.map_err(|unordered| Went::Again(unordered.to_string(), None))
    }
}

/// Those of the keys that are there as they were seen.
async fn unchanged(
    store: &Arc<dyn Store>,
    keys: Vec<String>,
    seen: &BTreeMap<String, SeenAs>,
    removed: &mut Removed,
) -> Result<Vec<Listed>, Went> {
    let mut waiting = keys.into_iter().filter_map(|key| ObjectKey::new(key).ok());
    let (mut looking, mut objects) = (JoinSet::new(), Vec::new());
    loop {
        for key in waiting.by_ref().take(HEADS_AT_ONCE - looking.len()) {
            let (store, object) = (Arc::clone(store), ObjectVersion::current(key));
            looking.spawn(async move { store.head(&object).await });
        }
        let Some(looked) = looking.join_next().await else { return Ok(objects) };
        match looked.map_err(|error| Went::Again(error.to_string(), None))?? {
            None => removed.absent += 1,
            Some(listed) => match seen.get(listed.object.key.as_str()) {
                Some(then) if is_as_seen(&listed, *then) => objects.push(listed),
                _ => removed.spared += 1,
            },
        }
    }
}

/// Whether an object is what it was. A listing may tell its age to the millisecond, and a look at
/// the object to the second only.
fn is_as_seen(listed: &Listed, then: SeenAs) -> bool {
    let is_same_age =
        |modified: Timestamp| modified.0.abs_diff(then.modified.0) < MICROS_OF_A_SECOND;
    listed.bytes == then.bytes && listed.modified.is_some_and(is_same_age)
}
