//! Holds: put, listed, released.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sexton_api::{AskHold, Hold, Release};
use sexton_core::names::{ThingName, Timestamp};
use sexton_engine::ports;
use sexton_engine::{HoldError, HoldOn, HoldRequest, Once, RootKey};

use crate::api::previews::root_of;
use crate::failure::Failure;
use crate::service::Service;
use crate::who::Identity;
use crate::who::access::Action;

/// A hold that was put; or its number, which is kept with it in case its answer is not.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Put {
    /// As it was answered.
    Told(Box<Hold>),
    /// Its process ended before it was.
    Number(i64),
}

/// Puts a hold; once this answers, nobody can delete what it is on.
pub async fn put(
    service: &Service,
    identity: &Identity,
    system: &str,
    (ask, once): (&AskHold, Option<&Once>),
) -> Result<Put, Failure> {
    let system = service.system_for(system, identity, Action::Hold)?;
    let request = request(ask, identity)?;
    let hold = system.put_hold_once(&request, once.map(|once| &once.key)).await?;
    // It stands; how many it is on is only worth a second look.
    let meets = match &request.on {
        HoldOn::Condition { thing, text } => system.count_held(thing, text).await.ok(),
        HoldOn::Root(_) => None,
    };
    Ok(Put::Told(Box::new(Hold { meets, ..shown(hold) })))
}

/// The hold that was put.
pub async fn told(
    service: &Service,
    identity: &Identity,
    system: &str,
    put: Put,
) -> Result<Hold, Failure> {
    match put {
        Put::Told(hold) => Ok(*hold),
        Put::Number(id) => show(service, identity, system, id).await,
    }
}

/// Holds before that number, the latest first: those in force, or all that ever were.
pub async fn list(
    service: &Service,
    identity: &Identity,
    system: &str,
    (all, before, limit): (bool, Option<i64>, u32),
) -> Result<Vec<Hold>, Failure> {
    let system = service.system_for(system, identity, Action::Watch)?;
    let holds = system.holds_before(all, before, limit).await?;
    Ok(holds.into_iter().map(shown).collect())
}

/// One hold.
pub async fn show(
    service: &Service,
    identity: &Identity,
    system: &str,
    id: i64,
) -> Result<Hold, Failure> {
    let system = service.system_for(system, identity, Action::Watch)?;
    system.hold(id).await?.map(shown).ok_or_else(|| missing(id))
}

/// Releases a hold. One that was released stays as it is.
pub async fn release(
    service: &Service,
    identity: &Identity,
    system: &str,
    id: i64,
    reason: &str,
) -> Result<Hold, Failure> {
    let system = service.system_for(system, identity, Action::Hold)?;
    let reason = said(reason)?;
    let released = system.release_hold(id, &identity.actor, reason).await?;
    released.map(shown).ok_or_else(|| missing(id))
}

/// A reason that says something.
pub(super) fn said(reason: &str) -> Result<&str, Failure> {
    let reason = reason.trim();
    if reason.is_empty() { Err(Failure::unfit("/reason", "say why")) } else { Ok(reason) }
}

fn missing(id: i64) -> Failure {
    Failure::missing(format!("there is no hold `{id}`"))
}

fn request(ask: &AskHold, identity: &Identity) -> Result<HoldRequest, Failure> {
    let thing = ThingName::new(ask.thing.as_str());
    let on = match (&ask.id, &ask.condition) {
        (Some(id), None) => {
            let key = RootKey::Id(id.clone());
            HoldOn::Root(root_of(&ask.thing, key, &BTreeMap::new(), identity.caller()))
        }
        (None, Some(text)) => HoldOn::Condition { thing, text: text.clone() },
        _ => return Err(Failure::unfit("/id", "say what is held: an id, or else where")),
    };
    let until = ask.until.as_deref().map(|until| {
        let read = Timestamp::of_written(until);
        read.ok_or_else(|| Failure::unfit("/until", "write a moment as 2026-12-31T00:00:00Z"))
    });
    Ok(HoldRequest {
        on,
        case: ask.case.clone(),
        reason: said(&ask.reason)?.to_owned(),
        actor: identity.actor.clone(),
        until: until.transpose()?,
    })
}

fn shown(hold: ports::Hold) -> Hold {
    let (root, condition) = match hold.on {
        ports::HeldOn::Root(root) => (Some(root), None),
        ports::HeldOn::Condition(condition) => (None, Some(condition)),
    };
    Hold {
        id: hold.id,
        thing: hold.thing.to_string(),
        root,
        condition,
        case: hold.case,
        reason: hold.reason,
        placed_by: hold.placed_by,
        placed_at: hold.placed_at.to_string(),
        until: hold.until.map(|until| until.to_string()),
        is_active: hold.is_active,
        meets: None,
        released: hold.released.map(|end| Release {
            at: end.at.to_string(),
            by: end.by,
            reason: end.because,
        }),
    }
}

impl From<HoldError> for Failure {
    fn from(error: HoldError) -> Self {
        match error {
            HoldError::Engine(error) => error.into(),
            HoldError::Database(error) => error.into(),
            HoldError::Over => Self::unfit("/until", error.to_string()),
            HoldError::Unread(_) | HoldError::Unprepared(_) | HoldError::NoRow(_) => {
                Self::unfit("/where", error.to_string())
            }
        }
    }
}
