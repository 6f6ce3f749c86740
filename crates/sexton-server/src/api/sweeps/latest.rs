//! `GET /api/systems/{system}/sweeps/latest`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use sexton_api::Sweep;

use crate::extract::{Asker, Place};
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::service::Service;

/// The last sweep that this server began, and what it has found.
#[utoipa::path(get, path = "/api/systems/{system}/sweeps/latest", tag = "sweeps",
    params(("system" = String, Path, description = "The system")),
    responses((status = 200, description = "The sweep", body = Sweep)))]
pub async fn latest(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
    Place(name): Place<String>,
) -> Result<Json<Sweep>, Failure> {
    service.system(&name, &identity)?;
    if identity.tenant.is_some() {
        let detail = "stores have objects of every tenant";
        return Err(Failure::by(Outcome::Forbidden).because(detail));
    }
    let latest = service.sweeps.latest(&name);
    latest.map(Json).ok_or_else(|| Failure::missing("this server has not swept since it began"))
}
