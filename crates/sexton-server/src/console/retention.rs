//! Rules that delete by age: how each stands, what it would delete now, and running it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Redirect;
use sexton_api::{AskRetentionPreview, AskRetentionRun};
use sexton_console::frame::{Frame, Section};
use sexton_console::links::Links;
use sexton_console::page::retention::{Retention, retention};

use super::fields::{InAddress, Sent};
use super::frame::within;
use super::holds::needed;
use super::notice::said;
use super::page::Page;
use crate::acts;
use crate::extract::{Asker, Changer, Place};
use crate::failure::Failure;
use crate::service::Service;
use crate::who::access::{Action, Subject, Verdict, may};

/// So many of what is due are shown.
const SAMPLES: u32 = 5;

/// The page.
pub async fn show(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
    Place(name): Place<String>,
    headers: HeaderMap,
    InAddress(fields): InAddress,
) -> Result<Page, Failure> {
    let may_run = may(&identity, Action::Retain, Subject::System(&name)) == Verdict::May;
    let look = match fields.one("look").filter(|_| may_run) {
        Some(rule) => {
            let ask = AskRetentionPreview { older_than_secs: None, samples: Some(SAMPLES) };
            Some(acts::retention::preview(&service, &identity, (&name, rule), &ask).await?)
        }
        None => None,
    };
    let rules = acts::retention::list(&service, &identity, &name).await?;
    let frame = within(&service, &identity, &headers, &name, Section::Retention);
    let frame = Frame { notice: said(&fields), ..frame };
    let page = Retention { system: name, rules, look, may_run };
    Ok(Page::of(retention(&frame, &page).into_string()))
}

/// Runs a rule in the background.
pub async fn run(
    State(service): State<Arc<Service>>,
    Changer(identity): Changer,
    Place(name): Place<String>,
    Sent(fields): Sent,
) -> Result<Redirect, Failure> {
    let rule = needed(&fields, "rule")?;
    let ask = AskRetentionRun::default();
    acts::retention::run(&service, &identity, (&name, rule), &ask).await?;
    let links = Links::below(service.base_path());
    Ok(Redirect::to(&links.of_system(&name, "/retention?told=rule-begun")))
}
