//! Holds: listing them, putting one, releasing it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Redirect;
use sexton_api::AskHold;
use sexton_console::frame::{Frame, Section};
use sexton_console::links::Links;
use sexton_console::page::holds::{Holds, holds};

use super::fields::{Fields, InAddress, Sent};
use super::frame::within;
use super::notice::said;
use super::page::Page;
use crate::acts;
use crate::extract::{Asker, Changer, Place};
use crate::failure::Failure;
use crate::service::Service;
use crate::who::access::{Action, Subject, Verdict, may};

/// No more are listed.
const SHOWN: u32 = 200;

/// The page.
pub async fn show(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
    Place(name): Place<String>,
    headers: HeaderMap,
    InAddress(fields): InAddress,
) -> Result<Page, Failure> {
    let system = service.system(&name, &identity)?;
    let all = fields.one("all").is_some();
    let listed = Holds {
        system: name.clone(),
        things: system.policy().things.iter().map(|thing| thing.name.to_string()).collect(),
        holds: acts::holds::list(&service, &identity, &name, (all, None, SHOWN)).await?,
        all,
        may_hold: may(&identity, Action::Hold, Subject::System(&name)) == Verdict::May,
    };
    let frame = within(&service, &identity, &headers, &name, Section::Holds);
    let frame = Frame { notice: said(&fields), ..frame };
    Ok(Page::of(holds(&frame, &listed).into_string()))
}

/// Puts a hold on one root.
pub async fn put(
    State(service): State<Arc<Service>>,
    Changer(identity): Changer,
    Place(name): Place<String>,
    Sent(fields): Sent,
) -> Result<Redirect, Failure> {
    let told = |field: &str| fields.one(field).map(str::to_owned);
    let ask = AskHold {
        thing: needed(&fields, "thing")?.to_owned(),
        id: Some(needed(&fields, "id")?.to_owned()),
        condition: None,
        case: told("case"),
        reason: needed(&fields, "reason")?.to_owned(),
        until: told("until"),
    };
    acts::holds::put(&service, &identity, &name, (&ask, None)).await?;
    let links = Links::below(service.base_path());
    Ok(Redirect::to(&links.of_system(&name, "/holds?told=held")))
}

/// Releases a hold; one that was released stays as it is.
pub async fn release(
    State(service): State<Arc<Service>>,
    Changer(identity): Changer,
    Place((name, id)): Place<(String, i64)>,
    Sent(fields): Sent,
) -> Result<Redirect, Failure> {
    let reason = needed(&fields, "reason")?;
    acts::holds::release(&service, &identity, &name, id, reason).await?;
    let links = Links::below(service.base_path());
    Ok(Redirect::to(&links.of_system(&name, "/holds?told=released")))
}

/// A field that must say something.
pub fn needed<'f>(fields: &'f Fields, name: &str) -> Result<&'f str, Failure> {
    fields.one(name).ok_or_else(|| Failure::unfit(name, "it is needed"))
}
