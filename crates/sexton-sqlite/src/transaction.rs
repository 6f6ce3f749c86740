//! One open transaction, on a connection of our own or on one that a caller lends.
//!
//! Dropped without `commit`, one of our own is rolled back when its connection returns to the
//! pool. A lent one is never ended here: whether its changes stay is the caller's to decide.
//!
//! Invariant: after a statement failed, nothing more runs and `commit` refuses. SQLite rolls
//! some transactions back by itself (full disk, a trigger that says so), and what ran after
//! that would stay, each statement for itself.

use async_trait::async_trait;
use sexton_core::names::TableName;
use sexton_engine::ports::{DatabaseError, Query, Row, SchemaStamp, SessionId, Tx};
use sqlx::pool::PoolConnection;
use sqlx::{Sqlite, SqliteConnection};
use tokio::sync::mpsc;

use crate::budget::Budget;
use crate::failure::{commit_failure, failure};
use crate::statement;

/// An open transaction.
#[derive(Debug)]
pub struct SqliteTx<'c> {
    held: Held<'c>,
    budget: Option<Budget>,
    failed: bool,
}

#[derive(Debug)]
enum Held<'c> {
    Own(PoolConnection<Sqlite>),
    Lent(&'c mut SqliteConnection),
}

impl<'c> SqliteTx<'c> {
    /// Takes the write lock. Its commit reaches the disk before it returns, and with it all
    /// commits before it: a power failure takes back no deletion.
    pub async fn begin_change(
        connection: PoolConnection<Sqlite>,
    ) -> Result<SqliteTx<'static>, DatabaseError> {
        Self::begin(connection, "PRAGMA synchronous = FULL; BEGIN IMMEDIATE").await
    }

    /// Takes the write lock. Its commit reaches the disk with the next, where a write-ahead log
    /// makes that safe.
    pub async fn begin_keep(
        connection: PoolConnection<Sqlite>,
    ) -> Result<SqliteTx<'static>, DatabaseError> {
        Self::begin(connection, "PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE").await
    }

    /// Runs a statement that makes or removes a trigger.
    pub async fn script(&mut self, sql: &str) -> Result<(), DatabaseError> {
        let answer = statement::script(self.connection()?, "change the fence", sql).await;
        self.judged(answer)
    }

    async fn begin(
        mut connection: PoolConnection<Sqlite>,
        words: &'static str,
    ) -> Result<SqliteTx<'static>, DatabaseError> {
        sqlx::raw_sql(words)
            .execute(&mut *connection)
            .await
            .map_err(|error| failure("begin", error))?;
        Ok(SqliteTx::new(Held::Own(connection), None))
    }

    /// Takes a snapshot: with the first read, not with BEGIN.
    pub async fn begin_look(
        mut connection: PoolConnection<Sqlite>,
        budget: Option<Budget>,
    ) -> Result<SqliteTx<'static>, DatabaseError> {
        sqlx::raw_sql("BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1")
            .execute(&mut *connection)
            .await
            .map_err(|error| failure("begin", error))?;
        Ok(SqliteTx::new(Held::Own(connection), budget))
    }

    fn new(held: Held<'c>, budget: Option<Budget>) -> Self {
        Self { held, budget, failed: false }
    }

    /// The connection, for one statement, which gets the whole budget.
    pub fn connection(&mut self) -> Result<&mut SqliteConnection, DatabaseError> {
        if self.failed {
            return Err(refused("run a statement", "an earlier one of the transaction failed"));
        }
        if let Some(budget) = &self.budget {
            budget.restart();
        }
        Ok(self.held.connection())
    }

    /// Passes an answer on, and remembers a failure.
    pub fn judged<T>(&mut self, answer: Result<T, DatabaseError>) -> Result<T, DatabaseError> {
        self.failed |= answer.is_err();
        answer
    }
}

impl Held<'_> {
    fn connection(&mut self) -> &mut SqliteConnection {
        match self {
            Self::Own(connection) => connection,
            Self::Lent(connection) => connection,
        }
    }
}

