//! What is of a whole system: its audit, and sweeps of its stores.

use sexton_api::{AskSweep, AuditRecord, AuditRecords, AuditVerification, Sweep};

use crate::call;
use crate::error::Error;
use crate::sender::Sender;

/// The audit of a system.
#[derive(Debug, Clone)]
pub struct Audit {
    sender: Sender,
    system: String,
}

impl Audit {
    pub(crate) fn of(sender: Sender, system: String) -> Self {
        Self { sender, system }
    }

    /// The latest records, at most 200, the latest last.
    pub async fn records(&self, limit: u32) -> Result<Vec<AuditRecord>, Error> {
        let call = call::records(&self.system, limit);
        Ok(self.sender.send::<AuditRecords>(&call).await?.data)
    }

    /// Whether the chain of records is whole.
    pub async fn verify(&self) -> Result<AuditVerification, Error> {
        self.sender.send(&call::verification(&self.system)).await
    }
}

/// The sweeps of a system's stores.
#[derive(Debug, Clone)]
pub struct Sweeps {
    sender: Sender,
    system: String,
}

impl Sweeps {
    pub(crate) fn of(sender: Sender, system: String) -> Self {
        Self { sender, system }
    }

    /// Begins to compare stores with rows; `latest` tells what it finds.
    pub async fn begin(&self, ask: &AskSweep) -> Result<Sweep, Error> {
        self.sender.send(&call::sweep(&self.system, ask)).await
    }

    /// The last sweep, which may be under way.
    pub async fn latest(&self) -> Result<Sweep, Error> {
        self.sender.send(&call::latest_sweep(&self.system)).await
    }
}
