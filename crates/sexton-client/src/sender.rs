//! Sends calls, again where that is safe and of use, and reads what is answered.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{RequestBuilder, Response, StatusCode, Url, redirect};
use serde::de::DeserializeOwned;
use sexton_api::Problem;

use crate::call::Call;
use crate::error::{Answered, Error};
use crate::patience::Patience;
use crate::tls::tls;

/// So long until a connection is there.
const CONNECT: Duration = Duration::from_secs(10);
/// What the way to the server and back may take beside the wait that is asked for.
const BESIDE_WAIT: Duration = Duration::from_secs(15);
/// So much is kept of an answer that is no problem.
const TOLD_MAX: usize = 500;

/// Whoever asks; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Sender(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    http: reqwest::Client,
    server: String,
    timeout: Duration,
    patience: Patience,
}

/// A connection that failed, in words.
pub(crate) struct Silence(pub String);

impl Sender {
    pub fn new(
        server: &str,
        key: Option<&str>,
        timeout: Duration,
        patience: Patience,
    ) -> Result<Self, Error> {
        let server = server.trim_end_matches('/').to_owned();
        let is_web = Url::parse(&server).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
        if !is_web {
            return Err(Error::BadServer(server));
        }
        let mut headers = HeaderMap::new();
        if let Some(key) = key {
            let bearer = HeaderValue::from_str(&format!("Bearer {key}"));
            let mut bearer = bearer.map_err(|_| Error::BadKey)?;
            bearer.set_sensitive(true);
            headers.insert(AUTHORIZATION, bearer);
        }
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls()?)
            .redirect(redirect::Policy::none())
            .user_agent(concat!("sexton-rust/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            .connect_timeout(CONNECT)
            .read_timeout(timeout)
            .build()
            .map_err(|error| Error::NoTls(innermost(&error)))?;
        Ok(Self(Arc::new(Inner { http, server, timeout, patience })))
    }

    /// Where the server is.
    pub fn server(&self) -> &str {
        &self.0.server
    }

    /// How often it is asked.
    pub fn patience(&self) -> Patience {
        self.0.patience
    }

    /// Sends a call until it is answered, and reads the answer.
    pub async fn send<T: DeserializeOwned>(&self, call: &Call) -> Result<T, Error> {
        let mut tried = 0;
        loop {
            let wait = match self.once(call).await {
                Ok((status, _, body)) if status.is_success() => return self.read(&body),
                Ok((status, headers, body)) => {
                    let after = retry_after(&headers);
                    let wait = self.patience().after_answer(tried, status.as_u16(), after);
                    let Some(wait) = wait else { return Err(refused(status, &headers, &body)) };
                    wait
                }
                Err(Silence(why)) => {
                    let wait = self.patience().after_silence(tried);
                    let Some(wait) = wait else { return Err(self.unreachable(why)) };
                    wait
                }
            };
            tokio::time::sleep(wait).await;
            tried += 1;
        }
    }

    /// Opens a stream of events behind the last one that was read.
    pub async fn listen(
        &self,
        call: &Call,
        last: Option<&str>,
    ) -> Result<Result<Response, Error>, Silence> {
        let mut request = self.request(call).header(ACCEPT, "text/event-stream");
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last);
        }
        let response = request.send().await.map_err(|error| Silence(innermost(&error)))?;
        if response.status().is_success() {
            return Ok(Ok(response));
        }
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.bytes().await.map_err(|error| Silence(innermost(&error)))?;
        Ok(Err(refused(status, &headers, &body)))
    }

    /// No answer came.
    pub fn unreachable(&self, why: String) -> Error {
        Error::Unreachable { server: self.0.server.clone(), why }
    }

    /// The answer is not one of this API.
    pub fn unreadable(&self, why: String) -> Error {
        Error::Unreadable { server: self.0.server.clone(), why }
    }

    async fn once(&self, call: &Call) -> Result<(StatusCode, HeaderMap, Vec<u8>), Silence> {
        let asked = call.wait.unwrap_or_default() + BESIDE_WAIT;
        let request = self.request(call).timeout(self.0.timeout.max(asked));
        let silent = |error: reqwest::Error| Silence(innermost(&error));
        let response = request.header(ACCEPT, "application/json").send().await.map_err(silent)?;
        let (status, headers) = (response.status(), response.headers().clone());
        Ok((status, headers, response.bytes().await.map_err(silent)?.to_vec()))
    }

    fn request(&self, call: &Call) -> RequestBuilder {
        let address = [self.0.server.as_str(), &call.path].concat();
        let mut address = Url::parse(&address).expect("server and path were judged before");
        if !call.query.is_empty() {
            address.query_pairs_mut().extend_pairs(&call.query);
        }
        let mut request = self.0.http.request(call.method.clone(), address);
        if let Some(body) = &call.body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
        }
        if let Some(key) = &call.key {
            request = request.header("Idempotency-Key", key);
        }
        if let Some(wait) = call.wait {
            request = request.header("Prefer", format!("wait={}", wait.as_secs()));
        }
        request
    }

    fn read<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T, Error> {
        let body = if body.is_empty() { b"null" } else { body };
        serde_json::from_slice(body).map_err(|error| self.unreadable(error.to_string()))
    }
}

/// Why the server did not do it, whoever answered for it.
fn refused(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Error {
    let problem = serde_json::from_slice::<Problem>(body).unwrap_or_else(|_| {
        let reason = status.canonical_reason().unwrap_or("no reason was given");
        let told: String = String::from_utf8_lossy(body).chars().take(TOLD_MAX).collect();
        let request_id = headers.get("x-request-id").and_then(|id| id.to_str().ok());
        // Something between here and the server has answered.
        Problem {
            kind: "about:blank".to_owned(),
            title: reason.to_owned(),
            status: status.as_u16(),
            code: "unknown".to_owned(),
            detail: Some(told).filter(|told| !told.trim().is_empty()),
            request_id: request_id.unwrap_or_default().to_owned(),
            ..Problem::default()
        }
    });
    Error::of(Answered { problem, retry_after: retry_after(headers) })
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let secs: u64 = headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(secs))
}

/// What failed at last, without the address, which is told beside it.
pub(crate) fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
