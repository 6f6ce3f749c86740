//! Looks once more, some time after the receipt, for what writers attached who came late.
//!
//! Where a reference is neither enforced nor fenced, a writer may commit below what is gone after
//! the deletion has looked again. So tombstones are kept for a while, looked at once more, and go
//! only if nothing is left. What is found is told by `status` until it is gone: the deletion is
//! complete, and what came after it is for a person to judge.

use sexton_core::policy::Fence;

use crate::outcome::{DeleteError, EngineError};
use crate::ports::DeletionRow;
use crate::system::System;
use crate::verify::{look_again, waiting_on};

/// So many deletions are looked at each time.
const LOOKED_MAX: u32 = 20;

impl System {
    /// Looks at deletions whose time is over, and forgets those of which nothing is left.
    pub(crate) async fn look_late(&self) -> Result<(), DeleteError> {
        let fence = self.policy.fence.as_ref();
        let late_secs = fence.map_or(Fence::LATE_SECS, |fence| fence.late_secs);
        let before = self.surroundings.clock.now().plus_secs(-late_secs);
        let mut tx = self.begin_keep().await?;
        let due = tx.late(&self.policy.system, before, LOOKED_MAX).await?;
        tx.rollback().await?;
        for row in &due {
            self.look_late_at(row).await?;
        }
        Ok(())
    }

    async fn look_late_at(&self, row: &DeletionRow) -> Result<(), DeleteError> {
        let (options, _) = self.record_of(&row.id).await?;
        // Order: planning takes connections of its own, so it comes before any is held.
        let ready = match self.ready(&row.thing, &options).await {
            // What the policy no longer knows cannot be looked for.
            Err(EngineError::UnknownThing { .. }) => None,
            ready => Some(ready?),
        };
        let mut tx = self.begin_keep().await?;
        let left = match &ready {
            Some(ready) => look_again(&ready.plan, &row.id, tx.as_mut()).await?.left,
            None => Vec::new(),
        };
        if left.is_empty() {
            tx.drop_tombstones(&row.id).await?;
            tx.note_late(&row.id, None).await?;
        } else {
            tx.note_late(&row.id, Some(&waiting_on(&left).to_string())).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}
