//! `POST /api/systems/{system}/sweeps`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use sexton_api::{AskSweep, Sweep};

use crate::acts::once::{carried, once};
use crate::acts::sweeps;
use crate::extract::{Body, Changer, Place};
use crate::failure::Failure;
use crate::service::Service;

/// Compares the stores of a system with its rows, in the background. What no row names, and is old
/// enough, is removed only with `reclaim`, as a deletion with a record and a receipt.
#[utoipa::path(post, path = "/api/systems/{system}/sweeps", tag = "sweeps",
    params(
        ("system" = String, Path, description = "The system"),
        ("Idempotency-Key" = Option<String>, Header, description = "Asked again with the same key and body it does nothing more, and gets the same answer; kept for 7 days"),
    ),
    request_body = AskSweep,
    responses(
        (status = 202, description = "It is under way; `Location` tells how", body = Sweep),
        (status = 409, description = "Another is under way", body = sexton_api::Problem, content_type = "application/problem+json"),
    ))]
pub async fn create(
    State(service): State<Arc<Service>>,
    Changer(identity): Changer,
    Place(name): Place<String>,
    headers: HeaderMap,
    Body(ask): Body<AskSweep>,
) -> Result<Response, Failure> {
    let system = service.system(&name, &identity)?;
    let once = once(&headers, &("sweep", &ask), &identity)?;
    let effect = sweeps::begin(&service, &identity, &name, &ask);
    let begun = carried(&service, system, once.as_ref(), effect).await?;
    let path = format!("{}/api/systems/{name}/sweeps/latest", service.base_path());
    Ok((StatusCode::ACCEPTED, [(LOCATION, path)], Json(begun)).into_response())
}
