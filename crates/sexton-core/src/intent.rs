//! Intents as they are stored: promises of a deletion that are carried out after its commit.

use serde::{Deserialize, Serialize};

/// What is promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IntentKind {
    /// A call to somebody outside.
    Hook,
    /// A line of the log.
    Event,
}

impl IntentKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Hook, Self::Event];

    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hook => "hook",
            Self::Event => "event",
        }
    }

    /// The kind of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}
