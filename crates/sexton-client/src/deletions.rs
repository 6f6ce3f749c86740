//! The deletions of a system: what has become of them.

use std::time::Duration;

use serde_json::Value;
use sexton_api::{AskTakeBack, Deletion};

use crate::call;
use crate::error::Error;
use crate::events::Events;
use crate::pages::Pages;
use crate::sender::Sender;

/// So often it is looked at while it is waited for.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// The deletions of a system.
#[derive(Debug, Clone)]
pub struct Deletions {
    sender: Sender,
    system: String,
}

impl Deletions {
    pub(crate) fn of(sender: Sender, system: String) -> Self {
        Self { sender, system }
    }

    /// Every deletion, newest first, page by page as they are taken.
    pub fn list(&self) -> Pages<Deletion> {
        Pages::of(self.sender.clone(), call::deletions(&self.system))
    }

    /// A deletion as it is now.
    pub async fn get(&self, id: &str) -> Result<Deletion, Error> {
        self.sender.send(&call::deletion(&self.system, id)).await
    }

    /// Waits until nothing will happen any more. Who does not want to wait for ever puts it into
    /// `tokio::time::timeout`.
    pub async fn wait(&self, id: &str) -> Result<Deletion, Error> {
        loop {
            let deletion = self.get(id).await?;
            if deletion.is_ended {
                return Ok(deletion);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// What becomes of a deletion, as it happens, until it ends.
    pub fn events(&self, id: &str) -> Events {
        Events::of(self.sender.clone(), &self.system, id)
    }

    /// The verified outcome of a deletion, as the audit has it.
    pub async fn receipt(&self, id: &str) -> Result<Value, Error> {
        self.sender.send(&call::receipt(&self.system, id)).await
    }

    /// Takes a deletion back before anything is gone; `Conflict` if it is too late.
    pub async fn withdraw(&self, id: &str, reason: Option<&str>) -> Result<Deletion, Error> {
        let ask = AskTakeBack { reason: reason.map(str::to_owned) };
        self.sender.send(&call::withdraw(&self.system, id, &ask)).await
    }

    /// Gives back what a deletion has hidden, all of it or nothing; `Conflict` if it cannot.
    pub async fn restore(&self, id: &str) -> Result<Deletion, Error> {
        self.sender.send(&call::restore(&self.system, id)).await
    }

    /// Tries again now what a deletion still has to do.
    pub async fn retry(&self, id: &str) -> Result<Deletion, Error> {
        self.sender.send(&call::retry(&self.system, id)).await
    }
}
