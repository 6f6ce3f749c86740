//! `POST /api/systems/{system}/sweeps`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use sexton_api::{AskSweep, Sweep};

use crate::acts::sweeps;
use crate::extract::{Body, Changer, Place};
use crate::failure::Failure;
use crate::service::Service;

/// Compares the stores of a system with its rows, in the background. What no row names, and is old
/// enough, is removed only with `reclaim`, as a deletion with a record and a receipt.
#[utoipa::path(post, path = "/api/systems/{system}/sweeps", tag = "sweeps",
    params(("system" = String, Path, description = "The system")),
    request_body = AskSweep,
    responses(
        (status = 202, description = "It is under way; `Location` tells how", body = Sweep),
        (status = 409, description = "Another is under way", body = sexton_api::Problem, content_type = "application/problem+json"),
    ))]
pub async fn create(
    State(service): State<Arc<Service>>,
    Changer(identity): Changer,
    Place(name): Place<String>,
    Body(ask): Body<AskSweep>,
) -> Result<Response, Failure> {
    let begun = sweeps::begin(&service, &identity, &name, &ask).await?;
    let path = format!("{}/api/systems/{name}/sweeps/latest", service.base_path());
    Ok((StatusCode::ACCEPTED, [(LOCATION, path)], Json(begun)).into_response())
}
