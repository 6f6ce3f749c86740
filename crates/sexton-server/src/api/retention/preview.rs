//! `POST /api/systems/{system}/retention/{rule}/preview`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use sexton_api::{AskRetentionPreview, RetentionPreview};

use crate::acts::retention;
use crate::extract::{Asker, MaybeBody, Place};
use crate::failure::Failure;
use crate::service::Service;

/// What a rule would delete now: how many roots, and some of them with what refuses. Changes
/// nothing.
#[utoipa::path(post, path = "/api/systems/{system}/retention/{rule}/preview", tag = "retention",
    params(
        ("system" = String, Path, description = "The system"),
        ("rule" = String, Path, description = "The rule"),
    ),
    request_body = Option<AskRetentionPreview>,
    responses((status = 200, description = "What would go", body = RetentionPreview)))]
pub async fn preview(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
    Place((name, rule)): Place<(String, String)>,
    MaybeBody(ask): MaybeBody<AskRetentionPreview>,
) -> Result<Json<RetentionPreview>, Failure> {
    retention::preview(&service, &identity, (&name, &rule), &ask).await.map(Json)
}
