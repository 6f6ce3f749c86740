//! `GET /api/systems/{system}/sweeps/latest`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use sexton_api::Sweep;

use crate::acts::sweeps;
use crate::extract::{Asker, Place};
use crate::failure::Failure;
use crate::service::Service;

/// The latest sweep that any server began, and what it has found.
#[utoipa::path(get, path = "/api/systems/{system}/sweeps/latest", tag = "sweeps",
    params(("system" = String, Path, description = "The system")),
    responses((status = 200, description = "The sweep", body = Sweep)))]
pub async fn latest(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
    Place(name): Place<String>,
) -> Result<Json<Sweep>, Failure> {
    sweeps::latest(&service, &identity, &name).await.map(Json)
}
