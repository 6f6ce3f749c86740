//! What came of removing one object.

use std::fmt;
use std::time::Duration;

/// What a store answered for one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is gone. Stores that cannot tell say so of what was never there, too.
    Deleted,
    /// It was not there.
    Absent,
    /// A marker covers it now; its versions are still there.
    Hidden,
    /// The store forbids it to us.
    Denied {
        /// The store's words.
        reason: String,
    },
    /// Nobody may remove it yet: a retention or a legal hold of the store.
    Locked {
        /// The store's words.
        reason: String,
    },
    /// The store cannot tell what is meant, or holds something there that is no object.
    Unreadable {
        /// Why.
        reason: String,
    },
    /// It did not work out; the same again may.
    Failed {
        /// The store's words.
        reason: String,
        /// When the store wants to be asked again.
        retry_after: Option<Duration>,
    },
    /// The store's answer did not mention it. It may be there or not.
    Unconfirmed,
}

impl Outcome {
    /// Whether nothing is left to do for this key.
    pub fn is_gone(&self) -> bool {
        match self {
            Self::Deleted | Self::Absent | Self::Hidden => true,
            Self::Denied { .. }
            | Self::Locked { .. }
            | Self::Unreadable { .. }
            | Self::Failed { .. }
            | Self::Unconfirmed => false,
        }
    }

    /// The outcome in a word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Deleted => "deleted",
            Self::Absent => "absent",
            Self::Hidden => "hidden",
            Self::Denied { .. } => "denied",
            Self::Locked { .. } => "locked",
            Self::Unreadable { .. } => "unreadable",
            Self::Failed { .. } => "failed",
            Self::Unconfirmed => "unconfirmed",
        }
    }

    /// Whether asking again at once may give another answer.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Failed { .. } | Self::Unconfirmed => true,
            Self::Deleted
            | Self::Absent
            | Self::Hidden
            | Self::Denied { .. }
            | Self::Locked { .. }
            | Self::Unreadable { .. } => false,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deleted => f.write_str("deleted"),
            Self::Absent => f.write_str("was not there"),
            Self::Hidden => f.write_str("covered by a marker, its versions are still there"),
            Self::Denied { reason } => write!(f, "denied: {reason}"),
            Self::Locked { reason } => write!(f, "locked: {reason}"),
            Self::Unreadable { reason } => write!(f, "unreadable: {reason}"),
            Self::Failed { reason, .. } => write!(f, "failed: {reason}"),
            Self::Unconfirmed => f.write_str("not confirmed: the answer did not mention it"),
        }
    }
}

/// How many keys had which outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OutcomeCounts {
    /// Gone.
    pub deleted: u64,
    /// Were not there.
    pub absent: u64,
    /// Covered by a marker.
    pub hidden: u64,
    /// Forbidden to us.
    pub denied: u64,
    /// Forbidden to everybody for now.
    pub locked: u64,
    /// Not to be understood.
    pub unreadable: u64,
    /// Did not work out.
    pub failed: u64,
    /// Not mentioned in an answer.
    pub unconfirmed: u64,
}

impl OutcomeCounts {
    /// Counts one more.
    pub fn add(&mut self, outcome: &Outcome) {
        let count = match outcome {
            Outcome::Deleted => &mut self.deleted,
            Outcome::Absent => &mut self.absent,
            Outcome::Hidden => &mut self.hidden,
            Outcome::Denied { .. } => &mut self.denied,
            Outcome::Locked { .. } => &mut self.locked,
            Outcome::Unreadable { .. } => &mut self.unreadable,
            Outcome::Failed { .. } => &mut self.failed,
            Outcome::Unconfirmed => &mut self.unconfirmed,
        };
        *count += 1;
    }

    /// How many are gone as far as was asked.
    pub fn gone(&self) -> u64 {
        self.deleted + self.absent + self.hidden
    }

    /// How many may still be there.
    pub fn left(&self) -> u64 {
        self.denied + self.locked + self.unreadable + self.failed + self.unconfirmed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_is_counted_as_gone_or_left() {
        let reason = || "why".to_owned();
        let gone = [Outcome::Deleted, Outcome::Absent, Outcome::Hidden];
        let left = [
            Outcome::Denied { reason: reason() },
            Outcome::Locked { reason: reason() },
            Outcome::Unreadable { reason: reason() },
            Outcome::Failed { reason: reason(), retry_after: None },
            Outcome::Unconfirmed,
        ];
        let mut counts = OutcomeCounts::default();
        for outcome in gone.iter().chain(&left) {
            counts.add(outcome);
            assert!(!(outcome.is_gone() && outcome.is_transient()), "{outcome}");
        }
        assert!(gone.iter().all(Outcome::is_gone));
        assert!(!left.iter().any(Outcome::is_gone));
        assert_eq!((counts.gone(), counts.left()), (3, 5));
    }
}
