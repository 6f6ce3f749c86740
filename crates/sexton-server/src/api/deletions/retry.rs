//! `POST /api/systems/{system}/deletions/{id}/retry`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use sexton_api::Deletion;

use super::shown::{found, shown};
use crate::extract::{Changer, Place};
use crate::failure::Failure;
use crate::service::Service;

/// Carries out the open promises of a deletion now, whenever they would be tried. A repeat tries
/// what is open then.
#[utoipa::path(post, path = "/api/systems/{system}/deletions/{id}/retry", tag = "deletions",
    params(
        ("system" = String, Path, description = "The system"),
        ("id" = String, Path, description = "The deletion"),
    ),
    responses((status = 200, description = "The deletion as it is then", body = Deletion)))]
pub async fn retry(
    State(service): State<Arc<Service>>,
    Changer(identity): Changer,
    Place((name, id)): Place<(String, String)>,
) -> Result<Json<Deletion>, Failure> {
    let system = service.system(&name, &identity)?;
    let deletion = found(system, &id, &identity).await?.row.id;
    system.retry(&deletion).await?;
    Ok(Json(shown(found(system, &id, &identity).await?)))
}
