//! The rows of a thing, the newest first.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use sexton_console::frame::Section;
use sexton_console::links::{Links, With as _};
use sexton_console::page::confirm::Verb;
use sexton_console::page::row::{Inspected, row};
use sexton_console::page::rows::{Act, Row, Rows, Several, rows};
use sexton_core::names::ThingName;
use sexton_core::policy::Thing;
use sexton_engine::{ThingQuery, ThingRow};

use super::fields::InAddress;
use super::frame::within;
use super::page::Page;
use crate::api::page::Paging;
use crate::api::things::shown;
use crate::extract::{Asker, Place};
use crate::failure::Failure;
use crate::service::Service;
use crate::who::Identity;
use crate::who::access::{Action, Subject, Verdict, may};

/// So many rows are on a page.
const ROWS: u32 = 50;

/// A page of them.
pub async fn list(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
    Place((name, thing)): Place<(String, String)>,
    InAddress(fields): InAddress,
    headers: HeaderMap,
) -> Result<Page, Failure> {
    let system = service.system(&name, &identity)?;
    let missing = || Failure::missing(format!("there is no thing `{thing}`"));
    let known = system.policy().things.iter().find(|known| known.name.as_str() == thing);
    let known = known.ok_or_else(missing)?;
    let paging = Paging { limit: Some(ROWS), cursor: fields.one("cursor").map(str::to_owned) };
    let asked = fields.one("q").map(str::to_owned);
    let (signer, of) = (service.signer().await?, format!("page of {thing} of {name}: {asked:?}"));
    let query = ThingQuery {
        thing: ThingName::new(thing.as_str()),
        caller: identity.caller(),
        containing: asked.clone(),
        after: paging.place(signer, &of)?,
        limit: ROWS + 1,
    };
    let unlisted = || Failure::missing(format!("`{thing}` has no rows of its own"));
    let mut found = system.thing_rows(&query).await?.ok_or_else(unlisted)?;
    let more = found.len() > ROWS as usize;
    found.truncate(ROWS as usize);
    let links = Links::below(service.base_path());
    let href = links.of_system(&name, &format!("/things/{thing}"));
    let next = found.last().filter(|_| more).and_then(|last| signer.cursor(&of, &last.place));
    let next =
        next.map(|next| href.clone().with("q", asked.as_deref()).with("cursor", Some(&next)));
    let verbs = verbs(&identity, &name, known);
    let confirm = |row: &ThingRow, verb| confirmed_at(&links, &name, known, &row.id, verb, &href);
    let act = |row: &ThingRow, verb: Verb| Act {
        title: verb.title().to_owned(),
        href: confirm(row, verb),
        destroys: true,
        posts: None,
    };
    let list = Rows {
        title: thing.clone(),
        href: href.clone(),
        system: name.clone(),
        several: verbs.first().map(|verb| Several { thing: thing.clone(), verb: *verb }),
        noun: thing.clone(),
        opens: Some(links.of_system(&name, &format!("/things/{thing}/row"))),
        asked,
        columns: known.show.iter().map(|column| column.value.to_string()).collect(),
        has_tenants: identity.tenant.is_none() && known.tenant.is_some(),
        rows: found
            .iter()
            .map(|row| Row {
                id: row.id.clone(),
                label: row.label.clone(),
                href: Some(
                    links
                        .of_system(&name, &format!("/things/{thing}/row"))
                        .with("id", Some(&row.id)),
                ),
                tenant: row.tenant.clone(),
                values: row.show.iter().map(|(_, value)| value.clone()).collect(),
                is_hidden: false,
                may_choose: !verbs.is_empty(),
                actions: verbs.iter().map(|verb| act(row, *verb)).collect(),
            })
            .collect(),
        next,
        is_later: fields.one("cursor").is_some(),
        ..Rows::default()
    };
    let frame = within(&service, &identity, &headers, &name, Section::Things);
    Ok(Page::of(rows(&frame, &list).into_string()))
}

/// One of them.
pub async fn one(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
    Place((name, thing)): Place<(String, String)>,
    InAddress(fields): InAddress,
    headers: HeaderMap,
) -> Result<Page, Failure> {
    let system = service.system(&name, &identity)?;
    let known = system.policy().things.iter().find(|known| known.name.as_str() == thing);
    let known = known.ok_or_else(|| Failure::missing(format!("there is no thing `{thing}`")))?;
    let id = fields.one("id").unwrap_or_default();
    let found = system.thing_row(&ThingName::new(thing.as_str()), id, &identity.caller()).await?;
    let found = found.ok_or_else(|| Failure::missing(format!("there is no {thing} `{id}`")))?;
    let links = Links::below(service.base_path());
    let list = links.of_system(&name, &format!("/things/{thing}"));
    let actions = verbs(&identity, &name, known).into_iter().map(|verb| Act {
        title: format!("{} {thing}", verb.title()),
        href: confirmed_at(&links, &name, known, &found.id, verb, &list),
        destroys: true,
        posts: None,
    });
    let actions = actions.collect();
    let frame = within(&service, &identity, &headers, &name, Section::Things);
    let list = (thing.clone(), list);
    let shown = Inspected { system: name, thing, row: shown(found), list, actions };
    Ok(Page::of(row(&frame, &shown).into_string()))
}

/// What they may do to such things.
pub fn verbs(identity: &Identity, system: &str, thing: &Thing) -> Vec<Verb> {
    let roles: Vec<String> = thing.roles.iter().map(|role| role.value.clone()).collect();
    let subject = Subject::Thing { system, roles: &roles, across: thing.across_tenants };
    if may(identity, Action::Delete, subject) != Verdict::May {
        return Vec::new();
    }
    match (&thing.hide, &thing.purge) {
        (Some(_), None) => vec![Verb::Retire],
        _ => vec![Verb::Delete],
    }
}

/// The page that confirms it.
pub fn confirmed_at(
    links: &Links,
    system: &str,
    thing: &Thing,
    id: &str,
    verb: Verb,
    back: &str,
) -> String {
    let href = links.of_system(system, "/delete").with("thing", Some(thing.name.as_str()));
    href.with("verb", Some(verb.word())).with("id", Some(id)).with("back", Some(back))
}
