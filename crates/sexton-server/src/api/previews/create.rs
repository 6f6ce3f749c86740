//! `POST /api/systems/{system}/previews`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use sexton_api::{AskPreview, Preview};
use sexton_core::names::ThingName;
use sexton_engine::{Bound, Budget, Caller, Root, RootKey};

use crate::extract::{Asker, Body, Place};
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::service::Service;
use crate::shelf::{KEPT_SECS, Kept};
use crate::who::Identity;

/// Looks at what a deletion would do, changes nothing, and keeps it to be confirmed.
#[utoipa::path(post, path = "/api/systems/{system}/previews", tag = "previews",
    params(("system" = String, Path, description = "The system")),
    request_body = AskPreview,
    responses((status = 201, description = "What would happen", body = Preview)))]
pub async fn create(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
    Place(name): Place<String>,
    Body(ask): Body<AskPreview>,
) -> Result<Response, Failure> {
    let key = key_of(ask.id, ask.ids, ask.find)?;
    let root = root_of(&ask.thing, key, &ask.options, identity.caller());
    let shown = previewed(&service, &identity, &name, root, Reach::AsItIsDeleted).await?;
    let location = format!("{}/api/systems/{name}/previews/{}", service.base_path(), shown.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(shown)).into_response())
}

/// How far a deletion is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// As its thing says: it stops at hiding where there is any.
    AsItIsDeleted,
    /// To the end, and to what is hidden.
    ForGood,
}

/// Looks at what a deletion would do, and keeps that to be confirmed.
pub(crate) async fn previewed(
    service: &Service,
    identity: &Identity,
    name: &str,
    root: Root,
    reach: Reach,
) -> Result<Preview, Failure> {
    let unwritten = |error: serde_json::Error| Failure::silent(Outcome::Failed, error.to_string());
    let system = service.system(name, identity)?;
    let preview = match reach {
        Reach::AsItIsDeleted => system.preview(&root, Budget::default()).await?,
        Reach::ForGood => system.preview_for_good(&root, Budget::default()).await?,
    };
    let now = service.surroundings.clock.now();
    let expires_at = now.plus_secs(KEPT_SECS);
    let shown = Preview {
        id: service.new_id("prv_"),
        system: name.to_owned(),
        digest: preview.digest.clone(),
        made_at: now.to_string(),
        expires_at: expires_at.to_string(),
        blocked: !preview.blockers.is_empty(),
        preview: serde_json::to_value(&preview).map_err(unwritten)?,
    };
    let bound = preview.digest.zip(preview.parts);
    let bound = bound.map(|(digest, parts)| Bound::Parts { digest, parts });
    let kept = Kept { shown, root, bound };
    service.shelf.keep(&kept, (now, expires_at)).await?;
    Ok(kept.shown)
}

/// How the roots are named: in exactly one of the three ways.
pub(crate) fn key_of(
    id: Option<String>,
    ids: Vec<String>,
    find: BTreeMap<String, String>,
) -> Result<RootKey, Failure> {
    match (id, ids.is_empty(), find.is_empty()) {
        (Some(id), true, true) => Ok(RootKey::Id(id)),
        (None, false, true) => Ok(RootKey::Ids(ids)),
        (None, true, false) => Ok(RootKey::Named(find)),
        (None, true, true) => Err(Failure::unfit("/id", "say what is meant: an id, or ids")),
        _ => Err(Failure::unfit("/id", "an id, ids and find are three ways; take one")),
    }
}

/// The root that is asked for.
pub(crate) fn root_of(
    thing: &str,
    key: RootKey,
    options: &BTreeMap<String, bool>,
    caller: Caller,
) -> Root {
    let options = options.iter().map(|(name, chosen)| (name.clone(), chosen.to_string()));
    Root { thing: ThingName::new(thing), key, options: options.collect(), caller }
}
