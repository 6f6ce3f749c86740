#![doc = include_str!("../README.md")]

mod answer;
mod signature;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::redirect;
use rustls::crypto::ring;
use sexton_engine::ports::{Answer, Clock, HookCall, HookCaller};

pub use signature::signature;

/// So long until a connection is there.
const CONNECT: Duration = Duration::from_secs(10);

/// Calls over HTTP.
pub struct HttpCaller {
    client: reqwest::Client,
    clock: Arc<dyn Clock>,
    variables: Variables,
}

/// The environment: a variable's value, if it is set and says something.
type Variables = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Why calls cannot be made here at all.
#[derive(Debug, thiserror::Error)]
#[error("calls cannot be made here: {0}")]
pub struct NoClient(String);

impl HttpCaller {
    /// Calls with the environment of this process.
    pub fn new(clock: Arc<dyn Clock>) -> Result<Self, NoClient> {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        Self::with_variables(clock, Box::new(set))
    }

    /// Calls with these variables instead.
    pub fn with_variables(clock: Arc<dyn Clock>, variables: Variables) -> Result<Self, NoClient> {
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls()?)
            .redirect(redirect::Policy::none())
            .user_agent(concat!("sexton/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .build()
            .map_err(|error| NoClient(answer::innermost(&error)))?;
        Ok(Self { client, clock, variables })
    }

    fn value(&self, written: &str) -> Result<String, Answer> {
        let Some(name) = written.strip_prefix("env:") else { return Ok(written.to_owned()) };
        (self.variables)(name)
            .ok_or_else(|| Answer::Later { reason: format!("`{name}` is not set"), after: None })
    }

    /// The request of a call; none where a variable is missing.
    fn request(&self, call: &HookCall) -> Result<reqwest::RequestBuilder, Answer> {
        let address = self.value(&call.to)?;
        let mut request = self
            .client
            .post(address)
            .timeout(call.within)
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", &call.key)
            .header("Sexton-Deletion", call.deletion.as_str())
            .header("Sexton-Hook", call.hook.as_str());
        if let Some(secret) = &call.secret {
            let secs = self.clock.now().0.div_euclid(1_000_000);
            let secret = self.value(secret)?;
            let signed = signature(secret.as_bytes(), secs, call.body.as_bytes());
            request = request.header("Sexton-Signature", signed);
        }
        Ok(request.body(call.body.clone()))
    }
}

#[async_trait]
impl HookCaller for HttpCaller {
    fn is_set(&self, variable: &str) -> bool {
        (self.variables)(variable).is_some()
    }

    async fn call(&self, call: &HookCall) -> Answer {
        let request = match self.request(call) {
            Ok(request) => request,
            Err(answer) => return answer,
        };
        match request.send().await {
            Ok(response) => answer::of_response(response).await,
            Err(error) => answer::of_failure(&error, call.within),
        }
    }
}

/// TLS with the machine's own roots.
fn tls() -> Result<rustls::ClientConfig, NoClient> {
    let mut roots = rustls::RootCertStore::empty();
    // Roots that cannot be read are left out; a machine without any can still call in plain HTTP.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| NoClient(error.to_string()))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
