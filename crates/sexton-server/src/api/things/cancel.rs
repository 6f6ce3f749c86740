//! `POST /api/systems/{system}/things/{thing}/{id}/cancel`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use serde_json::Value;
use sexton_engine::RootKey;

use crate::acts::once::{carried, once};
use crate::api::previews::root_of;
use crate::extract::{Changer, Place};
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::service::Service;

/// Asks the work of a root to stop, waits for nobody, and deletes nothing. Again, it changes
/// nothing.
#[utoipa::path(post, path = "/api/systems/{system}/things/{thing}/{id}/cancel", tag = "things",
    params(
        ("system" = String, Path, description = "The system"),
        ("thing" = String, Path, description = "The thing"),
        ("id" = String, Path, description = "The id of the root"),
        ("Idempotency-Key" = Option<String>, Header, description = "Asked again with the same key and body it does nothing more, and gets the same answer; kept for 7 days"),
    ),
    responses((status = 200, description = "What was asked of work in flight", body = Object)))]
pub async fn cancel(
    State(service): State<Arc<Service>>,
    Changer(identity): Changer,
    Place((name, thing, id)): Place<(String, String, String)>,
    headers: HeaderMap,
) -> Result<Json<Value>, Failure> {
    let system = service.system(&name, &identity)?;
    let once = once(&headers, &("cancel", &thing, &id), &identity)?;
    let root = root_of(&thing, RootKey::Id(id), &BTreeMap::new(), identity.caller());
    let effect = async {
        let unwritten =
            |error: serde_json::Error| Failure::silent(Outcome::Failed, error.to_string());
        serde_json::to_value(system.cancel(&root).await?).map_err(unwritten)
    };
    carried(&service, system, once.as_ref(), effect).await.map(Json)
}
