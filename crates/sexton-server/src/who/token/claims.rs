//! What a token says: for whom, until when, and whom it is of.

use serde_json::{Map, Value};
use sexton_core::names::{Actor, TenantId, Timestamp};

use super::Fault;
use crate::who::Identity;

/// What must be true of every token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// Who made it; `None` asks nobody.
    pub issuer: Option<String>,
    /// For whom it is, one of these. Without any, a token that names somebody is refused.
    pub audience: Vec<String>,
    /// So far clocks may differ.
    pub skew_secs: i64,
}

/// What claims are called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimNames {
    /// Whom it is of.
    pub actor: String,
    /// Their tenant; `None` where there are no tenants, and everybody sees everything.
    pub tenant: Option<String>,
    /// Their roles.
    pub roles: String,
    /// The organisations that they act for.
    pub organisations: String,
}

impl Default for ClaimNames {
    fn default() -> Self {
        Self {
            actor: "sub".to_owned(),
            tenant: Some("tenant".to_owned()),
            roles: "roles".to_owned(),
            organisations: "org".to_owned(),
        }
    }
}

/// Judges times and names.
pub fn judge(said: &Map<String, Value>, expected: &Expected, now: Timestamp) -> Result<(), Fault> {
    let end = moment(said, "exp")?.ok_or(Fault::Endless)?;
    if end.plus_secs(expected.skew_secs) <= now {
        return Err(Fault::Expired);
    }
    if moment(said, "nbf")?.is_some_and(|begin| begin.plus_secs(-expected.skew_secs) > now) {
        return Err(Fault::TooEarly);
    }
    if let Some(issuer) = &expected.issuer
        && said.get("iss").and_then(Value::as_str) != Some(issuer)
    {
        return Err(Fault::Issuer);
    }
    let audience = words(said, "aud", Split::No)?;
    let is_meant = if expected.audience.is_empty() {
        audience.is_empty()
    } else {
        audience.iter().any(|named| expected.audience.contains(named))
    };
    if is_meant { Ok(()) } else { Err(Fault::Audience) }
}

/// Whom it is of.
pub fn identity(said: &Map<String, Value>, names: &ClaimNames) -> Result<Identity, Fault> {
    let actor = one(said, &names.actor)?;
    let tenant = names.tenant.as_ref().map(|tenant| one(said, tenant)).transpose()?;
    Ok(Identity {
        bearer: format!("jwt:{actor}"),
        actor: Actor::new(actor),
        roles: words(said, &names.roles, Split::AtSpaces)?,
        organisations: words(said, &names.organisations, Split::No)?,
        tenant: tenant.map(TenantId::new),
        systems: None,
    })
}

/// A moment in seconds since 1970, perhaps with a fraction.
fn moment(said: &Map<String, Value>, name: &str) -> Result<Option<Timestamp>, Fault> {
    let Some(value) = said.get(name) else { return Ok(None) };
    let text = if value.is_number() { value.to_string() } else { String::new() };
    let whole = text.split_once('.').map_or(text.as_str(), |(whole, _)| whole);
    match whole.parse() {
        Ok(secs) => Ok(Some(Timestamp(0).plus_secs(secs))),
        Err(_) => Err(Fault::Claim(name.to_owned())),
    }
}

/// One word, or a number, that is not empty.
fn one(said: &Map<String, Value>, name: &str) -> Result<String, Fault> {
    match said.get(name) {
        Some(Value::String(word)) if !word.trim().is_empty() => Ok(word.clone()),
        Some(Value::Number(number)) if number.is_i64() || number.is_u64() => Ok(number.to_string()),
        _ => Err(Fault::Claim(name.to_owned())),
    }
}

enum Split {
    /// Text is one word.
    No,
    /// Text is several words, as in the claim `scope`.
    AtSpaces,
}

/// Words in a list, or in a text; none where nothing is said.
fn words(said: &Map<String, Value>, name: &str, split: Split) -> Result<Vec<String>, Fault> {
    let wrong = || Fault::Claim(name.to_owned());
    match (said.get(name), split) {
        (None | Some(Value::Null), _) => Ok(Vec::new()),
        (Some(Value::String(text)), Split::AtSpaces) => {
            Ok(text.split_whitespace().map(str::to_owned).collect())
        }
        (Some(Value::String(text)), Split::No) => Ok(vec![text.clone()]),
        (Some(Value::Array(list)), _) => {
            list.iter().map(|word| word.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
        }
        (Some(_), _) => Err(wrong()),
    }
}
