//! The application's own routes: which one a request is for, what it asks, and what is answered.
//!
//! All of it is values: a table of routes, a request as it was read, facts, and an answer as status,
//! headers and bytes. Nothing here listens, asks a database or knows a framework.
//!
//! Not here: what a file says of routes (`policy`), and carrying out what they do (the engine).

mod address;
mod answer;
mod asked;
mod described;
mod facts;
mod table;
pub(crate) mod words;

#[cfg(test)]
mod tests;

pub use address::{decoded, query};
pub use answer::{Answered, answer};
pub use asked::{Asked, AskedKey, PageAsked, Unfit, ask};
pub use described::{Described, describe};
pub use facts::{Facts, Listed, Objects, Refusing, without_empty};
pub use table::{Found, Match, Table};
