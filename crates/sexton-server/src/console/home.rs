//! The first page.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Redirect;
use sexton_console::links::Links;
use sexton_console::page::home::home;

use super::frame::around;
use super::page::Page;
use crate::api::systems::seen;
use crate::extract::Asker;
use crate::service::Service;

/// Every system that they see.
pub async fn show(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
    headers: HeaderMap,
) -> Page {
    let frame = around(&service, &identity, &headers);
    Page::of(home(&frame, &seen(&service, &identity)).into_string())
}

/// Leads to the first page.
pub async fn lead_to_console(State(service): State<Arc<Service>>) -> Redirect {
    Redirect::to(&Links::below(service.base_path()).home())
}
