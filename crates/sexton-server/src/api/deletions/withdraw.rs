//! `POST /api/systems/{system}/deletions/{id}/withdraw`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use sexton_api::{AskTakeBack, Deletion};

use crate::acts::once::{carried, once};
use crate::acts::undoing;
use crate::extract::{Changer, MaybeBody, Place};
use crate::failure::Failure;
use crate::service::Service;

/// Takes a deletion back before anything is gone; work that was asked to stop has stopped, or will.
/// What is withdrawn stays so.
#[utoipa::path(post, path = "/api/systems/{system}/deletions/{id}/withdraw", tag = "deletions",
    params(
        ("system" = String, Path, description = "The system"),
        ("id" = String, Path, description = "The deletion"),
        ("Idempotency-Key" = Option<String>, Header, description = "Asked again with the same key and body it does nothing more, and gets the same answer; kept for 7 days"),
    ),
    request_body = Option<AskTakeBack>,
    responses(
        (status = 200, description = "Nothing of it will happen", body = Deletion),
        (status = 409, description = "It is too late; nothing changed", body = sexton_api::Problem, content_type = "application/problem+json"),
    ))]
pub async fn withdraw(
    State(service): State<Arc<Service>>,
    Changer(identity): Changer,
    Place((name, id)): Place<(String, String)>,
    headers: HeaderMap,
    MaybeBody(ask): MaybeBody<AskTakeBack>,
) -> Result<Json<Deletion>, Failure> {
    let system = service.system(&name, &identity)?;
    let once = once(&headers, &("withdraw", &id, &ask), &identity)?;
    let asked = (id.as_str(), ask.reason.as_deref());
    let effect = undoing::withdraw(&service, &identity, &name, asked);
    carried(&service, system, once.as_ref(), effect).await.map(Json)
}
