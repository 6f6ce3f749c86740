//! The first page of a system.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use sexton_console::frame::Section;
use sexton_console::page::system::system;

use super::frame::within;
use super::page::Page;
use crate::api::things::declared;
use crate::extract::{Asker, Place};
use crate::failure::Failure;
use crate::service::Service;

/// What can be deleted in it.
pub async fn show(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
    Place(name): Place<String>,
    headers: HeaderMap,
) -> Result<Page, Failure> {
    let found = service.system(&name, &identity)?;
    let things: Vec<_> = found.policy().things.iter().map(declared).collect();
    let frame = within(&service, &identity, &headers, &name, Section::Things);
    Ok(Page::of(system(&frame, &name, &things).into_string()))
}
