//! JSON Web Tokens: whether one was signed by whom the configuration names, and whom it is of.
//!
//! The algorithm is the configuration's alone: a token that names another, or none, is refused
//! before any key is looked at. The signature is judged by a library; times and names are judged
//! here, by our own clock, each with a refusal of its own for the log.
//!
//! Invariants: no token without an end; none that means another audience; none without a tenant
//! where tenants are asked for, since who has no tenant sees all of them.

mod claims;
mod keyring;

use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value};
use sexton_engine::ports::Clock;

pub use claims::{ClaimNames, Expected};
pub use keyring::{Keyring, Unusable};

use super::Identity;
use super::config::{KeysFrom, TokenConfig};

/// Why a token is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It is no token.
    #[error("it is no token")]
    Unreadable,
    /// Its algorithm is not the one that is configured.
    #[error("its algorithm is not the one that is configured")]
    Algorithm,
    /// It demands that something be understood which is not.
    #[error("it has critical headers")]
    Critical,
    /// No key has its name.
    #[error("no key has its kid")]
    UnknownKey,
    /// The signature is not of the key.
    #[error("its signature is wrong")]
    Signature,
    /// It never ends.
    #[error("it has no exp")]
    Endless,
    /// Its time is over.
    #[error("it has expired")]
    Expired,
    /// Its time is still to come.
    #[error("it is not valid yet")]
    TooEarly,
    /// Somebody else made it.
    #[error("its issuer is another")]
    Issuer,
    /// It is for somebody else.
    #[error("it is for another audience")]
    Audience,
    /// It does not say, in a form that can be read, what is asked for.
    #[error("its claim `{0}` is missing, empty or of another form")]
    Claim(String),
}

/// Judges tokens.
pub struct TokenJudge {
    keyring: Keyring,
    expected: Expected,
    names: ClaimNames,
    clock: Arc<dyn Clock>,
}

impl TokenJudge {
    /// As the configuration says; what variables hold is asked for by their names.
    pub fn of(
        config: &TokenConfig,
        variable: impl Fn(&str) -> Option<String>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Unusable> {
        let keyring = match &config.keys {
            KeysFrom::Variable(name) => {
                let secret = variable(name).ok_or_else(|| Unusable::Unset(name.clone()))?;
                Keyring::of_secret(secret.as_bytes())?
            }
            KeysFrom::SecretFile(path) => Keyring::of_secret_file(path)?,
            KeysFrom::Jwks(path) => Keyring::of_file(path)?,
        };
        Ok(Self::new(keyring, config.expected.clone(), config.names.clone(), clock))
    }

    /// By these keys and names.
    pub fn new(
        keyring: Keyring,
        expected: Expected,
        names: ClaimNames,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { keyring, expected, names, clock }
    }

    /// Whom a token is of.
    pub fn judge(&self, token: &str) -> Result<Identity, Fault> {
        let algorithm = self.keyring.algorithm();
        let head = head(token)?;
        if head.get("alg").and_then(Value::as_str) != Some(keyring::name_of(algorithm)) {
            return Err(Fault::Algorithm);
        }
        if head.contains_key("crit") {
            return Err(Fault::Critical);
        }
        let kid = match head.get("kid") {
            None => None,
            Some(Value::String(kid)) => Some(kid.as_str()),
            Some(_) => return Err(Fault::Unreadable),
        };
        let key = self.keyring.key(kid).ok_or(Fault::UnknownKey)?;
        let said = signed(token, &key, algorithm)?;
        claims::judge(&said, &self.expected, self.clock.now())?;
        claims::identity(&said, &self.names)
    }
}

/// The header, of what has the form of a token.
fn head(token: &str) -> Result<Map<String, Value>, Fault> {
    let parts: Vec<&str> = token.split('.').collect();
    let [head, _, _] = parts[..] else { return Err(Fault::Unreadable) };
    let bytes = BASE64URL_NOPAD.decode(head.as_bytes()).map_err(|_| Fault::Unreadable)?;
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(head)) => Ok(head),
        _ => Err(Fault::Unreadable),
    }
}

/// What a token says, if the key signed it.
fn signed(
    token: &str,
    key: &DecodingKey,
    algorithm: Algorithm,
) -> Result<Map<String, Value>, Fault> {
    let mut only_signature = Validation::new(algorithm);
    only_signature.required_spec_claims.clear();
    only_signature.validate_exp = false;
    only_signature.validate_nbf = false;
    only_signature.validate_aud = false;
    let read = jsonwebtoken::decode::<Value>(token, key, &only_signature);
    match read.map_err(|error| of_the_library(error.kind()))?.claims {
        Value::Object(said) => Ok(said),
        _ => Err(Fault::Unreadable),
    }
}

fn of_the_library(kind: &jsonwebtoken::errors::ErrorKind) -> Fault {
    use jsonwebtoken::errors::ErrorKind;
    match kind {
        ErrorKind::InvalidSignature => Fault::Signature,
        ErrorKind::InvalidAlgorithm | ErrorKind::MissingAlgorithm => Fault::Algorithm,
        _ => Fault::Unreadable,
    }
}

#[cfg(test)]
mod tests;
