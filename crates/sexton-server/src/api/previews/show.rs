//! `GET /api/systems/{system}/previews/{id}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use sexton_api::Preview;

use crate::extract::{Asker, Place};
use crate::failure::Failure;
use crate::service::Service;
use crate::shelf::Kept;
use crate::who::Identity;

/// A preview that can still be confirmed, as it was when it was made.
#[utoipa::path(get, path = "/api/systems/{system}/previews/{id}", tag = "previews",
    params(
        ("system" = String, Path, description = "The system"),
        ("id" = String, Path, description = "The preview"),
    ),
    responses((status = 200, description = "The preview", body = Preview)))]
pub async fn show(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
    Place((name, id)): Place<(String, String)>,
) -> Result<Json<Preview>, Failure> {
    service.system(&name, &identity)?;
    Ok(Json(kept(&service, &name, &id, &identity).await?.shown))
}

/// A preview that can still be confirmed.
pub(crate) async fn kept(
    service: &Service,
    system: &str,
    id: &str,
    identity: &Identity,
) -> Result<Kept, Failure> {
    let now = service.surroundings.clock.now();
    service.shelf.find(system, id, identity, now).await?.ok_or_else(|| {
        Failure::of(StatusCode::NOT_FOUND, "preview_gone", "There is no such preview any more")
            .because("previews are kept for 15 minutes; make it again")
    })
}
