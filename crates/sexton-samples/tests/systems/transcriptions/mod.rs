//! Tenants that must not see each other, and jobs that go when they have ended.

mod cascading;
mod contract;
mod erasure;
mod fence;
mod hidden;
mod keys;
mod objects;
mod partial;
mod plans;
mod work;

use sexton_core::names::TenantId;
use sexton_engine::Root;

use crate::place::root;

const ACME: &str = "7e4a4700-0000-4000-8000-000000000001";
const BETA: &str = "7e4a4700-0000-4000-8000-000000000002";

/// The same root, as somebody of this tenant asks for it.
fn within(tenant: &str, root: Root) -> Root {
    Root { caller: root.caller.within(TenantId::new(tenant)), ..root }
}

/// The job with this number.
fn job(number: u8) -> Root {
    root("job", &job_id(number))
}

fn job_id(number: u8) -> String {
    format!("10b00000-0000-4000-8000-{number:012}")
}

/// The key with this number.
fn key_id(number: u8) -> String {
    format!("4e700000-0000-4000-8000-{number:012}")
}

const COMPLETED: u8 = 1;
const INTERVIEW: u8 = 2;
const FAILED: u8 = 3;
const CANCELLED: u8 = 4;
const PENDING: u8 = 5;
const RUNNING: u8 = 6;
const CANCELLING: u8 = 7;
const PURGED: u8 = 8;
const COMPLETED_OF_BETA: u8 = 9;
const RUNNING_OF_BETA: u8 = 10;

/// The session with this number.
fn session(number: u8) -> Root {
    root("session", &format!("5e550000-0000-4000-8000-{number:012}"))
}
