//! The HTTP API: one module per resource, one file per thing that can be done with it.

pub mod audit;
pub mod deletions;
pub mod health;
pub mod holds;
pub mod metrics;
pub mod overview;
pub mod pauses;
pub mod previews;
pub mod retention;
pub mod sweeps;
pub mod systems;
pub mod things;

pub(crate) mod page;

mod document;
mod own_routes;

pub(crate) use document::{document, explain};
pub(crate) use own_routes::describe_routes;
pub(crate) use page::Signer;
