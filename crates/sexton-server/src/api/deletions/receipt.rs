//! `GET /api/systems/{system}/deletions/{id}/receipt`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::Value;

use super::shown::{found, receipt_of};
use crate::extract::{Asker, Place};
use crate::failure::Failure;
use crate::service::Service;

/// The verified outcome of a deletion, once it is complete.
#[utoipa::path(get, path = "/api/systems/{system}/deletions/{id}/receipt", tag = "deletions",
    params(
        ("system" = String, Path, description = "The system"),
        ("id" = String, Path, description = "The deletion"),
    ),
    responses((status = 200, description = "The receipt, as the audit has it", body = Object)))]
pub async fn receipt(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
    Place((name, id)): Place<(String, String)>,
) -> Result<Json<Value>, Failure> {
    let system = service.system(&name, &identity)?;
    let status = found(system, &id, &identity).await?;
    let receipt = receipt_of(&status.row).and_then(|receipt| serde_json::to_value(receipt).ok());
    receipt.map(Json).ok_or_else(|| {
        let status_code = StatusCode::CONFLICT;
        let failure = Failure::of(status_code, "not_complete", "There is no receipt yet");
        let is_retryable = !status.row.state.is_end();
        Failure { is_retryable, ..failure.because(status.sentence).about(&status.row.id) }
    })
}
