//! A session of a person who writes SQL by hand, on either database, and the statements it sends.
//!
//! It uses the driver that the engine uses, with prepared statements, and on SQLite the settings
//! that the engine has for a deletion: its COMMIT, too, waits until the log is on the disk.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection};
use sqlx::query::Query;
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, ConnectOptions, Postgres, Row, Sqlite, TypeInfo, ValueRef};

use crate::clock;
use crate::script::{Script, Step};

/// A session.
pub enum Session {
    /// On PostgreSQL.
    Postgres(PgConnection),
    /// On SQLite.
    Sqlite(SqliteConnection),
}

/// A value to bind.
#[derive(Debug, Clone)]
pub enum Value {
    /// A number.
    Number(i64),
    /// A text; on SQLite also a list, as JSON.
    Text(String),
    /// Numbers.
    Numbers(Vec<i64>),
    /// Texts.
    Texts(Vec<String>),
}

/// What one deletion by hand took.
#[derive(Debug, Clone)]
pub struct ByHand {
    /// From BEGIN to the answer to COMMIT.
    pub took: Duration,
    /// Statements with what each took, BEGIN and COMMIT among them.
    pub statements: Vec<(&'static str, Duration)>,
}

impl Session {
    /// Connects to this address of PostgreSQL.
    pub async fn on_postgres(url: &str) -> Result<Self> {
        let options: PgConnectOptions = url.parse()?;
        Ok(Self::Postgres(options.disable_statement_logging().connect().await?))
    }

    /// Opens this file, making it if need be.
    pub async fn on_sqlite(path: &Path) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .foreign_keys(true)
            .busy_timeout(Duration::from_millis(500))
            .row_buffer_size(512)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        Ok(Self::Sqlite(options.disable_statement_logging().connect().await?))
    }

    /// Runs a script without values.
    pub async fn script(&mut self, script: &str) -> Result<()> {
        match self {
            Self::Postgres(connection) => {
                sqlx::raw_sql(AssertSqlSafe(script)).execute(connection).await?;
            }
            Self::Sqlite(connection) => {
                sqlx::raw_sql(AssertSqlSafe(script)).execute(connection).await?;
            }
        }
        Ok(())
    }

    /// Runs one statement.
    pub async fn run(&mut self, sql: &'static str, values: &[Value]) -> Result<u64> {
        Ok(match self {
            Self::Postgres(connection) => {
                for_postgres(sql, values).execute(connection).await?.rows_affected()
            }
            Self::Sqlite(connection) => {
                for_sqlite(sql, values).execute(connection).await?.rows_affected()
            }
        })
    }

    /// Reads the columns of one row.
    pub async fn row(&mut self, sql: &'static str, values: &[Value]) -> Result<Vec<Value>> {
        match self {
            Self::Postgres(connection) => {
                let row = for_postgres(sql, values).fetch_one(connection).await?;
                (0..row.len()).map(|at| postgres_value(&row, at)).collect()
            }
            Self::Sqlite(connection) => {
                let row = for_sqlite(sql, values).fetch_one(connection).await?;
                (0..row.len()).map(|at| Ok(Value::Text(row.try_get_unchecked(at)?))).collect()
            }
        }
    }

    /// Reads a number that is not negative.
    pub async fn number(&mut self, sql: &'static str) -> Result<u64> {
        match self.row(sql, &[]).await?.first() {
            Some(Value::Number(number)) => Ok(u64::try_from(*number)?),
            // SQLite's rows are read as text.
            Some(Value::Text(number)) => Ok(number.parse()?),
            other => anyhow::bail!("`{sql}` answers {other:?}"),
        }
    }

    /// Runs what a form needs once for a session.
    pub async fn make_ready(&mut self, form: &Script) -> Result<()> {
        for step in form.steps.iter().filter(|step| step.once) {
            self.script(step.sql).await?;
        }
        Ok(())
    }

    /// Deletes a batch by hand, in one transaction.
    pub async fn delete(&mut self, form: &Script, batch: &str) -> Result<ByHand> {
        let mut kept = BTreeMap::from([("batch", Value::Text(batch.to_owned()))]);
        let begin = if matches!(self, Self::Sqlite(_)) { "BEGIN IMMEDIATE" } else { "BEGIN" };
        let mut statements = Vec::new();
        let watch = clock::start();
        self.script(begin).await?;
        statements.push(("begin", watch.elapsed()));
        for step in form.steps.iter().filter(|step| !step.once) {
            let step_watch = clock::start();
            self.take(step, &mut kept).await?;
            statements.push((step.label(), step_watch.elapsed()));
        }
        let step_watch = clock::start();
        self.script("COMMIT").await?;
        statements.push(("commit", step_watch.elapsed()));
        Ok(ByHand { took: watch.elapsed(), statements })
    }

    async fn take(&mut self, step: &Step, kept: &mut BTreeMap<&'static str, Value>) -> Result<()> {
        let values: Vec<Value> = step.binds.iter().map(|name| kept[name].clone()).collect();
        if step.keeps.is_empty() {
            self.run(step.sql, &values).await?;
        } else {
            let row = self.row(step.sql, &values).await?;
            kept.extend(step.keeps.iter().copied().zip(row));
        }
        Ok(())
    }

    /// Ends the session.
    pub async fn close(self) -> Result<()> {
        use sqlx::Connection as _;
        match self {
            Self::Postgres(connection) => connection.close().await?,
            Self::Sqlite(connection) => connection.close().await?,
        }
        Ok(())
    }
}

fn for_postgres<'q>(sql: &'static str, values: &'q [Value]) -> Query<'q, Postgres, PgArguments> {
    values.iter().fold(sqlx::query(sql), |query, value| match value {
        Value::Number(number) => query.bind(number),
        Value::Text(text) => query.bind(text),
        Value::Numbers(numbers) => query.bind(numbers.as_slice()),
        Value::Texts(texts) => query.bind(texts.as_slice()),
    })
}

fn for_sqlite<'q>(sql: &'static str, values: &'q [Value]) -> Query<'q, Sqlite, SqliteArguments> {
    values.iter().fold(sqlx::query(sql), |query, value| match value {
        Value::Number(number) => query.bind(number),
        Value::Text(text) => query.bind(text),
        Value::Numbers(_) | Value::Texts(_) => unreachable!("SQLite has no lists"),
    })
}

fn postgres_value(row: &sqlx::postgres::PgRow, at: usize) -> Result<Value> {
    let class = row.try_get_raw(at)?.type_info().name().to_owned();
    Ok(match class.as_str() {
        "INT8[]" => Value::Numbers(row.try_get(at)?),
        "TEXT[]" => Value::Texts(row.try_get(at)?),
        "INT8" => Value::Number(row.try_get(at)?),
        _ => Value::Text(row.try_get(at)?),
    })
}
