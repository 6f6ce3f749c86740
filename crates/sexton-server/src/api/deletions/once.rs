//! The same request twice: known by its `Idempotency-Key`, it makes one deletion.

use axum::http::{HeaderMap, StatusCode};
use sexton_api::AskDeletion;
use sexton_core::lifecycle::State;
use sexton_core::names::DeletionId;
use sexton_engine::System;
use sexton_engine::ports::{KeptRequest, RequestKey};

use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::who::Identity;

/// Longer keys are of no use to anybody.
const KEY_MAX: usize = 255;

/// A request with a key.
pub(super) struct Once {
    pub key: RequestKey,
    /// What its body hashes to.
    pub body: String,
}

/// The key of a request, if it carries one.
pub(super) fn once(
    headers: &HeaderMap,
    ask: &AskDeletion,
    identity: &Identity,
) -> Result<Option<Once>, Failure> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    let key = key.to_str().ok().filter(|key| (1..=KEY_MAX).contains(&key.len()));
    let Some(key) = key else {
        let detail = "a key is 1 to 255 letters that can be seen";
        return Err(Failure::of(StatusCode::BAD_REQUEST, "bad_key", "The key cannot be one")
            .because(detail)
            .at("Idempotency-Key", detail));
    };
    let body = serde_json::to_vec(ask)
        .map_err(|error| Failure::silent(Outcome::Failed, error.to_string()))?;
    let body = blake3::hash(&body).to_hex().to_string();
    // Whoever has a new key of the same name asks the same again.
    let asker = identity.caller().owner();
    Ok(Some(Once { key: RequestKey { asker, key: key.to_owned() }, body }))
}

impl Once {
    /// The deletion that the same request has made.
    pub(super) fn same(&self, known: KeptRequest) -> Result<DeletionId, Failure> {
        if known.body == self.body {
            return Ok(known.deletion);
        }
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        let detail = "another request carried this key; take a new one";
        Err(Failure::of(status, "key_reused", "The key is another request's")
            .because(detail)
            .about(&known.deletion))
    }
}

/// What was answered before, if it was a refusal: told from what is stored.
pub(super) async fn refused_before(system: &System, id: &DeletionId) -> Result<(), Failure> {
    let status = system.status(id).await?;
    let Some(row) = status.map(|status| status.row).filter(|row| row.state == State::Refused)
    else {
        return Ok(());
    };
    let note = row.note.as_deref().and_then(|note| serde_json::from_str(note).ok());
    let note: serde_json::Value = note.unwrap_or_default();
    let outcome = note["outcome"].as_str().and_then(Outcome::of_word).unwrap_or(Outcome::Failed);
    let message = note["message"].as_str().unwrap_or_default();
    Err(Failure::by(outcome).because(message).about(id))
}
