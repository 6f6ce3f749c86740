//! Removes from the server's own state what is over: previews and sessions of the console.
//!
//! Nobody finds them any more; they are removed so that the state does not grow. Any number of
//! servers may do it: each removes what is left.

use std::sync::Arc;
use std::time::Duration;

use sexton_engine::ports::{Clock, DatabaseError, State};
use tokio::sync::watch;

/// Between two looks.
const PAUSE: Duration = Duration::from_mins(1);
/// So many of each kind go at once.
const LIMIT: u32 = 500;

/// Tidies until it is told to stop.
pub async fn tidy(state: Arc<dyn State>, clock: Arc<dyn Clock>, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        if let Err(error) = once(state.as_ref(), clock.as_ref()).await {
            tracing::warn!(event = "state_not_tidied", error = %error);
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            _ = stop.wait_for(|is_stopped| *is_stopped) => {}
        }
    }
}

async fn once(state: &dyn State, clock: &dyn Clock) -> Result<(), DatabaseError> {
    while state.expire(clock.now(), LIMIT).await? > 0 {}
    Ok(())
}
