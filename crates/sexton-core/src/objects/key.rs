//! The names of objects, and of all that lies below a prefix.

use std::fmt;

/// The longest key that stores promise to hold.
const KEY_BYTES_MAX: usize = 1024;

/// The name of an object in its store, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectKey(String);

/// Why a text is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    /// Nothing is no name.
    #[error("an object's key is empty")]
    Empty,
    /// No store would hold it.
    #[error("an object's key has {0} bytes, more than the {KEY_BYTES_MAX} that stores hold")]
    TooLong(usize),
}

impl ObjectKey {
    /// The text as a key; nothing in it is changed.
    pub fn new(text: impl Into<String>) -> Result<Self, BadKey> {
        let text = text.into();
        match text.len() {
            0 => Err(BadKey::Empty),
            length if length > KEY_BYTES_MAX => Err(BadKey::TooLong(length)),
            _ => Ok(Self(text)),
        }
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One version of an object, as its store numbers it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VersionId(String);

impl VersionId {
    /// The version that a store tells of. Some stores say "" where there is none.
    pub fn told(text: impl Into<String>) -> Option<Self> {
        let text = text.into();
        (!text.is_empty()).then_some(Self(text))
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An object, or one version of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectVersion {
    /// Its key.
    pub key: ObjectKey,
    /// Which version; without one, whatever is current.
    pub version: Option<VersionId>,
}

impl ObjectVersion {
    /// What is current under this key.
    pub fn current(key: ObjectKey) -> Self {
        Self { key, version: None }
    }
}

impl fmt::Display for ObjectVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.version {
            Some(version) => write!(f, "{} (version {})", self.key, version.as_str()),
            None => self.key.fmt(f),
        }
    }
}

/// An upload in parts that was begun and not ended, as its store numbers it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UploadId(pub String);

/// The beginning of keys, all of which may be removed: it names something and ends at `/`.
///
/// `runs/1` would take `runs/10` along, and nothing at all would take the whole store.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Prefix(String);

/// Why a text is no prefix that may be removed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPrefix {
    /// It would take the whole store.
    #[error("the prefix `{0}` names nothing: everything in the store would go")]
    NamesNothing(String),
    /// It would take its neighbours along.
    #[error("the prefix `{0}` does not end at a `/`: `{0}-copy` would go too")]
    EndsWithin(String),
}

impl Prefix {
    /// The text as a prefix; nothing in it is changed.
    pub fn new(text: impl Into<String>) -> Result<Self, BadPrefix> {
        let text = text.into();
        if text.chars().all(|c| c == '/') {
            Err(BadPrefix::NamesNothing(text))
        } else if text.ends_with('/') {
            Ok(Self(text))
        } else {
            Err(BadPrefix::EndsWithin(text))
        }
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_kept_byte_for_byte() {
        for text in ["/lead", "a//b", "a/../b", "a b+c%20", "ü/\u{1}\n", "/", "trail/"] {
            assert_eq!(ObjectKey::new(text).expect(text).as_str(), text);
        }
        assert_eq!(ObjectKey::new("").unwrap_err(), BadKey::Empty);
        assert!(ObjectKey::new("k".repeat(1024)).is_ok());
        assert_eq!(ObjectKey::new("ü".repeat(513)).unwrap_err(), BadKey::TooLong(1026));
    }

    #[test]
    fn a_version_that_says_nothing_is_none() {
        assert_eq!(VersionId::told(""), None);
        assert_eq!(VersionId::told("null").expect("a version").as_str(), "null");
    }

    #[test]
    fn a_prefix_names_something_and_ends_at_a_slash() {
        assert_eq!(Prefix::new("runs/1/").expect("a prefix").as_str(), "runs/1/");
        for text in ["", "/", "//"] {
            assert_eq!(Prefix::new(text).unwrap_err(), BadPrefix::NamesNothing(text.to_owned()));
        }
        let refused = Prefix::new("runs/1").unwrap_err();
        assert_eq!(refused, BadPrefix::EndsWithin("runs/1".to_owned()));
        assert!(refused.to_string().contains("`runs/1-copy` would go too"));
    }
}
