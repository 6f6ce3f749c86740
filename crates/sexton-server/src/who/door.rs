//! What each path of the API needs of whoever asks, in one table, judged before its handler.
//!
//! Handlers find somebody known, who may do what the path is for. Of a thing that only the body
//! names, the engine asks for the roles, before it looks for the root.
//!
//! Invariant: what stands in no line, a path or a method of it, is answered to nobody.

use std::sync::Arc;

use axum::extract::{MatchedPath, RawPathParams, Request, State};
use axum::http::header::ALLOW;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Identity;
use super::access::{Action, Subject, Verdict, may};
use super::origin::{Sent, is_cross};
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::service::Service;
use sexton_core::policy::Thing;
use sexton_engine::System;

/// What a path needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: whoever watches over the server asks.
    Nothing,
    /// Somebody known.
    Somebody,
    /// Somebody who may do this with the system, or the thing, that the path names.
    May(Action),
}

/// A path of the API.
#[derive(Debug, Clone, Copy)]
pub struct Door {
    /// How it is asked.
    pub method: &'static str,
    /// The path, as the description of the API has it.
    pub path: &'static str,
    /// What it needs.
    pub needs: Needs,
}

/// A path and what it needs.
pub(crate) const fn door(method: &'static str, path: &'static str, needs: Needs) -> Door {
    Door { method, path, needs }
}

/// Every path.
pub const DOORS: [Door; 38] = [
    door("GET", "/healthz", Needs::Nothing),
    door("GET", "/readyz", Needs::Nothing),
    door("GET", "/metrics", Needs::Somebody),
    door("GET", "/openapi.json", Needs::Nothing),
    door("GET", "/api/systems", Needs::Somebody),
    door("GET", "/api/systems/{system}/overview", Needs::May(Action::Watch)),
    door("GET", "/api/systems/{system}/things", Needs::May(Action::List)),
    door("GET", "/api/systems/{system}/things/{thing}", Needs::May(Action::List)),
    door("GET", "/api/systems/{system}/things/{thing}/{id}", Needs::May(Action::Inspect)),
    door("POST", "/api/systems/{system}/things/{thing}/{id}/cancel", Needs::May(Action::Cancel)),
    door("POST", "/api/systems/{system}/previews", Needs::May(Action::Preview)),
    door("GET", "/api/systems/{system}/previews/{id}", Needs::May(Action::Preview)),
    door("POST", "/api/systems/{system}/deletions", Needs::May(Action::Delete)),
    door("GET", "/api/systems/{system}/deletions", Needs::May(Action::Inspect)),
    door("GET", "/api/systems/{system}/deletions/{id}", Needs::May(Action::Inspect)),
    door("GET", "/api/systems/{system}/deletions/{id}/receipt", Needs::May(Action::Inspect)),
    door("GET", "/api/systems/{system}/deletions/{id}/events", Needs::May(Action::Inspect)),
    door("POST", "/api/systems/{system}/deletions/{id}/retry", Needs::May(Action::Retry)),
    door("POST", "/api/systems/{system}/deletions/{id}/restore", Needs::May(Action::Delete)),
    door("POST", "/api/systems/{system}/deletions/{id}/withdraw", Needs::May(Action::Delete)),
    door("GET", "/api/systems/{system}/holds", Needs::May(Action::Watch)),
    door("POST", "/api/systems/{system}/holds", Needs::May(Action::Hold)),
    door("GET", "/api/systems/{system}/holds/{hold}", Needs::May(Action::Watch)),
    door("POST", "/api/systems/{system}/holds/{hold}/release", Needs::May(Action::Hold)),
    door("GET", "/api/systems/{system}/retention", Needs::May(Action::Watch)),
    door("GET", "/api/systems/{system}/retention/{rule}", Needs::May(Action::Watch)),
    door("POST", "/api/systems/{system}/retention/{rule}/preview", Needs::May(Action::Retain)),
    door("POST", "/api/systems/{system}/retention/{rule}/run", Needs::May(Action::Retain)),
    door("GET", "/api/pauses", Needs::May(Action::Watch)),
    door("POST", "/api/pauses", Needs::May(Action::Pause)),
    door("POST", "/api/pauses/lift", Needs::May(Action::Pause)),
    door("GET", "/api/systems/{system}/pauses", Needs::May(Action::Watch)),
    door("POST", "/api/systems/{system}/pauses", Needs::May(Action::Pause)),
    door("POST", "/api/systems/{system}/pauses/lift", Needs::May(Action::Pause)),
    door("GET", "/api/systems/{system}/audit", Needs::May(Action::Audit)),
    door("GET", "/api/systems/{system}/audit/verification", Needs::May(Action::Audit)),
    door("POST", "/api/systems/{system}/sweeps", Needs::May(Action::Sweep)),
    door("GET", "/api/systems/{system}/sweeps/latest", Needs::May(Action::Sweep)),
];

