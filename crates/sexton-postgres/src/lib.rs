#![doc = include_str!("../README.md")]

mod blockers;
mod database;
mod error;
mod held;
mod introspect;
mod ledger;
mod link;
mod migrate;
mod session;
mod stamp;
mod statement;
mod transaction;

pub use database::PostgresDatabase;
pub use transaction::in_transaction;
