//! Why a request is not answered as it was asked, and how that becomes a problem.
//!
//! A handler fails with a `Failure`; it rides in the response's extensions until the layer that
//! knows the request's id writes the document. What was never a handler's failure, such as an
//! unknown path, is written by the same layer from its status.

use std::sync::Arc;

use axum::Json;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use sexton_api::{Blocker, Difference, Problem, Wrong};
use sexton_core::names::DeletionId;
use sexton_engine::ports::DatabaseError;
use sexton_engine::{DeleteError, EngineError};

use crate::outcome::Outcome;

/// Whoever is told to come again waits so long, in seconds.
const RETRY_SECS: u32 = 2;

/// Why a request is not answered as it was asked.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The HTTP status.
    pub status: StatusCode,
    /// The name that programs can rely on.
    pub code: &'static str,
    /// The same in a few words.
    pub title: &'static str,
    /// Whether the same request may be answered otherwise later.
    pub is_retryable: bool,
    /// After how many seconds, where that is known.
    pub retry_after: Option<u32>,
    /// What is the matter this time.
    pub told: Box<Told>,
}

/// What is the matter this time.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// A sentence.
    pub detail: Option<String>,
    /// What is wrong with the request.
    pub errors: Vec<Wrong>,
    /// What refuses.
    pub blockers: Vec<Blocker>,
    /// What is no longer as it was previewed.
    pub differences: Vec<Difference>,
    /// The deletion that it is about.
    pub deletion: Option<DeletionId>,
    /// What only the log is told.
    pub cause: Option<String>,
}

impl Failure {
    /// A failure of this status and code, and nothing more.
    pub fn of(status: StatusCode, code: &'static str, title: &'static str) -> Self {
        let told = Box::default();
        Self { status, code, title, is_retryable: false, retry_after: None, told }
    }

    /// A failure of this outcome.
    pub fn by(outcome: Outcome) -> Self {
        let is_retryable = outcome.is_retryable();
        let away = matches!(outcome, Outcome::RateLimited | Outcome::Unavailable);
        let retry_after = away.then_some(RETRY_SECS);
        let failure = Self::of(outcome.status(), outcome.code(), outcome.title());
        Self { is_retryable, retry_after, ..failure }
    }

    /// The same with what is the matter this time.
    #[must_use]
    pub fn because(mut self, detail: impl Into<String>) -> Self {
        self.told.detail = Some(detail.into());
        self
    }

    /// The same about a deletion.
    #[must_use]
    pub fn about(mut self, deletion: &DeletionId) -> Self {
        self.told.deletion = Some(deletion.clone());
        self
    }

    /// The same with one part of the request that is wrong.
    #[must_use]
    pub fn at(mut self, pointer: &str, detail: impl Into<String>) -> Self {
        self.told.errors.push(Wrong { pointer: pointer.to_owned(), detail: detail.into() });
        self
    }

    /// The same with what only the log is told.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<String>) -> Self {
        self.told.cause = Some(cause.into());
        self
    }

    /// What a request asks for is not there.
    pub fn missing(detail: impl Into<String>) -> Self {
        Self::by(Outcome::Missing).because(detail)
    }

    /// A part of the request that is wrong, though it could be read.
    pub fn unfit(pointer: &str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self::of(StatusCode::UNPROCESSABLE_ENTITY, "unfit", "The request cannot be carried out")
            .because(detail.clone())
            .at(pointer, detail)
    }

    /// A failure that has no detail for whoever asks; the log has it under the request's id.
    pub fn silent(outcome: Outcome, cause: impl Into<String>) -> Self {
        let detail = match outcome {
            Outcome::Unavailable => "the database does not answer; try again in a moment",
            _ => "the log of the server tells why, under the id of this request",
        };
        Self::by(outcome).because(detail).caused_by(cause)
    }

    /// As a document.
    pub fn problem(&self, request_id: &str) -> Problem {
        Problem {
            kind: ["urn:sexton:problem:", self.code].concat(),
            title: self.title.to_owned(),
            status: self.status.as_u16(),
            code: self.code.to_owned(),
            detail: self.told.detail.clone(),
            request_id: request_id.to_owned(),
            retryable: self.is_retryable,
            errors: self.told.errors.clone(),
            blockers: self.told.blockers.clone(),
            differences: self.told.differences.clone(),
            deletion: self.told.deletion.as_ref().map(ToString::to_string),
        }
    }

    /// As an answer.
    pub fn answer(&self, request_id: &str) -> Response {
        let mut response = (self.status, Json(self.problem(request_id))).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(secs) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(secs));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

impl From<DeleteError> for Failure {
    fn from(error: DeleteError) -> Self {
        let outcome = Outcome::of(&error);
        match error {
            DeleteError::Engine(error) => error.into(),
            DeleteError::Refused(refusal) => {
                let mut failure = Self::by(outcome).because(refusal.to_string());
                failure.told.blockers = refusal.blockers.iter().map(blocker).collect();
                failure
            }
            DeleteError::Stale(differences) => {
                let detail = "look at the preview again, and confirm that";
                let mut failure = Self::by(outcome).because(detail);
                failure.told.differences = differences.into_iter().map(difference).collect();
                failure
            }
            DeleteError::Unbuilt(_) | DeleteError::Busy { .. } | DeleteError::Untaken { .. } => {
                Self::by(outcome).because(error.to_string())
            }
            DeleteError::Unreaped { ref deletion, .. }
            | DeleteError::Unverified { ref deletion, .. }
            | DeleteError::Uncertain { ref deletion } => {
                Self::by(outcome).because(error.to_string()).about(deletion)
            }
            DeleteError::Unfinished { ref deletion, ref cause } => {
                let detail = "its rows are gone; looking again is still to come";
                Self::by(outcome).because(detail).about(deletion).caused_by(cause.to_string())
            }
        }
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        let outcome = Outcome::of_engine(&error);
        match error {
            EngineError::Database(error) => error.into(),
            EngineError::UnknownThing { .. } | EngineError::UnknownStore { .. } => {
                Self::missing(error.to_string())
            }
            EngineError::Policy(findings) => {
                let said: Vec<&str> = findings.iter().map(|f| f.message.as_str()).collect();
                let detail = "the policy does not fit the database; `sexton check` tells where";
                let failure = Self::of(outcome.status(), "policy", "The policy does not fit");
                failure.because(detail).caused_by(said.join("; "))
            }
            error => Self::by(outcome).because(error.to_string()),
        }
    }
}

impl From<DatabaseError> for Failure {
    fn from(error: DatabaseError) -> Self {
        Self::silent(Outcome::of_database(&error), error.to_string())
    }
}

/// A reason to refuse, for whoever asks.
pub fn blocker(blocker: &sexton_core::preview::Blocker) -> Blocker {
    let kind = serde_json::to_value(blocker.kind).unwrap_or_default();
    Blocker {
        kind: kind.as_str().unwrap_or_default().to_owned(),
        name: blocker.name.clone(),
        message: blocker.message.clone(),
        count: blocker.count,
        names: blocker.names.clone(),
        roots: blocker.roots.clone(),
        ways_out: blocker.ways_out.clone(),
    }
}

fn difference(difference: sexton_core::preview::Difference) -> Difference {
    Difference {
        table: difference.table,
        before: difference.before,
        now: difference.now,
        appeared: difference.appeared,
        gone: difference.gone,
        sentence: difference.sentence,
    }
}
