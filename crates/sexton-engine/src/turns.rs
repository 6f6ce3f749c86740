//! Background work of a system, turn after turn, for as long as nobody stops it.

use std::time::Duration;

use tokio::sync::watch;

use crate::execute::{FORGOTTEN_MAX, KEPT_SECS};
use crate::outcome::DeleteError;
use crate::reap::Worked;
use crate::system::System;

/// Between two looks for what is due.
const PAUSE: Duration = Duration::from_secs(1);
/// After a failure, so that a database that is away is not asked all the time.
const LONG_PAUSE: Duration = Duration::from_secs(10);
/// What is forgotten is forgotten this often.
const FORGET_EVERY: Duration = Duration::from_hours(1);

impl System {
    /// Works until it is told to stop, and ends what is under way; tells what came of each turn.
    pub async fn work_in_turns(
        &self,
        mut stop: watch::Receiver<bool>,
        told: &mut (dyn FnMut(Result<Worked, DeleteError>) + Send),
    ) {
        let mut forgets_at = tokio::time::Instant::now();
        while !*stop.borrow() {
            let mut worked = self.work(&stop).await;
            if worked.is_ok() && tokio::time::Instant::now() >= forgets_at {
                forgets_at += FORGET_EVERY;
                worked = match self.forget_missing().await {
                    Ok(_) => worked,
                    Err(error) => Err(error),
                };
            }
            let pause = if worked.is_ok() { PAUSE } else { LONG_PAUSE };
            told(worked);
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = stop.wait_for(|is_stopped| *is_stopped) => {}
            }
        }
    }

    /// Forgets deletions that were refused a week ago because there was no such root: nothing was
    /// looked for but a name, and whoever guesses names leaves nothing behind. Says how many.
    pub async fn forget_missing(&self) -> Result<u64, DeleteError> {
        if !self.has_history().await? {
            return Ok(0);
        }
        let before = self.surroundings.clock.now().plus_secs(-KEPT_SECS);
        let mut forgotten = 0;
        loop {
            let mut tx = self.begin_keep().await?;
            let gone = tx.forget_missing(&self.policy.system, before, FORGOTTEN_MAX).await?;
            tx.commit().await?;
            forgotten += gone;
            if gone < u64::from(FORGOTTEN_MAX) {
                return Ok(forgotten);
            }
        }
    }
}
