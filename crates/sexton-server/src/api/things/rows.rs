//! `GET /api/systems/{system}/things/{thing}`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use sexton_api::{ThingRow, ThingRows};
use sexton_core::names::ThingName;
use sexton_engine::{self as engine, ThingQuery};

use crate::api::page::{Paging, paged};
use crate::extract::{Asked, Asker, Place};
use crate::failure::Failure;
use crate::service::Service;

/// Which rows are listed.
#[derive(Debug, Deserialize)]
pub struct Rows {
    limit: Option<u32>,
    cursor: Option<String>,
    q: Option<String>,
}

/// The rows that are such things, as far as the caller sees them, the newest first.
#[utoipa::path(get, path = "/api/systems/{system}/things/{thing}", tag = "things",
    params(
        ("system" = String, Path, description = "The system"),
        ("thing" = String, Path, description = "The thing"),
        ("q" = Option<String>, Query, description = "What the id or the label contains, in any case of letters"),
        ("limit" = Option<u32>, Query, description = "How many, from 1 to 200; 50 if not said"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses((status = 200, description = "Rows, the newest first", body = ThingRows)))]
pub async fn rows(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
    Place((name, thing)): Place<(String, String)>,
    Asked(Rows { limit, cursor: behind, q }): Asked<Rows>,
) -> Result<Response, Failure> {
    let system = service.system(&name, &identity)?;
    let paging = Paging { limit, cursor: behind };
    let limit = paging.limit()?;
    let (signer, list) = (service.signer().await?, format!("{thing} of {name}: {q:?}"));
    let query = ThingQuery {
        thing: ThingName::new(thing.as_str()),
        caller: identity.caller(),
        containing: q.clone().filter(|q| !q.is_empty()),
        after: paging.place(signer, &list)?,
        // One more than is shown tells whether there is a next page.
        limit: limit + 1,
    };
    let Some(mut rows) = system.thing_rows(&query).await? else { return Err(unlisted(&thing)) };
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().filter(|_| more).and_then(|last| signer.cursor(&list, &last.place));
    let data = rows.into_iter().map(shown).collect();
    let page = ThingRows { data, next_cursor: next.clone() };
    let path = format!("{}/api/systems/{name}/things/{thing}", service.base_path());
    let asked = query.containing.map(|q| format!("?q={}", encoded(&q))).unwrap_or_default();
    Ok(paged(page, &[path, asked].concat(), limit, next.as_deref()))
}

fn unlisted(thing: &str) -> Failure {
    let detail = format!("`{thing}` has no rows of its own, or the cursor is another list's");
    Failure::of(StatusCode::UNPROCESSABLE_ENTITY, "not_listed", "There is no such list")
        .because(detail)
}

pub(crate) fn shown(row: engine::ThingRow) -> ThingRow {
    let engine::ThingRow { id, label, tenant, show, .. } = row;
    ThingRow { id, label, tenant, show: show.into_iter().collect() }
}

/// As a value behind the `?`.
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.extend(["%", &data_encoding::HEXUPPER.encode(&[byte])]);
        }
    }
    encoded
}
