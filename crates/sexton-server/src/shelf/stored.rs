//! How a preview is written down so that another server can confirm it: a form with a version.
//!
//! Who may confirm it is not in it: whoever finds it is who made it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sexton_api::Preview;
use sexton_core::names::ThingName;
use sexton_core::preview::{DigestPart, DigestParts, PartKind};
use sexton_engine::ports::DatabaseError;
use sexton_engine::{Bound, Caller, Root, RootKey};

use super::Kept;

const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Stored {
    v: u32,
    shown: Preview,
    thing: String,
    key: Key,
    options: BTreeMap<String, String>,
    bound: Option<Binding>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Key {
    Id(String),
    Ids(Vec<String>),
    Find(BTreeMap<String, String>),
}

#[derive(Serialize, Deserialize)]
struct Binding {
    digest: String,
    head: String,
    parts: Vec<Part>,
}

#[derive(Serialize, Deserialize)]
struct Part {
    name: String,
    kind: PartKind,
    rows: u64,
    hash: String,
    keys: Vec<String>,
}

/// A preview as text.
pub fn write(kept: &Kept) -> Result<String, DatabaseError> {
    let stored = Stored {
        v: VERSION,
        shown: kept.shown.clone(),
        thing: kept.root.thing.to_string(),
        key: match kept.root.key.clone() {
            RootKey::Id(id) => Key::Id(id),
            RootKey::Ids(ids) => Key::Ids(ids),
            RootKey::Named(find) => Key::Find(find),
        },
        options: kept.root.options.clone(),
        bound: match &kept.bound {
            Some(Bound::Parts { digest, parts }) => Some(binding(digest, parts)),
            Some(Bound::Digest(_)) | None => None,
        },
    };
    serde_json::to_string(&stored).map_err(|error| DatabaseError::Failed {
        label: "write a preview".to_owned(),
        detail: error.to_string(),
    })
}

/// A preview of that text, as this caller's; none where another version of the form is meant.
pub fn read(text: &str, caller: Caller) -> Option<Kept> {
    let stored: Stored = serde_json::from_str(text).ok()?;
    if stored.v != VERSION {
        return None;
    }
    let key = match stored.key {
        Key::Id(id) => RootKey::Id(id),
        Key::Ids(ids) => RootKey::Ids(ids),
        Key::Find(find) => RootKey::Named(find),
    };
    let root = Root { thing: ThingName::new(stored.thing), key, options: stored.options, caller };
    Some(Kept { shown: stored.shown, root, bound: stored.bound.map(bound) })
}

fn binding(digest: &str, parts: &DigestParts) -> Binding {
    let part = |part: &DigestPart| Part {
        name: part.name.clone(),
        kind: part.kind,
        rows: part.rows,
        hash: part.hash.clone(),
        keys: part.keys.clone(),
    };
    Binding {
        digest: digest.to_owned(),
        head: parts.head.clone(),
        parts: parts.parts.iter().map(part).collect(),
    }
}

fn bound(binding: Binding) -> Bound {
    let part = |part: Part| DigestPart {
        name: part.name,
        kind: part.kind,
        rows: part.rows,
        hash: part.hash,
        keys: part.keys,
    };
    let parts = binding.parts.into_iter().map(part).collect();
    Bound::Parts { digest: binding.digest, parts: DigestParts { head: binding.head, parts } }
}
