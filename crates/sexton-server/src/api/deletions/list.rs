//! `GET /api/systems/{system}/deletions`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use sexton_api::Deletions;
use sexton_core::names::{DeletionId, Timestamp};

use super::shown::shown;
use crate::api::page::{Paging, paged};
use crate::extract::{Asked, Asker, Place};
use crate::failure::Failure;
use crate::service::Service;
use crate::who::access::has_built_in;

/// Deletions, newest first. Who is of a tenant sees what was asked for in it, and who has none of the
/// built-in roles what they asked for themselves.
#[utoipa::path(get, path = "/api/systems/{system}/deletions", tag = "deletions",
    params(
        ("system" = String, Path, description = "The system"),
        ("limit" = Option<u32>, Query, description = "How many, from 1 to 200; 50 if not said"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses((status = 200, description = "Deletions, newest first", body = Deletions)))]
pub async fn list(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
    Place(name): Place<String>,
    Asked(paging): Asked<Paging>,
) -> Result<Response, Failure> {
    let system = service.system(&name, &identity)?;
    let limit = paging.limit()?;
    let signer = service.signer().await?;
    let of = format!("deletions of {name}");
    let place: Option<(i64, String)> = paging.place(signer, &of)?;
    let place = place.map(|(at, id)| (Timestamp(at), DeletionId::new(id)));
    let before = place.as_ref().map(|(at, id)| (*at, id));
    let tenant = identity.tenant.as_ref();
    let actor = (!has_built_in(&identity)).then_some(&identity.actor);
    // One more than is shown tells whether there is a next page.
    let mut statuses = system.status_page_in(tenant, actor, before, limit + 1).await?;
    let more = statuses.len() > limit as usize;
    statuses.truncate(limit as usize);
    let last = statuses.last().filter(|_| more);
    let next =
        last.and_then(|last| signer.cursor(&of, &(last.row.requested_at.0, last.row.id.as_str())));
    let data = statuses.into_iter().map(shown).collect();
    let page = Deletions { data, next_cursor: next.clone() };
    let path = format!("{}/api/systems/{name}/deletions", service.base_path());
    Ok(paged(page, &path, limit, next.as_deref()))
}
