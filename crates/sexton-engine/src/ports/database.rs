//! The port to a system's database: its schema, and transactions over its rows.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sexton_core::names::TableName;
use sexton_core::rights::{Right, Standing};
use sexton_core::schema::{Dialect, Schema};
use sexton_core::sql::Scalar;
use tokio::sync::mpsc;

use super::error::DatabaseError;
use super::figures::Figures;
use super::holds::Holds;
use super::intents::Intents;
use super::ledger::Ledger;
use super::pauses::Pauses;
use super::requests::Requests;
use super::rules::Rules;
use super::shared::Shared;

/// A statement of a plan with its values, ready to run.
#[derive(Debug, Clone)]
pub struct Query<'a> {
    /// What it does, in the plan's words: `find runs`, `remove entries`.
    pub label: &'a str,
    /// Its text; `$1`, `$2` … in PostgreSQL, `?1`, `?2` … in SQLite.
    pub sql: &'a str,
    /// Its values, in order.
    pub args: Vec<Arg>,
    /// Whether one plan, by index wherever there is one, serves all values that are not many.
    pub general: bool,
}

/// One bound value.
#[derive(Debug, Clone, PartialEq)]
pub enum Arg {
    /// One value.
    Scalar(Scalar),
    /// Many values: `text[]` in PostgreSQL, a JSON array in SQLite.
    Array(Arc<[Scalar]>),
    /// Many tuples, as one list (SQLite only): a JSON array of arrays.
    Tuples(Arc<[Vec<Scalar>]>),
}

/// So many rows are a part of what is read bit by bit.
pub const PART_ROWS: usize = 1_000;

/// A row as read.
pub type Row = Vec<Scalar>;

/// What a transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// One read-only snapshot; every statement ends within the budget.
    Look {
        /// How long one statement may take.
        budget: Option<Duration>,
    },
    /// Locks, then changes; waits for a lock only briefly.
    Change,
    /// Sexton's own bookkeeping; losing its commit in a crash loses nothing that was promised.
    Keep,
}

/// A cheap mark of the shape of some tables: differs when the shape may have changed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SchemaStamp(pub String);

/// A session as the database numbers it, to ask who blocks it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionId(pub i32);

/// A system's database.
#[async_trait]
pub trait Database: Send + Sync {
    /// Which database it is.
    fn dialect(&self) -> Dialect;

    /// Reads the whole live schema.
    async fn schema(&self) -> Result<Schema, DatabaseError>;

    /// Begins a transaction.
    async fn begin(&self, mode: Mode) -> Result<Box<dyn Tx>, DatabaseError>;

    /// Lets the database parse and plan a statement without running it.
    async fn prepare(&self, sql: &str) -> Result<(), DatabaseError>;

    /// What a role, or else the connected one, may do of what is needed, and of what Sexton's own
    /// tables need; nothing where there are no roles.
    async fn rights(
        &self,
        role: Option<&str>,
        needed: Vec<Right>,
    ) -> Result<Option<Standing>, DatabaseError>;

    /// Creates or upgrades Sexton's own tables.
    async fn prepare_ledger(&self) -> Result<(), DatabaseError>;

    /// Runs statements that make or remove triggers of a fence: all of them, or none.
    async fn change_fence(&self, statements: &[String]) -> Result<(), DatabaseError>;

    /// Who blocks this session right now, in a sentence each; empty where nobody knows.
    async fn blockers(&self, session: SessionId) -> Vec<String>;
}

/// An open transaction. Dropped without `commit`, it is rolled back.
#[async_trait]
pub trait Tx:
    Ledger + Holds + Intents + Requests + Shared + Rules + Pauses + Figures + Send
{
    /// Reads rows; every value as text or NULL in PostgreSQL, by storage class in SQLite.
    async fn rows(&mut self, query: Query<'_>) -> Result<Vec<Row>, DatabaseError>;

    /// Reads rows as `rows` does, with the names of their columns; no names where there is no row.
    async fn named_rows(
        &mut self,
        query: Query<'_>,
    ) -> Result<(Vec<String>, Vec<Row>), DatabaseError>;

    /// Reads rows in parts of at most [`PART_ROWS`], in their order, and waits while nobody takes
    /// them, so that no more than a few parts are ever in mind. Ends early, and well, once nobody
    /// listens.
    async fn stream(
        &mut self,
        query: Query<'_>,
        parts: &mpsc::Sender<Vec<Row>>,
    ) -> Result<(), DatabaseError>;

    /// Runs a statement and says how many rows it changed.
    async fn run(&mut self, query: Query<'_>) -> Result<u64, DatabaseError>;

    /// The stamp of these tables' shape as this transaction sees it.
    async fn stamp(&mut self, tables: &[TableName]) -> Result<SchemaStamp, DatabaseError>;

    /// Waits for the exclusive right to each of these names, in their order, until the transaction
    /// ends.
    async fn lock_names(&mut self, names: &[String]) -> Result<(), DatabaseError>;

    /// Lets rows that hold each other be removed one table after the other.
    async fn relax_constraints(&mut self) -> Result<(), DatabaseError>;

    /// Judges every deferred constraint now.
    async fn settle_constraints(&mut self) -> Result<(), DatabaseError>;

    /// Sends these messages to whoever listens to the channel once the transaction commits.
    /// Fails where the database has nobody who listens.
    async fn notify(&mut self, channel: &str, messages: &[String]) -> Result<(), DatabaseError>;

    /// The session's number, where the database has one.
    fn session(&self) -> Option<SessionId>;

    /// Ends the transaction for good.
    async fn commit(self: Box<Self>) -> Result<(), DatabaseError>;

    /// Takes everything back.
    async fn rollback(self: Box<Self>) -> Result<(), DatabaseError>;
}
