//! What may be done to a row of a panel, and what is done at once because it needs no confirmation.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use sexton_console::frame::Notice;
use sexton_console::links::{Links, With as _};
use sexton_console::page::confirm::Verb;
use sexton_console::page::rows::Act;
use sexton_core::policy::{self, Policy, Thing};
use sexton_engine::{PanelAct, PanelRow, RootKey, RootRestored};

use super::fields::{Fields, Sent};
use super::things::{confirmed_at, verbs};
use crate::api::previews::root_of;
use crate::extract::{Changer, Place};
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::service::Service;
use crate::who::Identity;

/// What an action's buttons are made of.
pub struct Acting<'a> {
    pub identity: &'a Identity,
    pub policy: &'a Policy,
    pub links: &'a Links,
    /// Where somebody goes afterwards.
    pub back: &'a str,
}

impl Acting<'_> {
    /// What they may do to a row, and whether it is done to the row itself.
    pub fn acts(&self, own: &Thing, row: &PanelRow) -> Vec<(Act, bool)> {
        let acts = row.acts.iter().filter_map(|act| {
            let thing = self.policy.things.iter().find(|thing| thing.name == act.thing)?;
            let is_own =
                thing.row.as_ref().map(|row| &row.value) == own.row.as_ref().map(|row| &row.value);
            Some((self.act(thing, act, row.is_hidden && is_own, is_own)?, is_own))
        });
        acts.collect()
    }

    fn act(&self, thing: &Thing, act: &PanelAct, is_hidden: bool, is_own: bool) -> Option<Act> {
        let system = self.policy.system.as_str();
        let verb = verbs(self.identity, system, thing).first().copied()?;
        let named = |title: &str| {
            if is_own { title.to_owned() } else { format!("{title} {}", thing.name) }
        };
        let confirmed = |verb: Verb| Act {
            title: named(verb.title()),
            href: confirmed_at(self.links, system, thing, &act.id, verb, self.back),
            destroys: verb != Verb::Retire,
            posts: None,
        };
        let posted = |title: &str, path: &str| Act {
            title: named(title),
            href: self.links.of_system(system, path),
            destroys: false,
            posts: Some(vec![
                ("thing".to_owned(), thing.name.to_string()),
                ("id".to_owned(), act.id.clone()),
                ("back".to_owned(), self.back.to_owned()),
            ]),
        };
        match act.verb {
            policy::Verb::Delete if is_hidden => None,
            policy::Verb::Delete => Some(confirmed(verb)),
            policy::Verb::DeleteForGood => Some(confirmed(Verb::DeleteForGood)),
            policy::Verb::Restore => is_hidden.then(|| posted("Restore", "/restore")),
            policy::Verb::Cancel => Some(posted("Cancel", "/cancel")),
            policy::Verb::Preview | policy::Verb::List => None,
        }
    }
}

/// Asks the work of a root to stop; nothing is deleted.
pub async fn cancel(
    State(service): State<Arc<Service>>,
    Changer(identity): Changer,
    Place(name): Place<String>,
    Sent(fields): Sent,
) -> Result<Response, Failure> {
    let system = service.system(&name, &identity)?;
    system.cancel(&meant(&fields, &identity)).await?;
    Ok(back(&service, &name, &fields, "cancelled"))
}

/// Gives back a root that is hidden.
pub async fn restore(
    State(service): State<Arc<Service>>,
    Changer(identity): Changer,
    Place(name): Place<String>,
    Sent(fields): Sent,
) -> Result<Response, Failure> {
    let system = service.system(&name, &identity)?;
    let root = meant(&fields, &identity);
    match system.restore_root(&root).await? {
        RootRestored::Refused(why) => {
            Err(Failure::by(Outcome::Refused).because(format!("it cannot be restored: {why}")))
        }
        _ => Ok(back(&service, &name, &fields, "restored")),
    }
}

fn meant(fields: &Fields, identity: &Identity) -> sexton_engine::Root {
    let key = RootKey::Id(fields.one("id").unwrap_or_default().to_owned());
    let thing = fields.one("thing").unwrap_or_default();
    root_of(thing, key, &BTreeMap::new(), identity.caller())
}

fn back(service: &Service, system: &str, fields: &Fields, said: &str) -> Response {
    let links = Links::below(service.base_path());
    let back = fields.one("back").filter(|back| links.is_own(back));
    let back = back.map_or_else(|| links.system(system), str::to_owned);
    Redirect::to(&back.with("said", Some(said))).into_response()
}

/// What was just done, by the word in the address; only words that are known say anything.
pub fn said(fields: &Fields) -> Option<Notice> {
    let text = match fields.one("said")? {
        "cancelled" => "Its work is asked to stop. Nothing is deleted.",
        "restored" => "It is visible again, as it was.",
        _ => return None,
    };
    Some(Notice { text: text.to_owned(), is_good: true })
}
