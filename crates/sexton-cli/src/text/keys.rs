//! API keys as text: what each may touch, and whether it still opens anything.

use sexton_core::names::{SystemName, Timestamp};
use sexton_engine::ports::{Grant, Key, NewKey};

use super::page::Page;
use super::paint::{bold, dim, green, red, yellow};
use super::time::{ago, ahead};
use super::words::{clean, counted};

/// A key that was just made, with its secret.
pub fn key_made(key: &NewKey, secret: &str, state: &str) -> String {
    let mut page = Page::default();
    page.line(format!("{} the key {} ({}).", green("Made:"), bold(&clean(&key.name)), key.id));
    page.line("");
    page.line(format!("    {secret}"));
    page.line("");
    page.paragraph("", "", "It is shown this once; only a hash of it is stored. It is sent as");
    page.line("`Authorization: Bearer sxt_…`.");
    page.paragraph("It may:    ", "           ", &grant(&key.grant));
    if let Some(end) = key.expires_at {
        page.line(format!("Ends:      {end}"));
    }
    page.line(dim(&format!("Kept in:   {}", clean(state))));
    page.text()
}

/// Some keys, newest first.
pub fn keys(keys: &[Key], now: Timestamp) -> String {
    let mut page = Page::default();
    for key in keys {
        let made = &key.made;
        page.line(format!("{}  {}…  {}", made.id, made.prefix, bold(&clean(&made.name))));
        page.paragraph("  ", "  ", &grant(&made.grant));
        page.line(format!("  {}; {}", standing(key, now), dim(&history(key, now))));
    }
    page.text()
}

fn grant(grant: &Grant) -> String {
    let list =
        |names: &mut dyn Iterator<Item = &str>| names.map(clean).collect::<Vec<_>>().join(", ");
    let mut parts = vec![match &grant.roles[..] {
        [] => "no role".to_owned(),
        roles => list(&mut roles.iter().map(String::as_str)),
    }];
    parts.push(match &grant.tenant {
        Some(tenant) => format!("tenant {}", clean(tenant.as_str())),
        None => "all tenants".to_owned(),
    });
    parts.push(match &grant.systems {
        Some(systems) => list(&mut systems.iter().map(SystemName::as_str)),
        None => "all systems".to_owned(),
    });
    if !grant.organisations.is_empty() {
        let names = list(&mut grant.organisations.iter().map(String::as_str));
        parts.push(format!("for {names}"));
    }
    if let Some(rate) = grant.per_minute {
        parts.push(format!("{} a minute", counted(rate.into(), "request", "requests")));
    }
    parts.join("; ")
}

fn standing(key: &Key, now: Timestamp) -> String {
    match (key.revoked_at, key.made.expires_at) {
        (Some(at), _) => red(&format!("revoked {}", ago(at, now))),
        (None, Some(end)) if end <= now => yellow(&format!("expired {}", ago(end, now))),
        (None, Some(end)) => format!("expires {}", ahead(end, now)),
        (None, None) => "does not expire".to_owned(),
    }
}

fn history(key: &Key, now: Timestamp) -> String {
    let made = ago(key.made.created_at, now);
    let used = key.used_at.map_or("never used".to_owned(), |at| format!("used {}", ago(at, now)));
    format!("made {made} by {}, {used}", clean(&key.made.created_by))
}
