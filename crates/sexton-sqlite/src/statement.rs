//! Runs a statement of a plan on a connection.
//!
//! The only module that declares text safe to run: it comes from the core, values apart.

use std::future::poll_fn;

use sexton_engine::ports::{DatabaseError, PART_ROWS, Query, Row};
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Column, Executor, SqlSafeStr, SqliteConnection};
use tokio::sync::mpsc;

use crate::failure::failure;
use crate::values;

/// Reads rows, each value by its own storage class.
pub async fn rows(
    connection: &mut SqliteConnection,
    query: Query<'_>,
) -> Result<Vec<Row>, DatabaseError> {
    let label = query.label;
    let found = found(connection, query).await?;
    found.iter().map(|row| values::row(label, row)).collect()
}

/// The same, with the names of their columns.
pub async fn named_rows(
    connection: &mut SqliteConnection,
    query: Query<'_>,
) -> Result<(Vec<String>, Vec<Row>), DatabaseError> {
    let label = query.label;
    let found = found(connection, query).await?;
    let columns = found.first().map(sqlx::Row::columns).unwrap_or_default();
    let names = columns.iter().map(|column| column.name().to_owned()).collect();
    let rows = found.iter().map(|row| values::row(label, row)).collect::<Result<_, _>>()?;
    Ok((names, rows))
}

async fn found(
    connection: &mut SqliteConnection,
    query: Query<'_>,
) -> Result<Vec<SqliteRow>, DatabaseError> {
    let arguments = values::arguments(query.label, query.args)?;
    sqlx::query_with(AssertSqlSafe(query.sql), arguments)
        .fetch_all(connection)
        .await
        .map_err(|error| failure(query.label, error))
}

/// Reads rows bit by bit: SQLite waits while nobody takes them.
pub async fn stream(
    connection: &mut SqliteConnection,
    query: Query<'_>,
    parts: &mpsc::Sender<Vec<Row>>,
) -> Result<(), DatabaseError> {
    let arguments = values::arguments(query.label, query.args)?;
    let mut found = sqlx::query_with(AssertSqlSafe(query.sql), arguments).fetch(connection);
    let mut part = Vec::new();
    while let Some(row) = poll_fn(|context| found.as_mut().poll_next(context)).await {
        let row = row.map_err(|error| failure(query.label, error))?;
        part.push(values::row(query.label, &row)?);
        if part.len() == PART_ROWS && parts.send(std::mem::take(&mut part)).await.is_err() {
            return Ok(());
        }
    }
    // Nobody who does not listen needs the rest.
    if !part.is_empty() {
        parts.send(part).await.ok();
    }
    Ok(())
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
