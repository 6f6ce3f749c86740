//! `GET /api/systems/{system}/things`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use sexton_api::{Thing, ThingOption, Things};
use sexton_core::policy::{self, Confirm};

use crate::extract::{Asker, Place};
use crate::failure::Failure;
use crate::service::Service;

/// The things of a system, as its policy declares them.
#[utoipa::path(get, path = "/api/systems/{system}/things", tag = "things",
    params(("system" = String, Path, description = "The system")),
    responses((status = 200, description = "Every thing of the policy", body = Things)))]
pub async fn list(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
    Place(system): Place<String>,
) -> Result<Json<Things>, Failure> {
    let system = service.system(&system, &identity)?;
    Ok(Json(Things { data: system.policy().things.iter().map(declared).collect() }))
}

/// A thing, as it is shown.
pub(crate) fn declared(thing: &policy::Thing) -> Thing {
    let columns = thing.row.as_ref().or(thing.starts.first());
    let key = columns.map(|columns| columns.value.columns.as_slice()).unwrap_or_default();
    let option = |option: &policy::ThingOption| ThingOption {
        name: option.name.value.to_string(),
        default: option.default,
        help: option.help.clone(),
        warning: option.warning.clone(),
    };
    Thing {
        name: thing.name.to_string(),
        table: thing.row.as_ref().map(|row| row.value.table.to_string()),
        key: key.iter().map(ToString::to_string).collect(),
        label: thing.label.as_ref().map(|label| label.value.to_string()),
        show: thing.show.iter().map(|column| column.value.to_string()).collect(),
        options: thing.options.iter().map(option).collect(),
        confirm: match thing.confirm {
            Confirm::TypeId => "type-id".to_owned(),
            Confirm::Click => "click".to_owned(),
        },
        confirm_text: thing.confirm_text.clone(),
        roles: thing.roles.iter().map(|role| role.value.clone()).collect(),
        rows_max: thing.limits.rows,
        percent_max: thing.limits.percent,
    }
}
