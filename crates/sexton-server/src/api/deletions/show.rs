//! `GET /api/systems/{system}/deletions/{id}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use sexton_api::Deletion;

use super::shown::{found, shown};
use crate::extract::{Asker, Place};
use crate::failure::Failure;
use crate::service::Service;

/// A deletion as it is now, and what it waits for.
#[utoipa::path(get, path = "/api/systems/{system}/deletions/{id}", tag = "deletions",
    params(
        ("system" = String, Path, description = "The system"),
        ("id" = String, Path, description = "The deletion"),
    ),
    responses((status = 200, description = "The deletion", body = Deletion)))]
pub async fn show(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
    Place((name, id)): Place<(String, String)>,
) -> Result<Json<Deletion>, Failure> {
    let system = service.system(&name, &identity)?;
    Ok(Json(shown(found(system, &id, &identity).await?)))
}
