//! Pauses: background work of a system, of one of its stores, or of all, stops and goes on.

use sexton_api::{AskPause, Pause};
use sexton_core::names::StoreName;
use sexton_engine::{Once, System};

use super::holds::said;
use super::once::carried;
use crate::failure::Failure;
use crate::service::Service;
use crate::who::Identity;
use crate::who::access::{Action, Subject, may};
use crate::who::door::verdict;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// It stops.
    Pause,
    /// It goes on.
    Lift,
}

/// What is paused of a system.
pub async fn list(
    service: &Service,
    identity: &Identity,
    system: &str,
) -> Result<Vec<Pause>, Failure> {
    shown(service.system_for(system, identity, Action::Watch)?).await
}

/// What is paused of every system that they see.
pub async fn list_all(service: &Service, identity: &Identity) -> Result<Vec<Pause>, Failure> {
    verdict(may(identity, Action::Watch, Subject::Server), "")?;
    let mut pauses = Vec::new();
    for (_, system) in service.systems() {
        pauses.extend(shown(system).await?);
    }
    Ok(pauses)
}

/// Pauses background work of a system or of one store, or lets it go on; answers what is paused
/// then. What is under way ends. A repeat changes nothing.
pub async fn set(
    service: &Service,
    identity: &Identity,
    system: &str,
    (way, ask): (Way, &AskPause),
) -> Result<Vec<Pause>, Failure> {
    let system = service.system_for(system, identity, Action::Pause)?;
    let store = ask.store.as_deref().map(StoreName::new);
    if let Some(unknown) = store.as_ref().filter(|store| !knows(system, store)) {
        return Err(Failure::unfit("/store", format!("there is no store `{unknown}`")));
    }
    change(system, identity, way, (store.as_ref(), said(&ask.reason)?)).await?;
    shown(system).await
}

/// The same of every system; each keeps the request for itself.
pub async fn set_all(
    service: &Service,
    identity: &Identity,
    (way, reason, once): (Way, &str, Option<&Once>),
) -> Result<Vec<Pause>, Failure> {
    verdict(may(identity, Action::Pause, Subject::Server), "")?;
    let reason = said(reason)?;
    for (_, system) in service.systems() {
        let effect = change(system, identity, way, (None, reason));
        carried(service, system, once, effect).await?;
    }
    list_all(service, identity).await
}

fn knows(system: &System, store: &StoreName) -> bool {
    system.policy().stores.iter().any(|known| known.name == *store)
}

async fn change(
    system: &System,
    identity: &Identity,
    way: Way,
    (store, reason): (Option<&StoreName>, &str),
) -> Result<(), Failure> {
    match way {
        Way::Pause => system.pause(store, &identity.actor, reason).await?,
        Way::Lift => system.resume(store, &identity.actor, reason).await?,
    };
    Ok(())
}

async fn shown(system: &System) -> Result<Vec<Pause>, Failure> {
    let name = system.policy().system.as_str();
    let pauses = system.pauses().await?.into_iter().map(|pause| Pause {
        system: name.to_owned(),
        store: pause.store.map(|store| store.to_string()),
        actor: pause.actor,
        reason: pause.reason,
        at: pause.at.to_string(),
    });
    Ok(pauses.collect())
}
