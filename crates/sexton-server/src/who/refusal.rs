//! Why a request is not let in: one reason each for the log, and few answers outside.

use axum::http::StatusCode;
use sexton_engine::ports::DatabaseError;

use super::rates::TooOften;
use super::token::Fault;

/// Why a request is not let in.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It changes something, and another site made a browser send it.
    #[error("another site sent it")]
    CrossOrigin,
    /// It presents nothing.
    #[error("it presents no key and no token")]
    Anonymous,
    /// It presents what cannot be read.
    #[error("its Authorization header cannot be read")]
    Unreadable,
    /// It presents a key that is misspelt or cut short.
    #[error("its key is misspelt or cut short")]
    BadKey,
    /// It presents a key that never was.
    #[error("its key is not known")]
    UnknownKey,
    /// It presents a key whose time is over.
    #[error("its key has expired")]
    Expired,
    /// It presents a key that was revoked.
    #[error("its key was revoked")]
    Revoked,
    /// It presents a token, and none are taken.
    #[error("it presents a token, and tokens are not configured")]
    NoTokens,
    /// It presents a token that is not accepted.
    #[error("its token is not accepted: {0}")]
    BadToken(#[source] Fault),
    /// Nobody needs a key yet, and it does not come from this machine.
    #[error("without keys only this machine itself is let in")]
    NotLocal,
    /// Who asks has asked too often.
    #[error("its bearer has asked too often")]
    TooOften(TooOften),
    /// Whoever is there has failed to sign in too often.
    #[error("its address has failed too often")]
    FailedTooOften(TooOften),
    /// Who asks cannot be told now.
    #[error("the server's state cannot be read")]
    Unavailable(#[source] DatabaseError),
}

impl Refusal {
    /// The outcome, as policies name it: all who are not known are told the same.
    pub fn outcome(&self) -> &'static str {
        match self {
            Self::CrossOrigin => "cross-origin",
            Self::Anonymous
            | Self::Unreadable
            | Self::BadKey
            | Self::UnknownKey
            | Self::Expired
            | Self::Revoked
            | Self::NoTokens
            | Self::BadToken(_)
            | Self::NotLocal => "anonymous",
            Self::TooOften(_) | Self::FailedTooOften(_) => "rate-limited",
            Self::Unavailable(_) => "unavailable",
        }
    }

    /// The status of that outcome.
    pub fn status(&self) -> StatusCode {
        match self.outcome() {
            "cross-origin" => StatusCode::FORBIDDEN,
            "anonymous" => StatusCode::UNAUTHORIZED,
            "rate-limited" => StatusCode::TOO_MANY_REQUESTS,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// When to ask again, where that is known.
    pub fn retry_after_secs(&self) -> Option<u32> {
        match self {
            Self::TooOften(often) | Self::FailedTooOften(often) => Some(often.retry_after_secs),
            Self::Unavailable(_) => Some(1),
            _ => None,
        }
    }

    /// The word for the log, a different one for each reason.
    pub fn word(&self) -> &'static str {
        match self {
            Self::CrossOrigin => "cross-origin",
            Self::Anonymous => "nothing-presented",
            Self::Unreadable => "unreadable",
            Self::BadKey => "misspelt-key",
            Self::UnknownKey => "unknown-key",
            Self::Expired => "expired-key",
            Self::Revoked => "revoked-key",
            Self::NoTokens => "no-tokens",
            Self::BadToken(_) => "bad-token",
            Self::NotLocal => "not-local",
            Self::TooOften(_) => "too-often",
            Self::FailedTooOften(_) => "failed-too-often",
            Self::Unavailable(_) => "unavailable",
        }
    }

    /// Whether it is counted against the address that it came from.
    pub(super) fn is_failure(&self) -> bool {
        match self {
            Self::Unreadable
            | Self::BadKey
            | Self::UnknownKey
            | Self::Expired
            | Self::Revoked
            | Self::NoTokens
            | Self::BadToken(_) => true,
            Self::CrossOrigin
            | Self::Anonymous
            | Self::NotLocal
            | Self::TooOften(_)
            | Self::FailedTooOften(_)
            | Self::Unavailable(_) => false,
        }
    }
}
