//! Intents as they are stored: promises of a deletion that are carried out after its commit.

use serde::{Deserialize, Serialize};

/// What is promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IntentKind {
    /// A call to somebody outside.
    Hook,
    /// Objects of a store, by their names.
    Key,
    /// All objects of a store below a prefix.
    Prefix,
    /// An object that names others, and what it names.
    Manifest,
    /// Shared objects, if nobody names them any more.
    Shared,
    /// Objects that no row named when they were seen, if none does when they go.
    Orphan,
    /// A line of the log, once the rows are gone.
    Event,
    /// A line of the log, once everything else is carried out or nobody waits for it any more.
    #[serde(rename = "waited-event")]
    WaitedEvent,
    /// A line of the log, once everything else is carried out.
    #[serde(rename = "last-event")]
    LastEvent,
    /// A line of the log, if something fails: once.
    #[serde(rename = "fail-event")]
    FailEvent,
    /// A line of the log, for each object of which something fails.
    #[serde(rename = "key-event")]
    KeyEvent,
}

impl IntentKind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::Hook,
        Self::Key,
        Self::Prefix,
        Self::Manifest,
        Self::Shared,
        Self::Orphan,
        Self::Event,
        Self::WaitedEvent,
        Self::LastEvent,
        Self::FailEvent,
        Self::KeyEvent,
    ];

    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hook => "hook",
            Self::Key => "key",
            Self::Prefix => "prefix",
            Self::Manifest => "manifest",
            Self::Shared => "shared",
            Self::Orphan => "orphan",
            Self::Event => "event",
            Self::WaitedEvent => "waited-event",
            Self::LastEvent => "last-event",
            Self::FailEvent => "fail-event",
            Self::KeyEvent => "key-event",
        }
    }

    /// The kind of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// Whom a stored call is for, and what it says.
///
/// An address stays as the policy writes it: the variable behind `env:` may change, and a secret
/// in an address is not stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookTarget {
    /// An address, or `env:NAME`.
    pub to: String,
    /// What is said.
    pub body: serde_json::Value,
    /// So long the call may take.
    pub within_secs: u64,
    /// Where the secret is that signs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// The key of a call that is made before a deletion commits, and so is not stored: the same each
/// time the deletion makes it.
pub fn key_before(deletion: &str, hook: &str, body: &str) -> String {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    for part in [deletion, "\0", hook, "\0", body] {
        hash.update(part);
    }
    let word = data_encoding::BASE32_NOPAD.encode(&hash.finalize()[..16]);
    ["bef_", &word.to_lowercase()].concat()
}
