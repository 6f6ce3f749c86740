//! `GET /api/systems/{system}/holds/{hold}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use sexton_api::Hold;

use crate::acts::holds;
use crate::extract::{Asker, Place};
use crate::failure::Failure;
use crate::service::Service;

/// One hold.
#[utoipa::path(get, path = "/api/systems/{system}/holds/{hold}", tag = "holds",
    params(
        ("system" = String, Path, description = "The system"),
        ("hold" = i64, Path, description = "The number of the hold"),
    ),
    responses((status = 200, description = "The hold", body = Hold)))]
pub async fn show(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
    Place((name, hold)): Place<(String, i64)>,
) -> Result<Json<Hold>, Failure> {
    holds::show(&service, &identity, &name, hold).await.map(Json)
}
