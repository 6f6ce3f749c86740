//! Named values: what a section of statements takes, and what its rows add.
//!
//! Everything is text. Ids and dice are made of names, so that the same command makes the same
//! rows in every database, and a step done twice would meet its own row.

use std::collections::BTreeMap;

/// Values by name; NULL is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values(BTreeMap<String, Option<String>>);

impl Values {
    /// None at all.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, and this one.
    #[must_use]
    pub fn with(mut self, name: &str, value: &(impl ToString + ?Sized)) -> Self {
        self.set(name, value);
        self
    }

    /// Puts one in its place.
    pub fn set(&mut self, name: &str, value: &(impl ToString + ?Sized)) {
        self.0.insert(name.to_owned(), Some(value.to_string()));
    }

    /// Puts one or NULL in its place.
    pub fn put(&mut self, name: &str, value: Option<String>) {
        self.0.insert(name.to_owned(), value);
    }

    /// Adds all that a row says.
    pub fn take(&mut self, row: &Self) {
        self.0.extend(row.0.clone());
    }

    /// The value of this name, if there is one and it is not NULL.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_deref()
    }

    /// Whether the name is known.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Whether a database said yes.
    pub fn is_true(&self, name: &str) -> bool {
        self.get(name).is_some_and(|said| matches!(said, "1" | "t" | "true"))
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_deref()))
    }
}

/// A number that is always the same for the same words.
pub fn dice(words: &[&str]) -> u64 {
    let mut rolled = 0xcbf2_9ce4_8422_2325_u64;
    for byte in words.join("\u{1f}").bytes() {
        rolled = (rolled ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    // The last words must reach every bit.
    rolled ^= rolled >> 33;
    rolled = rolled.wrapping_mul(0xff51_afd7_ed55_8ccd);
    rolled ^ (rolled >> 33)
}

/// An id in the form of a UUID that is always the same for the same words.
pub fn id(words: &[&str]) -> String {
    let [low, high] = ["low", "high"].map(|half| dice(&[&[half], words].concat()));
    let text = format!("{low:016x}{high:016x}");
    format!("{}-{}-4{}-8{}-{}", &text[..8], &text[8..12], &text[13..16], &text[17..20], &text[20..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_uuids_the_same_for_the_same_words_and_no_others() {
        let one = id(&["batch", "1"]);
        assert_eq!(one, id(&["batch", "1"]));
        assert_ne!(one, id(&["batch", "2"]));
        assert_ne!(one, id(&["batch1"]));
        let parts: Vec<usize> = one.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12], "{one}");
        assert_eq!((&one[14..15], &one[19..20]), ("4", "8"), "{one}");
    }

    #[test]
    fn a_row_adds_to_what_is_known() {
        let mut values = Values::new().with("job", "a").with("cancel", &0);
        values.take(&Values::new().with("cancel", "t"));
        assert!(values.is_true("cancel") && !values.is_true("job"));
        assert_eq!(values.get("job"), Some("a"));
    }
}
