//! Deletions, the newest first, with filters.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use sexton_console::frame::Section;
use sexton_console::page::history::{History, history};
use sexton_core::names::{Actor, DeletionId, Timestamp};
use sexton_engine::{DeletionStatus, System};

use super::fields::{Fields, InAddress};
use super::frame::within;
use super::page::Page;
use crate::api::deletions::shown;
use crate::api::page::Paging;
use crate::extract::{Asker, Place};
use crate::failure::Failure;
use crate::service::Service;
use crate::who::Identity;

/// So many are on a page.
const SHOWN: usize = 50;
/// So many are read at a time.
const READ: u32 = 200;
/// After so many reads the page is shown as far as it is; the next goes on from there.
const READS_MAX: usize = 5;

/// The last deletion before a page.
type Behind = (Timestamp, DeletionId);

/// The page.
pub async fn show(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
    Place(name): Place<String>,
    headers: HeaderMap,
    InAddress(fields): InAddress,
) -> Result<Page, Failure> {
    let system = service.system(&name, &identity)?;
    let signer = service.signer().await?;
    let of = format!("history of {name}");
    let paging = Paging { limit: None, cursor: fields.one("cursor").map(str::to_owned) };
    let place: Option<(i64, String)> = paging.place(signer, &of)?;
    let place = place.map(|(at, id)| (Timestamp(at), DeletionId::new(id)));
    let (found, next) = read(system, &identity, &fields, place).await?;
    let next = next.and_then(|(at, id)| signer.cursor(&of, &(at.0, id.as_str())));
    let told = |field: &str| fields.one(field).map(str::to_owned);
    let listed = History {
        system: name.clone(),
        deletions: found.into_iter().map(shown).collect(),
        things: system.policy().things.iter().map(|thing| thing.name.to_string()).collect(),
        thing: told("thing"),
        state: told("state"),
        actor: told("actor"),
        next,
    };
    let frame = within(&service, &identity, &headers, &name, Section::History);
    Ok(Page::of(history(&frame, &listed).into_string()))
}

/// Those that are asked for, and where the next page begins.
async fn read(
    system: &System,
    identity: &Identity,
    fields: &Fields,
    mut place: Option<Behind>,
) -> Result<(Vec<DeletionStatus>, Option<Behind>), Failure> {
    // Who is of a tenant sees what they asked for themselves.
    let own = identity.tenant.as_ref().map(|_| identity.actor.clone());
    let asked = fields.one("actor").map(Actor::new);
    if let (Some(own), Some(asked)) = (&own, &asked)
        && own != asked
    {
        return Ok((Vec::new(), None));
    }
    let actor = own.or(asked);
    let is_asked_for = |status: &DeletionStatus| {
        let is = |field: &str, value: &str| fields.one(field).is_none_or(|asked| asked == value);
        is("thing", status.row.thing.as_str()) && is("state", status.row.state.as_str())
    };
    let mut found = Vec::new();
    for _ in 0..READS_MAX {
        let before = place.as_ref().map(|(at, id)| (*at, id));
        let page = system.status_page(actor.as_ref(), before, READ).await?;
        let is_last = page.len() < READ as usize;
        for status in page {
            if found.len() == SHOWN {
                return Ok((found, place));
            }
            place = Some((status.row.requested_at, status.row.id.clone()));
            if is_asked_for(&status) {
                found.push(status);
            }
        }
        if is_last {
            return Ok((found, None));
        }
    }
    Ok((found, place))
}
