//! Background work of one system: what each turn did, in the server's log.

use std::sync::Arc;

use sexton_engine::{DeleteError, System, Worked};
use tokio::sync::watch;

/// Works until it is told to stop, and ends what is under way.
pub async fn work(system: Arc<System>, stop: watch::Receiver<bool>) {
    let name = system.policy().system.as_str();
    let mut told = |worked: Result<Worked, DeleteError>| match worked {
        Ok(worked) => tell(name, &worked),
        Err(error) => tracing::warn!(event = "work_failed", system = name, error = %error),
    };
    system.work_in_turns(stop, &mut told).await;
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
