//! `POST /api/systems/{system}/deletions/{id}/restore`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use sexton_api::Deletion;

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
    ),
    responses(
        (status = 200, description = "It is visible again, as it was", body = Deletion),
        (status = 409, description = "It cannot be restored; nothing changed", body = sexton_api::Problem, content_type = "application/problem+json"),
    ))]
pub async fn restore(
    State(service): State<Arc<Service>>,
    Changer(identity): Changer,
    Place((name, id)): Place<(String, String)>,
) -> Result<Json<Deletion>, Failure> {
    undoing::restore(&service, &identity, &name, &id).await.map(Json)
}
