//! `GET /api/systems/{system}/audit`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use sexton_api::{AuditRecord, AuditRecords};
use sexton_core::names::TenantId;

use crate::api::page::{Paging, paged};
use crate::extract::{Asked, Asker, Place};
use crate::failure::Failure;
use crate::service::Service;

/// The latest records of the audit, in the order in which they were written; the next page has those
/// before them. A database may have several systems and one chain, so that a page may be shorter
/// than was asked for.
#[utoipa::path(get, path = "/api/systems/{system}/audit", tag = "audit",
    params(
        ("system" = String, Path, description = "The system"),
        ("limit" = Option<u32>, Query, description = "How many, from 1 to 200; 50 if not said"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses((status = 200, description = "Records, the latest last", body = AuditRecords)))]
pub async fn list(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
    Place(name): Place<String>,
    Asked(paging): Asked<Paging>,
) -> Result<Response, Failure> {
    let system = service.system(&name, &identity)?;
    let limit = paging.limit()?;
    let (signer, of) = (service.signer().await?, format!("audit of {name}"));
    let (entries, first) = system.audit_page(paging.place(signer, &of)?, limit).await?;
    let tenant = identity.tenant.as_ref().map(TenantId::as_str);
    let seen = entries.into_iter().filter(|entry| {
        let is_theirs = tenant.is_none() || entry.record.tenant.as_deref() == tenant;
        entry.record.system == name && is_theirs
    });
    let data = seen.filter_map(|entry| {
        let record = serde_json::to_value(&entry.record).ok()?;
        Some(AuditRecord { seq: entry.seq, hash: entry.hash, record })
    });
    let next = first.and_then(|first| signer.cursor(&of, &first));
    let page = AuditRecords { data: data.collect(), next_cursor: next.clone() };
    let path = format!("{}/api/systems/{name}/audit", service.base_path());
    Ok(paged(page, &path, limit, next.as_deref()))
}
