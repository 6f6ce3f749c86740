//! Screenshots of app builds, and files that many of them share.

mod contract;
mod events;
mod objects;
mod plans;
mod shared;

use sexton_core::names::TenantId;
use sexton_engine::Root;

use crate::place::root;

/// The same, asked for by somebody of this organization.
fn of(organization: &str, thing: &str, id: &str) -> Root {
    let root = root(thing, id);
    Root { caller: root.caller.within(TenantId::new(organization)), ..root }
}
