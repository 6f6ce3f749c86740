//! Removes objects that are known by name: by their keys, or by addresses that rows hold.
//!
//! Where late uploads are possible, all of them are asked for once more, so long after the commit
//! as the policy says. What came late is counted beside what was there; what is asked for twice is
//! not told twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sexton_core::names::StoreName;
use sexton_core::objects::{Named, ObjectKey, ObjectTarget, ObjectVersion, Removed};
use sexton_core::sql::Asked;
use tokio::task::JoinSet;

use super::{Committed, Noted, Remover, Went, count, held, scope};
use crate::clear::remove;
use crate::ports::Store;
use crate::ports::store::{Listed, Listing, Scope, Start};
use crate::stores::forms;

/// So many objects are looked at at once.
const HEADS_AT_ONCE: usize = 16;

const ELSEWHERE: &str = "none of the policy's stores holds it";

/// Keys by store, each with the name by which rows know it.
type Places = BTreeMap<StoreName, BTreeMap<String, String>>;

impl Remover {
    /// Removes objects that are known by name, and sees late enough that they are gone.
    pub(super) async fn names(
        &self,
        target: &ObjectTarget,
        names: &[String],
        noted: &Noted,
        committed: Committed,
    ) -> Result<Went, Went> {
        let look_again_ms = target.look_again_secs.saturating_mul(1_000);
        // Order: whether it is late enough is judged before anything is asked for.
        let is_last = committed.ago_ms() >= look_again_ms;
        let went = self.once(target, names, noted).await?;
        if is_last || !matches!(went, Went::Ended) {
            return Ok(went);
        }
        held(noted).looks += 1;
        Ok(Went::Later((look_again_ms - committed.ago_ms()).max(0)))
    }

    /// Removes those that are still to be removed; all of them at first, and once more when they
    /// are looked at again.
    async fn once(
        &self,
        target: &ObjectTarget,
        names: &[String],
        noted: &Noted,
    ) -> Result<Went, Went> {
        let mut progress = held(noted).clone();
        let is_again = progress.looks > 0;
        let is_whole = progress.open.is_none();
        for removed in progress.stores.values_mut() {
            // What is spared is asked for no more, and stays counted, unless all are asked for.
            let spared = if is_again && is_whole { 0 } else { removed.spared };
            removed.forget_left();
            removed.spared = spared;
        }
        let open = progress.open.take().unwrap_or_else(|| names.to_vec());
        let (places, elsewhere) = self.places(target, &open);
        let (mut left, mut went) = (Vec::new(), Went::Ended);
        for (name, keys) in places {
            let removed = progress.stores.entry(name.clone()).or_default();
            let (absent, spared) = (removed.absent, removed.spared);
            match self.keys(target, &name, keys.keys().cloned().collect(), removed).await {
                Ok(open) => {
                    if is_again {
                        // They were not there the first time, or went then.
                        removed.absent = absent;
                    }
                    if let Some(first) = removed.left.first().filter(|_| !open.is_empty()) {
                        went = Went::Again(format!("{}: {}", first.key, first.reason), None);
                    }
                    left.extend(open.iter().filter_map(|key| keys.get(key).cloned()));
                }
                Err(failed) => {
                    // All of them are asked for again, and counted then.
                    (removed.absent, removed.spared) = (absent, spared);
                    left.extend(keys.into_values());
                    went = failed;
                }
            }
        }
        // What is in none of the stores is told, and asked for again only beside what is.
        let removed = progress.stores.entry(target.store.clone()).or_default();
        for name in &elsewhere {
            removed.add_left(name, ELSEWHERE);
            self.note_failed(name, ELSEWHERE.to_owned(), "elsewhere");
        }
        if !left.is_empty() {
            left.extend(elsewhere);
            progress.open = Some(left);
        }
        *held(noted) = progress;
        Ok(went)
    }

