//! What is of a whole system: its audit, sweeps of its stores, holds, pauses, and rules that delete
//! by age.

use sexton_api::{
    AskHold, AskPause, AskRelease, AskRetentionPreview, AskRetentionRun, AskSweep, AuditRecord,
    AuditRecords, AuditVerification, Hold, Pause, Pauses as Paused, RetentionPreview,
    RetentionRule, RetentionRules, Sweep,
};

use crate::call;
use crate::error::Error;
use crate::pages::Pages;
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

/// The holds of a system.
#[derive(Debug, Clone)]
pub struct Holds {
    sender: Sender,
    system: String,
}

impl Holds {
    pub(crate) fn of(sender: Sender, system: String) -> Self {
        Self { sender, system }
    }

    /// The holds in force, the latest first; or all that ever were.
    pub fn list(&self, all: bool) -> Pages<Hold> {
        Pages::of(self.sender.clone(), call::holds(&self.system, all))
    }

    /// One hold.
    pub async fn get(&self, id: i64) -> Result<Hold, Error> {
        self.sender.send(&call::hold(&self.system, &id.to_string())).await
    }

    /// Puts a hold.
    pub async fn put(&self, ask: &AskHold) -> Result<Hold, Error> {
        self.sender.send(&call::put_hold(&self.system, ask)).await
    }

    /// Ends a hold; it is kept, with who did it and why.
    pub async fn release(&self, id: i64, reason: &str) -> Result<Hold, Error> {
        let ask = AskRelease { reason: reason.to_owned() };
        self.sender.send(&call::release(&self.system, &id.to_string(), &ask)).await
    }
}

/// The pauses of a system's background work.
#[derive(Debug, Clone)]
pub struct Pauses {
    sender: Sender,
    system: String,
}

impl Pauses {
    pub(crate) fn of(sender: Sender, system: String) -> Self {
        Self { sender, system }
    }

    /// What is paused.
    pub async fn list(&self) -> Result<Vec<Pause>, Error> {
        Ok(self.sender.send::<Paused>(&call::pauses(&self.system)).await?.data)
    }

    /// Pauses all background work, or what is removed from one store; what is paused then.
    pub async fn pause(&self, store: Option<&str>, reason: &str) -> Result<Vec<Pause>, Error> {
        let call = call::pause(&self.system, &asked(store, reason));
        Ok(self.sender.send::<Paused>(&call).await?.data)
    }

    /// Ends a pause; what is still paused.
    pub async fn lift(&self, store: Option<&str>, reason: &str) -> Result<Vec<Pause>, Error> {
        let call = call::lift(&self.system, &asked(store, reason));
        Ok(self.sender.send::<Paused>(&call).await?.data)
    }
}

fn asked(store: Option<&str>, reason: &str) -> AskPause {
    AskPause { store: store.map(str::to_owned), reason: reason.to_owned() }
}

/// The rules of a system that delete by age.
#[derive(Debug, Clone)]
pub struct Retention {
    sender: Sender,
    system: String,
}

impl Retention {
    pub(crate) fn of(sender: Sender, system: String) -> Self {
        Self { sender, system }
    }

    /// Every rule, and how it stands.
    pub async fn rules(&self) -> Result<Vec<RetentionRule>, Error> {
        Ok(self.sender.send::<RetentionRules>(&call::rules(&self.system)).await?.data)
    }

    /// One rule, and how it stands.
    pub async fn rule(&self, rule: &str) -> Result<RetentionRule, Error> {
        self.sender.send(&call::rule(&self.system, rule)).await
    }

    /// What a rule would delete; nothing is changed.
    pub async fn preview(
        &self,
        rule: &str,
        ask: &AskRetentionPreview,
    ) -> Result<RetentionPreview, Error> {
        self.sender.send(&call::due(&self.system, rule, ask)).await
    }

    /// Runs a rule now; `rule` tells when it has ended, and what came of it.
    pub async fn run(&self, rule: &str, ask: &AskRetentionRun) -> Result<RetentionRule, Error> {
        self.sender.send(&call::retain(&self.system, rule, ask)).await
    }
}
