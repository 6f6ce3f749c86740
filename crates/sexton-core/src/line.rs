//! Lines of the log as they are stored with a deletion: what is known with its rows, and what is
//! put in when a line is told.
//!
//! What becomes of objects is known only after the commit. A field that says it is stored as its
//! pieces, and filled from what was counted by then.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::finding::Span;
use crate::intent::IntentKind;
use crate::objects::{ManifestTarget, Named, ObjectTarget, Progress, Removed, SharedTarget};
use crate::template::{Filter, Piece, Slot, Text, ValuePath, says};

/// A line of the log as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredLine {
    /// What is known of it, in its order; what comes later is null.
    pub line: Map<String, Value>,
    /// Fields that are filled when it is told.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub later: BTreeMap<String, Later>,
    /// Which failure it tells of, if of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<Failing>,
    /// The row that it is about, where only what fails of this row is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<LineOf>,
}

/// A row that went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineOf {
    /// Its table, as the policy writes it.
    pub table: String,
    /// Its key.
    pub key: String,
}

/// What may fail once rows are gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Failing {
    /// An object does not go.
    Key,
    /// A store gives no answer.
    Store,
    /// A manifest cannot be read.
    Manifest,
}

/// A failure, as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What failed.
    pub what: Failing,
    /// The key of the object, or its place.
    pub key: Option<String>,
    /// Why, in the store's words.
    pub error: String,
    /// Why, in one word.
    pub error_type: &'static str,
}

/// A field that is filled when its line is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Later {
    /// Text and words in turn.
    pub pieces: Vec<LaterPiece>,
    /// Whether it is left out where it says nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_optional: bool,
}

/// A piece of such a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LaterPiece {
    /// As it is.
    Text(String),
    /// A word, as the policy writes it.
    Word(String),
    /// A word of which only its truth is said.
    Truth(String),
}

/// What has become of a deletion's objects.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ObjectFacts {
    /// How many are gone, or covered by a marker.
    pub deleted: u64,
    /// How many were not there.
    pub absent: u64,
    /// How many may still be there, after they were to be removed.
    pub failed: u64,
    /// How many names are still to be seen to: a prefix is one.
    pub pending: u64,
    /// How many bytes are gone, as far as stores told.
    pub bytes: u64,
}

/// The words of what has become of objects.
pub const OBJECT_WORDS: [&str; 6] = ["deleted", "failed", "pending", "total", "bytes", "all_gone"];

impl StoredLine {
    /// A line of which all is known.
    pub fn known(line: Map<String, Value>) -> Self {
        Self { line, later: BTreeMap::new(), on: None, of: None }
    }

    /// As it is stored. A line of which all is known is stored as it is told.
    pub fn text(&self) -> String {
        if self.later.is_empty() && self.on.is_none() && self.of.is_none() {
            return Value::Object(self.line.clone()).to_string();
        }
        serde_json::to_string(self).expect("a line is plain text and numbers")
    }

    /// What is stored; none if that cannot be read.
    pub fn read(text: &str) -> Option<Self> {
        let stored: Map<String, Value> = serde_json::from_str(text).ok()?;
        // Every line says its event, and what is stored around a line does not.
        if stored.contains_key("event") {
            return Some(Self::known(stored));
        }
        serde_json::from_value(Value::Object(stored)).ok()
    }

    /// Whether it says what has become of objects.
    pub fn says_objects(&self) -> bool {
        self.later.values().flat_map(|later| &later.pieces).any(|piece| match piece {
            LaterPiece::Text(_) => false,
            LaterPiece::Word(word) | LaterPiece::Truth(word) => word.starts_with("objects."),
        })
    }

    /// The line as it is told now.
    pub fn told(&self, facts: ObjectFacts, failure: Option<&Failure>) -> String {
        let mut line = self.line.clone();
        for (name, later) in &self.later {
            // A field of the policy does not take the place of what every line says.
            if line.get(name) != Some(&Value::Null) {
                continue;
            }
            let value = later.filled(&|path| word(path, facts, failure));
            if later.is_optional && !says(&value) {
                line.shift_remove(name);
            } else {
                line.insert(name.clone(), value);
            }
        }
        Value::Object(line).to_string()
    }
}

