//! How the server is told who may ask: in a file, by variables, by flags.
//!
//! `sexton-server.toml` has the sections `[who]` and `[jwt]`; each key has a variable, and a flag
//! may say it too. Flags go over variables, variables over the file. What is said is kept with
//! where it was said, so every mistake, all in one run, is told at its place.
//!
//! Secrets are never written in the file: it names a variable or another file that has them.

mod file;
mod keys;
mod read;

use std::path::PathBuf;

pub use keys::{KEYS, Layer, Said};
pub use read::Mistake;

use super::network::Network;
use super::origin::Origin;
use super::token::{ClaimNames, Expected};

/// Who may ask, and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The address of the server's own state.
    pub state: Option<String>,
    /// How many requests a bearer may make a minute, unless its key says otherwise.
    pub requests_per_minute: u32,
    /// How often an address may fail to sign in a minute.
    pub failures_per_minute: u32,
    /// Proxies whose word about a request is believed.
    pub trusted_proxies: Vec<Network>,
    /// Other sites that may send what changes something.
    pub origins: Vec<Origin>,
    /// Tokens, if any are taken.
    pub tokens: Option<TokenConfig>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            state: None,
            requests_per_minute: 600,
            failures_per_minute: 10,
            trusted_proxies: Vec::new(),
            origins: Vec::new(),
            tokens: None,
        }
    }
}

/// Which tokens are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenConfig {
    /// The one algorithm, and where its keys are.
    pub keys: KeysFrom,
    /// What must be true of them.
    pub expected: Expected,
    /// What their claims are called.
    pub names: ClaimNames,
}

/// Where the keys of tokens are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeysFrom {
    /// HS256: the secret is in this variable.
    Variable(String),
    /// HS256: the secret is in this file.
    SecretFile(PathBuf),
    /// RS256: the public keys are in this JWKS file.
    Jwks(PathBuf),
}

impl Config {
    /// What layers say together, the first over the second, and so on.
    pub fn of(layers: &[Layer]) -> Result<Self, Vec<Mistake>> {
        read::config(layers)
    }
}

#[cfg(test)]
mod tests;
