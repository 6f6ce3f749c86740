//! Stores a deletion as asked for, so that it has a name before anything happens.
//!
//! Whoever accepts can answer with the name at once and carry it out afterwards; whoever asks
//! again finds it, whatever has become of the process meanwhile.

use sexton_core::names::DeletionId;
use sexton_core::plan::Way;

use super::admit::Admitted;
use crate::outcome::DeleteError;
use crate::request::DeleteRequest;
use crate::system::System;

/// A deletion that is stored as asked for; nothing has happened. Whoever holds this carries it
/// out. Dropped, it is withdrawn by whoever settles once its lease is over.
pub struct Accepted(pub(super) Admitted);

impl Accepted {
    /// Its name.
    pub fn id(&self) -> &DeletionId {
        &self.0.stored.id
    }
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
}
