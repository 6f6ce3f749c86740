//! A store in memory, with versions, locks and unfinished uploads, for tests.
//!
//! It is the plainest form of what the others promise, so it says what they have to do.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use sexton_core::names::Timestamp;
use sexton_core::objects::{ObjectKey, ObjectVersion, Outcome, UploadId, VersionId};
use sexton_engine::ports::store::{
    Contents, Cursor, KEYS_MAX, Listed, Listing, Locks, Page, Probe, Right, Scope, Start, Upload,
    UploadCursor, UploadPage, Versions,
};
use sexton_engine::ports::{Clock, Store, StoreError};

/// How many objects one page of a listing holds.
const PAGE_MAX: usize = 1000;

/// A store in memory.
pub struct MemoryStore {
    keeps_versions: bool,
    clock: Arc<dyn Clock>,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    /// The versions of each key, the oldest first.
    objects: BTreeMap<ObjectKey, Vec<Version>>,
    uploads: BTreeSet<(ObjectKey, String)>,
    locked: BTreeSet<ObjectVersion>,
    numbered: u64,
}

struct Version {
    id: VersionId,
    /// Nothing if this is a marker that covers older versions.
    contents: Option<Vec<u8>>,
    modified: Timestamp,
}

impl MemoryStore {
    /// A store in which what is removed is gone.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { keeps_versions: false, clock, held: Mutex::default() }
    }

    /// A store that keeps versions.
    pub fn with_versions(clock: Arc<dyn Clock>) -> Self {
        Self { keeps_versions: true, ..Self::new(clock) }
    }

    /// Writes an object, as an application does.
    pub fn put(&self, key: &ObjectKey, contents: &[u8]) {
        let mut held = self.held();
        let version = Version {
            id: held.next_version(),
            contents: Some(contents.to_vec()),
            modified: self.clock.now(),
        };
        let versions = held.objects.entry(key.clone()).or_default();
        if !self.keeps_versions {
            versions.clear();
        }
        versions.push(version);
    }

    /// Begins an upload in parts that nobody ends.
    pub fn begin_upload(&self, key: &ObjectKey) {
        let mut held = self.held();
        let id = held.next_version().as_str().to_owned();
        held.uploads.insert((key.clone(), id));
    }

    /// Keeps an object, or one version of it, from being removed.
    pub fn lock(&self, object: ObjectVersion) {
        self.held().locked.insert(object);
    }

    /// Lets it be removed again.
    pub fn unlock(&self, object: &ObjectVersion) {
        self.held().locked.remove(object);
    }

    /// The keys of uploads in parts that nobody has ended, in order.
    pub fn uploads_under_way(&self) -> Vec<String> {
        self.held().uploads.iter().map(|(key, _)| key.as_str().to_owned()).collect()
    }

    /// What it holds is whole whoever panicked: nothing is changed in two steps.
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remove_one(&self, held: &mut Held, object: &ObjectVersion) -> Outcome {
        if held.locked.contains(object) {
            return Outcome::Locked { reason: "it is locked".into() };
        }
        let marker =
            Version { id: held.next_version(), contents: None, modified: self.clock.now() };
        let Some(versions) = held.objects.get_mut(&object.key) else { return Outcome::Absent };
        let outcome = match &object.version {
            Some(id) => match versions.iter().position(|version| version.id == *id) {
                Some(at) => {
                    versions.remove(at);
                    Outcome::Deleted
                }
                None => Outcome::Absent,
            },
            None if self.keeps_versions => {
                versions.push(marker);
                Outcome::Hidden
            }
            None => {
                versions.clear();
                Outcome::Deleted
            }
        };
        if versions.is_empty() {
            held.objects.remove(&object.key);
        }
        outcome
    }
}

impl Held {
    fn next_version(&mut self) -> VersionId {
        self.numbered += 1;
        VersionId::told(format!("v{}", self.numbered)).expect("the text is not empty")
    }

    fn found(&self, object: &ObjectVersion) -> Option<&Version> {
        let versions = self.objects.get(&object.key)?;
        match &object.version {
            Some(id) => versions.iter().find(|version| version.id == *id),
            None => versions.last(),
        }
        .filter(|version| version.contents.is_some())
    }

    /// What is listed of a key, the newest first.
    fn listed(key: &ObjectKey, versions: &[Version], scope: Scope) -> Vec<Listed> {
        let listed = |version: &Version| Listed {
            object: ObjectVersion {
                key: key.clone(),
                version: (scope == Scope::Versions).then(|| version.id.clone()),
            },
            bytes: version.contents.as_ref().map_or(0, |contents| contents.len() as u64),
            modified: Some(version.modified),
            is_marker: version.contents.is_none(),
        };
        match scope {
            Scope::Versions => versions.iter().rev().map(listed).collect(),
            Scope::Current => {
                versions.last().map(listed).into_iter().filter(|one| !one.is_marker).collect()
            }
        }
    }
}

