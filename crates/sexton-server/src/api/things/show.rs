//! `GET /api/systems/{system}/things/{thing}/{id}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use sexton_api::ThingRow;
use sexton_core::names::ThingName;

use super::rows::shown;
use crate::extract::{Asker, Place};
use crate::failure::Failure;
use crate::service::Service;

/// One row that is such a thing, if the caller sees it.
#[utoipa::path(get, path = "/api/systems/{system}/things/{thing}/{id}", tag = "things",
    params(
        ("system" = String, Path, description = "The system"),
        ("thing" = String, Path, description = "The thing"),
        ("id" = String, Path, description = "The id"),
    ),
    responses((status = 200, description = "The row", body = ThingRow)))]
pub async fn show(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
    Place((name, thing, id)): Place<(String, String, String)>,
) -> Result<Json<ThingRow>, Failure> {
    let system = service.system(&name, &identity)?;
    let row = system.thing_row(&ThingName::new(thing.as_str()), &id, &identity.caller()).await?;
    let missing = || Failure::missing(format!("there is no {thing} `{id}`"));
    Ok(Json(shown(row.ok_or_else(missing)?)))
}
