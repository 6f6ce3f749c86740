//! Lists as the policy has them for people: of things, of kept tables, and what refers to a row of one.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use sexton_console::frame::{Frame, Section};
use sexton_console::links::{Links, With as _};
use sexton_console::page::rows::{Kept, Row, Rows, Several, beside, rows};
use sexton_core::names::PanelName;
use sexton_core::policy::{Panel, Policy, Thing};
use sexton_engine::{KeptQuery, KeptRow, PanelQuery, PanelRow, System};

use super::acting::{Acting, said};
use super::fields::{Fields, InAddress};
use super::frame::within;
use super::page::Page;
use super::things::verbs;
use crate::extract::{Asker, Place};
use crate::failure::Failure;
use crate::service::Service;
use crate::who::Identity;

/// So many rows are on a page.
const ROWS: u32 = 50;
/// So many of a panel are on the page of a kept row.
const BESIDE: u32 = 20;

/// A panel of a thing.
pub async fn show(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
    Place((name, panel)): Place<(String, String)>,
    InAddress(fields): InAddress,
    headers: HeaderMap,
) -> Result<Page, Failure> {
    let looking = Looking::of(&service, &identity, &name)?;
    let panels = &looking.system.policy().panels;
    let found = panels.iter().find(|known| known.name.as_str() == panel && known.rows.is_none());
    let found = found.ok_or_else(|| Failure::missing(format!("there is no list `{panel}`")))?;
    let href = looking.links.of_system(&name, &panel_path(found));
    let list = looking.panel(found, None, &href, &fields, ROWS).await?;
    let frame = looking.frame(&headers, &href, &fields);
    Ok(Page::of(rows(&frame, &list).into_string()))
}

/// The rows of a kept table, on whose pages panels stand.
pub async fn table(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
    Place((name, table)): Place<(String, String)>,
    InAddress(fields): InAddress,
    headers: HeaderMap,
) -> Result<Page, Failure> {
    let looking = Looking::of(&service, &identity, &name)?;
    let on = looking.on(&table)?;
    let panel = on.first().ok_or_else(|| no_table(&table))?;
    let href = looking.links.of_system(&name, &format!("/tables/{table}"));
    let found = looking.kept(&panel.name, None, &fields).await?;
    let list = looking.kept_list(&table, &href, found, &fields);
    let frame = looking.frame(&headers, &href, &fields);
    Ok(Page::of(rows(&frame, &list).into_string()))
}

/// One row of a kept table, with the panels that stand on its page.
pub async fn row(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
    Place((name, table)): Place<(String, String)>,
    InAddress(fields): InAddress,
    headers: HeaderMap,
) -> Result<Page, Failure> {
    let looking = Looking::of(&service, &identity, &name)?;
    let on = looking.on(&table)?;
    let panel = on.first().ok_or_else(|| no_table(&table))?;
    let id = fields.one("id").unwrap_or_default();
    let missing = || Failure::missing(format!("there is no row `{id}` of {table}"));
    let found = looking.kept(&panel.name, Some(id), &fields).await?;
    let found = found.into_iter().next().ok_or_else(missing)?;
    let above = looking.links.of_system(&name, &format!("/tables/{table}"));
    let href = above.clone().with("id", Some(id)).replacen('?', "/row?", 1);
    let mut lists = Vec::new();
    for panel in on {
        lists.push(looking.panel(panel, Some(id), &href, &fields, BESIDE).await?);
    }
    let frame = looking.frame(&headers, &above, &fields);
    Ok(Page::of(
        beside(&frame, &(table, above), &Kept { id: found.id, show: found.show }, &lists)
            .into_string(),
    ))
}

fn no_table(table: &str) -> Failure {
    Failure::missing(format!("there is no list of `{table}`"))
}

/// The path of a panel below its system's.
pub fn panel_path(panel: &Panel) -> String {
    format!("/panels/{}", sexton_console::links::encoded(panel.name.as_str()))
}

/// The lists of a system, for its navigation: names and addresses.
pub fn lists(policy: &Policy, links: &Links, identity: &Identity) -> Vec<(String, String)> {
    let system = policy.system.as_str();
    let mut lists: Vec<(String, String)> = Vec::new();
    for panel in &policy.panels {
        let list = match &panel.rows {
            None => (panel.name.to_string(), links.of_system(system, &panel_path(panel))),
            // Nothing says whose rows of a kept table are.
            Some(_) if identity.tenant.is_some() => continue,
            Some(_) => {
                let table = &panel.of.value;
                (table.replace('_', " "), links.of_system(system, &format!("/tables/{table}")))
            }
        };
        if !lists.contains(&list) {
            lists.push(list);
        }
    }
    lists
}

/// Somebody who looks at the lists of a system.
struct Looking<'a> {
    service: &'a Service,
    identity: &'a Identity,
    name: &'a str,
    system: &'a System,
    links: Links,
}

impl<'a> Looking<'a> {
    fn of(service: &'a Service, identity: &'a Identity, name: &'a str) -> Result<Self, Failure> {
        let system = service.system(name, identity)?;
        Ok(Self { service, identity, name, system, links: Links::below(service.base_path()) })
    }

    fn frame(&self, headers: &HeaderMap, href: &str, fields: &Fields) -> Frame {
        let section = Section::Things;
        let mut frame = within(self.service, self.identity, headers, self.name, section);
        for list in &mut frame.here.lists {
            list.is_here = list.href == href;
        }
        frame.notice = said(fields);
        frame
    }

