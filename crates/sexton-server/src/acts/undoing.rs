//! Takes deletions back: withdrawn before anything is gone, restored while it is only hidden.

use sexton_api::Deletion;
use sexton_core::lifecycle::State;
use sexton_engine::{DeletionStatus, Restored, System, Withdrawn};

use crate::api::deletions::{found, shown};
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::service::Service;
use crate::who::Identity;
use crate::who::access::{Action, Subject, may};
use crate::who::door::{judge_thing, verdict};

/// Gives back what a deletion has hidden, before anything is gone. What is restored stays so.
pub async fn restore(
    service: &Service,
    identity: &Identity,
    system: &str,
    id: &str,
) -> Result<Deletion, Failure> {
    let system = service.system(system, identity)?;
    let before = theirs(system, identity, id).await?;
    if before.row.state == State::Restored {
        return Ok(shown(before));
    }
    match system.restore(&before.row.id, &identity.actor).await? {
        Some(Restored::Refused(why)) => Err(refused(&before, "restored", &why)),
        Some(Restored::Rows(_)) | None => Ok(shown(found(system, id, identity).await?)),
    }
}

/// Takes a deletion back before anything is gone. What is withdrawn stays so.
pub async fn withdraw(
    service: &Service,
    identity: &Identity,
    system: &str,
    (id, reason): (&str, Option<&str>),
) -> Result<Deletion, Failure> {
    let system = service.system(system, identity)?;
    let before = theirs(system, identity, id).await?;
    match system.withdraw(&before.row.id, &identity.actor, reason).await? {
        Some(Withdrawn::Refused(why)) => Err(refused(&before, "withdrawn", &why)),
        Some(Withdrawn::Done) | None => Ok(shown(found(system, id, identity).await?)),
    }
}

/// The deletion, if they see it and may delete such things.
async fn theirs(system: &System, identity: &Identity, id: &str) -> Result<DeletionStatus, Failure> {
    let status = found(system, id, identity).await?;
    let thing = system.policy().things.iter().find(|thing| thing.name == status.row.thing);
    match thing {
        Some(thing) => judge_thing(system, identity, Action::Delete, thing)?,
        // The policy does not have it any more: then it is the system's.
        None => {
            let name = system.policy().system.as_str();
            verdict(may(identity, Action::Delete, Subject::System(name)), name)?;
        }
    }
    Ok(status)
}

fn refused(status: &DeletionStatus, what: &str, why: &str) -> Failure {
    let failure = Failure::by(Outcome::Refused).because(format!("it cannot be {what}: {why}"));
    Failure { title: "It cannot be taken back now", ..failure }.about(&status.row.id)
}