/// What a word stands for when a line is told.
fn word(path: &ValuePath, facts: ObjectFacts, failure: Option<&Failure>) -> Value {
    let names: Vec<&str> = path.names.iter().map(String::as_str).collect();
    match names.as_slice() {
        ["objects", "deleted"] => facts.deleted.into(),
        ["objects", "failed"] | ["count"] => facts.failed.into(),
        ["objects", "pending"] => facts.pending.into(),
        ["objects", "total"] => facts.total().into(),
        ["objects", "bytes"] => facts.bytes.into(),
        ["objects", "all_gone"] => facts.all_gone().into(),
        ["key"] => failure.and_then(|failure| failure.key.clone()).into(),
        ["error"] => failure.map(|failure| failure.error.clone()).into(),
        ["error_type"] => failure.map(|failure| failure.error_type).into(),
        _ => Value::Null,
    }
}

impl Later {
    /// Whether it says this word.
    pub fn says(&self, word: &str) -> bool {
        self.pieces.iter().any(|piece| match piece {
            LaterPiece::Text(_) => false,
            LaterPiece::Word(said) | LaterPiece::Truth(said) => said == word,
        })
    }

    fn filled(&self, value: &dyn Fn(&ValuePath) -> Value) -> Value {
        let slot = |word: &str, filter| {
            let names = word.split('.').map(str::to_owned).collect();
            let path = ValuePath { names, json: None };
            Piece::Value(Slot { path, plus: Vec::new(), filter, span: Span::default() })
        };
        let piece = |piece: &LaterPiece| match piece {
            LaterPiece::Text(text) => Piece::Written(text.clone()),
            LaterPiece::Word(word) => slot(word, None),
            LaterPiece::Truth(word) => slot(word, Some(Filter::Bool)),
        };
        Text { pieces: self.pieces.iter().map(piece).collect() }.fill(value)
    }
}

impl ObjectFacts {
    /// How many were to go.
    pub fn total(&self) -> u64 {
        self.deleted + self.absent + self.failed + self.pending
    }

    /// Whether nothing is left.
    pub fn all_gone(&self) -> bool {
        self.failed == 0 && self.pending == 0
    }

    /// Adds what has become of one promise, as it is stored.
    pub fn add(&mut self, kind: IntentKind, target: &str, progress: Option<&Progress>) {
        let none = Progress::default();
        let progress = progress.unwrap_or(&none);
        let mut failed = 0;
        for removed in progress.stores.values() {
            self.deleted += removed.deleted + removed.hidden;
            self.absent += removed.absent;
            self.bytes += removed.bytes;
            failed += removed.failed;
        }
        self.failed += failed;
        self.pending += pending(kind, target, progress).saturating_sub(failed);
    }
}

