//! The same request twice: known by its `Idempotency-Key`, it does what it asks once.
//!
//! What makes a deletion is kept with the deletion (`api::deletions`). Anything else is carried out
//! here: the request is kept before, its answer after, and asked again it gets that answer. While it
//! is under way a repeat is told so. What came to nothing is forgotten, so that it can be asked
//! again with the same key.

use axum::http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sexton_engine::ports::{KeptRequest, RequestKey};
use sexton_engine::{Once, System};

use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::service::Service;
use crate::who::Identity;

/// Longer keys are of no use to anybody.
const KEY_MAX: usize = 255;
/// So long a request may be under way; after that its process has ended. No answer takes longer.
const UNDER_WAY_SECS: i64 = 80;

/// The key of a request that asks this, if it carries one.
pub fn once<T: Serialize>(
    headers: &HeaderMap,
    asks: &T,
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
    let body = serde_json::to_vec(asks)
        .map_err(|error| Failure::silent(Outcome::Failed, error.to_string()))?;
    let body = blake3::hash(&body).to_hex().to_string();
    // Whoever has a new key of the same name asks the same again.
    let asker = identity.caller().owner();
    Ok(Some(Once { key: RequestKey { asker, key: key.to_owned() }, body }))
}

/// The key is another request's.
pub fn reused() -> Failure {
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    Failure::of(status, "key_reused", "The key is another request's")
        .because("another request carried this key; take a new one")
}

/// Does what a request asks, once: asked again with its key, it gets the answer of the first time.
pub async fn carried<T>(
    service: &Service,
    system: &System,
    once: Option<&Once>,
    effect: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure>
where
    T: Serialize + DeserializeOwned,
{
    let Some(once) = once else { return effect.await };
    if let Some(known) = system.begin_once(once).await?
        && let Some(answer) = known_answer(service, system, once, known).await?
    {
        return read(&answer);
    }
    let done = effect.await;
    match &done {
        Ok(answer) => system.answer_once(&once.key, &written(answer)?).await?,
        // It may have been carried out; whoever asks again later sees.
        Err(failure) if failure.status.is_server_error() => {}
        Err(_) => system.forget_once(&once.key).await?,
    }
    done
}

/// What a request was answered before; none where it is to be carried out once more.
async fn known_answer(
    service: &Service,
    system: &System,
    once: &Once,
    known: KeptRequest,
) -> Result<Option<String>, Failure> {
    if known.body != once.body || known.deletion.is_some() {
        return Err(reused());
    }
    if known.answer.is_some() {
        return Ok(known.answer);
    }
    let now = service.surroundings.clock.now();
    let is_over = known.at.plus_secs(UNDER_WAY_SECS) <= now;
    if is_over && system.take_over_once(&once.key, known.at).await? {
        return Ok(None);
    }
    let failure = Failure::of(StatusCode::CONFLICT, "in_flight", "It is under way");
    let failure =
        failure.because("the same request is being carried out; ask again for its answer");
    Err(Failure { is_retryable: true, retry_after: Some(2), ..failure })
}

fn written<T: Serialize>(answer: &T) -> Result<String, Failure> {
    serde_json::to_string(answer)
        .map_err(|error| Failure::silent(Outcome::Failed, error.to_string()))
}

fn read<T: DeserializeOwned>(answer: &str) -> Result<T, Failure> {
    serde_json::from_str(answer)
        .map_err(|error| Failure::silent(Outcome::Failed, error.to_string()))
}
