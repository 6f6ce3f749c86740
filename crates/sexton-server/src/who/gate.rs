//! Who is let in: from the headers of a request to somebody known, or a refusal.
//!
//! In this order: is it another site's (`origin`), who presents what (`presented`, `secret`,
//! `session`, `token`), has the bearer asked too often (`rates`). Every request looks its key up, so a key
//! that is revoked opens nothing from then on.
//!
//! As long as there is no key and tokens are not configured, the gate is open: whoever asks from
//! this machine is its operator. It shuts with the first key, for good.
//!
//! Invariants: all who are not known get the same answer, and the log tells them apart; nothing
//! that is presented is ever logged.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use sexton_core::names::{Actor, Timestamp};
use sexton_engine::ports::{
    Clock, DatabaseError, Entropy, Key, Secrets, State, SystemEntropy, SystemSecrets,
    USE_NOTED_EVERY_SECS,
};

use super::Identity;
use super::config::Config;
use super::network::{Proxies, counted_as};
use super::origin::{Origin, Sent, host_and_port, is_cross};
use super::presented;
use super::rates::Rates;
use super::refusal::Refusal;
use super::secret::{KeySecret, MARK, same};
use super::session::Opened;
use super::token::TokenJudge;
use crate::failure::Failure;
use crate::gate::Gate;
use crate::outcome::Outcome;

/// A request, as far as it tells who sends it.
#[derive(Debug, Clone, Copy)]
pub struct Knock<'a> {
    /// Its method.
    pub method: &'a Method,
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// The address at the other end of the connection.
    pub remote: IpAddr,
}

/// Lets in who may.
pub struct KeyGate {
    state: Arc<dyn State>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    secrets: Arc<dyn Secrets>,
    tokens: Option<TokenJudge>,
    origins: Vec<Origin>,
    proxies: Proxies,
    per_minute: u32,
    failures_per_minute: u32,
    bearers: Rates,
    failures: Rates,
    shut: AtomicBool,
    operator: Actor,
}

impl KeyGate {
    /// By this configuration. The state must be prepared.
    pub fn new(
        config: &Config,
        tokens: Option<TokenJudge>,
        state: Arc<dyn State>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            shut: AtomicBool::new(tokens.is_some()),
            tokens,
            origins: config.origins.clone(),
            proxies: Proxies(config.trusted_proxies.clone()),
            per_minute: config.requests_per_minute,
            failures_per_minute: config.failures_per_minute,
            operator: Actor::new("operator"),
            bearers: Rates::new(Arc::clone(&clock)),
            failures: Rates::new(Arc::clone(&clock)),
            state,
            clock,
            entropy: Arc::new(SystemEntropy),
            secrets: Arc::new(SystemSecrets),
        }
    }

    /// The same, with a name for whoever is let in as the operator.
    #[must_use]
    pub fn for_operator(self, operator: Actor) -> Self {
        Self { operator, ..self }
    }

    /// Whether everybody on this machine is let in as its operator; told in the log.
    pub async fn open(&self) -> Result<bool, DatabaseError> {
        let is_open = self.is_open().await?;
        if is_open {
            tracing::warn!(
                event = "gate_open",
                "there is no API key and no token is configured: whoever asks from this machine \
                 is its operator, and nobody else is let in; `sexton key create` ends that"
            );
        }
        Ok(is_open)
    }

    /// Who sends a request.
    pub async fn admit(&self, knock: Knock<'_>) -> Result<Identity, Refusal> {
        let peer = self.proxies.peer(knock.remote, knock.headers);
        let judged = self.judge(knock).await.map_err(|refusal| self.failed(peer, refusal));
        if let Err(refusal) = &judged {
            tell(refusal, peer);
        }
        judged
    }

    async fn judge(&self, knock: Knock<'_>) -> Result<Identity, Refusal> {
        if self.is_cross(knock) {
            return Err(Refusal::CrossOrigin);
        }
        let credential = presented::bearer(knock.headers).map_err(|_| Refusal::Unreadable)?;
        let (identity, per_minute) = match (credential, presented::session(knock.headers)) {
            (Some(credential), _) if credential.starts_with(MARK) => {
                self.by_key(credential).await?
            }
            (Some(credential), _) => (self.by_token(credential)?, self.per_minute),
            (None, Some(session)) => match self.by_session(&session).await {
                // Browsers keep one cookie for all servers of this machine, of any port.
                Err(Refusal::Anonymous) => return self.without_credential(knock).await,
                known => known?,
            },
            (None, None) => return self.without_credential(knock).await,
        };
        self.bearers.count(&identity.bearer, per_minute).map_err(Refusal::TooOften)?;
        Ok(identity)
    }

    fn is_cross(&self, knock: Knock<'_>) -> bool {
        let proxied = self.proxies.trust(knock.remote);
        let sent = Sent { method: knock.method, headers: knock.headers, proxied };
        is_cross(sent, &self.origins)
    }

    async fn by_key(&self, credential: &str) -> Result<(Identity, u32), Refusal> {
        let key = self.key_of(credential).await?;
        let per_minute = key.made.grant.per_minute.unwrap_or(self.per_minute);
        Ok((of_key(key), per_minute))
    }

    /// The key that is presented, if it is good.
    async fn key_of(&self, credential: &str) -> Result<Key, Refusal> {
        let secret = KeySecret::read(credential).map_err(|_| Refusal::BadKey)?;
        let hash = secret.hash();
        let found = self.state.key_by_hash(&hash).await.map_err(Refusal::Unavailable)?;
        let key = found.filter(|key| same(&key.made.hash, &hash)).ok_or(Refusal::UnknownKey)?;
        let now = self.clock.now();
        if key.revoked_at.is_some() {
            return Err(Refusal::Revoked);
        }
        if key.made.expires_at.is_some_and(|end| end <= now) {
            return Err(Refusal::Expired);
        }
        self.note_use(&key).await;
        Ok(key)
    }

    /// What cannot be noted keeps nobody out.
    async fn note_use(&self, key: &Key) {
        let now = self.clock.now();
        let due = |at: Timestamp| at.plus_secs(USE_NOTED_EVERY_SECS) <= now;
        if !key.used_at.is_none_or(due) {
            return;
        }
        if let Err(error) = self.state.note_use(&key.made.id, now).await {
            tracing::warn!(event = "use_not_noted", key = %key.made.id, %error);
        }
    }

    fn by_token(&self, credential: &str) -> Result<Identity, Refusal> {
        let tokens = self.tokens.as_ref().ok_or(Refusal::NoTokens)?;
        tokens.judge(credential).map_err(Refusal::BadToken)
    }

    async fn without_credential(&self, knock: Knock<'_>) -> Result<Identity, Refusal> {
        if !self.is_open().await.map_err(Refusal::Unavailable)? {
            return Err(Refusal::Anonymous);
        }
        if is_local(knock) { Ok(operator(self.operator.clone())) } else { Err(Refusal::NotLocal) }
    }

    /// Race: a key that comes now shuts the gate at the next request, in every replica.
    async fn is_open(&self) -> Result<bool, DatabaseError> {
        if self.shut.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let has_keys = self.state.has_keys().await?;
        self.shut.store(has_keys, Ordering::Relaxed);
        Ok(!has_keys)
    }

    /// The refusal, counted where somebody tried something. Who presents what is good is let in
    /// whatever others at the same address do.
    fn failed(&self, peer: IpAddr, refusal: Refusal) -> Refusal {
        if !refusal.is_failure() {
            return refusal;
        }
        match self.failures.count(&counted_as(peer), self.failures_per_minute) {
            Ok(()) => refusal,
            Err(often) => {
                tell(&refusal, peer);
                Refusal::FailedTooOften(often)
            }
        }
    }
}

