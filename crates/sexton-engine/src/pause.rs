//! Stops background work of a system, or of one of its stores, and goes on with it.
//!
//! A pause is a row, so every program sees it: those that work look before each promise that they
//! claim, each root that they delete by age, and each page and batch of a prefix (`reap`). What a
//! store is carrying out ends.

use sexton_core::audit::{Act, Record, RootNames, Told};
use sexton_core::names::{Actor, DeletionId, StoreName};

use crate::outcome::{DeleteError, EngineError};
use crate::ports::{DatabaseError, Mode, Pause, Tx};
use crate::system::System;

/// What the record of a pause calls the whole system.
const SYSTEM: &str = "{system}";
/// What it calls a store.
const STORE: &str = "{store}";

impl System {
    /// Pauses background work, or that of one store; says whether it went on until now.
    pub async fn pause(
        &self,
        store: Option<&StoreName>,
        actor: &Actor,
        reason: &str,
    ) -> Result<bool, DeleteError> {
        self.know_store(store)?;
        self.prepare().await?;
        let mut tx = self.begin_patiently(Mode::Change).await?;
        let by = (actor.as_str(), reason);
        let paused = tx.insert_pause(&self.policy.system, store, by).await?;
        if paused {
            self.record_pause(tx.as_mut(), (Act::Paused, store), actor, reason).await?;
        }
        tx.commit().await?;
        Ok(paused)
    }

    /// Goes on with it; says whether it was paused.
    pub async fn resume(
        &self,
        store: Option<&StoreName>,
        actor: &Actor,
        reason: &str,
    ) -> Result<bool, DeleteError> {
        if !self.has_history().await? {
            return Ok(false);
        }
        let mut tx = self.begin_patiently(Mode::Change).await?;
        let resumed = tx.remove_pause(&self.policy.system, store).await?;
        if resumed {
            self.record_pause(tx.as_mut(), (Act::Resumed, store), actor, reason).await?;
        }
        tx.commit().await?;
        Ok(resumed)
    }

    /// What is paused now.
    pub async fn pauses(&self) -> Result<Vec<Pause>, DeleteError> {
        if !self.has_history().await? {
            return Ok(Vec::new());
        }
        let mut tx = self.database.begin(Mode::Look { budget: None }).await?;
        let pauses = tx.pauses(&self.policy.system).await?;
        tx.rollback().await?;
        Ok(pauses)
    }

    /// Whether all background work is paused.
    pub(crate) async fn is_paused(&self) -> Result<bool, DeleteError> {
        Ok(self.pauses().await?.iter().any(|pause| pause.store.is_none()))
    }

    fn know_store(&self, store: Option<&StoreName>) -> Result<(), EngineError> {
        let Some(store) = store else { return Ok(()) };
        let known: Vec<&str> = self.policy.stores.iter().map(|one| one.name.as_str()).collect();
        if known.contains(&store.as_str()) {
            return Ok(());
        }
        Err(EngineError::UnknownStore { store: store.clone(), known: known.join(", ") })
    }

    async fn record_pause(
        &self,
        tx: &mut dyn Tx,
        (act, store): (Act, Option<&StoreName>),
        actor: &Actor,
        reason: &str,
    ) -> Result<(), DatabaseError> {
        let lease = self.new_lease();
        let word = if act == Act::Paused { "pause" } else { "resume" };
        let name = DeletionId::new(format!("{word}-{}", &lease[lease.len().saturating_sub(12)..]));
        let told = Told {
            name: name.to_string(),
            system: self.policy.system.to_string(),
            thing: if store.is_some() { STORE } else { SYSTEM }.to_owned(),
            roots: RootNames::of(vec![
                store.map_or(self.policy.system.as_str(), StoreName::as_str).to_owned(),
            ]),
            actor: actor.to_string(),
            reason: Some(reason.to_owned()),
            at: self.surroundings.clock.now().to_string(),
        };
        tx.insert_audit(&name, &Record::of_act(act, told).text()).await?;
        self.seal_in(tx, &name).await.map(drop)
    }
}
