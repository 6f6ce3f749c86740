//! `GET /api/systems/{system}/retention/{rule}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use sexton_api::RetentionRule;

use crate::acts::retention;
use crate::extract::{Asker, Place};
use crate::failure::Failure;
use crate::service::Service;

/// One rule, how it stands, and what came of its last run.
#[utoipa::path(get, path = "/api/systems/{system}/retention/{rule}", tag = "retention",
    params(
        ("system" = String, Path, description = "The system"),
        ("rule" = String, Path, description = "The rule"),
    ),
    responses((status = 200, description = "The rule", body = RetentionRule)))]
pub async fn show(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
    Place((name, rule)): Place<(String, String)>,
) -> Result<Json<RetentionRule>, Failure> {
    retention::show(&service, &identity, &name, &rule).await.map(Json)
}
