//! Around every request: its id, its line in the log, and a problem where it failed.
//!
//! Whatever answers with an error and has not written a document of its own is explained here:
//! failures of handlers, unknown paths and methods, what is too long or took too long, panics.

use std::any::Any;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::ALLOW;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::time::Instant;
use tower_http::catch_panic::ResponseForPanic;

use crate::extract::{too_large, unsupported};
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::service::Service;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// Longer ids of requests are replaced by ones of our own.
const ID_MAX: usize = 128;

/// The id of the request, as the caller named it or as it was made here.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// Said of an answer that is to be sent as it is, whatever its status: a policy wrote it.
#[derive(Debug, Clone, Copy)]
pub struct AsIs;

/// Names the request, lets it be answered, explains what failed, and writes its line.
pub async fn tell(
    State(service): State<Arc<Service>>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = given(&request).unwrap_or_else(|| service.new_id("req_"));
    request.extensions_mut().insert(RequestId(id.clone()));
    let method = request.method().clone();
    // What was asked for by name may be somebody's; the route is nobody's.
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let route = route.unwrap_or_else(|| "(none)".to_owned());
    let began = Instant::now();
    let (mut response, cause) = explained(next.run(request).await, &id);
    let status = response.status().as_u16();
    let duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let (request_id, method) = (id.as_str(), method.as_str());
    if let Some(cause) = cause {
        tracing::error!(event = "request_failed", request_id, method, route, status, error = cause);
    }
    tracing::info!(event = "request", request_id, method, route, status, duration_ms);
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HEADER, id);
    }
    response
}

/// The id that the caller gave, if it can stand in a header and a log line.
fn given(request: &Request) -> Option<String> {
    let id = request.headers().get(HEADER)?.to_str().ok()?;
    let fits = (1..=ID_MAX).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| id.to_owned())
}

/// The answer, as a problem where it is one; and what only the log is told.
fn explained(response: Response, id: &str) -> (Response, Option<String>) {
    if let Some(failure) = response.extensions().get::<Arc<Failure>>() {
        return (failure.answer(id), failure.told.cause.clone());
    }
    let is_as_is = response.extensions().get::<AsIs>().is_some();
    let is_error = response.status().is_client_error() || response.status().is_server_error();
    if is_as_is || !is_error {
        return (response, None);
    }
    let failure = of_nobody(&response);
    let mut answer = failure.answer(id);
    if let Some(allow) = response.headers().get(ALLOW) {
        answer.headers_mut().insert(ALLOW, allow.clone());
    }
    (answer, failure.told.cause)
}

/// Why an answer is an error that no handler has explained.
fn of_nobody(response: &Response) -> Failure {
    let status = response.status();
    match status {
        StatusCode::NOT_FOUND => no_such_path(),
        StatusCode::METHOD_NOT_ALLOWED => {
            Failure::of(status, "method_not_allowed", "This cannot be done there")
                .because("the header Allow says what can")
        }
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => unsupported(),
        StatusCode::REQUEST_TIMEOUT | StatusCode::SERVICE_UNAVAILABLE => {
            let away = Failure::by(Outcome::Unavailable);
            Failure { code: "timeout", title: "It took too long", ..away }
                .because("the answer was not waited for any longer; try again")
        }
        status if status.is_client_error() => {
            Failure::of(status, "bad_request", "The request cannot be read")
        }
        _ => Failure::by(Outcome::Failed),
    }
}

/// Nothing is at this path.
pub fn no_such_path() -> Failure {
    let title = "There is nothing at this path";
    Failure::of(StatusCode::NOT_FOUND, "no_such_path", title)
        .because("/openapi.json lists every path")
}

/// The answer after a panic: the other requests go on.
#[derive(Debug, Clone, Copy)]
pub struct Panicked;

impl ResponseForPanic for Panicked {
    type ResponseBody = Body;

    fn response_for_panic(&mut self, panic: Box<dyn Any + Send>) -> Response<Body> {
        let said = panic.downcast_ref::<&str>().copied();
        let said = said.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        let cause = said.unwrap_or("it does not say why");
        Failure::silent(Outcome::Failed, format!("panicked: {cause}")).into_response()
    }
}
