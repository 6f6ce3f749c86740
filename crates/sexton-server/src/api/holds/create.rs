//! `POST /api/systems/{system}/holds`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use sexton_api::{AskHold, Hold};

use crate::acts::holds;
use crate::acts::once::{carried, once};
use crate::extract::{Body, Changer, Place};
use crate::failure::Failure;
use crate::service::Service;

/// Puts a hold on a root, or on every root that meets a condition. Once this answers, nobody
/// deletes it, on any path, until it is released.
#[utoipa::path(post, path = "/api/systems/{system}/holds", tag = "holds",
    params(
        ("system" = String, Path, description = "The system"),
        ("Idempotency-Key" = Option<String>, Header, description = "Asked again with the same key and body it does nothing more, and gets the same answer; kept for 7 days"),
    ),
    request_body = AskHold,
    responses((status = 201, description = "It holds", body = Hold)))]
pub async fn create(
    State(service): State<Arc<Service>>,
    Changer(identity): Changer,
    Place(name): Place<String>,
    headers: HeaderMap,
    Body(ask): Body<AskHold>,
) -> Result<Response, Failure> {
    let system = service.system(&name, &identity)?;
    let once = once(&headers, &("hold", &ask), &identity)?;
    let effect = holds::put(&service, &identity, &name, (&ask, once.as_ref()));
    let put = carried(&service, system, once.as_ref(), effect).await?;
    let hold = holds::told(&service, &identity, &name, put).await?;
    let location = format!("{}/api/systems/{name}/holds/{}", service.base_path(), hold.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(hold)).into_response())
}
