//! A deletion inside the caller's own transaction.

use sexton_core::names::HookName;
use sexton_core::plan::Way;

use super::Committed;
use super::change::ChangeError;
use crate::outcome::{DeleteError, EngineError, Refusal, RefusedBy};
use crate::ports::{DatabaseError, Tx};
use crate::reap::Calling;
use crate::request::DeleteRequest;
use crate::system::System;

/// Deletes within `tx` and leaves commit and roll-back to the caller: no retry, and the stored
/// deletion commits with the rows. After the commit, `System::settle` looks again and writes the
/// receipt. Work in flight cannot be waited for here: it refuses. Sexton's own tables must be
/// there (`System::prepare`).
///
/// On an error the caller must roll back: the transaction may hold half of the deletion.
pub async fn commit_in(
    system: &System,
    tx: &mut dyn Tx,
    request: &DeleteRequest,
) -> Result<Committed, DeleteError> {
    // Nobody waits for this process: as soon as it commits, anybody may look again.
    let admitted = system.admit_unstored(request, 0, Way::AtOnce).await?;
    // Order: a failed transaction cannot be asked afterwards whether its tables have changed.
    if tx.stamp(&admitted.ready.plan.tables).await? != admitted.ready.stamp {
        return Err(changed(system).await);
    }
    tx.insert_deletion(&admitted.stored).await?;
    match system.carry_out(&admitted, tx).await {
        Ok(committed) => Ok(committed),
        Err(ChangeError::Ended(mut error)) => {
            if let DeleteError::Refused(refusal) = error.as_mut() {
                drop(system.refused(&admitted).tell_roots(&mut refusal.blockers, tx).await);
            }
            Err(*error)
        }
        Err(ChangeError::AtWork(blockers)) => {
            Err(DeleteError::Refused(Refusal::by(RefusedBy::Undrained, blockers)))
        }
        Err(ChangeError::Database(error)) => Err(error.into()),
        Err(ChangeError::Uncalled(calls)) => Err(uncallable(&calls)),
        Err(ChangeError::SchemaChanged) => Err(changed(system).await),
    }
}

/// Nobody is called while the caller's own transaction is open.
fn uncallable(calls: &[Calling]) -> DeleteError {
    let hook = calls.first().map_or_else(|| HookName::new("before"), |call| call.hook.clone());
    let reason = "it is called before the commit, which is not possible inside a transaction of \
                  somebody else";
    DeleteError::Untaken { hook, reason: reason.into() }
}

async fn changed(system: &System) -> DeleteError {
    system.forget().await;
    let label = "look at the schema".to_owned();
    let detail = "it has changed; begin the transaction anew".to_owned();
    EngineError::Database(DatabaseError::Failed { label, detail }).into()
}
