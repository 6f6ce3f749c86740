//! API keys of the server: making one, whose secret is shown once, and revoking it.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Redirect;
use sexton_console::frame::Frame;
use sexton_console::links::Links;
use sexton_console::page::keys::{Key, Keys, keys};
use sexton_core::names::{KeyId, SystemName, TenantId};
use sexton_engine::EngineError;
use sexton_engine::ports::{self, Grant, SystemSecrets};

use super::fields::{Fields, InAddress, Sent};
use super::frame::around;
use super::holds::needed;
use super::notice::said;
use super::page::Page;
use crate::extract::{Asker, Changer};
use crate::failure::Failure;
use crate::service::Service;
use crate::who::Identity;
use crate::who::issue::{Wanted, issue};

/// No more are listed.
const SHOWN: u32 = 200;
const DAY_SECS: i64 = 86_400;
const DAYS_MAX: i64 = 3_650;

/// The page.
pub async fn show(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
    headers: HeaderMap,
    InAddress(fields): InAddress,
) -> Result<Page, Failure> {
    let frame = around(&service, &identity, &headers);
    let frame = Frame { notice: said(&fields), ..frame };
    listed(&service, &frame, None).await
}

/// Makes a key and shows its secret, this once. It stands in no address, so it is answered here and
/// not behind a redirect.
pub async fn make(
    State(service): State<Arc<Service>>,
    Changer(identity): Changer,
    headers: HeaderMap,
    Sent(fields): Sent,
) -> Result<Page, Failure> {
    let wanted = wanted(&service, &identity, &fields)?;
    let surroundings = &service.surroundings;
    let made = issue(kept(&service)?, surroundings, &SystemSecrets, wanted).await;
    let (key, secret) = made.map_err(EngineError::from)?;
    let frame = around(&service, &identity, &headers);
    listed(&service, &frame, Some((key.name, secret.text().to_owned()))).await
}

/// Revokes a key; one that is revoked is as good.
pub async fn revoke(
    State(service): State<Arc<Service>>,
    Changer(_): Changer,
    Sent(fields): Sent,
) -> Result<Redirect, Failure> {
    let id = KeyId::new(needed(&fields, "key")?);
    let now = service.surroundings.clock.now();
    kept(&service)?.revoke_key(&id, now).await.map_err(EngineError::from)?;
    let links = Links::below(service.base_path());
    Ok(Redirect::to(&format!("{}?told=revoked", links.keys())))
}

async fn listed(
    service: &Service,
    frame: &Frame,
    made: Option<(String, String)>,
) -> Result<Page, Failure> {
    let stored = kept(service)?.keys(None, SHOWN).await.map_err(EngineError::from)?;
    let shown = Keys { keys: stored.into_iter().map(shown).collect(), made };
    Ok(Page::of(keys(frame, &shown).into_string()))
}

fn kept(service: &Service) -> Result<&dyn ports::State, Failure> {
    service
        .state()
        .map(|state| &**state)
        .ok_or_else(|| Failure::missing("this server keeps no keys"))
}

fn wanted(service: &Service, identity: &Identity, fields: &Fields) -> Result<Wanted, Failure> {
    let systems: BTreeSet<SystemName> = fields.all("system").map(SystemName::new).collect();
    let known = |system: &SystemName| service.systems().any(|(name, _)| name == system.as_str());
    if let Some(unknown) = systems.iter().find(|system| !known(system)) {
        return Err(Failure::unfit("system", format!("there is no system `{unknown}`")));
    }
    let expires_at = match fields.one("days").map(str::parse) {
        None => None,
        Some(Ok(days)) if (1..=DAYS_MAX).contains(&days) => {
            Some(service.surroundings.clock.now().plus_secs(days * DAY_SECS))
        }
        Some(_) => return Err(Failure::unfit("days", format!("from 1 to {DAYS_MAX}"))),
    };
    let roles = fields.one("roles").unwrap_or_default().split([',', ' ']);
    let grant = Grant {
        roles: roles.filter(|role| !role.is_empty()).map(str::to_owned).collect(),
        tenant: fields.one("tenant").map(TenantId::new),
        systems: (!systems.is_empty()).then_some(systems),
        organisations: Vec::new(),
        per_minute: None,
    };
    let name = needed(fields, "name")?.to_owned();
    Ok(Wanted { name, grant, expires_at, created_by: identity.actor.to_string() })
}

fn shown(key: ports::Key) -> Key {
    let ports::Key { made, revoked_at, used_at } = key;
    let Grant { roles, tenant, systems, organisations, per_minute } = made.grant;
    let tenant = tenant.map(|tenant| format!("tenant {tenant}"));
    let systems = systems.into_iter().flatten().map(|system| format!("system {system}"));
    let organisations = organisations.into_iter().map(|one| format!("organisation {one}"));
    let rate = per_minute.map(|rate| format!("{rate} requests a minute"));
    let grants = roles.into_iter().chain(tenant).chain(systems).chain(organisations).chain(rate);
    Key {
        id: made.id.to_string(),
        name: made.name,
        prefix: made.prefix,
        grants: grants.collect(),
        created_at: made.created_at.to_string(),
        created_by: made.created_by,
        used_at: used_at.map(|at| at.to_string()),
        expires_at: made.expires_at.map(|at| at.to_string()),
        revoked_at: revoked_at.map(|at| at.to_string()),
    }
}
