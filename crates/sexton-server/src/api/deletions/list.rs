//! `GET /api/systems/{system}/deletions`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use sexton_api::Deletions;

use super::shown::{may_see, shown};
use crate::extract::{Asked, Asker, Place};
use crate::failure::Failure;
use crate::service::Service;

/// So many are listed where nobody says.
const LIMIT: u32 = 50;

/// Which deletions are listed.
#[derive(Debug, Deserialize)]
pub struct Listing {
    limit: Option<u32>,
}

/// Deletions, newest first.
#[utoipa::path(get, path = "/api/systems/{system}/deletions", tag = "deletions",
    params(
        ("system" = String, Path, description = "The system"),
        ("limit" = Option<u32>, Query, description = "How many, from 1 to 200; 50 if not said"),
    ),
    responses((status = 200, description = "Deletions, newest first", body = Deletions)))]
pub async fn list(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
    Place(name): Place<String>,
    Asked(Listing { limit }): Asked<Listing>,
) -> Result<Json<Deletions>, Failure> {
    let system = service.system(&name, &identity)?;
    let limit = limit.unwrap_or(LIMIT);
    if !(1..=200).contains(&limit) {
        return Err(Failure::unfit("limit", "from 1 to 200"));
    }
    let statuses = system.statuses(limit).await?;
    let seen = statuses.into_iter().filter(|status| may_see(&status.row, &identity));
    Ok(Json(Deletions { data: seen.map(shown).collect(), next_cursor: None }))
}
