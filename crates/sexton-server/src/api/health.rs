//! Whether the process is there, and whether it can do anything.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use sexton_engine::System;
use sexton_engine::ports::{DatabaseError, Mode};

use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::service::Service;

/// A database that does not answer within this time is not ready.
const ANSWER_TIME: Duration = Duration::from_secs(3);

/// Whether the process is there.
#[utoipa::path(get, path = "/healthz", tag = "health",
    responses((status = 204, description = "It is there")))]
pub async fn alive() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Whether every database answers, and nobody has told the server to stop.
#[utoipa::path(get, path = "/readyz", tag = "health",
    responses((status = 204, description = "Every database answers")))]
pub async fn ready(State(service): State<Arc<Service>>) -> Result<StatusCode, Failure> {
    if *service.stopping().borrow() {
        return Err(Failure::by(Outcome::Unavailable).because("the server is about to end"));
    }
    for (name, system) in service.systems() {
        let answered = tokio::time::timeout(ANSWER_TIME, answers(system)).await;
        let cause = match answered {
            Ok(Ok(())) => continue,
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it took too long".to_owned(),
        };
        let failure = Failure::by(Outcome::Unavailable);
        let failure = failure.because(format!("the database of `{name}` does not answer"));
        return Err(failure.caused_by(cause));
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn answers(system: &System) -> Result<(), DatabaseError> {
    let mut tx = system.database().begin(Mode::Look { budget: Some(ANSWER_TIME) }).await?;
    tx.is_there().await?;
    tx.rollback().await
}
