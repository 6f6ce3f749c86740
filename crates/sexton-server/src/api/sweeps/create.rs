//! `POST /api/systems/{system}/sweeps`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use sexton_api::{AskSweep, Sweep};
use sexton_core::names::StoreName;
use sexton_engine::SweepRequest;

use crate::extract::{Body, Changer, Place};
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::service::Service;

/// Compares the stores of a system with its rows, in the background, and removes nothing.
#[utoipa::path(post, path = "/api/systems/{system}/sweeps", tag = "sweeps",
    params(("system" = String, Path, description = "The system")),
    request_body = AskSweep,
    responses((status = 202, description = "It is under way; `Location` tells how", body = Sweep)))]
pub async fn create(
    State(service): State<Arc<Service>>,
    Changer(identity): Changer,
    Place(name): Place<String>,
    Body(ask): Body<AskSweep>,
) -> Result<Response, Failure> {
    let system = service.system(&name, &identity)?.clone();
    if identity.tenant.is_some() {
        let detail = "stores have objects of every tenant";
        return Err(Failure::by(Outcome::Forbidden).because(detail));
    }
    if let Some(unknown) = ask
        .stores
        .iter()
        .find(|store| !system.policy().stores.iter().any(|known| known.name.as_str() == **store))
    {
        return Err(Failure::unfit("/stores", format!("there is no store `{unknown}`")));
    }
    let stores = ask.stores.iter().map(|store| StoreName::new(store.as_str())).collect();
    let request = SweepRequest { stores, older_than_secs: ask.older_than_secs };
    let now = service.surroundings.clock.now();
    let Some(begun) = service.sweeps.begin(&name, now) else {
        let failure = Failure::of(StatusCode::CONFLICT, "in_flight", "A sweep is under way");
        return Err(Failure { is_retryable: true, ..failure }.because("wait for its end"));
    };
    let answer = begun.shown();
    let clock = service.surroundings.clock.clone();
    service.running.work(async move {
        let swept = system.sweep(&request, &mut |_| {}).await;
        begun.end(&swept, clock.now());
    });
    let path = format!("{}/api/systems/{name}/sweeps/latest", service.base_path());
    Ok((StatusCode::ACCEPTED, [(LOCATION, path)], Json(answer)).into_response())
}
