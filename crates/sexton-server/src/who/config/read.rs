//! From what was said to a configuration.

use std::fmt;
use std::str::FromStr;

use super::keys::{KEYS, Layer, Said};
use super::{Config, KeysFrom, TokenConfig};
use crate::who::token::{ClaimNames, Expected};

/// What is wrong, and where it was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The variable, the flag, or the line of the file.
    pub place: String,
    /// A sentence.
    pub sentence: String,
}

impl Mistake {
    /// A mistake at a place.
    pub fn new(place: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self { place: place.into(), sentence: sentence.into() }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.sentence)
    }
}

/// What layers say together.
pub fn config(layers: &[Layer]) -> Result<Config, Vec<Mistake>> {
    let mut reader = Reader { layers, mistakes: Vec::new() };
    let config = reader.config();
    let of_layers = layers.iter().flat_map(|layer| layer.mistakes.clone());
    let mistakes: Vec<Mistake> = of_layers.chain(reader.mistakes).collect();
    if mistakes.is_empty() { Ok(config) } else { Err(mistakes) }
}

struct Reader<'l> {
    layers: &'l [Layer],
    mistakes: Vec<Mistake>,
}

impl<'l> Reader<'l> {
    fn config(&mut self) -> Config {
        let default = Config::default();
        Config {
            state: self.text("who.state"),
            requests_per_minute: self
                .rate("who.requests_per_minute")
                .unwrap_or(default.requests_per_minute),
            failures_per_minute: self
                .rate("who.failures_per_minute")
                .unwrap_or(default.failures_per_minute),
            trusted_proxies: self.list("who.trusted_proxies"),
            origins: self.list("who.origins"),
            tokens: self.tokens(),
        }
    }

    fn tokens(&mut self) -> Option<TokenConfig> {
        let Some(algorithm) = self.said("jwt.algorithm") else {
            self.refuse_tokens_without_algorithm();
            return None;
        };
        let keys = match algorithm.values.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["HS256"] => self.secret(),
            ["RS256"] => self.jwks(algorithm),
            // Said to be none, over what a file says.
            [] => return None,
            _ => {
                self.wrong(algorithm, "`jwt.algorithm` is HS256 or RS256");
                None
            }
        };
        let default = ClaimNames::default();
        let expected = Expected {
            issuer: self.text("jwt.issuer"),
            audience: self.list("jwt.audience"),
            skew_secs: self.skew(),
        };
        let tenant = match self.said("jwt.tenant") {
            None => default.tenant,
            Some(said) if said.values.is_empty() => None,
            Some(_) => self.text("jwt.tenant"),
        };
        let names = ClaimNames {
            actor: self.text("jwt.actor").unwrap_or(default.actor),
            tenant,
            roles: self.text("jwt.roles").unwrap_or(default.roles),
            organisations: self.text("jwt.organisations").unwrap_or(default.organisations),
        };
        Some(TokenConfig { keys: keys?, expected, names })
    }

    fn refuse_tokens_without_algorithm(&mut self) {
        let others = KEYS.iter().filter(|key| key.name.starts_with("jwt."));
        let said = others.filter_map(|key| self.said(key.name).map(|said| (key.name, said)));
        for (name, said) in said.collect::<Vec<_>>() {
            self.wrong(said, &format!("`{name}` means nothing without `jwt.algorithm`"));
        }
    }

    fn secret(&mut self) -> Option<KeysFrom> {
        if let Some(said) = self.said("jwt.jwks") {
            self.wrong(said, "`jwt.jwks` is for RS256, and `jwt.algorithm` is HS256");
        }
        let Some(said) = self.said("jwt.secret") else {
            return Some(KeysFrom::Variable("SEXTON_JWT_SECRET".to_owned()));
        };
        let at = said.values.first().map(String::as_str).unwrap_or_default();
        match at.split_once(':') {
            Some(("env", name)) if !name.is_empty() => Some(KeysFrom::Variable(name.to_owned())),
            Some(("file", path)) if !path.is_empty() => Some(KeysFrom::SecretFile(path.into())),
            // It may be the secret itself, so it is not repeated.
            _ => {
                let sentence = "`jwt.secret` says where the secret is: env:NAME or file:PATH";
                self.wrong(said, sentence);
                None
            }
        }
    }

    fn jwks(&mut self, algorithm: &Said) -> Option<KeysFrom> {
        if let Some(said) = self.said("jwt.secret") {
            self.wrong(said, "`jwt.secret` is for HS256, and `jwt.algorithm` is RS256");
        }
        let path = self.text("jwt.jwks");
        if path.is_none() && self.said("jwt.jwks").is_none() {
            self.wrong(algorithm, "RS256 needs `jwt.jwks`, a file with public keys");
        }
        path.map(|path| KeysFrom::Jwks(path.into()))
    }

    fn skew(&mut self) -> i64 {
        const DEFAULT: i64 = 60;
        let Some(said) = self.said("jwt.skew") else { return DEFAULT };
        let text = said.values.first().map_or("0s", String::as_str);
        let (number, each) = match (text.strip_suffix('s'), text.strip_suffix('m')) {
            (Some(number), _) => (number, 1),
            (_, Some(number)) => (number, 60),
            _ => (text, 0),
        };
        match number.parse::<u16>() {
            Ok(count) if each > 0 && i64::from(count) * each <= 3_600 => i64::from(count) * each,
            _ => {
                self.wrong(said, "`jwt.skew` is at most an hour, such as 60s or 5m");
                DEFAULT
            }
        }
    }

    fn rate(&mut self, name: &'static str) -> Option<u32> {
        let text = self.text(name)?;
        match text.parse() {
            Ok(rate) if rate > 0 => Some(rate),
            _ => {
                let said = self.said(name)?;
                self.wrong(said, &format!("`{name}` is a whole number above zero"));
                None
            }
        }
    }

    /// The one value that is asked for.
    fn text(&mut self, name: &'static str) -> Option<String> {
        let said = self.said(name)?;
        match &said.values[..] {
            [one] if !one.trim().is_empty() => Some(one.clone()),
            _ => {
                self.wrong(said, &format!("`{name}` is one text"));
                None
            }
        }
    }

    fn list<T: FromStr<Err: fmt::Display>>(&mut self, name: &'static str) -> Vec<T> {
        let Some(said) = self.said(name) else { return Vec::new() };
        let mut list = Vec::new();
        for value in &said.values {
            match value.parse() {
                Ok(value) => list.push(value),
                Err(error) => self.wrong(said, &format!("`{name}`: {error}")),
            }
        }
        list
    }

    /// What the first layer says that says anything.
    fn said(&self, name: &'static str) -> Option<&'l Said> {
        self.layers.iter().find_map(|layer| layer.said.get(name))
    }

    fn wrong(&mut self, said: &Said, sentence: &str) {
        self.mistakes.push(Mistake::new(said.place.clone(), sentence));
    }
}
