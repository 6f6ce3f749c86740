//! Takes a deletion back, by a person, before anything is gone.
//!
//! Race: whoever carries it out writes its next state in the transaction that removes or hides
//! rows, and so does this: of the two, the later finds another state and changes nothing. Work that
//! was asked to stop meanwhile is not asked to go on.

use sexton_core::audit::{Act, Record, Told};
use sexton_core::lifecycle::{Event, State, next};
use sexton_core::names::{Actor, DeletionId};

use crate::outcome::DeleteError;
use crate::ports::{DatabaseError, DeletionRow, Mode, StateChange, Tx};
use crate::system::System;

/// How taking it back ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Withdrawn {
    /// Nothing of it will happen. A repeat says so again.
    Done,
    /// It cannot be withdrawn, in a sentence; nothing changed.
    Refused(String),
}

impl System {
    /// Withdraws a deletion, and records who did and why; nothing if there is no such deletion.
    pub async fn withdraw(
        &self,
        id: &DeletionId,
        actor: &Actor,
        reason: Option<&str>,
    ) -> Result<Option<Withdrawn>, DeleteError> {
        if !self.has_history().await? {
            return Ok(None);
        }
        let mut tx = self.begin_patiently(Mode::Change).await?;
        let Some(row) = tx.deletion(id).await? else {
            tx.rollback().await?;
            return Ok(None);
        };
        let Ok(to) = next(row.state, Event::Withdrawn) else {
            tx.rollback().await?;
            return Ok(Some(told(row.state)));
        };
        let by = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
        let message = format!("withdrawn by {actor}{by}");
        let change = StateChange {
            id,
            lease: &row.lease,
            from: row.state,
            to,
            at: self.surroundings.clock.now(),
            note: Some(
                serde_json::json!({ "outcome": "withdrawn", "message": message }).to_string(),
            ),
            receipt: None,
        };
        if !tx.change_state(change).await? {
            tx.rollback().await?;
            let state = self.status(id).await?.map_or(row.state, |status| status.row.state);
            return Ok(Some(told(state)));
        }
        self.record_withdrawal(tx.as_mut(), &row, actor, reason).await?;
        tx.commit().await?;
        Ok(Some(Withdrawn::Done))
    }

    async fn record_withdrawal(
        &self,
        tx: &mut dyn Tx,
        row: &DeletionRow,
        actor: &Actor,
        reason: Option<&str>,
    ) -> Result<(), DatabaseError> {
        let name = DeletionId::new([row.id.as_str(), ".withdrawn"].concat());
        let told = Told {
            name: name.to_string(),
            system: row.system.to_string(),
            thing: row.thing.to_string(),
            roots: row.roots.clone(),
            actor: actor.to_string(),
            reason: reason.map(str::to_owned),
            at: self.surroundings.clock.now().to_string(),
        };
        tx.insert_audit(&name, &Record::of_act(Act::Withdrawn, told).text()).await?;
        self.seal_in(tx, &name).await.map(drop)
    }
}

/// Why a deletion of this state is not withdrawn, if that was not done before.
fn told(state: State) -> Withdrawn {
    match state {
        State::Withdrawn => Withdrawn::Done,
        State::Requested | State::Drained => {
            Withdrawn::Refused("somebody else has just taken it; try again".to_owned())
        }
        State::Hidden => {
            Withdrawn::Refused("it is hidden already: restoring gives it back".to_owned())
        }
        state => Withdrawn::Refused(format!("it is {state}")),
    }
}
