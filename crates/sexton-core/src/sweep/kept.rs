//! Keys that manifests name, in a space that does not grow with them.
//!
//! They come in no order, so they cannot be laid beside a listing. A few are kept as they are; of
//! more only marks are, as a Bloom filter has them: a key that was added is always known, and of
//! those that were not, one in a hundred may be taken for it once there are fifty million. A sweep
//! that calls too little an orphan leaves bytes behind, and that is all.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

/// So many keys are kept as they are.
const EXACT_MAX: usize = 100_000;
/// So many marks there are: two to this, 64 MiB in all.
const MARKS_LOG2: u32 = 29;
/// So many marks each key has: as many as its hash has numbers.
const WORD_BYTES: usize = 4;

/// Keys that somebody names.
#[derive(Debug)]
pub struct KeptKeys {
    exact: BTreeSet<String>,
    marks: Vec<u64>,
    exact_max: usize,
    marks_log2: u32,
    /// Beginnings of keys of which nobody can tell whether they are named.
    wide: BTreeSet<String>,
}

impl Default for KeptKeys {
    fn default() -> Self {
        Self::of_size(EXACT_MAX, MARKS_LOG2)
    }
}

impl KeptKeys {
    fn of_size(exact_max: usize, marks_log2: u32) -> Self {
        let (exact, wide) = (BTreeSet::new(), BTreeSet::new());
        Self { exact, marks: Vec::new(), exact_max, marks_log2, wide }
    }

    /// Adds a key.
    pub fn add(&mut self, key: String) {
        if self.marks.is_empty() && self.exact.len() < self.exact_max {
            self.exact.insert(key);
            return;
        }
        if self.marks.is_empty() {
            self.marks = vec![0; 1 << (self.marks_log2 - u64::BITS.ilog2())];
            for known in std::mem::take(&mut self.exact) {
                self.mark(&known);
            }
        }
        self.mark(&key);
    }

    /// Adds all that begins so.
    pub fn add_below(&mut self, beginning: String) {
        if self.wide.len() < self.exact_max {
            self.wide.insert(beginning);
        } else {
            // Everything begins with nothing.
            self.wide = [String::new()].into();
        }
    }

    /// Whether a key was added, or may have been.
    pub fn holds(&self, key: &str) -> bool {
        let is_exact = self.exact.contains(key);
        let is_marked = !self.marks.is_empty()
            && self.places(key).all(|(word, mark)| self.marks[word] & mark != 0);
        is_exact || is_marked || self.is_below(key)
    }

    fn is_below(&self, key: &str) -> bool {
        let ends = (0..=key.len()).filter(|end| key.is_char_boundary(*end));
        !self.wide.is_empty() && ends.map(|end| &key[..end]).any(|part| self.wide.contains(part))
    }

    fn mark(&mut self, key: &str) {
        let places: Vec<(usize, u64)> = self.places(key).collect();
        for (word, mark) in places {
            self.marks[word] |= mark;
        }
    }

    /// Where a key's marks are.
    fn places(&self, key: &str) -> impl Iterator<Item = (usize, u64)> {
        let hash: [u8; 32] = Sha256::digest(key.as_bytes()).into();
        let mask = (1_u32 << self.marks_log2) - 1;
        let numbers: Vec<u32> = hash
            .chunks_exact(WORD_BYTES)
            .map(|bytes| bytes.iter().fold(0, |number, byte| (number << 8) | u32::from(*byte)))
            .collect();
        numbers.into_iter().map(move |number| {
            let place = number & mask;
            ((place / u64::BITS) as usize, 1 << (place % u64::BITS))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_is_known_whatever_the_space() {
        let mut kept = KeptKeys::of_size(10, 16);
        let key = |n: u32| format!("o/p/{n}");
        for n in 0..3_000 {
            assert!(!kept.holds("o/p/none") || n > 10);
            kept.add(key(n));
        }
        assert!((0..3_000).all(|n| kept.holds(&key(n))));
        let taken = (10_000..20_000).filter(|n| kept.holds(&key(*n))).count();
        assert!(taken < 200, "{taken} of ten thousand");
    }

    #[test]
    fn few_keys_are_told_apart_for_sure() {
        let mut kept = KeptKeys::default();
        kept.add("a".to_owned());
        assert!(kept.holds("a") && !kept.holds("b") && !kept.holds(""));
    }

    #[test]
    fn what_nobody_can_tell_is_kept_by_its_beginning() {
        let mut kept = KeptKeys::of_size(1, 10);
        kept.add_below("o/pä".to_owned());
        assert!(kept.holds("o/pä") && kept.holds("o/pä/x") && !kept.holds("o/p/x"));
        kept.add_below("q/".to_owned());
        assert!(kept.holds("anything"), "too many beginnings are all of them");
    }
}
