//! What each page needs of whoever asks, in one table, as the paths of the API have theirs.
//!
//! Who is not known is led to where they sign in, and from there to the page that they wanted.
//!
//! Invariant: what stands in no line is answered to nobody.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{MatchedPath, RawPathParams, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use sexton_console::links::Links;

use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::service::Service;
use crate::who::access::Action;
use crate::who::door::{Door, Needs, door, judge};

/// Every page.
pub const DOORS: [Door; 41] = [
    door("GET", "/", Needs::Nothing),
    door("GET", "/console", Needs::Somebody),
    door("GET", "/console/", Needs::Nothing),
    door("GET", "/console/sign-in", Needs::Nothing),
    door("POST", "/console/sign-in", Needs::Nothing),
    door("POST", "/console/sign-out", Needs::Nothing),
    door("GET", "/console/systems/{system}", Needs::May(Action::List)),
    door("GET", "/console/systems/{system}/overview", Needs::May(Action::Watch)),
    door("GET", "/console/systems/{system}/history", Needs::May(Action::Inspect)),
    door("GET", "/console/systems/{system}/audit", Needs::May(Action::Audit)),
    door("GET", "/console/systems/{system}/audit/records.ndjson", Needs::May(Action::Audit)),
    door("GET", "/console/systems/{system}/retention", Needs::May(Action::Watch)),
    door("POST", "/console/systems/{system}/retention/run", Needs::May(Action::Retain)),
    door("GET", "/console/systems/{system}/sweeps", Needs::May(Action::Sweep)),
    door("POST", "/console/systems/{system}/sweeps", Needs::May(Action::Sweep)),
    door("GET", "/console/systems/{system}/holds", Needs::May(Action::Watch)),
    door("POST", "/console/systems/{system}/holds", Needs::May(Action::Hold)),
    door("POST", "/console/systems/{system}/holds/{hold}/release", Needs::May(Action::Hold)),
    door("GET", "/console/systems/{system}/pauses", Needs::May(Action::Pause)),
    door("POST", "/console/systems/{system}/pauses", Needs::May(Action::Pause)),
    door("POST", "/console/systems/{system}/pauses/lift", Needs::May(Action::Pause)),
    door("GET", "/console/systems/{system}/policy", Needs::May(Action::Watch)),
    door("GET", "/console/systems/{system}/policy/picture.svg", Needs::May(Action::Watch)),
    door("GET", "/console/keys", Needs::May(Action::Keys)),
    door("POST", "/console/keys", Needs::May(Action::Keys)),
    door("POST", "/console/keys/revoke", Needs::May(Action::Keys)),
    door("GET", "/console/systems/{system}/things/{thing}", Needs::May(Action::List)),
    door("GET", "/console/systems/{system}/things/{thing}/row", Needs::May(Action::Inspect)),
    door("GET", "/console/systems/{system}/panels/{panel}", Needs::May(Action::List)),
    door("GET", "/console/systems/{system}/tables/{table}", Needs::May(Action::List)),
    door("GET", "/console/systems/{system}/tables/{table}/row", Needs::May(Action::List)),
    door("POST", "/console/systems/{system}/cancel", Needs::May(Action::Cancel)),
    door("POST", "/console/systems/{system}/restore", Needs::May(Action::Delete)),
    door("GET", "/console/systems/{system}/delete", Needs::May(Action::Preview)),
    door("POST", "/console/systems/{system}/deletions", Needs::May(Action::Delete)),
    door("GET", "/console/systems/{system}/deletions/{id}", Needs::May(Action::Inspect)),
    door("POST", "/console/systems/{system}/deletions/{id}/retry", Needs::May(Action::Retry)),
    door("POST", "/console/systems/{system}/deletions/{id}/restore", Needs::May(Action::Delete)),
    door("POST", "/console/systems/{system}/deletions/{id}/withdraw", Needs::May(Action::Delete)),
    door("GET", "/console/systems/{system}/deletions/{id}/receipt", Needs::May(Action::Inspect)),
    door("GET", "/console/static/{name}", Needs::Nothing),
];

/// Lets a request through to its page, with whom it is of.
pub async fn pass(
    State(service): State<Arc<Service>>,
    path: MatchedPath,
    segments: RawPathParams,
    request: Request,
    next: Next,
) -> Result<Response, Failure> {
    let base = service.base_path();
    let path = path.as_str().strip_prefix(base).unwrap_or(path.as_str());
    let method = if request.method() == Method::HEAD { &Method::GET } else { request.method() };
    let found = DOORS.iter().find(|door| door.path == path && door.method == method.as_str());
    let needs = match found {
        Some(door) => door.needs,
        None if DOORS.iter().any(|door| door.path == path) => {
            return Ok(StatusCode::METHOD_NOT_ALLOWED.into_response());
        }
        None => return Err(Failure::silent(Outcome::Failed, format!("no door leads to {path}"))),
    };
    if needs == Needs::Nothing {
        return Ok(next.run(request).await);
    }
    let (mut parts, body) = request.into_parts();
    let identity = match service.gate.identify(&parts).await {
        Ok(identity) => identity,
        Err(failure) if failure.status == StatusCode::UNAUTHORIZED && parts.method == "GET" => {
            // What is below the base path sees its own part of the address only.
            let wanted = parts.uri.path_and_query().map(|wanted| [base, wanted.as_str()].concat());
            let sign_in = Links::below(base).sign_in(wanted.as_deref());
            return Ok(Redirect::to(&sign_in).into_response());
        }
        Err(failure) => return Err(failure),
    };
    if let Needs::May(action) = needs {
        let named =
            |name| segments.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
        let judged = judge(&service, &identity, action, named("system"), named("thing"));
        if let Err(failure) = judged {
            return Ok((Extension(identity), failure).into_response());
        }
    }
    parts.extensions.insert(identity.clone());
    let mut response = next.run(Request::from_parts(parts, body)).await;
    // Whoever explains what failed has it in front of them who is there.
    response.extensions_mut().insert(identity);
    Ok(response)
}