    /// Where the named objects are: keys by store, each with its name; and those that are in none of
    /// the policy's stores.
    fn places(&self, target: &ObjectTarget, names: &[String]) -> (Places, Vec<String>) {
        let (mut places, mut elsewhere) = (Places::new(), Vec::new());
        for name in names {
            let place = match &target.named {
                Named::Uris(_) => self.stores.place(name, &target.store),
                Named::Keys(_) | Named::Prefix(_) | Named::Orphans(_) => {
                    Some((&target.store, name.as_str()))
                }
            };
            match place {
                Some((store, key)) => {
                    places.entry(store.clone()).or_default().insert(key.to_owned(), name.clone());
                }
                None => elsewhere.push(name.clone()),
            }
        }
        (places, elsewhere)
    }

    /// Removes these keys of a store; those that may still be there.
    pub(super) async fn keys(
        &self,
        target: &ObjectTarget,
        name: &StoreName,
        mut keys: Vec<String>,
        removed: &mut Removed,
    ) -> Result<BTreeSet<String>, Went> {
        let store = self.store(name)?;
        let asked: Vec<String> = keys.iter().flat_map(|key| forms(store.as_ref(), key)).collect();
        let spared = self.spared(target, store.as_ref(), Asked::These(&asked)).await?;
        let all = keys.len();
        keys.retain(|key| !spared.holds(key));
        removed.spared += (all - keys.len()) as u64;
        let objects = match scope(target) {
            Scope::Current => current(store, keys, removed).await?,
            Scope::Versions => versions(store.as_ref(), keys, removed).await?,
        };
        let effort = self.effort_for(objects.len());
        let (store, entropy) = (Arc::clone(store), Arc::clone(&self.entropy));
        let cleared = match remove(store, entropy, objects, effort).await {
            Ok(cleared) => cleared,
            Err(stopped) => {
                // What was answered is counted; the rest is asked for again.
                count(removed, &stopped.cleared);
                self.note_left(&stopped.cleared);
                return Err(stopped.error.into());
            }
        };
        count(removed, &cleared);
        self.note_left(&cleared);
        let left = cleared.failures.into_iter();
        Ok(left.filter_map(|left| left.key).map(|key| key.as_str().to_owned()).collect())
    }
}

/// Those of the keys that are there, with their sizes.
pub(super) async fn current(
    store: &Arc<dyn Store>,
    keys: Vec<String>,
    removed: &mut Removed,
) -> Result<Vec<Listed>, Went> {
    let mut waiting = keys.into_iter();
    let (mut looking, mut objects) = (JoinSet::new(), Vec::new());
    loop {
        for key in waiting.by_ref().take(HEADS_AT_ONCE - looking.len()) {
            let Ok(key) = ObjectKey::new(key.as_str()) else {
                removed.add_left(&key, "no store holds such a name");
                continue;
            };
            let (store, object) = (Arc::clone(store), ObjectVersion::current(key));
            looking.spawn(async move { (store.head(&object).await, object) });
        }
        let Some(looked) = looking.join_next().await else { return Ok(objects) };
        match looked {
            Ok((Ok(Some(listed)), _)) => objects.push(listed),
            Ok((Ok(None), _)) => removed.absent += 1,
            Ok((Err(error), _)) if error.is_transient() => return Err(error.into()),
            // Who may remove need not be allowed to look.
            Ok((Err(_), object)) => {
                objects.push(Listed { object, bytes: 0, modified: None, is_marker: false });
            }
            Err(error) => return Err(Went::Again(error.to_string(), None)),
        }
    }
}

/// Every version and marker of the keys.
async fn versions(
    store: &dyn Store,
    keys: Vec<String>,
    removed: &mut Removed,
) -> Result<Vec<Listed>, Went> {
    let mut objects = Vec::new();
    for key in keys {
        let (known, mut start) = (objects.len(), Start::First);
        'pages: loop {
            let listing = Listing {
                prefix: key.clone(),
                start,
                objects_max: store.page_max(),
                scope: Scope::Versions,
                fold: false,
            };
            let page = store.list(&listing).await?;
            for listed in page.objects {
                if listed.object.key.as_str() != key {
                    break 'pages;
                }
                objects.push(listed);
            }
            match page.next {
                Some(next) => start = Start::At(next),
                None => break,
            }
        }
        if objects.len() == known {
            removed.absent += 1;
        }
    }
    Ok(objects)
}
