//! A deletion carries out what it promised itself, while somebody waits for it; not for ever.
//!
//! What fails is tried again for a few seconds. What takes long, such as a prefix of a million
//! objects, is left where it is when patience ends: whoever comes next goes on from there.

use std::pin::pin;
use std::time::Duration;

use sexton_core::names::DeletionId;
use tokio::sync::watch;

use super::REAPED;
use crate::outcome::DeleteError;
use crate::ports::{Clock, IntentsLeft, SystemClock};
use crate::system::System;

/// A deletion begins calls of its own so long after its commit; then it leaves them to others.
const OWN_SECS: i64 = 5;
/// So long it goes on with what it has begun, unless told otherwise.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

impl System {
    /// The same, but a deletion goes on for so long with what it promised, before it leaves the rest
    /// to a worker.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Carries out the promises of one deletion, and goes on for a few seconds with what fails.
    pub(crate) async fn reap_own(&self, id: &DeletionId) -> Result<IntentsLeft, DeleteError> {
        // The machine's own clock: this is about how long somebody waits in front of it.
        let until = SystemClock.now().plus_secs(OWN_SECS);
        let (stopping, stop) = watch::channel(false);
        let mut patience = pin!(tokio::time::sleep(self.patience));
        loop {
            let mut reaping = pin!(self.reap(Some(id), Some(&stop)));
            tokio::select! {
                reaped = &mut reaping => drop(reaped?),
                () = &mut patience => {
                    stopping.send_replace(true);
                    reaping.await?;
                }
            }
            let mut tx = self.begin_keep().await?;
            let left = tx.intents_left(id, REAPED).await?;
            tx.rollback().await?;
            let wait_ms = left.due_in_ms.filter(|_| left.open > 0 && !*stop.borrow());
            let Some(wait_ms) = wait_ms else { return Ok(left) };
            // What is paused would be due at once for as long as it is.
            if !self.pauses().await?.is_empty() {
                return Ok(left);
            }
            if SystemClock.now().0.saturating_add(wait_ms.saturating_mul(1_000)) > until.0 {
                return Ok(left);
            }
            tokio::time::sleep(Duration::from_millis(wait_ms.unsigned_abs().max(10))).await;
        }
    }
}
