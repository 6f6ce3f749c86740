//! What deletions under way will remove: no row names it any more, and it is nobody's orphan.

use std::collections::{BTreeMap, BTreeSet};

use sexton_core::intent::IntentKind;
use sexton_core::names::{IntentId, StoreName};
use sexton_core::objects::{ManifestTarget, Named, ObjectTarget, Progress, SharedTarget};
use sexton_core::sweep::KeptKeys;

use super::kept::Keeping;
use crate::ports::IntentRow;
use crate::stores::Stores;
use crate::system::System;

/// Promises of objects.
const KINDS: [IntentKind; 5] = [
    IntentKind::Key,
    IntentKind::Prefix,
    IntentKind::Orphan,
    IntentKind::Manifest,
    IntentKind::Shared,
];
/// So many promises are read at once.
const PAGE: u32 = 100;
/// So many of their names are kept in mind.
const NAMES_MAX: usize = 200_000;

/// Names of objects that are promised to be removed from one store.
#[derive(Debug, Default)]
pub(super) struct Promised {
    keys: BTreeSet<String>,
    prefixes: BTreeSet<String>,
    /// What manifests name that are promised to be read.
    named: KeptKeys,
    /// These, while nobody has read them.
    unread: Vec<ManifestTarget>,
}

impl Promised {
    pub fn holds(&self, key: &str) -> bool {
        let mut folders = key.match_indices('/').map(|(at, _)| &key[..=at]);
        self.keys.contains(key)
            || folders.any(|folder| self.prefixes.contains(folder))
            || self.named.holds(key)
    }

    fn len(&self) -> usize {
        self.keys.len() + self.prefixes.len() + self.unread.len()
    }
}

impl System {
    /// What is promised of this store. Read after the snapshot of the rows: a deletion that commits
    /// in between has its rows there, and one that committed before has its promises here.
    pub(super) async fn promised(&self, store: &StoreName) -> Result<Promised, String> {
        let mut promised = self.promises(store).await?;
        let unread = std::mem::take(&mut promised.unread);
        if unread.is_empty() {
            return Ok(promised);
        }
        let (stores, entropy) = (&self.stores, &self.surroundings.entropy);
        let keeping = Keeping { stores, entropy, store, asked: None };
        let read = keeping.read_promised(unread, &mut promised.named).await;
        read.map_err(|error| error.to_string())?;
        // Race: one that is not there any more was read by its deletion meanwhile, which promised
        // what it names before it removed it.
        let again = self.promises(store).await?;
        promised.keys.extend(again.keys);
        promised.prefixes.extend(again.prefixes);
        Ok(promised)
    }

    async fn promises(&self, store: &StoreName) -> Result<Promised, String> {
        let mut promised = Promised::default();
        let mut tx = self.begin_keep().await.map_err(|error| error.to_string())?;
        let mut after: Option<IntentId> = None;
        loop {
            let page = tx.open_intents(&self.policy.system, &KINDS, after.as_ref(), PAGE).await;
            let page = page.map_err(|error| error.to_string())?;
            for intent in &page {
                add(&mut promised, intent, store, &self.stores)?;
            }
            if promised.len() > NAMES_MAX {
                let why = "deletions under way name more objects than can be kept in mind: let \
                           `sexton work` carry them out first";
                return Err(why.to_owned());
            }
            let is_last = page.len() < PAGE as usize;
            after = page.into_iter().next_back().map(|intent| intent.id);
            if is_last {
                break;
            }
        }
        tx.rollback().await.map_err(|error| error.to_string())?;
        Ok(promised)
    }
}

fn add(
    promised: &mut Promised,
    intent: &IntentRow,
    store: &StoreName,
    stores: &Stores,
) -> Result<(), String> {
    let unread = |error| format!("what is stored of {} cannot be read: {error}", intent.id);
    match intent.kind {
        IntentKind::Manifest => {
            let target: ManifestTarget = serde_json::from_str(&intent.target).map_err(unread)?;
            if target.stores.contains(store) {
                promised.keys.insert(target.key.clone());
            }
            let progress = intent.progress.as_deref().map(serde_json::from_str::<Progress>);
            let is_read = progress.is_some_and(|read| read.is_ok_and(|read| read.is_read));
            promised.unread.extend((!is_read).then_some(target));
            return Ok(());
        }
        IntentKind::Shared => {
            let target: SharedTarget = serde_json::from_str(&intent.target).map_err(unread)?;
            if target.stores.contains(store) {
                promised.keys.extend(target.keys);
            }
            return Ok(());
        }
        _ => {}
    }
    let target: ObjectTarget = serde_json::from_str(&intent.target).map_err(unread)?;
    let progress = intent.progress.as_deref().map(serde_json::from_str::<Progress>);
    let progress = progress.transpose().map_err(unread)?.unwrap_or_default();
    let names = match target.named {
        Named::Prefix(prefix) if target.store == *store => {
            promised.prefixes.insert(prefix);
            return Ok(());
        }
        Named::Prefix(_) => return Ok(()),
        Named::Keys(names) | Named::Uris(names) => names,
        Named::Orphans(seen) => BTreeMap::into_keys(seen).collect(),
    };
    let names = progress.open.unwrap_or(names);
    let places = names.iter().filter_map(|name| stores.place(name, &target.store));
    let here = places.filter(|(place, _)| *place == store);
    promised.keys.extend(here.map(|(_, key)| key.to_owned()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Promised;

    #[test]
    fn what_lies_below_a_promised_prefix_is_promised() {
        let promised = Promised {
            keys: ["a/b".to_owned()].into(),
            prefixes: ["runs/1/".to_owned()].into(),
            ..Promised::default()
        };
        for key in ["a/b", "runs/1/", "runs/1/x", "runs/1/x/y"] {
            assert!(promised.holds(key), "{key}");
        }
        for key in ["a", "a/b/c", "runs/1", "runs/10/x", "runs/2/x", ""] {
            assert!(!promised.holds(key), "{key}");
        }
    }
}
