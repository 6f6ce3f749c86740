//! Looks whether people have paused a store while a prefix of it is cleared.
//!
//! It is looked four times a second, and before every fourth page or batch where these come faster: a
//! prefix of a page or two asks the database nothing more.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use sexton_core::names::{StoreName, SystemName};
use tokio::time::Instant;

use super::Remover;
use crate::clear::Gate;
use crate::ports::{Database, DatabaseError, Mode};

/// So long what was seen holds.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// And at most for so many pages and batches.
const LOOK_OF: u32 = 4;

/// What is asked before each page and each batch.
struct Unpaused {
    database: Arc<dyn Database>,
    system: SystemName,
    store: StoreName,
    /// When it was looked, the claim among it, which takes nothing that is paused; and how often it
    /// was asked since.
    looked: Mutex<(Instant, u32)>,
}

impl Remover {
    pub(super) fn gate(&self, store: &StoreName) -> Arc<dyn Gate> {
        Arc::new(Unpaused {
            database: Arc::clone(&self.database),
            system: self.policy.system.clone(),
            store: store.clone(),
            looked: Mutex::new((Instant::now(), 0)),
        })
    }
}

#[async_trait]
impl Gate for Unpaused {
    async fn is_open(&self) -> bool {
        if !self.is_time() {
            return true;
        }
        // A database that is away pauses nothing.
        !self.is_paused().await.unwrap_or(false)
    }
}

impl Unpaused {
    fn is_time(&self) -> bool {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, asked) = *looked;
        let is_time = at.elapsed() >= LOOK_EVERY || asked >= LOOK_OF;
        *looked = if is_time { (Instant::now(), 0) } else { (at, asked + 1) };
        is_time
    }

    async fn is_paused(&self) -> Result<bool, DatabaseError> {
        let mut tx = self.database.begin(Mode::Look { budget: None }).await?;
        let pauses = tx.pauses(&self.system).await?;
        tx.rollback().await?;
        Ok(pauses.iter().any(|of| of.store.as_ref().is_none_or(|store| *store == self.store)))
    }
}