    /// The panels that stand on the pages of a table; for those who see all tenants.
    fn on(&self, table: &str) -> Result<Vec<&'a Panel>, Failure> {
        if self.identity.tenant.is_some() {
            return Err(no_table(table));
        }
        let panels = self.system.policy().panels.iter();
        Ok(panels.filter(|panel| panel.rows.is_some() && panel.of.value == table).collect())
    }

    async fn kept(
        &self,
        panel: &PanelName,
        id: Option<&str>,
        fields: &Fields,
    ) -> Result<Vec<KeptRow>, Failure> {
        let query = KeptQuery {
            panel: panel.clone(),
            caller: self.identity.caller(),
            id: id.map(str::to_owned),
            containing: fields.one("q").filter(|_| id.is_none()).map(str::to_owned),
            skip: skipped(fields),
            limit: ROWS + 1,
        };
        Ok(self.system.kept_rows(&query).await?.unwrap_or_default())
    }

    fn kept_list(&self, table: &str, href: &str, mut found: Vec<KeptRow>, fields: &Fields) -> Rows {
        let next = next(href, fields, &mut found, ROWS);
        let columns = found.first().map(|row| &row.show).into_iter().flatten();
        let columns = columns.map(|(column, _)| column.clone()).collect();
        let path = format!("/tables/{table}/row");
        let row = |row: KeptRow| {
            let href = self.links.of_system(self.name, &path).with("id", Some(&row.id));
            let values = row.show.into_iter().map(|(_, value)| value).collect();
            Row { id: row.id, href: Some(href), values, ..Row::default() }
        };
        Rows {
            title: table.replace('_', " "),
            href: href.to_owned(),
            system: self.name.to_owned(),
            noun: "id".to_owned(),
            opens: Some(self.links.of_system(self.name, &path)),
            asked: fields.one("q").map(str::to_owned),
            columns,
            rows: found.into_iter().map(row).collect(),
            next,
            is_later: skipped(fields) > 0,
            ..Rows::default()
        }
    }

    /// A panel, on a page of a kept row or by itself.
    async fn panel(
        &self,
        panel: &Panel,
        page: Option<&str>,
        href: &str,
        fields: &Fields,
        limit: u32,
    ) -> Result<Rows, Failure> {
        let query = PanelQuery {
            panel: panel.name.clone(),
            page: page.map(str::to_owned),
            caller: self.identity.caller(),
            containing: fields.one("q").filter(|_| page.is_none()).map(str::to_owned),
            skip: skipped(fields),
            limit: limit + 1,
        };
        let missing = || Failure::missing(format!("there is no list `{}`", panel.name));
        let mut found = self.system.panel_rows(&query).await?.ok_or_else(missing)?;
        let next = next(href, fields, &mut found, limit);
        let things = &self.system.policy().things;
        let thing = own_thing(things, panel).ok_or_else(missing)?;
        let verbs = verbs(self.identity, self.name, thing);
        let several = panel.actions.iter().any(|action| {
            action.thing == thing.name && action.verb == sexton_core::policy::Verb::Delete
        });
        let several = verbs.first().filter(|_| several);
        let path = format!("/things/{}/row", thing.name);
        Ok(Rows {
            title: panel.name.to_string(),
            href: href.to_owned(),
            system: self.name.to_owned(),
            several: several.map(|verb| Several { thing: thing.name.to_string(), verb: *verb }),
            noun: thing.name.to_string(),
            opens: page.is_none().then(|| self.links.of_system(self.name, &path)),
            asked: query.containing,
            columns: thing.show.iter().map(|column| column.value.to_string()).collect(),
            has_tenants: self.identity.tenant.is_none() && thing.tenant.is_some(),
            rows: found.into_iter().map(|row| self.row(thing, row, href)).collect(),
            next,
            is_later: skipped(fields) > 0,
            ..Rows::default()
        })
    }

    fn row(&self, thing: &Thing, row: PanelRow, back: &str) -> Row {
        let acting = Acting {
            identity: self.identity,
            policy: self.system.policy(),
            links: &self.links,
            back,
        };
        let actions = acting.acts(thing, &row);
        let path = format!("/things/{}/row", thing.name);
        Row {
            href: Some(self.links.of_system(self.name, &path).with("id", Some(&row.id))),
            may_choose: actions.iter().any(|(act, is_own)| act.posts.is_none() && *is_own),
            actions: actions.into_iter().map(|(act, _)| act).collect(),
            id: row.id,
            label: row.label,
            tenant: row.tenant,
            values: row.show.into_iter().map(|(_, value)| value).collect(),
            is_hidden: row.is_hidden,
        }
    }
}

/// The thing that the rows of a panel are, as its plan finds it.
fn own_thing<'p>(things: &'p [Thing], panel: &Panel) -> Option<&'p Thing> {
    let Some(rows) = &panel.rows else {
        return things.iter().find(|thing| thing.name.as_str() == panel.of.value);
    };
    let is_row =
        |thing: &&Thing| thing.row.as_ref().is_some_and(|row| row.value.table == rows.value.table);
    let mut acted = panel
        .actions
        .iter()
        .filter_map(|action| things.iter().find(|thing| thing.name == action.thing));
    acted.find(is_row).or_else(|| things.iter().find(is_row))
}

fn skipped(fields: &Fields) -> u64 {
    fields.one("skip").and_then(|skip| skip.parse().ok()).unwrap_or(0).min(1_000_000)
}

/// Where the next page is, if there is one; what is too much for this one goes.
fn next<T>(href: &str, fields: &Fields, found: &mut Vec<T>, limit: u32) -> Option<String> {
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let skip = (skipped(fields) + u64::from(limit)).to_string();
    more.then(|| href.to_owned().with("q", fields.one("q")).with("skip", Some(&skip)))
}
