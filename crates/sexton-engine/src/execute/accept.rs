//! Stores a deletion as asked for, so that it has a name before anything happens.
//!
//! Whoever accepts can answer with the name at once and carry it out afterwards; whoever asks
//! again finds it, whatever has become of the process meanwhile. A request with a key is kept in
//! the transaction that stores its deletion, so there is never one without the other.

use sexton_core::names::{DeletionId, ThingName, Timestamp};
use sexton_core::plan::Way;

use super::admit::{Admitted, LEASE_SECS};
use crate::outcome::DeleteError;
use crate::ports::{KeptRequest, Mode, RequestKey};
use crate::request::DeleteRequest;
use crate::system::System;

/// So long a request is known again.
pub(crate) const KEPT_SECS: i64 = 7 * 24 * 3_600;
/// So many old ones are forgotten with each new one.
pub(crate) const FORGOTTEN_MAX: u32 = 100;

/// A deletion that is stored as asked for; nothing has happened. Whoever holds this carries it
/// out. Dropped, it is withdrawn by whoever settles once its lease is over.
pub struct Accepted(pub(super) Admitted);

impl Accepted {
    /// Its name.
    pub fn id(&self) -> &DeletionId {
        &self.0.stored.id
    }

    /// Of which thing.
    pub fn thing(&self) -> &ThingName {
        &self.0.stored.thing
    }
}

/// What came of a request with a key.
pub enum Acceptance {
    /// It was new.
    New(Box<Accepted>),
    /// It was asked before, and has made another deletion.
    Known(KeptRequest),
}

impl System {
    /// Stores a deletion of roots as asked for.
    pub async fn accept(&self, request: &DeleteRequest) -> Result<Accepted, DeleteError> {
        Ok(Accepted(self.admit(request, self.way(&request.root.thing)).await?))
    }

    /// The same of a deletion that does not stop at hiding, and reaches what is hidden.
    pub async fn accept_for_good(&self, request: &DeleteRequest) -> Result<Accepted, DeleteError> {
        Ok(Accepted(self.admit(request, Way::AtOnce).await?))
    }

    /// The request of this key, if it was asked and is not forgotten.
    pub async fn known(&self, key: &RequestKey) -> Result<Option<KeptRequest>, DeleteError> {
        if !self.has_history().await? {
            return Ok(None);
        }
        let mut tx = self.database.begin(Mode::Look { budget: None }).await?;
        let known = tx.request(&self.policy.system, key).await?;
        tx.rollback().await?;
        Ok(known.filter(|known| known.at >= self.forgotten_before()))
    }

    /// The same as `accept` for a request with a key, whose body hashes to this: it makes one
    /// deletion, however often it is asked.
    ///
    /// Race: of two at once the key is one's; the other waits for its commit and finds it.
    pub async fn accept_once(
        &self,
        request: &DeleteRequest,
        key: &RequestKey,
        body: &str,
    ) -> Result<Acceptance, DeleteError> {
        let admitted =
            self.admit_unstored(request, LEASE_SECS, self.way(&request.root.thing)).await?;
        let admitted = Admitted { is_stored: true, ..admitted };
        let (key, body) = (key.clone(), body.to_owned());
        let (deletion, at) = (admitted.stored.id.clone(), admitted.stored.requested_at);
        let kept = KeptRequest { key, body, deletion: Some(deletion), answer: None, at };
        self.prepare().await?;
        let mut tx = self.begin_keep().await?;
        tx.forget_requests(self.forgotten_before(), FORGOTTEN_MAX).await?;
        if tx.keep_request(&self.policy.system, &kept).await? {
            tx.insert_deletion(&admitted.stored).await?;
            tx.commit().await?;
            return Ok(Acceptance::New(Box::new(Accepted(admitted))));
        }
        let known = tx.request(&self.policy.system, &kept.key).await?;
        tx.rollback().await?;
        Ok(Acceptance::Known(known.unwrap_or(kept)))
    }

    pub(crate) fn forgotten_before(&self) -> Timestamp {
        self.surroundings.clock.now().plus_secs(-KEPT_SECS)
    }
}
