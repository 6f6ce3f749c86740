//! `POST /api/systems/{system}/holds`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use sexton_api::{AskHold, Hold};

use crate::acts::holds;
use crate::extract::{Body, Changer, Place};
use crate::failure::Failure;
use crate::service::Service;

/// Puts a hold on a root, or on every root that meets a condition. Once this answers, nobody
/// deletes it, on any path, until it is released.
#[utoipa::path(post, path = "/api/systems/{system}/holds", tag = "holds",
    params(("system" = String, Path, description = "The system")),
    request_body = AskHold,
    responses((status = 201, description = "It holds", body = Hold)))]
pub async fn create(
    State(service): State<Arc<Service>>,
    Changer(identity): Changer,
    Place(name): Place<String>,
    Body(ask): Body<AskHold>,
) -> Result<Response, Failure> {
    let hold = holds::put(&service, &identity, &name, &ask).await?;
    let location = format!("{}/api/systems/{name}/holds/{}", service.base_path(), hold.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(hold)).into_response())
}
