#![doc = include_str!("../README.md")]

mod address;
mod budget;
mod database;
mod delete_in;
mod failure;
mod figures;
mod holds;
mod intents;
mod ledger;
mod migrations;
mod pauses;
mod pools;
mod requests;
mod rules;
mod schema;
mod shared;
mod state;
mod statement;
mod transaction;
mod values;

pub use database::SqliteDatabase;
pub use delete_in::delete_in;
pub use state::SqliteState;
pub use transaction::in_transaction;
