//! Manifests: objects that name other objects, read only once the rows are gone.
//!
//! Places that are not there name nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::names::{ObjectRuleName, PoolName, StoreName, Timestamp};
use crate::policy::{ManifestPlace, ManifestStep};

/// A manifest larger than this is not read.
pub const MANIFEST_BYTES_MAX: u64 = 256 * 1024 * 1024;

impl ManifestPlace {
    /// The strings at this place, each once. Numbers are their text; what is empty names nothing.
    pub fn strings(&self, document: &Value) -> BTreeSet<String> {
        let mut here = vec![document];
        for step in &self.steps {
            here = here.into_iter().flat_map(|value| below(value, step)).collect();
        }
        let text = |value: &Value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        here.into_iter().filter_map(text).filter(|text| !text.is_empty()).collect()
    }
}

fn below<'v>(value: &'v Value, step: &ManifestStep) -> Vec<&'v Value> {
    match (step, value) {
        (ManifestStep::Key(key), value) => value.get(key).into_iter().collect(),
        (ManifestStep::Each, Value::Array(items)) => items.iter().collect(),
        (ManifestStep::Each, Value::Object(fields)) => fields.values().collect(),
        (ManifestStep::Each, _) => Vec::new(),
    }
}

/// A manifest that was promised to be read: what it names goes, then it itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestTarget {
    /// The stores where it may be, and where what it removes is.
    pub stores: Vec<StoreName>,
    /// Its key.
    pub key: String,
    /// The key of the row that it is of, by which a line of the log finds it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub row: String,
    /// Where it says what goes with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removes: Vec<ManifestPlace>,
    /// Where it names shared objects.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<SharedNames>,
    /// Whether every version goes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub all_versions: bool,
    /// Stores where another promise of the same deletion removes it itself, once it was read.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub goes_with: BTreeSet<StoreName>,
    /// Prefixes below which other promises of the same deletion remove all that it names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub beside: BTreeMap<StoreName, Vec<String>>,
}

/// Where a manifest names shared objects of one pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedNames {
    /// The pool.
    pub pool: PoolName,
    /// The part of it within which they are shared.
    pub scope: String,
    /// What the pool's placeholders stand for in this part.
    pub bound: Vec<(String, String)>,
    /// Where the names are.
    pub places: Vec<ManifestPlace>,
    /// What stands before a name in a key.
    pub before: String,
    /// What stands behind it.
    pub after: String,
    /// In which stores they may be.
    pub stores: Vec<StoreName>,
    /// So long after the commit it is decided which of them go.
    pub grace_secs: i64,
    /// The rule whose prefix is the whole part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub covers: Option<ObjectRuleName>,
}

impl SharedNames {
    /// The keys of the shared objects that a manifest names. What would lead elsewhere names
    /// nothing of the pool.
    pub fn keys(&self, manifest: &Value) -> BTreeSet<String> {
        let names = self.places.iter().flat_map(|place| place.strings(manifest));
        let is_plain = |name: &String| !name.contains(['/', '\0']) && !name.contains("..");
        names
            .filter(is_plain)
            .map(|name| {
                [&self.before, &name, &self.after].into_iter().map(String::as_str).collect()
            })
            .collect()
    }
}

/// Shared objects that somebody named who is gone: those that nobody names any more go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedTarget {
    /// The pool.
    pub pool: PoolName,
    /// The part of it within which they are shared.
    pub scope: String,
    /// What the pool's placeholders stand for in this part.
    pub bound: Vec<(String, String)>,
    /// Their keys.
    pub keys: Vec<String>,
    /// In which stores they may be.
    pub stores: Vec<StoreName>,
    /// When the deletion committed: what was written later is somebody else's.
    pub committed_at: Timestamp,
    /// Whether every version goes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub all_versions: bool,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    use ManifestStep::Each;

    fn key(key: &str) -> ManifestStep {
        ManifestStep::Key(key.to_owned())
    }

    fn strings(steps: &[ManifestStep], document: &Value) -> Vec<String> {
        let place = ManifestPlace { steps: steps.to_vec() };
        place.strings(document).into_iter().collect()
    }

    #[test]
    fn places_lead_through_names_and_lists() {
        let document = json!({
            "images": [{"hash": "b"}, {"hash": "a"}, {"hash": "a"}, {"other": 1}, {"hash": null}],
            "head": {"key": "k", "n": 7, "none": ""},
            "list": ["x", ["y"]],
        });
        assert_eq!(strings(&[key("images"), Each, key("hash")], &document), ["a", "b"]);
        assert_eq!(strings(&[key("head"), key("key")], &document), ["k"]);
        assert_eq!(strings(&[key("head"), Each], &document), ["7", "k"]);
        assert_eq!(strings(&[key("list"), Each], &document), ["x"]);
        assert_eq!(strings(&[key("list"), Each, Each], &document), ["y"]);
        for nothing in [
            &[key("head"), key("none")][..],
            &[key("missing"), Each, key("hash")],
            &[key("images"), key("hash")],
            &[key("head"), key("key"), Each],
        ] {
            assert!(strings(nothing, &document).is_empty(), "{nothing:?}");
        }
    }

    #[test]
    fn a_name_that_would_lead_elsewhere_is_none_of_the_pool() {
        let names = SharedNames {
            pool: PoolName::new("images"),
            scope: "o/p".to_owned(),
            bound: Vec::new(),
            places: vec![ManifestPlace { steps: vec![Each] }],
            before: "o/p/".to_owned(),
            after: String::new(),
            stores: Vec::new(),
            grace_secs: 0,
            covers: None,
        };
        let keys = names.keys(&json!(["a", "../q", "x/y", "b\u{0}", "..", "b"]));
        assert_eq!(keys.into_iter().collect::<Vec<_>>(), ["o/p/a", "o/p/b"]);
    }
}
