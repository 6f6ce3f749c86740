//! Joins the policies' routes to the web framework: what no path of the API takes comes here.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::ALLOW;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use sexton_core::policy::{Deed, Method, Outcome, Policy, Route, Thing};
use sexton_core::routes::{Answered, Asked, Facts, Found, Match, Table, answer, ask, query};
use sexton_engine::System;

use super::carry_out::Doing;
use crate::extract::too_large;
use crate::failure::Failure;
use crate::service::Service;
use crate::telling::{AsIs, no_such_path};
use crate::who::Identity;
use crate::who::access::only_looks;
use crate::who::door::of_another_site;

/// So much may be sent to a route: ids and words, and no more.
const SENT_BYTES_MAX: usize = 1_048_576;

/// Answers a request by the routes of the policies.
pub async fn serve(State(service): State<Arc<Service>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let mut methods: Vec<Method> = Vec::new();
    for (_, system) in service.systems() {
        let found = Table::of(system.policy()).find(parts.method.as_str(), parts.uri.path());
        match found {
            Found::Route(found) => return of_route(&service, system, &found, &parts, body).await,
            Found::Method(known) => methods.extend(known),
            Found::Nothing => {}
        }
    }
    // Order: whether there is anything is told to nobody whom another site has sent.
    if service.gate.is_cross_origin(&parts) {
        return of_another_site().into_response();
    }
    if methods.is_empty() {
        return no_such_path().into_response();
    }
    methods.sort_unstable();
    methods.dedup();
    let methods = methods.into_iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
    (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, methods)]).into_response()
}

async fn of_route(
    service: &Arc<Service>,
    system: &Arc<System>,
    found: &Match<'_>,
    parts: &Parts,
    body: Body,
) -> Response {
    let policy = system.policy();
    let route = found.route;
    let query = query(parts.uri.query().unwrap_or_default());
    let identity = match let_in(service, parts).await {
        Ok(identity) => identity,
        Err((outcome, failure)) => {
            let asked = ask(policy, found, &query, b"");
            let mut facts = asked.map_or_else(|unfit| unfit.facts, |asked| asked.facts);
            facts.retry_after_secs = failure.retry_after.map(u64::from);
            facts.message = failure.told.detail.unwrap_or_default();
            return response(answer(policy, route, outcome, &facts));
        }
    };
    let Ok(sent) = to_bytes(body, SENT_BYTES_MAX).await else {
        return too_large().into_response();
    };
    let asked = match ask(policy, found, &query, &sent) {
        Ok(asked) => asked,
        Err(unfit) => {
            let message = unfit.message.clone();
            let actor = identity.actor.to_string();
            let facts = Facts { message, actor, ..unfit.facts };
            return response(answer(policy, route, unfit.outcome, &facts));
        }
    };
    let mut asked = asked;
    asked.facts.actor = identity.actor.to_string();
    if let Some(message) = forbidden(policy, route, &asked, &identity) {
        let facts = Facts { message, ..asked.facts };
        return response(answer(policy, route, Outcome::Forbidden, &facts));
    }
    let doing = Doing { service, system, route, caller: identity.caller() };
    let ended = doing.run(asked).await;
    let mut answered = answer(policy, route, ended.outcome, &ended.facts);
    answered.headers.extend(ended.headers);
    tracing::info!(
        event = "route_answered",
        system = policy.system.as_str(),
        route = route.name.as_str(),
        outcome = ended.outcome.as_str(),
        deletion = ended.facts.deletion,
        error = ended.cause,
    );
    response(answered)
}

/// Who asks, or how they are turned away.
async fn let_in(service: &Service, parts: &Parts) -> Result<Identity, (Outcome, Failure)> {
    if service.gate.is_cross_origin(parts) {
        let failure = Failure::by(crate::outcome::Outcome::CrossOrigin)
            .because("the request comes from another origin");
        return Err((Outcome::CrossOrigin, failure));
    }
    service.gate.identify(parts).await.map_err(|failure| {
        let outcome = match failure.status {
            StatusCode::UNAUTHORIZED => Outcome::Anonymous,
            StatusCode::FORBIDDEN => Outcome::CrossOrigin,
            StatusCode::TOO_MANY_REQUESTS => Outcome::RateLimited,
            StatusCode::SERVICE_UNAVAILABLE => Outcome::Unavailable,
            _ => Outcome::Failed,
        };
        (outcome, failure)
    })
}

/// The thing that is asked for, or that a rule deletes.
fn spoken_of<'p>(policy: &'p Policy, deed: &Deed) -> Option<&'p Thing> {
    let rule = policy.retention.iter().find(|rule| deed.rule() == Some(rule.name.as_str()));
    let name = rule.map(|rule| &rule.thing.value).or(deed.thing());
    policy.things.iter().find(|thing| Some(&thing.name) == name)
}

/// Why the caller may not ask this here. A list, or a rule, asks for the roles of its thing where the
/// route says none; with everything else the engine asks for them by itself. Where a thing reaches
/// across tenants, the engine asks also for a list.
fn forbidden(policy: &Policy, route: &Route, asked: &Asked, identity: &Identity) -> Option<String> {
    if !identity.may_see(policy.system.as_str()) {
        return Some(format!("this key is not for the system `{}`", policy.system));
    }
    if route.method != Method::Get && only_looks(identity) {
        return Some("a viewer looks, and changes nothing".to_owned());
    }
    if asked.deed.rule().is_some() && identity.tenant.is_some() {
        return Some("a rule deletes of every tenant, and this key is of one".to_owned());
    }
    let thing = spoken_of(policy, &asked.deed);
    let lists = asked.deed.verb().is_none_or(|verb| !verb.needs_id());
    let of_thing = thing.filter(|_| lists).map(|thing| thing.roles.as_slice());
    let roles = route.roles.as_deref().or(of_thing).unwrap_or_default();
    let has = |role: &str| identity.roles.iter().any(|own| own == role || own == "admin");
    if roles.is_empty() || roles.iter().any(|role| has(&role.value)) {
        return None;
    }
    let roles: Vec<&str> = roles.iter().map(|role| role.value.as_str()).collect();
    Some(format!("this needs the role {}", roles.join(" or ")))
}

fn response(answered: Answered) -> Response {
    let mut response = Response::new(Body::from(answered.body));
    *response.status_mut() =
        StatusCode::from_u16(answered.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in answered.headers {
        let name = HeaderName::from_bytes(name.as_bytes());
        let value = HeaderValue::from_bytes(value.as_bytes());
        if let (Ok(name), Ok(value)) = (name, value) {
            response.headers_mut().append(name, value);
        }
    }
    response.extensions_mut().insert(AsIs);
    response
}
