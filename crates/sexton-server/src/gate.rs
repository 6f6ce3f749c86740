//! Who may come in: the one question that every request is asked first.

use async_trait::async_trait;
use axum::http::header;
use axum::http::request::Parts;
use sexton_core::names::Actor;

use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::who::Identity;
use crate::who::door::is_cross_origin;
use crate::who::session::Opened;

/// Tells who asks, or turns them away.
#[async_trait]
pub trait Gate: Send + Sync {
    /// Who asks, by what the request carries; its extensions have the address that it came from,
    /// as `ConnectInfo<SocketAddr>`.
    async fn identify(&self, request: &Parts) -> Result<Identity, Failure>;

    /// Whether another site made a browser send what changes something; asked first.
    fn is_cross_origin(&self, request: &Parts) -> bool {
        is_cross_origin(&request.method, &request.headers)
    }

    /// Whether it asks for anything at all; an open one is for this machine only.
    fn is_guarded(&self) -> bool;

    /// Opens a session of the console for whoever has this key.
    async fn open_session(&self, _request: &Parts, _credential: &str) -> Result<Opened, Failure> {
        Err(Failure::by(Outcome::Forbidden).because("nobody signs in here: no keys are kept"))
    }

    /// Ends the session that a request carries, if it carries one.
    async fn end_session(&self, _request: &Parts) -> Result<(), Failure> {
        Ok(())
    }
}

/// The gate where no keys are configured: everybody on this machine is the operator.
pub struct OpenGate {
    actor: Actor,
}

impl OpenGate {
    /// Everybody is this operator.
    pub fn for_operator(actor: Actor) -> Self {
        Self { actor }
    }
}

#[async_trait]
impl Gate for OpenGate {
    /// A page of another site can reach this machine under a name of its own; only names that
    /// nobody else can have are answered.
    async fn identify(&self, request: &Parts) -> Result<Identity, Failure> {
        let host =
            request.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("");
        if !is_of_this_machine(host) {
            let detail = "without keys only this machine is answered, by the name localhost or \
                          a loopback address";
            return Err(Failure::by(Outcome::Anonymous).because(detail));
        }
        Ok(Identity {
            actor: self.actor.clone(),
            bearer: "operator".to_owned(),
            roles: vec!["admin".to_owned()],
            organisations: Vec::new(),
            tenant: None,
            systems: None,
        })
    }

    fn is_guarded(&self) -> bool {
        false
    }
}

fn is_of_this_machine(host: &str) -> bool {
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let name = match host.rsplit_once(':') {
        Some((name, port)) if is_port(port) && !name.ends_with(':') => name,
        _ => host,
    };
    let name = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    name.eq_ignore_ascii_case("localhost")
        || name.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_answered_without_keys() {
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "127.9.0.1", "[::1]:80", "[::1]"]
        {
            assert!(is_of_this_machine(host), "{host}");
        }
        for host in ["", "sexton.example", "localhost.example:80", "10.0.0.1:80", "127.0.0.1.nip:1"]
        {
            assert!(!is_of_this_machine(host), "{host}");
        }
    }
}
