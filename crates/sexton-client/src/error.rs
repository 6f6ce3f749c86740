//! What can go wrong: one variant for each thing that a caller can do about it.

use std::time::Duration;

use sexton_api::{Blocker, Difference, Problem};

/// Why something was not done, or is not known to be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody says where the server is.
    #[error("no server: give its address, or set SEXTON_SERVER")]
    NoServer,
    /// What was given is no address of a server.
    #[error("`{0}` is no address of a server, such as http://127.0.0.1:8080")]
    BadServer(String),
    /// What was given can be no key.
    #[error("the key has signs that no key has")]
    BadKey,
    /// Nothing can be asked from here.
    #[error("nothing can be asked from here: {0}")]
    NoTls(String),
    /// No id was given.
    #[error("no id was given")]
    NoId,
    /// A preview says what is deleted, and something was given beside it.
    #[error("a preview says what is deleted: give nothing beside it")]
    BesidePreview,
    /// No answer came, though it was asked again. Of a deletion nobody knows then whether it
    /// happened; asking for it again by the same key is safe.
    #[error("no answer from {server}: {why}")]
    Unreachable {
        /// Who was asked.
        server: String,
        /// What failed last.
        why: String,
    },
    /// The answer is not one of this API.
    #[error("{server} answers what no Sexton does: {why}")]
    Unreadable {
        /// Who answered.
        server: String,
        /// What is wrong with it.
        why: String,
    },
    /// The request cannot be understood (400, and what else is wrong with a request).
    #[error("{0}")]
    BadRequest(Box<Answered>),
    /// There is no key, or one that is not accepted (401).
    #[error("{0}")]
    Authentication(Box<Answered>),
    /// The key may not do this (403).
    #[error("{0}")]
    Forbidden(Box<Answered>),
    /// It is not there, or not yours; of a deletion: it is gone already (404).
    #[error("{0}")]
    NotFound(Box<Answered>),
    /// It cannot be done as things stand; nothing was deleted (409).
    #[error("{0}")]
    Conflict(Box<Answered>),
    /// Guards, holds, limits or work in flight refuse; nothing was deleted (409).
    #[error("{0}")]
    Refused(Box<Answered>),
    /// What was previewed is no longer what would happen; nothing was deleted (409).
    #[error("{0}")]
    Stale(Box<Answered>),
    /// The request is understood, and something in it cannot be (422).
    #[error("{0}")]
    Validation(Box<Answered>),
    /// Too many requests; `retry_after` says how long to wait (429).
    #[error("{0}")]
    RateLimit(Box<Answered>),
    /// The server failed, or is not ready (5xx).
    #[error("{0}")]
    Server(Box<Answered>),
}

/// What the server said of a request that it did not carry out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The problem.
    pub problem: Problem,
    /// How long to wait before asking again.
    pub retry_after: Option<Duration>,
}

impl std::fmt::Display for Answered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.problem.detail.as_ref().unwrap_or(&self.problem.title))
    }
}

impl Error {
    /// What the server said, if it answered.
    pub fn answered(&self) -> Option<&Answered> {
        match self {
            Self::BadRequest(answered)
            | Self::Authentication(answered)
            | Self::Forbidden(answered)
            | Self::NotFound(answered)
            | Self::Conflict(answered)
            | Self::Refused(answered)
            | Self::Stale(answered)
            | Self::Validation(answered)
            | Self::RateLimit(answered)
            | Self::Server(answered) => Some(answered),
            Self::NoServer
            | Self::BadServer(_)
            | Self::BadKey
            | Self::NoTls(_)
            | Self::NoId
            | Self::BesidePreview
            | Self::Unreachable { .. }
            | Self::Unreadable { .. } => None,
        }
    }

    /// The problem, if the server answered with one.
    pub fn problem(&self) -> Option<&Problem> {
        self.answered().map(|answered| &answered.problem)
    }

    /// The name of the problem that programs can rely on.
    pub fn code(&self) -> Option<&str> {
        self.problem().map(|problem| problem.code.as_str())
    }

    /// The request as the server's log names it.
    pub fn request_id(&self) -> Option<&str> {
        self.problem().map(|problem| problem.request_id.as_str())
    }

    /// Whether the same request may be answered otherwise later.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            error => error.problem().is_some_and(|problem| problem.retryable),
        }
    }

    /// What refuses, and how to clear it.
    pub fn blockers(&self) -> &[Blocker] {
        self.problem().map_or(&[], |problem| &problem.blockers)
    }

    /// What has changed since the preview.
    pub fn differences(&self) -> &[Difference] {
        self.problem().map_or(&[], |problem| &problem.differences)
    }

    /// The variant for what the server said.
    pub(crate) fn of(answered: Answered) -> Self {
        let problem = &answered.problem;
        let is_stale = problem.code == "preview_stale" || !problem.differences.is_empty();
        let is_refused = !problem.blockers.is_empty();
        let status = problem.status;
        let answered = Box::new(answered);
        match status {
            401 => Self::Authentication(answered),
            403 => Self::Forbidden(answered),
            404 => Self::NotFound(answered),
            409 if is_stale => Self::Stale(answered),
            409 if is_refused => Self::Refused(answered),
            409 => Self::Conflict(answered),
            422 => Self::Validation(answered),
            429 => Self::RateLimit(answered),
            500.. => Self::Server(answered),
            _ => Self::BadRequest(answered),
        }
    }
}
