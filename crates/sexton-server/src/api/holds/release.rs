//! `POST /api/systems/{system}/holds/{hold}/release`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use sexton_api::{AskRelease, Hold};

use crate::acts::holds;
use crate::extract::{Body, Changer, Place};
use crate::failure::Failure;
use crate::service::Service;

/// Releases a hold. One that was released stays as it is, with who did it first and why.
#[utoipa::path(post, path = "/api/systems/{system}/holds/{hold}/release", tag = "holds",
    params(
        ("system" = String, Path, description = "The system"),
        ("hold" = i64, Path, description = "The number of the hold"),
    ),
    request_body = AskRelease,
    responses((status = 200, description = "It does not hold any more", body = Hold)))]
pub async fn release(
    State(service): State<Arc<Service>>,
    Changer(identity): Changer,
    Place((name, hold)): Place<(String, i64)>,
    Body(ask): Body<AskRelease>,
) -> Result<Json<Hold>, Failure> {
    holds::release(&service, &identity, &name, hold, &ask.reason).await.map(Json)
}
