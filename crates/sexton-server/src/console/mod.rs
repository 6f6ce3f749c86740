//! The console: pages for people, over the same services and behind the same gate as the API.
//!
//! Every page is made here from values, by `sexton-console`. What changes something is a form that
//! is posted and answered with a redirect, so it works without a script and can be asked again; it
//! is judged by the server like a call of the API, and refused when another site sent it.

mod acting;
mod audit;
mod confirming;
mod deletions;
mod door;
mod fields;
mod files;
mod frame;
mod history;
mod holds;
mod home;
mod keys;
mod notice;
mod overview;
mod page;
mod panels;
mod pauses;
mod policy;
mod retention;
mod sign_in;
mod sweeps;
mod systems;
mod things;

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};

use crate::service::Service;

/// Every path of the console.
pub fn router(service: &Arc<Service>) -> Router<Arc<Service>> {
    Router::new()
        .route("/", get(home::lead_to_console))
        .route("/console", get(home::show))
        .route("/console/", get(home::lead_to_console))
        .route("/console/sign-in", get(sign_in::show).post(sign_in::open))
        .route("/console/sign-out", post(sign_in::end))
        .route("/console/systems/{system}", get(systems::show))
        .route("/console/systems/{system}/overview", get(overview::show))
        .route("/console/systems/{system}/history", get(history::show))
        .route("/console/systems/{system}/audit", get(audit::show))
        .route("/console/systems/{system}/audit/records.ndjson", get(audit::file))
        .route("/console/systems/{system}/retention", get(retention::show))
        .route("/console/systems/{system}/retention/run", post(retention::run))
        .route("/console/systems/{system}/sweeps", get(sweeps::show).post(sweeps::create))
        .route("/console/systems/{system}/holds", get(holds::show).post(holds::put))
        .route("/console/systems/{system}/holds/{hold}/release", post(holds::release))
        .route("/console/systems/{system}/pauses", get(pauses::show).post(pauses::pause))
        .route("/console/systems/{system}/pauses/lift", post(pauses::lift))
        .route("/console/systems/{system}/policy", get(policy::show))
        .route("/console/systems/{system}/policy/picture.svg", get(policy::drawn))
        .route("/console/keys", get(keys::show).post(keys::make))
        .route("/console/keys/revoke", post(keys::revoke))
        .route("/console/systems/{system}/things/{thing}", get(things::list))
        .route("/console/systems/{system}/things/{thing}/row", get(things::one))
        .route("/console/systems/{system}/panels/{panel}", get(panels::show))
        .route("/console/systems/{system}/tables/{table}", get(panels::table))
        .route("/console/systems/{system}/tables/{table}/row", get(panels::row))
        .route("/console/systems/{system}/cancel", post(acting::cancel))
        .route("/console/systems/{system}/restore", post(acting::restore))
        .route("/console/systems/{system}/delete", get(confirming::ask))
        .route("/console/systems/{system}/deletions", post(confirming::send))
        .route("/console/systems/{system}/deletions/{id}", get(deletions::show))
        .route("/console/systems/{system}/deletions/{id}/retry", post(deletions::retry))
        .route("/console/systems/{system}/deletions/{id}/restore", post(deletions::restore))
        .route("/console/systems/{system}/deletions/{id}/withdraw", post(deletions::withdraw))
        .route("/console/systems/{system}/deletions/{id}/receipt", get(deletions::receipt_page))
        .route("/console/static/{name}", get(files::show))
        // Order: the door is inside, so that its refusals are pages too.
        .route_layer(from_fn_with_state(service.clone(), door::pass))
        .layer(from_fn_with_state(service.clone(), page::explain))
        .layer(from_fn(page::guard))
}
