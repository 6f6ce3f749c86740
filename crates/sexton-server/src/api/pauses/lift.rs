//! `POST /api/systems/{system}/pauses/lift`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use sexton_api::{AskPause, Pauses};

use crate::acts::once::{carried, once};
use crate::acts::pauses::{self, Way};
use crate::extract::{Body, Changer, Place};
use crate::failure::Failure;
use crate::service::Service;

/// Lets background work of a system, or what is removed from one of its stores, go on.
#[utoipa::path(post, path = "/api/systems/{system}/pauses/lift", tag = "pauses",
    params(
        ("system" = String, Path, description = "The system"),
        ("Idempotency-Key" = Option<String>, Header, description = "Asked again with the same key and body it does nothing more, and gets the same answer; kept for 7 days"),
    ),
    request_body = AskPause,
    responses((status = 200, description = "What is still paused", body = Pauses)))]
pub async fn lift(
    State(service): State<Arc<Service>>,
    Changer(identity): Changer,
    Place(name): Place<String>,
    headers: HeaderMap,
    Body(ask): Body<AskPause>,
) -> Result<Json<Pauses>, Failure> {
    let system = service.system(&name, &identity)?;
    let once = once(&headers, &("lift", &ask), &identity)?;
    let effect = pauses::set(&service, &identity, &name, (Way::Lift, &ask));
    let data = carried(&service, system, once.as_ref(), effect).await?;
    Ok(Json(Pauses { data }))
}
