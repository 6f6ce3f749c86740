//! What a request with a key does once, where it makes no deletion.
//!
//! The request is kept before anything happens, and with what it was answered after it: asked again,
//! it gets that answer and does nothing. One that was kept and never answered may have been carried
//! out or not, because its process ended: whoever takes it over carries it out again, so what is done
//! this way must bear a repeat. A hold does not, and is put together with its answer.
//!
//! Race: of two at once one keeps the request; the other waits for its commit and finds it.

use sexton_core::names::Timestamp;

use crate::execute::FORGOTTEN_MAX;
use crate::outcome::DeleteError;
use crate::ports::{KeptRequest, RequestKey};
use crate::system::System;

/// A request with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once {
    /// How it is known again.
    pub key: RequestKey,
    /// What it asks hashes to.
    pub body: String,
}

impl System {
    /// Keeps a request that makes no deletion; the one that was asked before, if it was.
    pub async fn begin_once(&self, once: &Once) -> Result<Option<KeptRequest>, DeleteError> {
        self.prepare().await?;
        let kept = KeptRequest {
            key: once.key.clone(),
            body: once.body.clone(),
            deletion: None,
            answer: None,
            at: self.surroundings.clock.now(),
        };
        let mut tx = self.begin_keep().await?;
        tx.forget_requests(self.forgotten_before(), FORGOTTEN_MAX).await?;
        if tx.keep_request(&self.policy.system, &kept).await? {
            tx.commit().await?;
            return Ok(None);
        }
        let known = tx.request(&self.policy.system, &kept.key).await?;
        tx.rollback().await?;
        // Who keeps it may have forgotten it by now.
        Ok(Some(known.unwrap_or(kept)))
    }

    /// Takes over what was kept then and never answered; says whether nobody else has.
    pub async fn take_over_once(
        &self,
        key: &RequestKey,
        asked_at: Timestamp,
    ) -> Result<bool, DeleteError> {
        let when = (asked_at, self.surroundings.clock.now());
        let mut tx = self.begin_keep().await?;
        let taken = tx.take_over_request(&self.policy.system, key, when).await?;
        tx.commit().await?;
        Ok(taken)
    }

    /// Keeps what a request was answered.
    pub async fn answer_once(&self, key: &RequestKey, answer: &str) -> Result<(), DeleteError> {
        let mut tx = self.begin_keep().await?;
        tx.answer_request(&self.policy.system, key, answer).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Forgets a request that came to nothing: it can be asked again.
    pub async fn forget_once(&self, key: &RequestKey) -> Result<(), DeleteError> {
        let mut tx = self.begin_keep().await?;
        tx.forget_request(&self.policy.system, key).await?;
        tx.commit().await?;
        Ok(())
    }
}
