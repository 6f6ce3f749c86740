//! Background work: what is paused, pausing it and going on.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Redirect;
use sexton_api::AskPause;
use sexton_console::frame::{Frame, Section};
use sexton_console::links::Links;
use sexton_console::page::pauses::{Part, Pauses, pauses};

use super::fields::{Fields, InAddress, Sent};
use super::frame::within;
use super::holds::needed;
use super::notice::said;
use super::page::Page;
use crate::acts;
use crate::acts::pauses::Way;
use crate::extract::{Asker, Changer, Place};
use crate::failure::Failure;
use crate::service::Service;
use crate::who::Identity;

/// The page.
pub async fn show(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
    Place(name): Place<String>,
    headers: HeaderMap,
    InAddress(fields): InAddress,
) -> Result<Page, Failure> {
    let system = service.system(&name, &identity)?;
    let paused = acts::pauses::list(&service, &identity, &name).await?;
    let stores = system.policy().stores.iter().map(|store| Some(store.name.to_string()));
    let parts = [None].into_iter().chain(stores).map(|store| {
        let paused = paused.iter().find(|pause| pause.store == store).cloned();
        Part { store, paused }
    });
    let shown = Pauses { system: name.clone(), parts: parts.collect() };
    let frame = within(&service, &identity, &headers, &name, Section::Pauses);
    let frame = Frame { notice: said(&fields), ..frame };
    Ok(Page::of(pauses(&frame, &shown).into_string()))
}

/// Pauses; what is paused stays so.
pub async fn pause(
    State(service): State<Arc<Service>>,
    Changer(identity): Changer,
    Place(name): Place<String>,
    Sent(fields): Sent,
) -> Result<Redirect, Failure> {
    set(&service, &identity, &name, Way::Pause, &fields).await?;
    let links = Links::below(service.base_path());
    Ok(Redirect::to(&links.of_system(&name, "/pauses?told=paused")))
}

/// Goes on; what is not paused goes on anyway.
pub async fn lift(
    State(service): State<Arc<Service>>,
    Changer(identity): Changer,
    Place(name): Place<String>,
    Sent(fields): Sent,
) -> Result<Redirect, Failure> {
    set(&service, &identity, &name, Way::Lift, &fields).await?;
    let links = Links::below(service.base_path());
    Ok(Redirect::to(&links.of_system(&name, "/pauses?told=resumed")))
}

async fn set(
    service: &Service,
    identity: &Identity,
    system: &str,
    way: Way,
    fields: &Fields,
) -> Result<(), Failure> {
    let store = fields.one("store").map(str::to_owned);
    let ask = AskPause { store, reason: needed(fields, "reason")?.to_owned() };
    acts::pauses::set(service, identity, system, (way, &ask)).await.map(drop)
}
