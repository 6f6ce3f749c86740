//! The objects of one bucket.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

/// A bucket.
#[derive(Default)]
pub struct Bucket {
    pub keeps_versions: bool,
    /// The versions of each key, the oldest first.
    pub objects: BTreeMap<String, Vec<Version>>,
    /// Uploads in parts under way: key and id.
    pub uploads: BTreeSet<(String, String)>,
    numbered: u64,
}

/// A version of an object.
pub struct Version {
    pub id: String,
    /// Nothing if it is a marker.
    pub contents: Option<Vec<u8>>,
}

/// What came of a removal.
pub enum Removed {
    /// It is gone, or was never there.
    Gone { was_marker: bool },
    /// A marker of this version covers it.
    Covered { marker: String },
    /// There is no such version.
    NoSuchVersion,
}

/// What a listing comes to next.
pub enum Item<'b> {
    Key(&'b str, &'b [Version]),
    Folder(&'b str),
}

impl Bucket {
    pub fn put(&mut self, key: &str, contents: Vec<u8>) {
        let id = self.next_id();
        let versions = self.objects.entry(key.to_owned()).or_default();
        if !self.keeps_versions {
            versions.clear();
        }
        versions.push(Version { id, contents: Some(contents) });
    }

    pub fn begin_upload(&mut self, key: &str) -> String {
        let id = self.next_id();
        self.uploads.insert((key.to_owned(), id.clone()));
        id
    }

    fn next_id(&mut self) -> String {
        self.numbered += 1;
        format!("n{:08}", self.numbered)
    }

    pub fn current_keys(&self) -> Vec<String> {
        self.current().into_keys().collect()
    }

    pub fn current(&self) -> BTreeMap<String, Vec<u8>> {
        let current = |versions: &[Version]| versions.last()?.contents.clone();
        let all = self.objects.iter();
        all.filter_map(|(key, versions)| Some((key.clone(), current(versions)?))).collect()
    }

    pub fn found(&self, key: &str, version: Option<&str>) -> Option<&Version> {
        let versions = self.objects.get(key)?;
        match version {
            Some(id) => versions.iter().find(|version| version.id == id),
            None => versions.last(),
        }
    }

    pub fn remove(&mut self, key: &str, version: Option<&str>) -> Removed {
        let marker = self.next_id();
        let Some(versions) = self.objects.get_mut(key) else {
            // Even what was never there is covered by a marker.
            if self.keeps_versions && version.is_none() {
                let id = marker.clone();
                self.objects.insert(key.to_owned(), vec![Version { id, contents: None }]);
                return Removed::Covered { marker };
            }
            return Removed::Gone { was_marker: false };
        };
        let removed = match version {
            Some(id) => match versions.iter().position(|version| version.id == id) {
                Some(at) => Removed::Gone { was_marker: versions.remove(at).contents.is_none() },
                None => Removed::NoSuchVersion,
            },
            None if self.keeps_versions => {
                versions.push(Version { id: marker.clone(), contents: None });
                Removed::Covered { marker }
            }
            None => {
                versions.clear();
                Removed::Gone { was_marker: false }
            }
        };
        if versions.is_empty() {
            self.objects.remove(key);
        }
        removed
    }

    /// Keys behind this text in their order, what lies below a `/` folded if asked to.
    pub fn items<'b>(
        &'b self,
        prefix: &'b str,
        behind: &str,
        fold: bool,
    ) -> impl Iterator<Item = Item<'b>> {
        let mut from = if behind >= prefix {
            Bound::Excluded(behind.to_owned())
        } else {
            Bound::Included(prefix.to_owned())
        };
        std::iter::from_fn(move || {
            let (key, versions) = self.objects.range((from.clone(), Bound::Unbounded)).next()?;
            let below = key.strip_prefix(prefix)?;
            match below.find('/').filter(|_| fold) {
                Some(at) => {
                    let folder = &key[..=prefix.len() + at];
                    from = Bound::Excluded(format!("{folder}\u{10FFFF}"));
                    Some(Item::Folder(folder))
                }
                None => {
                    from = Bound::Excluded(key.clone());
                    Some(Item::Key(key, versions))
                }
            }
        })
    }
}