/// How many names of a promise are open, those among them that failed.
fn pending(kind: IntentKind, target: &str, progress: &Progress) -> u64 {
    let open = |names: usize| match &progress.open {
        Some(open) => open.len() as u64,
        None if progress.stores.is_empty() => names as u64,
        None => 0,
    };
    let unread = |_| 1;
    match kind {
        IntentKind::Key | IntentKind::Prefix | IntentKind::Orphan => {
            let of_target = |target: ObjectTarget| match target.named {
                Named::Keys(names) | Named::Uris(names) => open(names.len()),
                Named::Orphans(seen) => open(seen.len()),
                Named::Prefix(_) => u64::from(progress.empty == 0),
            };
            serde_json::from_str(target).map_or_else(unread, of_target)
        }
        IntentKind::Manifest => {
            let seen = |removed: &Removed| {
                removed.deleted + removed.hidden + removed.absent + removed.failed > 0
            };
            let of_target = |target: ManifestTarget| {
                let mut stores = target.stores.iter();
                let is_done = progress.is_read
                    && stores.all(|store| progress.stores.get(store).is_some_and(seen));
                u64::from(!is_done)
            };
            serde_json::from_str(target).map_or_else(unread, of_target)
        }
        IntentKind::Shared => {
            let of_target = |target: SharedTarget| open(target.keys.len());
            serde_json::from_str(target).map_or_else(unread, of_target)
        }
        IntentKind::Hook
        | IntentKind::Event
        | IntentKind::WaitedEvent
        | IntentKind::LastEvent
        | IntentKind::FailEvent
        | IntentKind::KeyEvent => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::StoreName;
    use serde_json::json;

    fn line(later: &[(&str, Later)]) -> StoredLine {
        let known = json!({ "event": "e", "at": "now", "files": null, "said": null, "left": null });
        let Value::Object(line) = known else { panic!("it is a table") };
        let later = later.iter().map(|(name, later)| ((*name).to_owned(), later.clone())).collect();
        StoredLine { line, later, on: None, of: None }
    }

    fn words(pieces: &[LaterPiece], is_optional: bool) -> Later {
        Later { pieces: pieces.to_vec(), is_optional }
    }

    #[test]
    fn what_comes_later_is_put_where_it_was_left_open() {
        let word = |word: &str| LaterPiece::Word(word.to_owned());
        let said = [LaterPiece::Text("of ".to_owned()), word("objects.total")];
        let stored = line(&[
            ("files", words(&[word("objects.deleted")], false)),
            ("said", words(&said, false)),
            ("left", words(&[word("objects.failed")], true)),
        ]);
        assert!(stored.says_objects());
        let again = StoredLine::read(&stored.text()).unwrap();
        assert_eq!(again, stored);
        let facts = ObjectFacts { deleted: 2, absent: 1, ..ObjectFacts::default() };
        let told = r#"{"event":"e","at":"now","files":2,"said":"of 3"}"#;
        assert_eq!(again.told(facts, None), told);
    }

    #[test]
    fn a_line_of_which_all_is_known_is_stored_as_it_is_told() {
        let text = r#"{"event":"e","at":"now","line":1}"#;
        let stored = StoredLine::read(text).unwrap();
        assert_eq!((stored.text().as_str(), stored.says_objects()), (text, false));
        assert_eq!(stored.told(ObjectFacts::default(), None), text);
        assert_eq!(StoredLine::read("1"), None);
    }

    #[test]
    fn what_nobody_has_seen_to_is_pending() {
        let keys = r#"{"store":"s","keys":["a","b","c"]}"#;
        let prefix = r#"{"store":"s","prefix":"a/"}"#;
        let manifest = r#"{"stores":["s"],"key":"m"}"#;
        let mut facts = ObjectFacts::default();
        facts.add(IntentKind::Key, keys, None);
        facts.add(IntentKind::Prefix, prefix, None);
        facts.add(IntentKind::Manifest, manifest, None);
        assert_eq!((facts.pending, facts.total(), facts.all_gone()), (5, 5, false));

        let mut removed = Removed { deleted: 1, bytes: 9, ..Removed::default() };
        let stores = |removed: &Removed| [(StoreName::new("s"), removed.clone())].into();
        let done = Progress { stores: stores(&removed), empty: 1, is_read: true, ..<_>::default() };
        let mut facts = ObjectFacts::default();
        for (kind, target) in [
            (IntentKind::Key, keys),
            (IntentKind::Prefix, prefix),
            (IntentKind::Manifest, manifest),
        ] {
            facts.add(kind, target, Some(&done));
        }
        assert_eq!((facts.deleted, facts.bytes, facts.all_gone()), (3, 27, true));

        removed.add_left("b", "it is locked");
        let open = Some(vec!["b".to_owned(), "c".to_owned()]);
        let failing = Progress { stores: stores(&removed), open, ..Progress::default() };
        let mut facts = ObjectFacts::default();
        facts.add(IntentKind::Key, keys, Some(&failing));
        assert_eq!((facts.deleted, facts.failed, facts.pending), (1, 1, 1));
    }
}
