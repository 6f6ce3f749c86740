//! Runs a statement of a plan on a connection.
//!
//! The only module that declares text safe to run: it comes from the core, values apart.

use sexton_engine::ports::{DatabaseError, Query, Row};
use sqlx::{AssertSqlSafe, Executor, SqlSafeStr, SqliteConnection};

use crate::failure::failure;
use crate::values;

/// Reads rows, each value by its own storage class.
pub async fn rows(
    connection: &mut SqliteConnection,
    query: Query<'_>,
) -> Result<Vec<Row>, DatabaseError> {
    let arguments = values::arguments(query.label, query.args)?;
    let rows = sqlx::query_with(AssertSqlSafe(query.sql), arguments)
        .fetch_all(connection)
        .await
        .map_err(|error| failure(query.label, error))?;
    rows.iter().map(|row| values::row(query.label, row)).collect()
}

/// Runs an INSERT, UPDATE or DELETE and counts the rows that it changed itself; what cascades
/// and triggers changed is not counted.
pub async fn run(
    connection: &mut SqliteConnection,
    query: Query<'_>,
) -> Result<u64, DatabaseError> {
    let arguments = values::arguments(query.label, query.args)?;
    let done = sqlx::query_with(AssertSqlSafe(query.sql), arguments)
        .execute(connection)
        .await
        .map_err(|error| failure(query.label, error))?;
    Ok(done.rows_affected())
}

/// Lets SQLite parse and plan a statement without running it.
pub async fn prepare(connection: &mut SqliteConnection, sql: &str) -> Result<(), DatabaseError> {
    let prepared = connection.prepare(AssertSqlSafe(sql).into_sql_str()).await;
    prepared.map(|_| ()).map_err(|error| failure("prepare", error))
}

/// Runs one statement that has no values.
pub async fn script(
    connection: &mut SqliteConnection,
    label: &str,
    sql: &str,
) -> Result<(), DatabaseError> {
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(connection)
        .await
        .map_err(|error| failure(label, error))?;
    Ok(())
}
