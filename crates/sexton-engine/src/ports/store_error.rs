//! What can go wrong with a whole call to a store, as branches that a caller takes.

use std::time::Duration;

/// A call to a store that has no answer for its keys, told without a driver's type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Nobody answers there.
    #[error("the store cannot be reached to {doing}: {detail}")]
    Unreachable {
        /// What was attempted.
        doing: &'static str,
        /// What the network says.
        detail: String,
    },
    /// There is no such bucket or folder.
    #[error("there is no such store: {0}")]
    Missing(String),
    /// A right is missing, or the credentials are wrong.
    #[error("the store does not let us {doing}: {detail}")]
    Denied {
        /// What was attempted.
        doing: &'static str,
        /// The store's words.
        detail: String,
    },
    /// The store wants to be asked less.
    #[error("the store is busy and did not {doing}: {detail}")]
    Busy {
        /// What was attempted.
        doing: &'static str,
        /// The store's words.
        detail: String,
        /// When it wants to be asked again.
        retry_after: Option<Duration>,
    },
    /// The time allowed is over.
    #[error("the store did not {doing} within its time")]
    Timeout {
        /// What was attempted.
        doing: &'static str,
    },
    /// The store does not know such a call.
    #[error("the store cannot {doing}: {detail}")]
    Unsupported {
        /// What was attempted.
        doing: &'static str,
        /// The store's words.
        detail: String,
    },
    /// More keys than one call may carry.
    #[error("{0} keys are more than one call may remove")]
    TooMany(usize),
    /// An answer that cannot be understood, or ends too early.
    #[error("the store's answer to {doing} cannot be read: {detail}")]
    BadAnswer {
        /// What was attempted.
        doing: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// Anything else that the store says.
    #[error("the store did not {doing}: {detail}")]
    Failed {
        /// What was attempted.
        doing: &'static str,
        /// The store's words.
        detail: String,
    },
}

impl StoreError {
    /// Whether the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::Busy { .. }
            | Self::Timeout { .. }
            | Self::BadAnswer { .. } => true,
            Self::Missing(_)
            | Self::Denied { .. }
            | Self::Unsupported { .. }
            | Self::TooMany(_)
            | Self::Failed { .. } => false,
        }
    }

    /// The failure in a word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "unreachable",
            Self::Missing(_) => "missing",
            Self::Denied { .. } => "denied",
            Self::Busy { .. } => "busy",
            Self::Timeout { .. } => "timeout",
            Self::Unsupported { .. } => "unsupported",
            Self::TooMany(_) => "too-many",
            Self::BadAnswer { .. } => "bad-answer",
            Self::Failed { .. } => "failed",
        }
    }

    /// When the store wants to be asked again, where it says so.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}
