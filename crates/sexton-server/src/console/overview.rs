//! How a system stands.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use sexton_console::frame::Section;
use sexton_console::page::overview::overview;

use super::frame::within;
use super::page::Page;
use crate::api::overview::shown;
use crate::extract::{Asker, Place};
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
    let seen = shown(&name, system.overview().await?);
    let frame = within(&service, &identity, &headers, &name, Section::Overview);
    Ok(Page::of(overview(&frame, &seen).into_string()))
}
