//! The one map from how a deletion ends to the policy's outcome, and from there to HTTP.
//!
//! The API and the routes of the policies answer by it. Its twin is the map to exit codes of the
//! command line.

use axum::http::StatusCode;
use sexton_engine::ports::DatabaseError;
use sexton_engine::{DeleteError, EngineError, Refusal, RefusedBy};

/// How something that was asked for ended, in the policy's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Done,
    /// There is no such root, or not one that the caller sees.
    Missing,
    /// An id is empty.
    Blank,
    /// An id can be none.
    BadId,
    /// An option that cannot be chosen so.
    BadOption,
    /// The body cannot be read.
    BadBody,
    /// It is not a thing of this kind.
    Wrong,
    /// A state, a line or a guard refuses.
    Refused,
    /// A person holds it.
    Held,
    /// It is more than one deletion may take.
    OverLimit,
    /// Somebody is at work on it.
    Undrained,
    /// Others are in the way.
    Busy,
    /// The preview is no longer true.
    Stale,
    /// Nobody knows who asks.
    Anonymous,
    /// The caller may not.
    Forbidden,
    /// Another site asks.
    CrossOrigin,
    /// Too many requests.
    RateLimited,
    /// No value and no default.
    Unset,
    /// Something failed.
    Failed,
    /// What is needed is away.
    Unavailable,
}

impl Outcome {
    /// The outcome of a deletion that did not happen, or is not complete.
    pub fn of(error: &DeleteError) -> Self {
        match error {
            DeleteError::Engine(error) => Self::of_engine(error),
            DeleteError::Refused(refusal) => Self::of_refusal(refusal),
            DeleteError::Stale(_) => Self::Stale,
            DeleteError::Busy { .. } => Self::Busy,
            // The rows are gone; what is left is stored, and somebody goes on with it.
            DeleteError::Unreaped { .. } => Self::Done,
            DeleteError::Unbuilt(_)
            | DeleteError::Untaken { .. }
            | DeleteError::Unverified { .. }
            | DeleteError::Unfinished { .. }
            | DeleteError::Uncertain { .. } => Self::Failed,
        }
    }

    /// The same where nothing could even be looked at.
    pub fn of_engine(error: &EngineError) -> Self {
        match error {
            EngineError::NotFound { .. } => Self::Missing,
            EngineError::NoRole { .. } | EngineError::NotOwner { .. } => Self::Forbidden,
            EngineError::BadId { ids, .. } if ids.iter().any(|id| id.trim().is_empty()) => {
                Self::Blank
            }
            EngineError::BadId { .. } | EngineError::OneAtATime { .. } => Self::BadId,
            EngineError::TooManyRoots { .. } => Self::OverLimit,
            EngineError::NoTenant { .. } => Self::Unset,
            EngineError::BadOption(_) => Self::BadOption,
            EngineError::UnknownThing { .. }
            | EngineError::UnknownStore { .. }
            | EngineError::Policy(_) => Self::Failed,
            EngineError::Database(error) => Self::of_database(error),
        }
    }

    /// The same where the database failed.
    pub fn of_database(error: &DatabaseError) -> Self {
        match error {
            DatabaseError::Transient { .. } => Self::Busy,
            DatabaseError::Unreachable(_)
            | DatabaseError::Timeout { .. }
            | DatabaseError::Lost(_)
            | DatabaseError::Full(_) => Self::Unavailable,
            DatabaseError::Violation { .. }
            | DatabaseError::BadValue(_)
            | DatabaseError::Statement { .. }
            | DatabaseError::Denied { .. }
            | DatabaseError::ReadOnly(_)
            | DatabaseError::Failed { .. } => Self::Failed,
        }
    }

    /// The outcome of a refusal.
    pub fn of_refusal(refusal: &Refusal) -> Self {
        match refusal.by {
            RefusedBy::Wrong => Self::Wrong,
            RefusedBy::Refused => Self::Refused,
            RefusedBy::Held => Self::Held,
            RefusedBy::OverLimit => Self::OverLimit,
            RefusedBy::Undrained => Self::Undrained,
        }
    }

