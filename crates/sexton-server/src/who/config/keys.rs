//! The keys of the configuration, and what one source says of them.

use std::collections::BTreeMap;

use super::file;
use super::read::Mistake;

/// A key, the variable that says the same, and what it is.
pub struct Key {
    /// Section and name.
    pub name: &'static str,
    /// The variable.
    pub variable: &'static str,
    /// What it means, for the documents.
    pub means: &'static str,
}

const fn key(name: &'static str, variable: &'static str, means: &'static str) -> Key {
    Key { name, variable, means }
}

/// All of them, in the order of the documents.
pub const KEYS: [Key; 15] = [
    key("who.state", "SEXTON_STATE", "the address of the server's own state"),
    key(
        "who.requests_per_minute",
        "SEXTON_REQUESTS_PER_MINUTE",
        "how many requests a bearer may make, unless its key says otherwise (600)",
    ),
    key(
        "who.failures_per_minute",
        "SEXTON_FAILURES_PER_MINUTE",
        "how often an address may fail to sign in (10)",
    ),
    key(
        "who.trusted_proxies",
        "SEXTON_TRUSTED_PROXIES",
        "addresses or networks of proxies whose X-Forwarded-… headers are believed",
    ),
    key(
        "who.origins",
        "SEXTON_ORIGINS",
        "other sites that may send what changes something, such as https://console.example.org",
    ),
    key("jwt.algorithm", "SEXTON_JWT_ALGORITHM", "HS256 or RS256; without it no token is taken"),
    key(
        "jwt.secret",
        "SEXTON_JWT_SECRET_AT",
        "HS256: where the secret is, env:NAME or file:PATH (env:SEXTON_JWT_SECRET)",
    ),
    key("jwt.jwks", "SEXTON_JWT_JWKS", "RS256: a JWKS file, read again when it changes"),
    key("jwt.issuer", "SEXTON_JWT_ISSUER", "who must have made a token"),
    key("jwt.audience", "SEXTON_JWT_AUDIENCE", "for whom it must be, one of these"),
    key("jwt.skew", "SEXTON_JWT_SKEW", "so far clocks may differ (60s)"),
    key("jwt.actor", "SEXTON_JWT_ACTOR", "the claim that names its bearer (sub)"),
    key(
        "jwt.tenant",
        "SEXTON_JWT_TENANT",
        "the claim that names their tenant, which must be there (tenant); false where there are \
         no tenants",
    ),
    key("jwt.roles", "SEXTON_JWT_ROLES", "the claim that lists their roles (roles)"),
    key(
        "jwt.organisations",
        "SEXTON_JWT_ORGANISATIONS",
        "the claim that lists the organisations that they act for (org)",
    ),
];

/// What was said of a key, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// One value or several; none at all is `false`.
    pub values: Vec<String>,
    /// The variable, the flag, or the line of the file.
    pub place: String,
}

/// What one source says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layer {
    pub(super) said: BTreeMap<&'static str, Said>,
    pub(super) mistakes: Vec<Mistake>,
}

impl Layer {
    /// What a file says; other sections are for others.
    pub fn of_file(name: &str, text: &str) -> Self {
        file::layer(name, text)
    }

    /// What variables say; several values stand between commas, none is an empty text.
    pub fn of_variables(read: impl Fn(&str) -> Option<String>) -> Self {
        let mut layer = Self::default();
        for key in &KEYS {
            if let Some(text) = read(key.variable) {
                let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
                let values = parts.map(str::to_owned).collect();
                let place = key.variable.to_owned();
                layer.said.insert(key.name, Said { values, place });
            }
        }
        layer
    }

    /// Adds what a flag says of a key; nothing, where it was not given.
    #[must_use]
    pub fn with_flag(mut self, name: &'static str, flag: &str, values: Vec<String>) -> Self {
        if !values.is_empty() {
            self.said.insert(name, Said { values, place: flag.to_owned() });
        }
        self
    }
}
