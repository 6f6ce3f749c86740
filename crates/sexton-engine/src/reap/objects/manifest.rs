//! Reads a manifest, promises what it names, and removes it last: a crash anywhere repeats.
//!
//! What it names is promised in one transaction with the note that it was read. Missing is done;
//! unreadable is told, and the manifest itself goes all the same.

use std::collections::{BTreeMap, BTreeSet};

use sexton_core::intent::IntentKind;
use sexton_core::names::{IntentId, StoreName, Timestamp};
use sexton_core::objects::{
    KEYS_PER_INTENT, ManifestTarget, Named, ObjectTarget, Progress, SharedNames, SharedTarget,
};

use super::{Noted, Remover, Went, held};
use crate::manifest::{Manifest, UNREADABLE, read_manifest};
use crate::ports::{DatabaseError, IntentRow, Mode, NewIntent};

impl Remover {
    pub(super) async fn manifest(
        &self,
        intent: &IntentRow,
        target: &ManifestTarget,
        noted: &Noted,
    ) -> Result<Went, Went> {
        if !held(noted).is_read {
            self.promise_named(intent, target, noted).await?;
        }
        // Order: the manifest goes once all that it names is promised.
        let itself = ObjectTarget {
            store: target.stores.first().cloned().unwrap_or_else(|| StoreName::new("")),
            named: Named::Keys(vec![target.key.clone()]),
            all_versions: target.all_versions,
            look_again_secs: 0,
            unless_named_by: Vec::new(),
        };
        for store in target.stores.iter().filter(|store| !target.goes_with.contains(store)) {
            let mut removed = held(noted).stores.get(store).cloned().unwrap_or_default();
            // What an earlier attempt could not remove is asked for again; what could not be read
            // stays told.
            removed.left.retain(|left| left.reason.starts_with(UNREADABLE));
            removed.failed = removed.left.len() as u64;
            let left = self.keys(&itself, store, vec![target.key.clone()], &mut removed).await;
            let first = removed.left.last().cloned();
            held(noted).stores.insert(store.clone(), removed);
            if !left?.is_empty() {
                let why = first.map(|left| left.reason).unwrap_or_default();
                return Err(Went::Again(format!("{}: {why}", target.key), None));
            }
        }
        Ok(Went::Ended)
    }

    /// Manifests of the same deletion that would go with these objects before they were read.
    ///
    /// Race: promises of one deletion are carried out side by side, and what a manifest names is
    /// known from nowhere else.
    pub(super) async fn too_early(
        &self,
        intent: &IntentRow,
        target: &ObjectTarget,
    ) -> Result<Vec<String>, DatabaseError> {
        if !self.policy.objects.iter().any(|rule| rule.manifest.is_some()) {
            return Ok(Vec::new());
        }
        let covers = |manifest: &ManifestTarget| {
            let covers_key = match &target.named {
                Named::Prefix(prefix) => manifest.key.starts_with(prefix.as_str()),
                Named::Keys(keys) => keys.contains(&manifest.key),
                Named::Uris(_) | Named::Orphans(_) => false,
            };
            covers_key && manifest.stores.contains(&target.store)
        };
        let unread = self.unread(intent).await?.into_iter().filter(covers);
        Ok(unread.map(|manifest| manifest.key).collect())
    }

    /// Manifests of the same deletion that were not read yet.
    async fn unread(&self, intent: &IntentRow) -> Result<Vec<ManifestTarget>, DatabaseError> {
        let mut tx = self.database.begin(Mode::Look { budget: None }).await?;
        let manifests = tx.intents_of(&intent.deletion, IntentKind::Manifest).await?;
        tx.rollback().await?;
        let is_read = |intent: &IntentRow| {
            let progress = intent.progress.as_deref();
            let progress = progress.and_then(|text| serde_json::from_str::<Progress>(text).ok());
            progress.is_some_and(|progress| progress.is_read)
        };
        let unread = manifests.iter().filter(|manifest| !is_read(manifest));
        Ok(unread.filter_map(|manifest| serde_json::from_str(&manifest.target).ok()).collect())
    }