#[async_trait]
impl Gate for KeyGate {
    async fn identify(&self, request: &Parts) -> Result<Identity, Failure> {
        Ok(self.admit(knock(request)).await?)
    }

    fn is_cross_origin(&self, request: &Parts) -> bool {
        let knock = knock(request);
        let is_cross = self.is_cross(knock);
        if is_cross {
            tell(&Refusal::CrossOrigin, self.proxies.peer(knock.remote, knock.headers));
        }
        is_cross
    }

    fn is_guarded(&self) -> bool {
        self.shut.load(Ordering::Relaxed)
    }

    async fn open_session(&self, request: &Parts, credential: &str) -> Result<Opened, Failure> {
        Ok(KeyGate::open_session(self, knock(request), credential).await?)
    }

    async fn end_session(&self, request: &Parts) -> Result<(), Failure> {
        Ok(KeyGate::end_session(self, &request.headers).await?)
    }
}

/// A request as it knocks; one that comes from nowhere is from elsewhere.
fn knock(request: &Parts) -> Knock<'_> {
    let remote = request.extensions.get::<ConnectInfo<SocketAddr>>();
    let remote = remote.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |remote| remote.0.ip());
    Knock { method: &request.method, headers: &request.headers, remote }
}

/// All who are not known are told the same.
impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let outcome = Outcome::of_word(refusal.outcome()).unwrap_or(Outcome::Failed);
        let failure = Self::by(outcome);
        let retry_after = refusal.retry_after_secs().or(failure.retry_after);
        let failure = Self { retry_after, ..failure };
        match refusal {
            Refusal::NotLocal => failure.because(
                "without keys only this machine is answered, by the name localhost or a loopback \
                 address",
            ),
            Refusal::Unavailable(error) => failure.caused_by(error.to_string()),
            _ if outcome == Outcome::Anonymous => {
                failure.because("send a key or a token: Authorization: Bearer …")
            }
            _ => failure,
        }
    }
}

fn of_key(key: Key) -> Identity {
    let grant = key.made.grant;
    Identity {
        actor: Actor::new(key.made.name),
        bearer: key.made.id.as_str().to_owned(),
        roles: grant.roles,
        organisations: grant.organisations,
        tenant: grant.tenant,
        systems: grant
            .systems
            .map(|systems| systems.iter().map(|system| system.as_str().to_owned()).collect()),
    }
}

fn operator(actor: Actor) -> Identity {
    Identity {
        actor,
        bearer: "operator".to_owned(),
        roles: vec!["admin".to_owned()],
        organisations: Vec::new(),
        tenant: None,
        systems: None,
    }
}

/// Whether a request comes from this machine itself, and not through it: a proxy passes others on,
/// and a page of another site may have its name point here.
fn is_local(knock: Knock<'_>) -> bool {
    let through = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"];
    let host = knock.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.and_then(host_and_port).map(|(host, _)| host);
    knock.remote.to_canonical().is_loopback()
        && !through.iter().any(|name| knock.headers.contains_key(*name))
        && host.is_none_or(|host| ["localhost", "127.0.0.1", "[::1]"].contains(&host.as_str()))
}

fn tell(refusal: &Refusal, peer: IpAddr) {
    match refusal {
        Refusal::Unavailable(error) => {
            tracing::error!(event = "not_let_in", refusal = refusal.word(), %peer, %error);
        }
        refusal => {
            tracing::info!(event = "not_let_in", refusal = refusal.word(), %peer, why = %refusal);
        }
    }
}

mod sessions;

#[cfg(test)]
mod tests;
