//! `GET /metrics`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use crate::extract::Asker;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::service::Service;

/// Counts of what was done, and how much is still to be done, for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "health",
    responses((status = 200, description = "Metrics in the text format of Prometheus", body = String, content_type = "text/plain")))]
pub async fn metrics(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
) -> Result<Response, Failure> {
    if identity.tenant.is_some() {
        let detail = "what is counted is of every tenant";
        return Err(Failure::by(Outcome::Forbidden).because(detail));
    }
    let now = service.surroundings.clock.now();
    for (name, system) in service.systems().filter(|(name, _)| identity.may_see(name)) {
        // What cannot be asked is told by /readyz; the counts are told all the same.
        if let Ok(backlog) = system.backlog().await {
            service.meter.tell_backlog(name, backlog, now);
        }
    }
    let kind = [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    Ok((kind, service.meter.text()).into_response())
}
