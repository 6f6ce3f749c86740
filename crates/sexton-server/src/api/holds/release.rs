//! `POST /api/systems/{system}/holds/{hold}/release`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use sexton_api::{AskRelease, Hold};

use crate::acts::holds;
use crate::acts::once::{carried, once};
use crate::extract::{Body, Changer, Place};
use crate::failure::Failure;
use crate::service::Service;

/// Releases a hold. One that was released stays as it is, with who did it first and why.
#[utoipa::path(post, path = "/api/systems/{system}/holds/{hold}/release", tag = "holds",
    params(
        ("system" = String, Path, description = "The system"),
        ("hold" = i64, Path, description = "The number of the hold"),
        ("Idempotency-Key" = Option<String>, Header, description = "Asked again with the same key and body it does nothing more, and gets the same answer; kept for 7 days"),
    ),
    request_body = AskRelease,
    responses((status = 200, description = "It does not hold any more", body = Hold)))]
pub async fn release(
    State(service): State<Arc<Service>>,
    Changer(identity): Changer,
    Place((name, hold)): Place<(String, i64)>,
    headers: HeaderMap,
    Body(ask): Body<AskRelease>,
) -> Result<Json<Hold>, Failure> {
    let system = service.system(&name, &identity)?;
    let once = once(&headers, &("release", hold, &ask), &identity)?;
    let effect = holds::release(&service, &identity, &name, hold, &ask.reason);
    carried(&service, system, once.as_ref(), effect).await.map(Json)
}
