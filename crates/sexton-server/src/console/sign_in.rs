//! Signing in with an API key, and out.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use sexton_console::links::Links;
use sexton_console::page::sign_in::{SignIn, sign_in};

use super::fields::{InAddress, Sent};
use super::frame::nobody;
use super::page::Page;
use crate::failure::Failure;
use crate::service::Service;
use crate::who::session::forget_cookie;

/// The page; who is known already goes on.
pub async fn show(
    State(service): State<Arc<Service>>,
    InAddress(fields): InAddress,
    parts: Parts,
) -> Response {
    let links = Links::below(service.base_path());
    let next = fields.one("next").filter(|next| links.is_own(next)).map(str::to_owned);
    match service.gate.identify(&parts).await {
        Ok(_) => Redirect::to(&next.unwrap_or_else(|| links.home())).into_response(),
        // Where no key opens anything, it is said why.
        Err(failure) => {
            let failure = failure.told.detail.filter(|_| !service.gate.is_guarded());
            Page::of(sign_in(&nobody(&service), &SignIn { next, failure }).into_string())
                .into_response()
        }
    }
}

/// Opens a session for whoever has the key.
pub async fn open(
    State(service): State<Arc<Service>>,
    parts: Parts,
    Sent(fields): Sent,
) -> Result<Response, Failure> {
    let links = Links::below(service.base_path());
    let next = fields.one("next").filter(|next| links.is_own(next)).map(str::to_owned);
    let failure = match service.gate.open_session(&parts, fields.one("key").unwrap_or("")).await {
        Ok(opened) => {
            let cookie = opened.set_cookie(service.base_path());
            let next = next.unwrap_or_else(|| links.home());
            return Ok(([(SET_COOKIE, cookie)], Redirect::to(&next)).into_response());
        }
        Err(failure) => failure,
    };
    let said = match failure.status {
        StatusCode::UNAUTHORIZED => "This key opens nothing here.".to_owned(),
        StatusCode::TOO_MANY_REQUESTS => "Too many tries; wait a minute.".to_owned(),
        StatusCode::FORBIDDEN => failure.told.detail.unwrap_or_default(),
        _ => return Err(failure),
    };
    let asked = SignIn { next, failure: Some(said) };
    let markup = sign_in(&nobody(&service), &asked).into_string();
    Ok(Page(failure.status, markup).into_response())
}

/// Ends the session; again, there is none to end.
pub async fn end(State(service): State<Arc<Service>>, parts: Parts) -> Result<Response, Failure> {
    service.gate.end_session(&parts).await?;
    let sign_in = Links::below(service.base_path()).sign_in(None);
    let forget = [(SET_COOKIE, forget_cookie(service.base_path()))];
    Ok((forget, Redirect::to(&sign_in)).into_response())
}
