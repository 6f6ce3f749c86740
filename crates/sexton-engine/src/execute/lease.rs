//! Keeps a deletion its own while it waits for others before its commit.

use std::time::Duration;

use super::admit::{Admitted, LEASE_SECS};
use crate::outcome::DeleteError;
use crate::ports::{DatabaseError, Tx};
use crate::system::System;

/// The lease is renewed when so much of it has passed.
pub(super) const RENEW_MICROS: i64 = LEASE_SECS * 1_000_000 / 4;
/// So often it is looked whether that is so.
const TICK: Duration = Duration::from_millis(500);

impl System {
    /// Does what takes its time, and says meanwhile, with a lease that lasts, what it waits for.
    ///
    /// Race: whoever took the deletion over decides; what takes its time is broken off.
    pub(super) async fn keep<T>(
        &self,
        admitted: &Admitted,
        waits_for: &str,
        work: impl Future<Output = T>,
    ) -> Result<T, DeleteError> {
        tokio::pin!(work);
        let mut renewed = self.surroundings.clock.now().0;
        loop {
            tokio::select! {
                done = &mut work => return Ok(done),
                () = tokio::time::sleep(TICK) => {}
            }
            let now = self.surroundings.clock.now().0;
            if now - renewed >= RENEW_MICROS {
                let mut tx = self.begin_keep().await?;
                wait_on(admitted, waits_for, tx.as_mut()).await?;
                tx.commit().await?;
                renewed = now;
            }
        }
    }
}

/// Notes what the deletion waits for and renews its lease.
///
/// Race: whoever took it over decides; nobody is asked to stop for a deletion that will not be.
pub(super) async fn wait_on(
    admitted: &Admitted,
    waits_for: &str,
    tx: &mut dyn Tx,
) -> Result<(), DatabaseError> {
    let note = serde_json::json!({ "waiting_on": waits_for }).to_string();
    let stored = &admitted.stored;
    if tx.wait_on(&stored.id, &stored.lease, stored.lease_secs, &note).await? {
        return Ok(());
    }
    Err(taken_over())
}

pub(super) fn taken_over() -> DatabaseError {
    DatabaseError::Failed {
        label: "wait for others".into(),
        detail: "its lease ended and somebody else took it over; nothing was deleted".into(),
    }
}
