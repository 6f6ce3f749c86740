//! Deletions that this process carries out, whatever becomes of those who asked for them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sexton_core::audit::Receipt;
use sexton_engine::{Accepted, Committed, DeleteError, System};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::meter::Meter;

/// Deletions that are under way.
#[derive(Default)]
pub struct Running {
    tasks: Mutex<JoinSet<()>>,
}

/// How a deletion ended.
pub type Ended = Result<Receipt, DeleteError>;

impl Running {
    /// Carries out what was accepted; whoever waits for it may go away.
    pub fn carry(
        &self,
        system: Arc<System>,
        accepted: Accepted,
        meter: Arc<Meter>,
    ) -> oneshot::Receiver<Ended> {
        self.carry_told(system, accepted, meter, watch::Sender::new(None))
    }

    /// The same; once the rows are gone, it says so.
    pub fn carry_told(
        &self,
        system: Arc<System>,
        accepted: Accepted,
        meter: Arc<Meter>,
        gone: watch::Sender<Option<Committed>>,
    ) -> oneshot::Receiver<Ended> {
        let (told, waits) = oneshot::channel();
        let (id, thing) = (accepted.id().clone(), accepted.thing().clone());
        let began = Instant::now();
        self.work(async move {
            let ended = system.fulfil_told(accepted, &watch::Sender::new(None), &gone).await;
            drop(gone);
            let name = system.policy().system.as_str();
            tell(name, id.as_str(), &ended);
            meter.tell_ended(name, thing.as_str(), &ended, began.elapsed());
            // Nobody may be waiting any more.
            drop(told.send(ended));
        });
        waits
    }

    /// Does something that nobody waits for.
    pub fn work(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that ended are not kept.
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    /// Waits for those that are under way, but no longer than this; then they are broken off where
    /// they are, and whoever settles goes on with them.
    pub async fn end(&self, within: Duration) {
        let mut tasks = {
            let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *tasks)
        };
        let all = async { while tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(within, all).await.is_err() {
            tasks.shutdown().await;
        }
    }
}

fn tell(system: &str, deletion: &str, ended: &Ended) {
    match ended {
        Ok(receipt) => {
            let rows = receipt.rows();
            tracing::info!(event = "deletion_complete", system, deletion, rows);
        }
        Err(DeleteError::Unreaped { open, .. }) => {
            tracing::info!(event = "deletion_committed", system, deletion, open);
        }
        Err(
            error @ (DeleteError::Unverified { .. }
            | DeleteError::Unfinished { .. }
            | DeleteError::Uncertain { .. }),
        ) => {
            tracing::warn!(event = "deletion_unfinished", system, deletion, error = %error);
        }
        Err(error) => {
            tracing::info!(event = "deletion_refused", system, deletion, error = %error);
        }
    }
}
