//! Manifests: objects that name other objects, read only once the rows are gone.
//!
//! A place of a manifest is written as `$.images[*].content_hash`: names to go into, and `[*]` for
//! every element of a list. Places that are not there name nothing.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::names::{ObjectRuleName, PoolName, StoreName};

/// A manifest larger than this is not read.
pub const MANIFEST_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// A place of a JSON document where strings are.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ManifestPath(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Step {
    Name(String),
    Each,
}

/// Why a text is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a place of a manifest is written as `$.images[*].hash`")]
pub struct BadManifestPath;

impl ManifestPath {
    /// Reads it as the policy writes it.
    pub fn parse(text: &str) -> Result<Self, BadManifestPath> {
        let mut rest = text.strip_prefix('$').ok_or(BadManifestPath)?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix("[*]") {
                steps.push(Step::Each);
                rest = after;
                continue;
            }
            let after = rest.strip_prefix('.').ok_or(BadManifestPath)?;
            let end = after.find(['.', '[']).unwrap_or(after.len());
            let name = &after[..end];
            if name.is_empty() || name.contains(char::is_whitespace) {
                return Err(BadManifestPath);
            }
            steps.push(Step::Name(name.to_owned()));
            rest = &after[end..];
        }
        if steps.is_empty() { Err(BadManifestPath) } else { Ok(Self(steps)) }
    }

    /// The strings at this place, each once. Numbers are their text; what is empty names nothing.
    pub fn strings(&self, document: &Value) -> BTreeSet<String> {
        let mut here = vec![document];
        for step in &self.0 {
            here = match step {
                Step::Name(name) => here.into_iter().filter_map(|value| value.get(name)).collect(),
                Step::Each => here.into_iter().filter_map(Value::as_array).flatten().collect(),
            };
        }
        let text = |value: &Value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        here.into_iter().filter_map(text).filter(|text| !text.is_empty()).collect()
    }
}

impl fmt::Display for ManifestPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        self.0.iter().try_for_each(|step| match step {
            Step::Name(name) => write!(f, ".{name}"),
            Step::Each => f.write_str("[*]"),
        })
    }
}

impl From<ManifestPath> for String {
    fn from(path: ManifestPath) -> Self {
        path.to_string()
    }
}

impl TryFrom<String> for ManifestPath {
    type Error = BadManifestPath;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

/// A manifest that was promised to be read: what it names goes, then it itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestTarget {
    /// The stores where it may be, and where what it removes is.
    pub stores: Vec<StoreName>,
    /// Its key.
    pub key: String,
    /// Where it says what goes with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removes: Vec<ManifestPath>,
    /// Where it names shared objects.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<SharedNames>,
    /// Whether every version goes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub all_versions: bool,
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
    pub paths: Vec<ManifestPath>,
    /// What stands before a name in a key.
    pub before: String,
    /// What stands behind it.
    pub after: String,
}

impl SharedNames {
    /// The keys of the shared objects that a manifest names. What would lead elsewhere names
    /// nothing of the pool.
    pub fn keys(&self, manifest: &Value) -> BTreeSet<String> {
        let names = self.paths.iter().flat_map(|path| path.strings(manifest));
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
    /// The rule whose manifest named them.
    pub rule: ObjectRuleName,
    /// The pool.
    pub pool: PoolName,
    /// The part of it within which they are shared.
    pub scope: String,
    /// What the pool's placeholders stand for in this part.
    pub bound: Vec<(String, String)>,
    /// Their keys.
    pub keys: Vec<String>,
    /// Whether every version goes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub all_versions: bool,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn strings(path: &str, document: &Value) -> Vec<String> {
        ManifestPath::parse(path).expect(path).strings(document).into_iter().collect()
    }

    #[test]
    fn places_lead_through_names_and_lists() {
        let document = json!({
            "images": [{"hash": "b"}, {"hash": "a"}, {"hash": "a"}, {"other": 1}, {"hash": null}],
            "head": {"key": "k", "n": 7, "none": ""},
            "list": ["x", ["y"]],
        });
        assert_eq!(strings("$.images[*].hash", &document), ["a", "b"]);
        assert_eq!(strings("$.head.key", &document), ["k"]);
        assert_eq!(strings("$.head.n", &document), ["7"]);
        assert_eq!(strings("$.list[*]", &document), ["x"]);
        assert_eq!(strings("$.list[*][*]", &document), ["y"]);
        for nothing in ["$.head.none", "$.missing[*].hash", "$.images.hash", "$.head[*]"] {
            assert!(strings(nothing, &document).is_empty(), "{nothing}");
        }
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for bad in ["", "$", "images", "$images", "$.", "$..a", "$.a[0]", "$.a[*]b", "$. a"] {
            assert_eq!(ManifestPath::parse(bad), Err(BadManifestPath), "{bad}");
        }
        for good in ["$.a", "$.a[*].b", "$[*]", "$.a[*][*].b-c"] {
            assert_eq!(ManifestPath::parse(good).expect(good).to_string(), good);
        }
    }

    #[test]
    fn a_name_that_would_lead_elsewhere_is_none_of_the_pool() {
        let names = SharedNames {
            pool: PoolName::new("images"),
            scope: "o/p".to_owned(),
            bound: Vec::new(),
            paths: vec![ManifestPath::parse("$[*]").expect("a place")],
            before: "o/p/".to_owned(),
            after: String::new(),
        };
        let keys = names.keys(&json!(["a", "../q", "x/y", "b\u{0}", "..", "b"]));
        assert_eq!(keys.into_iter().collect::<Vec<_>>(), ["o/p/a", "o/p/b"]);
    }
}
