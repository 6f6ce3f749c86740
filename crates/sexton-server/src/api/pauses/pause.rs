//! `POST /api/systems/{system}/pauses`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use sexton_api::{AskPause, Pauses};

use crate::acts::pauses::{self, Way};
use crate::extract::{Body, Changer, Place};
use crate::failure::Failure;
use crate::service::Service;

/// Stops background work of a system, or what is removed from one of its stores. What is under way
/// ends. What is paused stays so, with who did it first.
#[utoipa::path(post, path = "/api/systems/{system}/pauses", tag = "pauses",
    params(("system" = String, Path, description = "The system")),
    request_body = AskPause,
    responses((status = 200, description = "What is paused now", body = Pauses)))]
pub async fn pause(
    State(service): State<Arc<Service>>,
    Changer(identity): Changer,
    Place(name): Place<String>,
    Body(ask): Body<AskPause>,
) -> Result<Json<Pauses>, Failure> {
    let data = pauses::set(&service, &identity, &name, (Way::Pause, &ask)).await?;
    Ok(Json(Pauses { data }))
}