    /// The outcome of that word of the policy.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.word() == word)
    }

    /// Every outcome.
    pub const ALL: [Self; 20] = [
        Self::Done,
        Self::Missing,
        Self::Blank,
        Self::BadId,
        Self::BadOption,
        Self::BadBody,
        Self::Wrong,
        Self::Refused,
        Self::Held,
        Self::OverLimit,
        Self::Undrained,
        Self::Busy,
        Self::Stale,
        Self::Anonymous,
        Self::Forbidden,
        Self::CrossOrigin,
        Self::RateLimited,
        Self::Unset,
        Self::Failed,
        Self::Unavailable,
    ];

    /// The policy's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Missing => "missing",
            Self::Blank => "blank",
            Self::BadId => "bad-id",
            Self::BadOption => "bad-option",
            Self::BadBody => "bad-body",
            Self::Wrong => "wrong",
            Self::Refused => "refused",
            Self::Held => "held",
            Self::OverLimit => "over-limit",
            Self::Undrained => "undrained",
            Self::Busy => "busy",
            Self::Stale => "stale",
            Self::Anonymous => "anonymous",
            Self::Forbidden => "forbidden",
            Self::CrossOrigin => "cross-origin",
            Self::RateLimited => "rate-limited",
            Self::Unset => "unset",
            Self::Failed => "failed",
            Self::Unavailable => "unavailable",
        }
    }

    /// Its status where a policy does not say another.
    pub fn status(self) -> StatusCode {
        match self {
            Self::Done => StatusCode::NO_CONTENT,
            Self::Missing => StatusCode::NOT_FOUND,
            Self::Blank | Self::BadId | Self::BadBody | Self::Unset => StatusCode::BAD_REQUEST,
            Self::BadOption => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Wrong
            | Self::Refused
            | Self::Held
            | Self::OverLimit
            | Self::Undrained
            | Self::Busy
            | Self::Stale => StatusCode::CONFLICT,
            Self::Anonymous => StatusCode::UNAUTHORIZED,
            Self::Forbidden | Self::CrossOrigin => StatusCode::FORBIDDEN,
            Self::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Self::Failed => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The code of problems: the policy's word, in the spelling of JSON's other names.
    pub fn code(self) -> &'static str {
        match self {
            Self::BadId => "bad_id",
            Self::BadOption => "bad_option",
            Self::BadBody => "bad_body",
            Self::OverLimit => "over_limit",
            // What was confirmed is always a preview here, kept or not.
            Self::Stale => "preview_stale",
            Self::CrossOrigin => "cross_origin",
            Self::RateLimited => "rate_limited",
            other => other.word(),
        }
    }

    /// The same in a few words for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Done => "Done",
            Self::Missing => "There is no such thing",
            Self::Blank => "The id is empty",
            Self::BadId => "This cannot be an id",
            Self::BadOption => "This cannot be chosen",
            Self::BadBody => "The body cannot be read",
            Self::Wrong => "It is not a thing of this kind",
            Self::Refused => "It cannot be deleted now",
            Self::Held => "It is held",
            Self::OverLimit => "It is more than one deletion may take",
            Self::Undrained => "Work on it did not stop",
            Self::Busy => "Others are in the way",
            Self::Stale => "What was confirmed is no longer what would happen",
            Self::Anonymous => "Nobody knows who asks",
            Self::Forbidden => "You may not do this",
            Self::CrossOrigin => "Another site may not do this",
            Self::RateLimited => "Too many requests",
            Self::Unset => "A value is missing",
            Self::Failed => "It failed",
            Self::Unavailable => "What is needed is away",
        }
    }

    /// Whether the same request may end otherwise later.
    pub fn is_retryable(self) -> bool {
        matches!(self, Self::Undrained | Self::Busy | Self::RateLimited | Self::Unavailable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_is_found_by_its_word_and_no_two_share_a_code() {
        let mut codes = std::collections::BTreeSet::new();
        for outcome in Outcome::ALL {
            assert_eq!(Outcome::of_word(outcome.word()), Some(outcome));
            assert!(codes.insert(outcome.code()), "{outcome:?}");
        }
    }
}
