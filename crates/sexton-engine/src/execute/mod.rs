//! Deletes roots, all at once or none: admit, drain, commit, then verify and receipt.
//!
//! The deletion is stored before anything happens. Its rows, effects, tombstones, audit record
//! and change of state commit in one transaction, or nothing does. Whoever finds it later, in
//! whatever state, can go on from what the state says.
//!
//! Invariants: judged before the first change; a refusal leaves rows as they were; every
//! interior table loses exactly the rows that were found, or everything is taken back.

mod accept;
mod admit;
mod attempt;
mod change;
mod commit;
mod drain;
mod going;
mod hide;
mod lease;
mod objects;
mod promise;
mod record;
mod stopping;

use std::time::Duration;

use sexton_core::audit::{Act, Receipt, Record, Told};
use sexton_core::lifecycle::State;
use sexton_core::names::{DeletionId, Timestamp};
use sexton_core::plan::Way;
use sexton_core::preview::{Blocker, BlockerKind};
use sexton_core::sql::Statement;
use tokio::sync::watch;

use crate::cancel::Cancelled;
use crate::outcome::{DeleteError, Refusal, RefusedBy};
use crate::ports::{DatabaseError, Mode, NewDeletion, StateChange, Tx};
use crate::reap::Open;
use crate::request::DeleteRequest;
use crate::system::System;
use crate::walk::Refused;
pub(crate) use admit::Admitted;
use attempt::Step;

pub use accept::{Acceptance, Accepted};
pub(crate) use accept::{FORGOTTEN_MAX, KEPT_SECS};
pub(crate) use change::{ChangeError, over_share, too_many};
pub use commit::commit_in;
pub use drain::Waiting;
pub(crate) use going::Placed;
pub(crate) use objects::NamesFound;
pub(crate) use record::{ROOT_TENANT, ROOT_VALUE, tombstones};

/// So long it may take to say for which of several roots a deletion was refused.
const TELLING_MAX: Duration = Duration::from_secs(2);

/// A deletion whose rows are gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// The deletion.
    pub id: DeletionId,
    /// Rows removed, per table.
    pub removed: Vec<(String, u64)>,
    /// The digest of exactly what was done.
    pub digest: String,
    /// How many calls are still to be made.
    pub promised: u64,
    /// How many names of objects are still to be removed.
    pub objects: u64,
    /// How many lines of the log are still to be told.
    pub events: u64,
}

impl System {
    /// Deletes roots and everything derived from them, all or none; returns when it has been looked at again.
    pub async fn delete(&self, request: &DeleteRequest) -> Result<Receipt, DeleteError> {
        self.delete_watched(request, &watch::Sender::new(None)).await
    }

    /// The same; while it waits for work in flight to stop, it says so.
    pub async fn delete_watched(
        &self,
        request: &DeleteRequest,
        waiting: &watch::Sender<Option<Waiting>>,
    ) -> Result<Receipt, DeleteError> {
        let accepted = self.accept(request).await?;
        self.fulfil(accepted, waiting).await
    }

    /// Deletes roots all at once: it does not stop at hiding them, and reaches what is hidden.
    pub async fn delete_for_good(
        &self,
        request: &DeleteRequest,
        waiting: &watch::Sender<Option<Waiting>>,
    ) -> Result<Receipt, DeleteError> {
        let accepted = self.accept_for_good(request).await?;
        self.fulfil(accepted, waiting).await
    }

    /// Deletes roots that are still due when they are locked; refuses others. Once the rows are
    /// gone, it says so.
    pub(crate) async fn delete_while(
        &self,
        request: &DeleteRequest,
        due: &Statement,
        gone: &watch::Sender<Option<Committed>>,
    ) -> Result<Receipt, DeleteError> {
        let Accepted(admitted) = self.accept(request).await?;
        let admitted = Admitted { due: Some(due.clone()), ..admitted };
        self.fulfil_told(Accepted(admitted), &watch::Sender::new(None), gone).await
    }

    /// Carries out what was accepted; returns when it has been looked at again.
    pub async fn fulfil(
        &self,
        accepted: Accepted,
        waiting: &watch::Sender<Option<Waiting>>,
    ) -> Result<Receipt, DeleteError> {
        self.fulfil_told(accepted, waiting, &watch::Sender::new(None)).await
    }

    /// The same; once the rows are gone, it says so, and goes on with what it has promised.
    pub async fn fulfil_told(
        &self,
        Accepted(mut admitted): Accepted,
        waiting: &watch::Sender<Option<Waiting>>,
        gone: &watch::Sender<Option<Committed>>,
    ) -> Result<Receipt, DeleteError> {
        let mut outcome = self.drain_and_commit(&mut admitted, waiting).await;
        if let Err(DeleteError::Refused(refusal)) = &mut outcome {
            refusal.has_asked = admitted.has_asked;
            // The refusal stands, even if it cannot be told for which roots.
            drop(self.tell_roots(&admitted, refusal).await);
        }
        if let Err(error) = &outcome {
            // What went wrong is the answer, even if it cannot be noted as well: the deletion stays
            // requested, and is withdrawn by whoever settles once its lease is over.
            drop(self.note_refusal(&admitted, error).await);
            self.tell_refusal(&admitted, error);
        }
        let committed = outcome?;
        gone.send_replace(Some(committed.clone()));
        let finished = match admitted.ready.plan.way {
            Way::Hide => self.see_hidden(&committed, &admitted).await,
            Way::AtOnce | Way::Chunk => self.see_to(&committed, &admitted).await,
        };
        finished.map_err(|error| error.after_commit(committed.id))
    }

