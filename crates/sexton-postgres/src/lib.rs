#![doc = include_str!("../README.md")]

mod blockers;
mod database;
mod delete_in;
mod error;
mod figures;
mod held;
mod holds;
mod intents;
mod introspect;
mod ledger;
mod link;
mod migrate;
mod pauses;
mod requests;
mod rights;
mod rules;
mod session;
mod shared;
mod stamp;
mod state;
mod statement;
mod tls;
mod transaction;

pub use database::PostgresDatabase;
pub use delete_in::delete_in;
pub use state::PostgresState;
pub use transaction::in_transaction;
