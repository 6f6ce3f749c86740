//! The chain: sealing a record, and finding what was done to the chain.

use sha2::{Digest, Sha256};

/// The hash before the first record.
pub const FIRST_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The hash of a record at its place: over the previous hash, the place and the text.
pub fn seal(previous: &str, seq: i64, text: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(previous);
    hash.update("\n");
    hash.update(seq.to_string());
    hash.update("\n");
    hash.update(text);
    data_encoding::HEXLOWER.encode(&hash.finalize())
}

/// A sealed record as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its place.
    pub seq: i64,
    /// Its hash.
    pub hash: String,
    /// Its text.
    pub text: String,
    /// The deletion that its row names.
    pub deletion: String,
}

/// What is wrong with a chain.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum ChainFault {
    /// A record is not what was sealed.
    Changed {
        /// Its place.
        seq: i64,
    },
    /// Records are missing before this place.
    Removed {
        /// The first place that is there again, or one past the end.
        before: i64,
        /// How many.
        count: i64,
    },
    /// A record stands where none was sealed.
    Inserted {
        /// Its place.
        seq: i64,
    },
    /// The head does not fit the last record.
    Head {
        /// The place that the head names.
        seq: i64,
    },
    /// A deletion committed and has no record.
    Unrecorded {
        /// The deletion.
        deletion: String,
    },
}

impl std::fmt::Display for ChainFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Changed { seq } => write!(f, "record {seq} is not what was sealed"),
            Self::Removed { before, count } => {
                write!(f, "{count} record(s) before place {before} are missing")
            }
            Self::Inserted { seq } => write!(f, "record {seq} was not sealed there"),
            Self::Head { seq } => write!(f, "the head (place {seq}) does not fit the last record"),
            Self::Unrecorded { deletion } => {
                write!(f, "{deletion} removed rows and has no record")
            }
        }
    }
}

/// Judges a chain link by link, in the order of places, and keeps none of them.
#[derive(Debug, Clone)]
pub struct ChainJudge {
    head_seq: i64,
    expected: i64,
    /// The hash before; not known behind a gap.
    previous: Option<String>,
    faults: Vec<ChainFault>,
}

impl ChainJudge {
    /// Begins before the first record of a chain that ends at this place.
    pub fn new(head_seq: i64) -> Self {
        Self { head_seq, expected: 1, previous: Some(FIRST_HASH.to_owned()), faults: Vec::new() }
    }

    /// Judges the next record.
    pub fn judge(&mut self, link: &Link) {
        if link.seq < self.expected || link.seq > self.head_seq {
            self.faults.push(ChainFault::Inserted { seq: link.seq });
            return;
        }
        if link.seq > self.expected {
            let count = link.seq - self.expected;
            self.faults.push(ChainFault::Removed { before: link.seq, count });
            // The hash before the gap is not known any more: this record is judged by the next.
            self.previous = None;
        }
        let names_itself = serde_json::from_str::<serde_json::Value>(&link.text)
            .is_ok_and(|record| record["deletion"] == link.deletion.as_str());
        let sealed =
            self.previous.as_ref().is_none_or(|hash| seal(hash, link.seq, &link.text) == link.hash);
        if !sealed || !names_itself {
            self.faults.push(ChainFault::Changed { seq: link.seq });
        }
        // Each record is judged against the stored hash before it, so one fault is told once.
        self.previous = Some(link.hash.clone());
        self.expected = link.seq + 1;
    }

    /// Everything that is wrong with the chain, now that there are no more records.
    pub fn end(mut self, head_hash: &str) -> Vec<ChainFault> {
        let past = self.head_seq + 1;
        if self.expected < past {
            let count = past - self.expected;
            self.faults.push(ChainFault::Removed { before: past, count });
        } else if self.previous.as_deref() != Some(head_hash) {
            self.faults.push(ChainFault::Head { seq: self.head_seq });
        }
        self.faults
    }
}