    /// Makes the calls that were promised, then looks again.
    async fn see_to(
        &self,
        committed: &Committed,
        admitted: &Admitted,
    ) -> Result<Receipt, DeleteError> {
        let NewDeletion { thing, lease, .. } = &admitted.stored;
        let open = Open {
            calls: committed.promised > 0,
            objects: committed.objects > 0,
            events: committed.events > 0,
        };
        if open.is_reaped() {
            // Whoever waits for the log does not wait for those who are called.
            self.tell_log(&committed.id, open).await?;
            if self.reap_own(&committed.id).await?.open > 0 {
                return Err(self.leave_open(&committed.id, lease, open).await?);
            }
        }
        let (options, from) = (&admitted.options, State::Committed);
        self.finish(&committed.id, thing, options, lease, from, open).await
    }

    /// Says for which of several roots a deletion was refused.
    async fn tell_roots(
        &self,
        admitted: &Admitted,
        refusal: &mut Refusal,
    ) -> Result<(), DatabaseError> {
        if admitted.roots.len() < 2 {
            return Ok(());
        }
        let mut tx = self.database.begin(Mode::Look { budget: Some(TELLING_MAX) }).await?;
        let told = self.refused(admitted).tell_roots(&mut refusal.blockers, tx.as_mut()).await;
        tx.rollback().await?;
        told
    }

    fn refused<'r>(&'r self, admitted: &'r Admitted) -> Refused<'r> {
        let clock = self.surroundings.clock.as_ref();
        let micros = i64::try_from(TELLING_MAX.as_micros()).unwrap_or(i64::MAX);
        let until = Timestamp(clock.now().0.saturating_add(micros));
        let (plan, roots) = (&admitted.ready.plan, &admitted.roots);
        Refused { policy: &self.policy, plan, roots, clock, until }
    }

    /// Asks work to stop for a request that is not stored.
    pub(crate) async fn cancel_only(
        &self,
        request: &DeleteRequest,
    ) -> Result<Cancelled, DeleteError> {
        let mut admitted = self.admit_unstored(request, 0, Way::AtOnce).await?;
        let tables = self.ask(&mut admitted, Step::Cancel).await?;
        Ok(Cancelled { tables, calls: self.call_to_stop(&admitted).await? })
    }

    /// Keeps and tells a refusal that a preview has found, as if the deletion had been tried: what
    /// was asked for is answered. Nothing is looked at or changed.
    pub async fn refuse(
        &self,
        request: &DeleteRequest,
        blockers: &[Blocker],
    ) -> Result<(), DeleteError> {
        let Some(refusal) = Refusal::of(blockers.to_vec()) else { return Ok(()) };
        let admitted = self.admit(request, self.way(&request.root.thing)).await?;
        let error = DeleteError::Refused(refusal);
        self.tell_refusal(&admitted, &error);
        self.note_refusal(&admitted, &error).await
    }

    /// Keeps the outcome of a deletion that did not happen with its row.
    async fn note_refusal(
        &self,
        admitted: &Admitted,
        error: &DeleteError,
    ) -> Result<(), DeleteError> {
        if matches!(error, DeleteError::Uncertain { .. }) {
            return Ok(());
        }
        let mut tx = self.begin_keep().await?;
        tx.change_state(StateChange {
            id: &admitted.stored.id,
            lease: &admitted.stored.lease,
            from: admitted.state,
            to: State::Refused,
            at: self.surroundings.clock.now(),
            note: Some(record::note(error)),
            receipt: None,
        })
        .await?;
        if let DeleteError::Refused(refusal) = error
            && refusal.by == RefusedBy::Held
        {
            self.record_held(admitted, refusal, tx.as_mut()).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// A refusal by a hold is a record of the chain: that somebody would have deleted it counts in
    /// a case.
    async fn record_held(
        &self,
        admitted: &Admitted,
        refusal: &Refusal,
        tx: &mut dyn Tx,
    ) -> Result<(), DatabaseError> {
        let holds = refusal.blockers.iter().filter(|blocker| blocker.kind == BlockerKind::Hold);
        let holds: Vec<&str> = holds.map(|hold| hold.name.as_str()).collect();
        let NewDeletion { id, system, thing, roots, actor, .. } = &admitted.stored;
        let told = Told {
            name: id.to_string(),
            system: system.to_string(),
            thing: thing.to_string(),
            roots: roots.clone(),
            actor: actor.to_string(),
            // Its sentence names roots, which the policy may want hashed.
            reason: Some(format!("hold {}", holds.join(", "))),
            at: self.surroundings.clock.now().to_string(),
        };
        tx.insert_audit(id, &Record::of_act(Act::RefusedByHold, told).text()).await?;
        self.seal_in(tx, id).await.map(drop)
    }
}
