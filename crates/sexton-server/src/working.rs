//! Background work of one system, turn after turn: promises that are due, deletions of dead
//! processes.

use std::sync::Arc;
use std::time::Duration;

use sexton_engine::{System, Worked};
use tokio::sync::watch;

/// Between two looks for what is due.
const PAUSE: Duration = Duration::from_secs(1);
/// After a failure, so that a database that is away is not asked all the time.
const LONG_PAUSE: Duration = Duration::from_secs(10);

/// Works until it is told to stop, and ends what is under way.
pub async fn work(system: Arc<System>, mut stop: watch::Receiver<bool>) {
    let name = system.policy().system.to_string();
    while !*stop.borrow() {
        let worked = system.work(&stop).await;
        let pause = if worked.is_ok() { PAUSE } else { LONG_PAUSE };
        match worked {
            Ok(worked) => tell(&name, &worked),
            Err(error) => {
                tracing::warn!(event = "work_failed", system = name, error = %error);
            }
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = stop.wait_for(|is_stopped| *is_stopped) => {}
        }
    }
}

/// Tells what a turn did; nothing of a turn without work.
fn tell(system: &str, worked: &Worked) {
    if worked.ended > 0 {
        tracing::info!(event = "promises_ended", system, promises = worked.ended);
    }
    for (rule, reason) in &worked.failed {
        tracing::warn!(event = "promise_failed", system, rule, error = reason);
    }
    for (deletion, state) in &worked.settled {
        let (deletion, state) = (deletion.as_str(), state.as_str());
        tracing::info!(event = "deletion_settled", system, deletion, state);
    }
}
