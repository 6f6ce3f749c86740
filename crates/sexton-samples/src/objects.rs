//! The objects of a sample's seed: which store holds what, as text beside its rows.
//!
//! `store NAME BUCKET` names a store of the policy and the bucket that the rows' addresses speak
//! of; every other line is a store and a key, in which `{3..12}` stands for each of these numbers,
//! written as wide as the first. What is indented is what the objects of the line above contain;
//! others contain their own key.

use sexton_core::objects::ObjectKey;
use sexton_engine::ports::StoreError;
use sexton_stores::ApplicationStore;

/// What contents begin with on every line.
const INDENT: &str = "    ";

/// The objects of a seed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeedObjects {
    /// Its stores, each with the bucket of which rows speak.
    pub buckets: Vec<(&'static str, &'static str)>,
    /// Every object.
    pub objects: Vec<SeedObject>,
}

/// An object of a seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeedObject {
    /// Its store.
    pub store: &'static str,
    /// Its key.
    pub key: ObjectKey,
    /// What it contains.
    pub contents: String,
}

/// Why an object of a seed could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {key} into the store {store}")]
pub struct PutError {
    /// Its store.
    pub store: &'static str,
    /// Its key.
    pub key: ObjectKey,
    source: StoreError,
}

impl SeedObjects {
    /// Reads what is part of this program.
    pub(crate) fn of(text: &'static str) -> Self {
        let mut read = Self::default();
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            let words: Vec<&str> = line.splitn(2, ' ').map(str::trim).collect();
            match words[..] {
                ["store", named] => {
                    let named = named.split_once(' ').expect("a store has a bucket");
                    read.buckets.push((named.0, named.1.trim()));
                }
                [store, keys] if !store.starts_with('#') => {
                    let mut said = Vec::new();
                    while let Some(line) = lines.next_if(|line| line.starts_with(INDENT)) {
                        said.push(&line[INDENT.len()..]);
                    }
                    let contents = (!said.is_empty()).then(|| said.join("\n"));
                    read.objects.extend(numbered(keys).into_iter().map(|key| SeedObject {
                        store,
                        contents: contents.clone().unwrap_or_else(|| key.clone()),
                        key: ObjectKey::new(key).expect("a seed's keys are keys"),
                    }));
                }
                _ => {}
            }
        }
        read
    }

    /// What one store holds.
    pub fn of_store(&self, store: &str) -> impl Iterator<Item = &SeedObject> {
        self.objects.iter().filter(move |object| object.store == store)
    }

    /// Writes what one store holds, as the application would.
    pub async fn put(&self, store: &str, into: &ApplicationStore) -> Result<(), PutError> {
        for SeedObject { store, key, contents } in self.of_store(store) {
            let put = into.put(key, contents.as_bytes()).await;
            put.map_err(|source| PutError { store, key: key.clone(), source })?;
        }
        Ok(())
    }
}

/// The keys that a line stands for.
fn numbered(text: &str) -> Vec<String> {
    let range = text.split_once('{').and_then(|(before, rest)| {
        let (range, behind) = rest.split_once('}')?;
        let (first, last) = range.split_once("..")?;
        Some((before, first, last.parse::<u32>().ok()?, behind))
    });
    let Some((before, first, last, behind)) = range else { return vec![text.to_owned()] };
    let width = first.len();
    let from: u32 = first.parse().expect("a range begins with a number");
    let behind = numbered(behind);
    let each = (from..=last).flat_map(|number| {
        behind.iter().map(move |behind| format!("{before}{number:0width$}{behind}"))
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_stands_for_each_of_its_numbers() {
        assert_eq!(numbered("a/{9..10}/r{00..01}"), ["a/9/r00", "a/9/r01", "a/10/r00", "a/10/r01"]);
        assert_eq!(numbered("a {b}"), ["a {b}"]);
    }

    #[test]
    fn a_line_is_a_store_and_its_keys() {
        let read =
            SeedObjects::of("# about\n\nstore iq   raw-iq\niq a b/{1..2}\niq c\n    x\n      y\n");
        let object = |key: &str, contents: &str| SeedObject {
            store: "iq",
            key: ObjectKey::new(key).unwrap(),
            contents: contents.to_owned(),
        };
        assert_eq!(read.buckets, [("iq", "raw-iq")]);
        let said = [object("a b/1", "a b/1"), object("a b/2", "a b/2"), object("c", "x\n  y")];
        assert_eq!(read.objects, said);
    }
}
