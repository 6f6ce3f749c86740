//! `GET /api/systems/{system}/audit`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use sexton_api::{AuditRecord, AuditRecords};
use sexton_core::names::TenantId;

use crate::api::page::Paging;
use crate::extract::{Asked, Asker, Place};
use crate::failure::Failure;
use crate::service::Service;

/// The latest records of the audit, in the order in which they were written. Who is of a tenant
/// sees those of the tenant.
#[utoipa::path(get, path = "/api/systems/{system}/audit", tag = "audit",
    params(
        ("system" = String, Path, description = "The system"),
        ("limit" = Option<u32>, Query, description = "How many, from 1 to 200; 50 if not said"),
    ),
    responses((status = 200, description = "Records, the latest last", body = AuditRecords)))]
pub async fn list(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
    Place(name): Place<String>,
    Asked(paging): Asked<Paging>,
) -> Result<Json<AuditRecords>, Failure> {
    let system = service.system(&name, &identity)?;
    let entries = system.audit_list(paging.limit()? as usize).await?;
    let tenant = identity.tenant.as_ref().map(TenantId::as_str);
    // A database may have several systems, and one chain.
    let seen = entries.into_iter().filter(|entry| {
        let is_theirs = tenant.is_none() || entry.record.tenant.as_deref() == tenant;
        entry.record.system == name && is_theirs
    });
    let data = seen.filter_map(|entry| {
        let record = serde_json::to_value(&entry.record).ok()?;
        Some(AuditRecord { seq: entry.seq, hash: entry.hash, record })
    });
    Ok(Json(AuditRecords { data: data.collect() }))
}
