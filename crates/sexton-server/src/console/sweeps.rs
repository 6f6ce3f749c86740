//! Stores compared with rows: the latest sweep, and beginning one.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Redirect;
use sexton_api::AskSweep;
use sexton_console::frame::Section;
use sexton_console::links::Links;
use sexton_console::page::sweeps::{Sweeps, sweeps};

use super::frame::within;
use super::page::Page;
use crate::acts;
use crate::extract::{Asker, Changer, Place};
use crate::failure::Failure;
use crate::service::Service;

/// The page.
pub async fn show(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
    Place(name): Place<String>,
    headers: HeaderMap,
) -> Result<Page, Failure> {
    let system = service.system(&name, &identity)?;
    let stores = system.policy().stores.iter().map(|store| store.name.to_string()).collect();
    let latest = match acts::sweeps::latest(&service, &identity, &name).await {
        Ok(latest) => Some(latest),
        Err(failure) if failure.status == StatusCode::NOT_FOUND => None,
        Err(failure) => return Err(failure),
    };
    let frame = within(&service, &identity, &headers, &name, Section::Sweeps);
    Ok(Page::of(sweeps(&frame, &Sweeps { system: name, stores, latest }).into_string()))
}

/// Begins a sweep of every store, which removes nothing; one that is under way is as good.
pub async fn create(
    State(service): State<Arc<Service>>,
    Changer(identity): Changer,
    Place(name): Place<String>,
) -> Result<Redirect, Failure> {
    match acts::sweeps::begin(&service, &identity, &name, &AskSweep::default()).await {
        Ok(_) => {}
        Err(failure) if failure.code == "in_flight" => {}
        Err(failure) => return Err(failure),
    }
    let links = Links::below(service.base_path());
    Ok(Redirect::to(&links.of_system(&name, "/sweeps")))
}
