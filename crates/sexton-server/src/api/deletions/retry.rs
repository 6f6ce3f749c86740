//! `POST /api/systems/{system}/deletions/{id}/retry`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use sexton_api::Deletion;

use super::shown::{found, shown};
use crate::acts::once::{carried, once};
use crate::extract::{Changer, Place};
use crate::failure::Failure;
use crate::service::Service;

/// Carries out the open promises of a deletion now, whenever they would be tried. A repeat tries
/// what is open then.
#[utoipa::path(post, path = "/api/systems/{system}/deletions/{id}/retry", tag = "deletions",
    params(
        ("system" = String, Path, description = "The system"),
        ("id" = String, Path, description = "The deletion"),
        ("Idempotency-Key" = Option<String>, Header, description = "Asked again with the same key and body it does nothing more, and gets the same answer; kept for 7 days"),
    ),
    responses((status = 200, description = "The deletion as it is then", body = Deletion)))]
pub async fn retry(
    State(service): State<Arc<Service>>,
    Changer(identity): Changer,
    Place((name, id)): Place<(String, String)>,
    headers: HeaderMap,
) -> Result<Json<Deletion>, Failure> {
    let system = service.system(&name, &identity)?;
    let deletion = found(system, &id, &identity).await?.row.id;
    let once = once(&headers, &("retry", &id), &identity)?;
    let effect = async {
        system.retry(&deletion).await?;
        Ok(shown(found(system, &id, &identity).await?))
    };
    carried(&service, system, once.as_ref(), effect).await.map(Json)
}
