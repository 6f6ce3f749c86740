//! `GET /api/systems/{system}/audit/verification`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use sexton_api::AuditVerification;

use crate::extract::{Asker, Place};
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::service::Service;

/// Judges the whole chain: any changed, removed or inserted record is found.
#[utoipa::path(get, path = "/api/systems/{system}/audit/verification", tag = "audit",
    params(("system" = String, Path, description = "The system")),
    responses((status = 200, description = "What is wrong with the chain, if anything", body = AuditVerification)))]
pub async fn verify(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
    Place(name): Place<String>,
) -> Result<Json<AuditVerification>, Failure> {
    let system = service.system(&name, &identity)?;
    if identity.tenant.is_some() {
        let detail = "the chain has records of every tenant";
        return Err(Failure::by(Outcome::Forbidden).because(detail));
    }
    let report = system.audit_verify().await?;
    Ok(Json(AuditVerification {
        is_whole: report.faults.is_empty(),
        records: report.records,
        unsealed: report.unsealed,
        head: report.head,
        faults: report.faults.iter().map(ToString::to_string).collect(),
    }))
}
