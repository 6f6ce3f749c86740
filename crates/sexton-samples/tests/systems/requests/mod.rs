//! Batched requests whose results outlive their input.

mod adopting;
mod contract;
mod fence;
mod hiding;
mod later;
mod plans;
mod waiting;
mod weaknesses;

use sexton_engine::Root;

use crate::place::root;

/// The file with this number.
fn file(number: u8) -> Root {
    root("file", &id("f1", number))
}

/// The batch with this number.
fn batch(number: u8) -> Root {
    root("batch", &id("ba", number))
}

fn id(of: &str, number: u8) -> String {
    format!("{of}000000-0000-4000-8000-{number:012}")
}
