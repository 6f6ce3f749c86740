//! The policy of a system: what is found against the live schema, and what each thing takes along.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use sexton_console::frame::Section;
use sexton_console::page::policy::{Finding, Policy, policy};
use sexton_core::finding::Severity;
use sexton_core::names::ThingName;
use sexton_core::picture::{picture, svg};

use super::fields::InAddress;
use super::frame::within;
use super::page::Page;
use crate::extract::{Asker, Place};
use crate::failure::Failure;
use crate::service::Service;
use crate::telling::AsIs;

/// The page.
pub async fn show(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
    Place(name): Place<String>,
    headers: HeaderMap,
    InAddress(fields): InAddress,
) -> Result<Page, Failure> {
    let system = service.system(&name, &identity)?;
    let things: Vec<String> =
        system.policy().things.iter().map(|thing| thing.name.to_string()).collect();
    let chosen = fields.one("thing").and_then(|thing| things.iter().find(|known| *known == thing));
    let thing = chosen.or(things.first()).cloned();
    let findings = match system.check().await {
        Ok(findings) => Ok(findings.into_iter().map(shown).collect()),
        Err(error) => Err(error.to_string()),
    };
    let frame = within(&service, &identity, &headers, &name, Section::Policy);
    let page = Policy { system: name, findings, things, thing };
    Ok(Page::of(policy(&frame, &page).into_string()))
}

/// What goes with a thing, as a picture.
pub async fn drawn(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
    Place(name): Place<String>,
    InAddress(fields): InAddress,
) -> Result<Response, Failure> {
    let system = service.system(&name, &identity)?;
    let thing = ThingName::new(fields.one("thing").unwrap_or_default());
    let picture = picture(system.policy(), &thing, None);
    let picture =
        picture.ok_or_else(|| Failure::missing(format!("there is no thing `{thing}`")))?;
    let mut response = ([(CONTENT_TYPE, "image/svg+xml")], svg(&picture)).into_response();
    response.extensions_mut().insert(AsIs);
    Ok(response)
}

fn shown(finding: sexton_core::finding::Finding) -> Finding {
    Finding {
        code: finding.code.to_owned(),
        is_error: finding.severity == Severity::Error,
        message: finding.message,
        help: finding.help,
    }
}
