//! What stands around a page: who is there and what they see of the systems.

use axum::http::{HeaderMap, header};
use sexton_console::frame::{Frame, Here, Listed, Section, Visitor};
use sexton_console::links::Links;

use super::panels::lists;
use crate::service::Service;
use crate::who::Identity;
use crate::who::access::{Action, Subject, Verdict, may};
use crate::who::session::COOKIE;

/// The frame of a page for somebody known.
pub fn around(service: &Service, identity: &Identity, headers: &HeaderMap) -> Frame {
    let systems = service.systems().filter(|(name, _)| identity.may_see(name));
    Frame {
        links: Links::below(service.base_path()),
        visitor: Some(Visitor {
            name: identity.actor.to_string(),
            roles: identity.roles.clone(),
            tenant: identity.tenant.as_ref().map(ToString::to_string),
            signed_in: service.gate.is_guarded() && has_session(headers),
        }),
        systems: systems.map(|(name, _)| name.to_owned()).collect(),
        has_keys: service.state().is_some()
            && may(identity, Action::Keys, Subject::Server) == Verdict::May,
        ..Frame::default()
    }
}

/// The same for a page of a system.
pub fn within(
    service: &Service,
    identity: &Identity,
    headers: &HeaderMap,
    system: &str,
    section: Section,
) -> Frame {
    let offered = Section::ALL
        .into_iter()
        .filter(|offered| may(identity, action(*offered), Subject::System(system)) == Verdict::May);
    let offered = offered.collect();
    let frame = around(service, identity, headers);
    let found = service.system(system, identity).ok();
    let lists = found.map(|found| lists(found.policy(), &frame.links, identity));
    let listed = |(name, href)| Listed { name, href, is_here: false };
    let lists = lists.into_iter().flatten().map(listed).collect();
    let here = Here { system: Some(system.to_owned()), section: Some(section), offered, lists };
    Frame { here, ..frame }
}

/// What somebody must be allowed to look at a section, as the doors have it.
fn action(section: Section) -> Action {
    match section {
        Section::Things => Action::List,
        Section::History => Action::Inspect,
        Section::Audit => Action::Audit,
        Section::Overview | Section::Retention | Section::Holds | Section::Policy => Action::Watch,
        Section::Sweeps => Action::Sweep,
        Section::Pauses => Action::Pause,
    }
}

/// The frame of a page for nobody known.
pub fn nobody(service: &Service) -> Frame {
    Frame { links: Links::below(service.base_path()), ..Frame::default() }
}

fn has_session(headers: &HeaderMap) -> bool {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|value| value.split(';'))
        .any(|pair| pair.split_once('=').is_some_and(|(name, _)| name.trim() == COOKIE))
}
