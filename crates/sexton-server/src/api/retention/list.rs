//! `GET /api/systems/{system}/retention`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use sexton_api::RetentionRules;

use crate::acts::retention;
use crate::extract::{Asker, Place};
use crate::failure::Failure;
use crate::service::Service;

/// The rules that delete by age, and how each stands.
#[utoipa::path(get, path = "/api/systems/{system}/retention", tag = "retention",
    params(("system" = String, Path, description = "The system")),
    responses((status = 200, description = "Every rule of the policy", body = RetentionRules)))]
pub async fn list(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
    Place(name): Place<String>,
) -> Result<Json<RetentionRules>, Failure> {
    let data = retention::list(&service, &identity, &name).await?;
    Ok(Json(RetentionRules { data }))
}