/// Lets a request through to its handler, with whom it is of.
pub async fn pass(
    State(service): State<Arc<Service>>,
    path: MatchedPath,
    segments: RawPathParams,
    request: Request,
    next: Next,
) -> Result<Response, Failure> {
    let needs = match needs(service.base_path(), request.method(), path.as_str()) {
        Found::Needs(Needs::Nothing) => return Ok(next.run(request).await),
        Found::Needs(needs) => needs,
        // The layer that explains what failed knows this status.
        Found::Others(allowed) => {
            return Ok((StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, allowed)]).into_response());
        }
        Found::Nothing => {
            let cause = format!("no door leads to {}", path.as_str());
            return Err(Failure::silent(Outcome::Failed, cause));
        }
    };
    let (mut parts, body) = request.into_parts();
    let identity = service.gate.identify(&parts).await?;
    if let Needs::May(action) = needs {
        let named =
            |name| segments.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
        judge(&service, &identity, action, named("system"), named("thing"))?;
    }
    parts.extensions.insert(identity);
    Ok(next.run(Request::from_parts(parts, body)).await)
}

/// Turns away what another site made a browser send, wherever it is sent to.
pub async fn guard_origin(
    State(service): State<Arc<Service>>,
    request: Request,
    next: Next,
) -> Result<Response, Failure> {
    let (parts, body) = request.into_parts();
    if service.gate.is_cross_origin(&parts) {
        return Err(of_another_site());
    }
    Ok(next.run(Request::from_parts(parts, body)).await)
}

/// What another site made a browser send is not answered, whatever it is for.
pub fn of_another_site() -> Failure {
    let detail = "a page of another site sent this; send it from where the server is";
    Failure::by(Outcome::CrossOrigin).because(detail)
}

/// Whether another site sent it, where no proxy is trusted and no other site allowed.
pub fn is_cross_origin(method: &Method, headers: &HeaderMap) -> bool {
    is_cross(Sent { method, headers, proxied: false }, &[])
}

/// What the table says of a request.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    /// What it needs.
    Needs(Needs),
    /// There are doors to the path, for these methods only.
    Others(String),
    /// There is none.
    Nothing,
}

fn needs(base_path: &str, method: &Method, path: &str) -> Found {
    let path = path.strip_prefix(base_path).unwrap_or(path);
    // HEAD is GET without its body.
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    let doors: Vec<&Door> = DOORS.iter().filter(|door| door.path == path).collect();
    if doors.is_empty() {
        return Found::Nothing;
    }
    match doors.iter().find(|door| door.method == method) {
        Some(door) => Found::Needs(door.needs),
        None => Found::Others(doors.iter().map(|door| door.method).collect::<Vec<_>>().join(",")),
    }
}

/// Whether they may do this with the system, or the thing, of that name.
pub(crate) fn judge(
    service: &Service,
    identity: &Identity,
    action: Action,
    system: Option<&str>,
    thing: Option<&str>,
) -> Result<(), Failure> {
    let Some(name) = system else { return verdict(may(identity, action, Subject::Server), "") };
    let found = service.system(name, identity)?;
    let things = &found.policy().things;
    let thing = thing.and_then(|thing| things.iter().find(|known| known.name.as_str() == thing));
    match thing {
        Some(thing) => judge_thing(found, identity, action, thing),
        None => verdict(may(identity, action, Subject::System(name)), name),
    }
}

/// Whether they may do this with a thing of a system.
pub(crate) fn judge_thing(
    system: &System,
    identity: &Identity,
    action: Action,
    thing: &Thing,
) -> Result<(), Failure> {
    let name = system.policy().system.as_str();
    let roles: Vec<String> = thing.roles.iter().map(|role| role.value.clone()).collect();
    let across = thing.across_tenants;
    verdict(may(identity, action, Subject::Thing { system: name, roles: &roles, across }), name)
}

/// What a verdict is answered with.
pub(crate) fn verdict(verdict: Verdict, system: &str) -> Result<(), Failure> {
    match verdict {
        Verdict::May => Ok(()),
        Verdict::Missing => Err(Failure::missing(format!("there is no system `{system}`"))),
        Verdict::Forbidden => {
            let detail = "none of your roles allows it; docs/access.md tells which does";
            Err(Failure::by(Outcome::Forbidden).because(detail))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_path_of_the_api_has_a_door_and_every_door_a_path() {
        let document = serde_json::to_value(crate::router::openapi()).unwrap();
        let described =
            document["paths"].as_object().unwrap().iter().flat_map(|(path, methods)| {
                let methods = methods.as_object().unwrap().keys();
                methods.map(move |method| format!("{} {path}", method.to_uppercase()))
            });
        let paths: BTreeSet<String> = described.chain(["GET /openapi.json".to_owned()]).collect();
        let doors: Vec<String> =
            DOORS.iter().map(|door| format!("{} {}", door.method, door.path)).collect();
        assert_eq!(doors.iter().cloned().collect::<BTreeSet<_>>(), paths);
        assert_eq!(doors.len(), paths.len(), "each has one");
    }

    #[test]
    fn what_has_no_door_is_answered_to_nobody() {
        let somebody = Found::Needs(Needs::Somebody);
        assert_eq!(needs("", &Method::GET, "/api/systems"), somebody);
        assert_eq!(needs("/x", &Method::HEAD, "/x/healthz"), Found::Needs(Needs::Nothing));
        assert_eq!(needs("", &Method::GET, "/api/new"), Found::Nothing);
        let get = Found::Others("GET".to_owned());
        assert_eq!(needs("", &Method::DELETE, "/api/systems"), get);
        let both = Found::Others("POST,GET".to_owned());
        assert_eq!(needs("", &Method::PUT, "/api/systems/{system}/deletions"), both);
    }
}
