//! `/api/pauses`: every system at once.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use sexton_api::{AskPauseOfAll, Pauses};

use crate::acts::once::once;
use crate::acts::pauses::{self, Way};
use crate::extract::{Asker, Body, Changer};
use crate::failure::Failure;
use crate::service::Service;

/// What is paused of every system.
#[utoipa::path(get, path = "/api/pauses", tag = "pauses",
    responses((status = 200, description = "Pauses, by system", body = Pauses)))]
pub async fn list_all(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
) -> Result<Json<Pauses>, Failure> {
    Ok(Json(Pauses { data: pauses::list_all(&service, &identity).await? }))
}

/// Stops background work of every system. What is under way ends.
#[utoipa::path(post, path = "/api/pauses", tag = "pauses",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "Asked again with the same key and body it does nothing more, and gets the same answer; kept for 7 days"),
    ),
    request_body = AskPauseOfAll,
    responses((status = 200, description = "What is paused now", body = Pauses)))]
pub async fn pause_all(
    State(service): State<Arc<Service>>,
    Changer(identity): Changer,
    headers: HeaderMap,
    Body(ask): Body<AskPauseOfAll>,
) -> Result<Json<Pauses>, Failure> {
    let once = once(&headers, &("pause-all", &ask), &identity)?;
    let asked = (Way::Pause, ask.reason.as_str(), once.as_ref());
    let data = pauses::set_all(&service, &identity, asked).await?;
    Ok(Json(Pauses { data }))
}

/// Lets background work of every system go on; stores that are paused by name stay so.
#[utoipa::path(post, path = "/api/pauses/lift", tag = "pauses",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "Asked again with the same key and body it does nothing more, and gets the same answer; kept for 7 days"),
    ),
    request_body = AskPauseOfAll,
    responses((status = 200, description = "What is still paused", body = Pauses)))]
pub async fn lift_all(
    State(service): State<Arc<Service>>,
    Changer(identity): Changer,
    headers: HeaderMap,
    Body(ask): Body<AskPauseOfAll>,
) -> Result<Json<Pauses>, Failure> {
    let once = once(&headers, &("lift-all", &ask), &identity)?;
    let asked = (Way::Lift, ask.reason.as_str(), once.as_ref());
    let data = pauses::set_all(&service, &identity, asked).await?;
    Ok(Json(Pauses { data }))
}
