//! Background work of a system, turn after turn, for as long as nobody stops it.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

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
/// Figures of the overview are kept this often.
const COUNT_EVERY: Duration = Duration::from_mins(1);

/// When it is time for what is not done in every turn.
struct Chores {
    forgets_at: Instant,
    counts_at: Instant,
}

impl System {
    /// Works until it is told to stop, and ends what is under way; tells what came of each turn.
    pub async fn work_in_turns(
        &self,
        mut stop: watch::Receiver<bool>,
        told: &mut (dyn FnMut(Result<Worked, DeleteError>) + Send),
    ) {
        let now = Instant::now();
        let mut chores = Chores { forgets_at: now, counts_at: now };
        while !*stop.borrow() {
            let mut worked = self.work(&stop).await;
            if worked.is_ok()
                && let Err(error) = self.do_chores(&mut chores).await
            {
                worked = Err(error);
            }
            let pause = if worked.is_ok() { PAUSE } else { LONG_PAUSE };
            told(worked);
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = stop.wait_for(|is_stopped| *is_stopped) => {}
            }
        }
    }

    /// Does what it is time for. What fails has its next turn as if it had succeeded.
    async fn do_chores(&self, chores: &mut Chores) -> Result<(), DeleteError> {
        let now = Instant::now();
        if now >= chores.forgets_at {
            chores.forgets_at = now + FORGET_EVERY;
            self.forget_missing().await?;
        }
        if now >= chores.counts_at {
            chores.counts_at = now + COUNT_EVERY;
            self.keep_figures().await?;
        }
        Ok(())
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
