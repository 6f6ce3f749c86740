//! `GET /api/systems/{system}/pauses`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use sexton_api::Pauses;

use crate::acts::pauses;
use crate::extract::{Asker, Place};
use crate::failure::Failure;
use crate::service::Service;

/// What is paused of a system.
#[utoipa::path(get, path = "/api/systems/{system}/pauses", tag = "pauses",
    params(("system" = String, Path, description = "The system")),
    responses((status = 200, description = "Pauses, the whole system first", body = Pauses)))]
pub async fn list(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
    Place(name): Place<String>,
) -> Result<Json<Pauses>, Failure> {
    Ok(Json(Pauses { data: pauses::list(&service, &identity, &name).await? }))
}