    /// Reads it wherever it is, and promises what it names.
    async fn promise_named(
        &self,
        intent: &IntentRow,
        target: &ManifestTarget,
        noted: &Noted,
    ) -> Result<(), Went> {
        let mut removes = BTreeSet::new();
        let mut shared: Vec<(&SharedNames, BTreeSet<String>)> =
            target.names.iter().map(|names| (names, BTreeSet::new())).collect();
        let mut unreadable = BTreeMap::new();
        for store in &target.stores {
            match self.read(store, &target.key).await? {
                Manifest::Absent => {}
                Manifest::Read(manifest) => {
                    removes.extend(target.removes.iter().flat_map(|path| path.strings(&manifest)));
                    for (names, keys) in &mut shared {
                        keys.extend(names.keys(&manifest));
                    }
                }
                Manifest::Unreadable(why) => {
                    unreadable.insert(store.clone(), why);
                }
            }
        }
        let mut children = self.removals(intent, target, &removes);
        for (names, keys) in shared {
            children.extend(self.decisions(intent, target, names, &keys));
        }
        for (store, why) in unreadable {
            let mut noted = held(noted);
            let told = noted.stores.entry(store).or_default();
            told.forget_left();
            told.add_left(&target.key, &why);
        }
        // Order: it counts as read once what it names is promised, and not before: whatever breaks
        // off in between, it is read again.
        let read = Progress { is_read: true, ..held(noted).clone() };
        let progress = serde_json::to_string(&read).expect("progress is plain text and numbers");
        let mut tx = self.database.begin(Mode::Keep).await?;
        // Race: whoever lost the promise must not promise anything in its name.
        if !tx.keep_intent(&self.lease, &intent.id, &progress, self.lease_secs).await? {
            tx.rollback().await?;
            return Err(Went::Again("another program took it over".to_owned(), None));
        }
        if !children.is_empty() {
            tx.insert_intents(&self.policy.system, &intent.deletion, &children).await?;
        }
        tx.commit().await?;
        *held(noted) = read;
        Ok(())
    }

    /// What a store holds under this key, read as JSON.
    pub(super) async fn read(&self, store: &StoreName, key: &str) -> Result<Manifest, Went> {
        Ok(read_manifest(self.store(store)?.as_ref(), key).await?)
    }

    fn removals(
        &self,
        intent: &IntentRow,
        target: &ManifestTarget,
        keys: &BTreeSet<String>,
    ) -> Vec<NewIntent> {
        let mut children = Vec::new();
        for store in &target.stores {
            // What goes with a prefix is told there.
            let beside = target.beside.get(store).map_or(&[][..], Vec::as_slice);
            let is_beside = |key: &&String| beside.iter().any(|of| key.starts_with(of.as_str()));
            let keys: Vec<String> = keys.iter().filter(|key| !is_beside(key)).cloned().collect();
            for keys in keys.chunks(KEYS_PER_INTENT) {
                let target = ObjectTarget {
                    store: store.clone(),
                    named: Named::Keys(keys.to_vec()),
                    all_versions: target.all_versions,
                    look_again_secs: 0,
                    unless_named_by: Vec::new(),
                };
                let target = serde_json::to_string(&target).expect("a target is plain text");
                children.push(self.child(intent, IntentKind::Key, target, 0));
            }
        }
        children
    }

    fn decisions(
        &self,
        intent: &IntentRow,
        target: &ManifestTarget,
        names: &SharedNames,
        keys: &BTreeSet<String>,
    ) -> Vec<NewIntent> {
        let keys: Vec<String> = keys.iter().cloned().collect();
        let decision = |keys: &[String]| {
            let target = SharedTarget {
                pool: names.pool.clone(),
                scope: names.scope.clone(),
                bound: names.bound.clone(),
                keys: keys.to_vec(),
                stores: names.stores.clone(),
                committed_at: Timestamp(self.clock.now().0 - intent.age_ms.saturating_mul(1_000)),
                all_versions: target.all_versions,
            };
            let target = serde_json::to_string(&target).expect("a target is plain text");
            self.child(intent, IntentKind::Shared, target, names.grace_secs)
        };
        keys.chunks(KEYS_PER_INTENT).map(decision).collect()
    }

    fn child(
        &self,
        intent: &IntentRow,
        kind: IntentKind,
        target: String,
        after_secs: i64,
    ) -> NewIntent {
        let word = data_encoding::BASE32_NOPAD.encode(&self.entropy.unique());
        let id = IntentId::new(["int_", &word.to_lowercase()].concat());
        NewIntent { id, kind, rule: intent.rule.clone(), target, after_secs }
    }
}
