//! `GET /api/systems`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use sexton_api::{SystemSummary, Systems};
use sexton_core::schema::Dialect;

use crate::extract::Asker;
use crate::service::Service;
use crate::who::Identity;

/// Every system that the caller may see.
#[utoipa::path(get, path = "/api/systems", tag = "systems",
    responses((status = 200, description = "Every system", body = Systems)))]
pub async fn list(State(service): State<Arc<Service>>, Asker(identity): Asker) -> Json<Systems> {
    Json(Systems { data: seen(&service, &identity) })
}

/// The systems that they see.
pub(crate) fn seen(service: &Service, identity: &Identity) -> Vec<SystemSummary> {
    let seen = service.systems().filter(|(name, _)| identity.may_see(name));
    let data = seen.map(|(name, system)| SystemSummary {
        name: name.to_owned(),
        database: match system.database().dialect() {
            Dialect::Sqlite => "sqlite".to_owned(),
            Dialect::Postgres => "postgres".to_owned(),
        },
        things: system.policy().things.iter().map(|thing| thing.name.to_string()).collect(),
    });
    data.collect()
}
