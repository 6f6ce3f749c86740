//! `sexton key`: makes, lists and revokes the server's API keys.

use serde_json::{Value, json};
use sexton_core::names::{KeyId, SystemName, TenantId, Timestamp};
use sexton_engine::Surroundings;
use sexton_engine::ports::{
    Clock, Grant, Key as StoredKey, NewKey as StoredNewKey, SystemClock, SystemSecrets,
};
use sexton_server::who::issue::{Wanted, issue};

use super::root::actor;
use crate::arguments::{Key, NewKey, Shared};
use crate::exit::Exit;
use crate::failure::{Failure, ServerFailure};
use crate::screen::Screen;
use crate::text;
use crate::wiring::state::{self, StateAddress};

pub async fn run(key: &Key, shared: &Shared, screen: &mut Screen) -> Result<Exit, Failure> {
    match key {
        Key::Create(wanted) => create(wanted, shared, screen).await,
        Key::List { state, limit } => list(&state::address(state, shared)?, *limit, screen).await,
        Key::Revoke { id, state } => revoke(&state::address(state, shared)?, id, screen).await,
    }
}

async fn create(wanted: &NewKey, shared: &Shared, screen: &mut Screen) -> Result<Exit, Failure> {
    let address = state::address(&wanted.state, shared)?;
    let state = state::open_or_create(&address).await?;
    let surroundings = Surroundings::of_this_machine();
    let now = surroundings.clock.now();
    let wanted = Wanted {
        name: wanted.name.clone(),
        grant: grant(wanted),
        expires_at: wanted.expires.map(|secs| now.plus_secs(secs)),
        created_by: actor(wanted.actor.as_ref()),
    };
    let (key, secret) = issue(&*state, &surroundings, &SystemSecrets, wanted).await?;
    if screen.is_text() {
        screen.say(&text::key_made(&key, secret.text(), &address.shown()));
    } else {
        screen.document(&json!({ "key": made(&key), "secret": secret.text() }));
    }
    Ok(Exit::Done)
}

fn grant(wanted: &NewKey) -> Grant {
    let systems = wanted.system.iter().map(SystemName::new).collect();
    Grant {
        roles: wanted.role.clone(),
        tenant: wanted.tenant.as_ref().map(TenantId::new),
        systems: if wanted.system.is_empty() { None } else { Some(systems) },
        organisations: wanted.org.clone(),
        per_minute: wanted.rate,
    }
}

async fn list(address: &StateAddress, limit: u32, screen: &mut Screen) -> Result<Exit, Failure> {
    let keys = match state::open(address).await? {
        Some(state) => state.keys(None, limit).await?,
        None => Vec::new(),
    };
    if !screen.is_text() {
        screen.document(&json!({ "keys": keys.iter().map(stored).collect::<Vec<Value>>() }));
    } else if keys.is_empty() {
        screen.say("There are no keys yet.");
    } else {
        screen.say(&text::keys(&keys, SystemClock.now()));
    }
    Ok(Exit::Done)
}

/// A key that is revoked already is what was asked for.
async fn revoke(address: &StateAddress, id: &str, screen: &mut Screen) -> Result<Exit, Failure> {
    let no_key = || Failure::from(ServerFailure::NoKey(id.to_owned()));
    let state = state::open(address).await?.ok_or_else(no_key)?;
    let id = KeyId::new(id);
    let revoked = state.revoke_key(&id, SystemClock.now()).await?;
    let key = state.key(&id).await?.ok_or_else(no_key)?;
    if !screen.is_text() {
        screen.document(&json!({ "key": stored(&key) }));
    } else if revoked {
        screen.say(&format!("Revoked: the key {} opens nothing any more.", key.made.id));
    } else {
        screen.say(&format!("The key {} was revoked before.", key.made.id));
    }
    Ok(Exit::Done)
}

fn stored(key: &StoredKey) -> Value {
    let mut value = made(&key.made);
    value["revoked_at"] = time(key.revoked_at);
    value["used_at"] = time(key.used_at);
    value
}

fn made(key: &StoredNewKey) -> Value {
    json!({
        "id": key.id,
        "name": key.name,
        "prefix": key.prefix,
        "roles": key.grant.roles,
        "tenant": key.grant.tenant,
        "systems": key.grant.systems,
        "organisations": key.grant.organisations,
        "requests_per_minute": key.grant.per_minute,
        "created_by": key.created_by,
        "created_at": key.created_at.to_string(),
        "expires_at": time(key.expires_at),
    })
}

fn time(at: Option<Timestamp>) -> Value {
    at.map_or(Value::Null, |at| at.to_string().into())
}