#[async_trait]
impl Store for MemoryStore {
    fn address(&self) -> String {
        "memory:".into()
    }

    fn root(&self) -> String {
        "memory:/".into()
    }

    fn page_max(&self) -> usize {
        PAGE_MAX
    }

    fn listings_max(&self) -> usize {
        1
    }

    async fn list(&self, asked: &Listing) -> Result<Page, StoreError> {
        let held = self.held();
        let behind = match &asked.start {
            Start::First => "",
            Start::Behind(text) | Start::At(Cursor(text)) => text.as_str(),
        };
        let objects_max = asked.objects_max.clamp(1, PAGE_MAX);
        let mut page = Page::default();
        let mut last = behind.to_owned();
        for (key, versions) in &held.objects {
            let text = key.as_str();
            // A folder that was listed stands for all below it.
            let is_folded = asked.fold && last.ends_with('/') && text.starts_with(&last);
            let is_passed = text <= last.as_str() || is_folded;
            if is_passed || !text.starts_with(&asked.prefix) {
                continue;
            }
            let listed = Held::listed(key, versions, asked.scope);
            if listed.is_empty() {
                continue;
            }
            if page.objects.len() + page.folders.len() >= objects_max {
                page.next = Some(Cursor(last));
                break;
            }
            match folder_of(text, &asked.prefix).filter(|_| asked.fold) {
                Some(folder) => {
                    page.folders.push(folder.to_owned());
                    folder.clone_into(&mut last);
                }
                None => {
                    page.objects.extend(listed);
                    text.clone_into(&mut last);
                }
            }
        }
        Ok(page)
    }

    async fn head(&self, object: &ObjectVersion) -> Result<Option<Listed>, StoreError> {
        Ok(self.held().found(object).map(|version| Listed {
            object: object.clone(),
            bytes: version.contents.as_ref().map_or(0, |contents| contents.len() as u64),
            modified: Some(version.modified),
            is_marker: false,
        }))
    }

    async fn get(&self, key: &ObjectKey, bytes_max: u64) -> Result<Contents, StoreError> {
        let held = self.held();
        let found = held.found(&ObjectVersion::current(key.clone()));
        Ok(match found.and_then(|version| version.contents.as_ref()) {
            None => Contents::Absent,
            Some(contents) if contents.len() as u64 > bytes_max => {
                Contents::TooLarge(Some(contents.len() as u64))
            }
            Some(contents) => Contents::Whole(contents.clone()),
        })
    }

    async fn remove(&self, objects: &[ObjectVersion]) -> Result<Vec<Outcome>, StoreError> {
        if objects.len() > KEYS_MAX {
            return Err(StoreError::TooMany(objects.len()));
        }
        let mut held = self.held();
        Ok(objects.iter().map(|object| self.remove_one(&mut held, object)).collect())
    }

    async fn uploads(
        &self,
        prefix: &str,
        after: Option<&UploadCursor>,
    ) -> Result<UploadPage, StoreError> {
        let held = self.held();
        let start = after.and_then(|after| {
            Some((ObjectKey::new(after.key.as_str()).ok()?, after.upload.clone()))
        });
        let range = (start.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded);
        let mut behind =
            held.uploads.range(range).filter(|(key, _)| key.as_str().starts_with(prefix));
        let uploads: Vec<Upload> = behind
            .by_ref()
            .take(PAGE_MAX)
            .map(|(key, id)| Upload { key: key.clone(), id: UploadId(id.clone()) })
            .collect();
        let next = behind.next().and(uploads.last()).map(|last| UploadCursor {
            key: last.key.as_str().to_owned(),
            upload: last.id.0.clone(),
        });
        Ok(UploadPage { uploads, next })
    }

    async fn abort(&self, upload: &Upload) -> Result<Outcome, StoreError> {
        let was_there = self.held().uploads.remove(&(upload.key.clone(), upload.id.0.clone()));
        Ok(if was_there { Outcome::Deleted } else { Outcome::Absent })
    }

    async fn probe(&self) -> Result<Probe, StoreError> {
        Ok(Probe {
            list: Right::Granted,
            remove: Right::Granted,
            uploads: Right::Granted,
            versions: if self.keeps_versions { Versions::On } else { Versions::Off },
            locks: Locks::On,
        })
    }
}

/// The key up to and with the first `/` behind the prefix, if there is one.
fn folder_of<'k>(key: &'k str, prefix: &str) -> Option<&'k str> {
    let behind = key.strip_prefix(prefix)?;
    behind.find('/').map(|at| &key[..=prefix.len() + at])
}
