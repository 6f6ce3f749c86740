//! The HTTP API: one module per resource, one file per thing that can be done with it.

pub mod deletions;
pub mod health;
pub mod previews;
pub mod systems;
pub mod things;

mod document;

pub(crate) use document::{document, explain};
