//! What a person does about promises that are not taken: tries them now, or gives them up.
//!
//! Giving up is written with the outcome, in a record of its own in the chain: who, when, why and
//! how many of which rule. The deletion's own record says what it did and stays as it is.

use std::collections::BTreeMap;

use sexton_core::audit::{RECORD_VERSION, Record};
use sexton_core::lifecycle::State;
use sexton_core::names::{Actor, DeletionId};

use super::{REAPED, Worked};
use crate::outcome::DeleteError;
use crate::ports::{DatabaseError, Tx};
use crate::system::System;

/// The outcome of a promise that nobody keeps any more.
pub const GIVEN_UP: &str = "given-up";

/// What was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenUp {
    /// How many promises of each rule.
    pub promises: BTreeMap<String, u64>,
    /// How many are left, because somebody is carrying them out now.
    pub open: u64,
}

impl System {
    /// Carries out the open promises of a deletion now, whenever they would be tried; then settles.
    /// None where there is no such deletion.
    pub async fn retry(&self, id: &DeletionId) -> Result<Option<Worked>, DeleteError> {
        if !self.is_known(id).await? {
            return Ok(None);
        }
        let mut tx = self.begin_keep().await?;
        tx.hasten_intents(id, REAPED).await?;
        tx.commit().await?;
        let mut worked = self.reap(Some(id), None).await?;
        worked.settled = self.settle().await?;
        Ok(Some(worked))
    }

    /// Ends the open promises of a deletion, whatever comes of it outside, and keeps who did and
    /// why; then settles. None where there is no such deletion.
    pub async fn give_up(
        &self,
        id: &DeletionId,
        actor: &Actor,
        reason: &str,
    ) -> Result<Option<GivenUp>, DeleteError> {
        if !self.is_known(id).await? {
            return Ok(None);
        }
        let mut tx = self.begin_keep().await?;
        let promises = tx.end_intents(id, REAPED, GIVEN_UP).await?.into_iter().collect();
        let given_up = GivenUp { promises, open: tx.intents_left(id, REAPED).await?.open };
        if given_up.promises.is_empty() {
            tx.rollback().await?;
        } else {
            self.record_giving_up(tx.as_mut(), id, actor, reason, &given_up.promises).await?;
            tx.commit().await?;
        }
        self.settle().await?;
        Ok(Some(given_up))
    }

    /// Whether this system has a deletion of this id.
    async fn is_known(&self, id: &DeletionId) -> Result<bool, DeleteError> {
        let status = self.status(id).await?;
        Ok(status.is_some_and(|status| status.row.system == self.policy.system))
    }

    async fn record_giving_up(
        &self,
        tx: &mut dyn Tx,
        id: &DeletionId,
        actor: &Actor,
        reason: &str,
        promises: &BTreeMap<String, u64>,
    ) -> Result<(), DatabaseError> {
        let row = tx.deletion(id).await?.filter(|row| row.state == State::Committed);
        let row = row.ok_or_else(|| DatabaseError::Failed {
            label: "give promises up".into(),
            detail: "the deletion has gone on meanwhile; nothing was given up".into(),
        })?;
        // The deletion's own name is taken by what it did; a record names itself.
        let lease = self.new_lease();
        let name = [id.as_str(), ".", GIVEN_UP, ".", &lease[lease.len().saturating_sub(8)..]];
        let name = DeletionId::new(name.concat());
        let record = Record {
            v: RECORD_VERSION,
            deletion: name.to_string(),
            system: row.system.to_string(),
            thing: row.thing.to_string(),
            roots: row.roots,
            tenant: None,
            tenants: Vec::new(),
            actor: actor.to_string(),
            reason: Some(reason.to_owned()),
            at: self.surroundings.clock.now().to_string(),
            digest: String::new(),
            plan: String::new(),
            options: sexton_core::policy::Options::default(),
            removed: BTreeMap::new(),
            changed: BTreeMap::new(),
            derived: BTreeMap::new(),
            promised: BTreeMap::new(),
            objects: BTreeMap::new(),
            events: BTreeMap::new(),
            hidden: BTreeMap::new(),
            given_up: promises.clone(),
            act: None,
        };
        tx.insert_audit(&name, &record.text()).await
    }
}
