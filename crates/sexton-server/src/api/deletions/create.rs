//! `POST /api/systems/{system}/deletions`.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use sexton_api::{AskDeletion, Deletion};
use sexton_core::names::DeletionId;
use sexton_engine::{Acceptance, Bound, DeleteRequest, RootKey, System};

use super::answer::{answered, followed, waited, wanted};
use super::once::{refused_before, same};
use crate::acts::once::once;
use crate::api::previews::{kept, key_of, root_of};
use crate::extract::{Body, Changer, Place};
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::service::Service;
use crate::who::Identity;

/// Deletes what was previewed, or a thing by its id. It is carried on whatever becomes of the
/// caller; `Prefer: wait=N` says how many seconds the answer may take.
#[utoipa::path(post, path = "/api/systems/{system}/deletions", tag = "deletions",
    params(
        ("system" = String, Path, description = "The system"),
        ("Idempotency-Key" = Option<String>, Header, description = "Asked again with the same key and body it makes no other deletion; kept for 7 days"),
        ("Prefer" = Option<String>, Header, description = "`wait=N`: how many seconds the answer may take; 2 if not said, 60 at most"),
    ),
    request_body = AskDeletion,
    responses(
        (status = 201, description = "It is complete", body = Deletion),
        (status = 202, description = "It goes on; `Location` tells how", body = Deletion),
        (status = 409, description = "It is refused; nothing was deleted", body = sexton_api::Problem, content_type = "application/problem+json"),
    ))]
pub async fn create(
    State(service): State<Arc<Service>>,
    Changer(identity): Changer,
    Place(name): Place<String>,
    headers: HeaderMap,
    Body(ask): Body<AskDeletion>,
) -> Result<Response, Failure> {
    let system = service.system(&name, &identity)?.clone();
    let once = once(&headers, &ask, &identity)?;
    let wait = wanted(&headers);
    if let Some(once) = &once
        && let Some(known) = system.known(&once.key).await?
    {
        return again(&service, &system, &same(once, known)?, wait).await;
    }
    let request = match &ask.preview {
        Some(id) => confirmed(&service, &name, id, &ask, &identity).await?,
        None => named(&ask, &identity)?,
    };
    let accepted = match &once {
        None => system.accept(&request).await?,
        Some(once) => match system.accept_once(&request, &once.key, &once.body).await? {
            Acceptance::New(accepted) => *accepted,
            Acceptance::Known(known) => {
                return again(&service, &system, &same(once, known)?, wait).await;
            }
        },
    };
    let id = accepted.id().clone();
    tracing::info!(event = "deletion_accepted", system = name, deletion = id.as_str());
    let ended = service.running.carry(system.clone(), accepted, service.meter.clone());
    let ended = waited(&service, ended, wait).await;
    answered(&service, &system, &id, ended).await
}

/// What the same request was answered before, or would be by now.
async fn again(
    service: &Service,
    system: &System,
    id: &DeletionId,
    wait: Duration,
) -> Result<Response, Failure> {
    followed(service, system, id, wait).await?;
    refused_before(system, id).await?;
    answered(service, system, id, None).await
}

/// A deletion of exactly what was previewed.
async fn confirmed(
    service: &Service,
    system: &str,
    preview: &str,
    ask: &AskDeletion,
    identity: &Identity,
) -> Result<DeleteRequest, Failure> {
    if ask.thing.is_some() || ask.id.is_some() || !ask.ids.is_empty() || !ask.options.is_empty() {
        let detail = "thing, ids and options are those of the preview";
        return Err(Failure::unfit("/thing", detail));
    }
    let kept = kept(service, system, preview, identity).await?;
    let Some(bound) = kept.bound else {
        let detail = "not every key was found in the time allowed, so nothing binds a deletion to \
                      this preview";
        return Err(Failure::by(Outcome::OverLimit).because(detail));
    };
    if ask.digest.as_deref() != Some(bound.digest()) {
        return Err(Failure::unfit("/digest", "give the digest of the preview that is confirmed"));
    }
    Ok(DeleteRequest { root: kept.root, reason: ask.reason.clone(), bound_to: Some(bound) })
}

/// A deletion by id, with the id once more as its confirmation.
fn named(ask: &AskDeletion, identity: &Identity) -> Result<DeleteRequest, Failure> {
    let Some(thing) = &ask.thing else {
        return Err(Failure::unfit(
            "/thing",
            "say what is meant: a preview, or a thing and its id",
        ));
    };
    let key = key_of(ask.id.clone(), ask.ids.clone(), std::collections::BTreeMap::new())?;
    let wanted = match &key {
        RootKey::Ids(ids) if ids.len() > 1 => ids.len().to_string(),
        RootKey::Ids(ids) => ids.concat(),
        RootKey::Id(id) => id.clone(),
        RootKey::Named(_) => return Err(Failure::unfit("/id", "say which one is meant")),
    };
    if ask.confirm.as_ref() != Some(&wanted) {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        let detail = "`confirm` must be the id exactly, or how many there are of several; or \
                      confirm a preview by its digest";
        return Err(Failure::of(status, "unconfirmed", "It was not confirmed")
            .because(detail)
            .at("/confirm", "it is not that"));
    }
    let bound_to = ask.digest.as_deref().map(digest).transpose()?;
    let root = root_of(thing, key, &ask.options, identity.caller());
    Ok(DeleteRequest { root, reason: ask.reason.clone(), bound_to })
}

fn digest(written: &str) -> Result<Bound, Failure> {
    let hash = written.strip_prefix("bounded-").unwrap_or(written).strip_prefix("sha256:");
    let is_hash = hash.is_some_and(|hash| {
        hash.len() == 64 && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    });
    if is_hash {
        return Ok(Bound::Digest(written.to_owned()));
    }
    Err(Failure::unfit("/digest", "this is no digest of a preview"))
}
