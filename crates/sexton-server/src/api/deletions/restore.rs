//! `POST /api/systems/{system}/deletions/{id}/restore`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use sexton_api::Deletion;

use crate::acts::once::{carried, once};
use crate::acts::undoing;
use crate::extract::{Changer, Place};
use crate::failure::Failure;
use crate::service::Service;

/// Gives back what a deletion has hidden, before anything is gone: the same rows as before, or
/// nothing. What is restored stays so.
#[utoipa::path(post, path = "/api/systems/{system}/deletions/{id}/restore", tag = "deletions",
    params(
        ("system" = String, Path, description = "The system"),
        ("id" = String, Path, description = "The deletion"),
        ("Idempotency-Key" = Option<String>, Header, description = "Asked again with the same key and body it does nothing more, and gets the same answer; kept for 7 days"),
    ),
    responses(
        (status = 200, description = "It is visible again, as it was", body = Deletion),
        (status = 409, description = "It cannot be restored; nothing changed", body = sexton_api::Problem, content_type = "application/problem+json"),
    ))]
pub async fn restore(
    State(service): State<Arc<Service>>,
    Changer(identity): Changer,
    Place((name, id)): Place<(String, String)>,
    headers: HeaderMap,
) -> Result<Json<Deletion>, Failure> {
    let system = service.system(&name, &identity)?;
    let once = once(&headers, &("restore", &id), &identity)?;
    let effect = undoing::restore(&service, &identity, &name, &id);
    carried(&service, system, once.as_ref(), effect).await.map(Json)
}