#[async_trait]
impl Tx for SqliteTx<'_> {
    async fn rows(&mut self, query: Query<'_>) -> Result<Vec<Row>, DatabaseError> {
        let answer = statement::rows(self.connection()?, query).await;
        self.judged(answer)
    }

    async fn named_rows(
        &mut self,
        query: Query<'_>,
    ) -> Result<(Vec<String>, Vec<Row>), DatabaseError> {
        let answer = statement::named_rows(self.connection()?, query).await;
        self.judged(answer)
    }

    async fn stream(
        &mut self,
        query: Query<'_>,
        parts: &mpsc::Sender<Vec<Row>>,
    ) -> Result<(), DatabaseError> {
        let answer = statement::stream(self.connection()?, query, parts).await;
        self.judged(answer)
    }

    async fn run(&mut self, query: Query<'_>) -> Result<u64, DatabaseError> {
        let answer = statement::run(self.connection()?, query).await;
        self.judged(answer)
    }

    /// One number for the whole file: it grows with every change of any table's shape.
    async fn stamp(&mut self, _tables: &[TableName]) -> Result<SchemaStamp, DatabaseError> {
        let answer = schema_version(self.connection()?).await;
        Ok(SchemaStamp(self.judged(answer)?.to_string()))
    }

    /// Nothing to do: whoever may change holds the only write lock.
    async fn lock_names(&mut self, _names: &[String]) -> Result<(), DatabaseError> {
        Ok(())
    }

    async fn relax_constraints(&mut self) -> Result<(), DatabaseError> {
        let answer = defer_foreign_keys(self.connection()?).await;
        self.judged(answer)
    }

    /// Nothing to ask: SQLite counts what is unsettled for itself and tells at COMMIT.
    async fn settle_constraints(&mut self) -> Result<(), DatabaseError> {
        Ok(())
    }

    async fn notify(&mut self, _: &str, _: &[String]) -> Result<(), DatabaseError> {
        Err(DatabaseError::Failed {
            label: "notify".to_owned(),
            detail: "nobody can listen to SQLite".to_owned(),
        })
    }

    fn session(&self) -> Option<SessionId> {
        None
    }

    async fn commit(mut self: Box<Self>) -> Result<(), DatabaseError> {
        let failed = self.failed;
        let Held::Own(connection) = &mut self.held else {
            return Ok(());
        };
        if failed {
            roll_back(connection).await;
            return Err(refused("commit", "an earlier statement of the transaction failed"));
        }
        if let Err(error) = sqlx::query("COMMIT").execute(&mut **connection).await {
            // A transaction that cannot commit stays open and keeps its lock.
            roll_back(connection).await;
            return Err(commit_failure(error));
        }
        Ok(())
    }

    async fn rollback(mut self: Box<Self>) -> Result<(), DatabaseError> {
        if let Held::Own(connection) = &mut self.held {
            roll_back(connection).await;
        }
        Ok(())
    }
}

/// Works inside a transaction of the caller, who alone commits it or rolls it back.
///
/// It is best begun with `BEGIN IMMEDIATE`: one that only reads at first may find, when it
/// wants to write, that another writer was faster. Foreign keys must be enforced on the
/// connection. After an error the caller can only roll back.
pub async fn in_transaction(
    connection: &mut SqliteConnection,
) -> Result<Box<dyn Tx + '_>, DatabaseError> {
    const LABEL: &str = "enter the caller's transaction";
    if begins(connection).await {
        roll_back(connection).await;
        return Err(refused(LABEL, "no transaction has begun on the connection"));
    }
    if !enforces_foreign_keys(connection).await? {
        return Err(refused(LABEL, "foreign_keys must be ON, and is OFF"));
    }
    Ok(Box::new(SqliteTx::new(Held::Lent(connection), None)))
}

fn refused(label: &str, detail: &str) -> DatabaseError {
    DatabaseError::Failed { label: label.to_owned(), detail: detail.to_owned() }
}

/// Whether BEGIN is accepted: only where no transaction is open.
async fn begins(connection: &mut SqliteConnection) -> bool {
    sqlx::query("BEGIN").execute(connection).await.is_ok()
}

async fn enforces_foreign_keys(connection: &mut SqliteConnection) -> Result<bool, DatabaseError> {
    sqlx::query_scalar("PRAGMA foreign_keys")
        .fetch_one(connection)
        .await
        .map_err(|error| failure("ask for foreign_keys", error))
}

/// Ends the transaction. SQLite may have done so already, and then refuses, which is right.
async fn roll_back(connection: &mut SqliteConnection) {
    let _ = sqlx::query("ROLLBACK").execute(connection).await;
}

/// Judges foreign keys at the end of the transaction, this one only.
async fn defer_foreign_keys(connection: &mut SqliteConnection) -> Result<(), DatabaseError> {
    sqlx::query("PRAGMA defer_foreign_keys = ON")
        .execute(connection)
        .await
        .map_err(|error| failure("relax constraints", error))?;
    Ok(())
}

async fn schema_version(connection: &mut SqliteConnection) -> Result<i64, DatabaseError> {
    sqlx::query_scalar("PRAGMA schema_version")
        .fetch_one(connection)
        .await
        .map_err(|error| failure("stamp the schema", error))
}
