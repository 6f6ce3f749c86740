//! `GET /api/systems/{system}/holds`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use sexton_api::Holds;

use crate::acts::holds;
use crate::api::page::{Paging, paged};
use crate::extract::{Asked, Asker, Place};
use crate::failure::Failure;
use crate::service::Service;

/// Which holds are listed.
#[derive(Debug, Deserialize)]
pub struct Listed {
    limit: Option<u32>,
    cursor: Option<String>,
    #[serde(default)]
    all: bool,
}

/// Holds, the latest first.
#[utoipa::path(get, path = "/api/systems/{system}/holds", tag = "holds",
    params(
        ("system" = String, Path, description = "The system"),
        ("all" = Option<bool>, Query, description = "Also those that were released or are over"),
        ("limit" = Option<u32>, Query, description = "How many, from 1 to 200; 50 if not said"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses((status = 200, description = "Holds, the latest first", body = Holds)))]
pub async fn list(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
    Place(name): Place<String>,
    Asked(Listed { limit, cursor: behind, all }): Asked<Listed>,
) -> Result<Response, Failure> {
    let paging = Paging { limit, cursor: behind };
    let limit = paging.limit()?;
    let (signer, list) = (service.signer().await?, format!("holds of {name}: {all}"));
    // One more than is shown tells whether there is a next page.
    let which = (all, paging.place(signer, &list)?, limit + 1);
    let mut data = holds::list(&service, &identity, &name, which).await?;
    let more = data.len() > limit as usize;
    data.truncate(limit as usize);
    let next = data.last().filter(|_| more).and_then(|last| signer.cursor(&list, &last.id));
    let page = Holds { data, next_cursor: next.clone() };
    let path = format!("{}/api/systems/{name}/holds", service.base_path());
    let asked = if all { "?all=true" } else { "" };
    Ok(paged(page, &[&path, asked].concat(), limit, next.as_deref()))
}
