//! `POST /api/systems/{system}/retention/{rule}/run`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use sexton_api::{AskRetentionRun, RetentionRule};

use crate::acts::once::{carried, once};
use crate::acts::retention;
use crate::extract::{Changer, MaybeBody, Place};
use crate::failure::Failure;
use crate::service::Service;

/// Runs a rule now, in the background: each root that is due is a deletion of its own, and one that
/// refuses stops nobody.
#[utoipa::path(post, path = "/api/systems/{system}/retention/{rule}/run", tag = "retention",
    params(
        ("system" = String, Path, description = "The system"),
        ("rule" = String, Path, description = "The rule"),
        ("Idempotency-Key" = Option<String>, Header, description = "Asked again with the same key and body it does nothing more, and gets the same answer; kept for 7 days"),
    ),
    request_body = Option<AskRetentionRun>,
    responses(
        (status = 202, description = "It is under way; `Location` tells how", body = RetentionRule),
        (status = 409, description = "Somebody runs it now", body = sexton_api::Problem, content_type = "application/problem+json"),
    ))]
pub async fn run(
    State(service): State<Arc<Service>>,
    Changer(identity): Changer,
    Place((name, rule)): Place<(String, String)>,
    headers: HeaderMap,
    MaybeBody(ask): MaybeBody<AskRetentionRun>,
) -> Result<Response, Failure> {
    let system = service.system(&name, &identity)?;
    let once = once(&headers, &("run", &rule, &ask), &identity)?;
    let effect = retention::run(&service, &identity, (&name, &rule), &ask);
    let begun = carried(&service, system, once.as_ref(), effect).await?;
    let location = format!("{}/api/systems/{name}/retention/{rule}", service.base_path());
    Ok((StatusCode::ACCEPTED, [(LOCATION, location)], Json(begun)).into_response())
}
