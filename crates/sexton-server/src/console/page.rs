//! Around every page: what the browser may do with it, and pages for what failed.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sexton_console::page::failed::failed;

use super::frame::{around, nobody};
use crate::failure::Failure;
use crate::service::Service;
use crate::telling::{AsIs, RequestId};
use crate::who::Identity;

/// Nothing is inline, nothing is loaded from elsewhere, nothing is sent elsewhere, and no page of
/// another site shows one of these.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

const HEADERS: [(&str, &str); 6] = [
    ("content-security-policy", POLICY),
    ("x-content-type-options", "nosniff"),
    // A browser that tells no page at all sends forms from nowhere, which is refused.
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("x-frame-options", "DENY"),
];

/// Markup as a page.
pub struct Page(pub StatusCode, pub String);

impl Page {
    /// A page that is as it was asked for.
    pub fn of(markup: impl Into<String>) -> Self {
        Self(StatusCode::OK, markup.into())
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let kind = [(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"))];
        let mut response = (self.0, kind, self.1).into_response();
        response.extensions_mut().insert(AsIs);
        response
    }
}

/// Tells the browser what it may do with what is answered; what is somebody's is kept nowhere.
pub async fn guard(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Shows what failed as a page.
pub async fn explain(
    State(service): State<Arc<Service>>,
    request: Request,
    next: Next,
) -> Response {
    let id = request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    let (parts, body) = request.into_parts();
    let response = next.run(Request::from_parts(parts.clone(), body)).await;
    let Some(failure) = failure_of(&response) else { return response };
    if let Some(cause) = &failure.told.cause {
        let status = failure.status.as_u16();
        tracing::error!(event = "page_failed", request_id = id, status, error = cause);
    }
    let identity = response.extensions().get::<Identity>();
    let frame = match identity {
        Some(identity) => around(&service, identity, &parts.headers),
        None => nobody(&service),
    };
    let markup = failed(&frame, &failure.problem(&id)).into_string();
    let mut page = Page(failure.status, markup).into_response();
    if let Some(secs) = failure.retry_after {
        page.headers_mut().insert("retry-after", HeaderValue::from(secs));
    }
    page
}

fn failure_of(response: &Response) -> Option<Failure> {
    if let Some(failure) = response.extensions().get::<Arc<Failure>>() {
        return Some(failure.as_ref().clone());
    }
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        let title = "This page is not asked for so";
        return Some(Failure::of(response.status(), "method_not_allowed", title));
    }
    None
}
