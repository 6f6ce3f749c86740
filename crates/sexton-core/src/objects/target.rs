//! What a stored promise says of objects, and how far it is.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::OutcomeCounts;
use crate::line::Failing;
use crate::names::{StoreName, Timestamp};

/// So many keys stand in one promise at most: one call of a store removes them.
pub const KEYS_PER_INTENT: usize = 1_000;
/// So many that are left are told one by one; all are counted.
pub const LEFT_TOLD_MAX: usize = 20;

/// Objects that were promised to be removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectTarget {
    /// In which store; an address may name another.
    pub store: StoreName,
    /// Which.
    #[serde(flatten)]
    pub named: Named,
    /// Whether every version goes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub all_versions: bool,
    /// So long after the commit it is looked at again.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub look_again_secs: i64,
    /// Columns of rows whose objects stay.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unless_named_by: Vec<NamingIn>,
}

/// Which objects are meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Named {
    /// These keys.
    Keys(Vec<String>),
    /// Where rows say that they are: addresses, and bare keys.
    Uris(Vec<String>),
    /// All below this.
    Prefix(String),
    /// These, as they were seen and named by no row, unless one of both has changed.
    Orphans(BTreeMap<String, SeenAs>),
}

/// What an object was when it was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenAs {
    /// Its size.
    pub bytes: u64,
    /// When it was last written.
    pub modified: Timestamp,
}

/// A column that names objects, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NamingIn {
    /// The table's schema, where it is not the system's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The table.
    pub table: String,
    /// Its column.
    pub column: String,
}

/// How far a promise about objects is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// What came of them, by store.
    pub stores: BTreeMap<StoreName, Removed>,
    /// Those of the promise's names that are still to be removed; all of them at first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<Vec<String>>,
    /// Behind which key of a prefix not everything is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub behind: Option<String>,
    /// Whether what a manifest names is promised by itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_read: bool,
    /// Of which keys it was told that something failed, with what did.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub told: BTreeSet<(Failing, String)>,
    /// How often a prefix was seen to be empty.
    #[serde(default, skip_serializing_if = "is_none_yet")]
    pub empty: u32,
    /// How often all names were asked for, and none was left.
    #[serde(default, skip_serializing_if = "is_none_yet")]
    pub looks: u32,
}

/// What came of objects in one store.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    /// How many are gone.
    #[serde(default, skip_serializing_if = "is_none_of")]
    pub deleted: u64,
    /// How many were not there.
    #[serde(default, skip_serializing_if = "is_none_of")]
    pub absent: u64,
    /// How many are covered by a marker, their versions kept.
    #[serde(default, skip_serializing_if = "is_none_of")]
    pub hidden: u64,
    /// How many stay because rows name them.
    #[serde(default, skip_serializing_if = "is_none_of")]
    pub spared: u64,
    /// How many bytes are gone, as far as the store told.
    #[serde(default, skip_serializing_if = "is_none_of")]
    pub bytes: u64,
    /// How many unfinished uploads were ended.
    #[serde(default, skip_serializing_if = "is_none_of")]
    pub uploads: u64,
    /// How many may still be there.
    #[serde(default, skip_serializing_if = "is_none_of")]
    pub failed: u64,
    /// The first of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<LeftObject>,
}

/// An object that may still be there, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftObject {
    /// Its key, or its place.
    pub key: String,
    /// Why.
    pub reason: String,
}

impl Removed {
    /// Adds what is gone.
    pub fn add_gone(&mut self, counts: &OutcomeCounts) {
        self.deleted += counts.deleted;
        self.absent += counts.absent;
        self.hidden += counts.hidden;
    }

    /// Adds one more that may still be there.
    pub fn add_left(&mut self, key: &str, reason: &str) {
        self.failed += 1;
        if self.left.len() < LEFT_TOLD_MAX {
            let (key, reason) = (key.to_owned(), reason.to_owned());
            self.left.push(LeftObject { key, reason });
        }
    }

    /// Forgets what may still be there, before it is tried again.
    pub fn forget_left(&mut self) {
        self.failed = 0;
        self.left.clear();
        self.spared = 0;
    }

    /// Adds what another promise has done.
    pub fn merge(&mut self, other: &Self) {
        self.deleted += other.deleted;
        self.absent += other.absent;
        self.hidden += other.hidden;
        self.spared += other.spared;
        self.bytes += other.bytes;
        self.uploads += other.uploads;
        self.failed += other.failed;
        let room = LEFT_TOLD_MAX.saturating_sub(self.left.len());
        self.left.extend(other.left.iter().take(room).cloned());
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_none_of(number: &u64) -> bool {
    *number == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_none_yet(number: &u32) -> bool {
    *number == 0
}
