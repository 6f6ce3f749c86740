//! Carries statements of plans to the server and their rows back.
//!
//! Values go as text and the statement casts them; values come as text because the statement
//! casts them too. So one rule serves every type, those of extensions among them, and no value
//! passes through a number or a date of this program.
//!
//! This is the only module that declares text safe to run. Such text is made of words of our
//! code, identifiers of the introspected schema, quoted, and fragments of a checked policy;
//! values are always binds.

use std::borrow::Cow;
use std::future::poll_fn;

use sexton_core::sql::Scalar;
use sexton_engine::ports::{Arg, PART_ROWS, Query, Row};
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::{
    Arguments, AssertSqlSafe, Column, Executor, PgConnection, Row as _, SqlSafeStr, SqlStr,
    TypeInfo,
};
use tokio::sync::mpsc;

use crate::link::Link;
use crate::session::quoted;

/// Reads rows.
pub(crate) async fn rows(link: &mut Link<'_>, query: &Query<'_>) -> Result<Vec<Row>, sqlx::Error> {
    let statement = sqlx::query_with(safe(query.sql), bound(&query.args)?).persistent(link.named);
    let found = statement.fetch_all(&mut *link.connection).await?;
    let Some(first) = found.first() else {
        return Ok(Vec::new());
    };
    let forms = first.columns().iter().map(form).collect::<Result<Vec<Form>, _>>()?;
    found.iter().map(|row| read(row, &forms)).collect()
}

/// The same, with the names of their columns.
pub(crate) async fn named_rows(
    link: &mut Link<'_>,
    query: &Query<'_>,
) -> Result<(Vec<String>, Vec<Row>), sqlx::Error> {
    let statement = sqlx::query_with(safe(query.sql), bound(&query.args)?).persistent(link.named);
    let found = statement.fetch_all(&mut *link.connection).await?;
    let columns = found.first().map(sqlx::Row::columns).unwrap_or_default();
    let names = columns.iter().map(|column| column.name().to_owned()).collect();
    let forms = columns.iter().map(form).collect::<Result<Vec<Form>, _>>()?;
    let rows = found.iter().map(|row| read(row, &forms)).collect::<Result<_, _>>()?;
    Ok((names, rows))
}

/// Reads rows bit by bit: the server waits while nobody takes them.
pub(crate) async fn stream(
    link: &mut Link<'_>,
    query: &Query<'_>,
    parts: &mpsc::Sender<Vec<Row>>,
) -> Result<(), sqlx::Error> {
    let statement = sqlx::query_with(safe(query.sql), bound(&query.args)?).persistent(link.named);
    let mut found = statement.fetch(&mut *link.connection);
    let (mut part, mut forms) = (Vec::new(), None);
    while let Some(row) = poll_fn(|context| found.as_mut().poll_next(context)).await {
        let row = row?;
        if forms.is_none() {
            forms = Some(row.columns().iter().map(form).collect::<Result<Vec<Form>, _>>()?);
        }
        part.push(read(&row, forms.as_deref().unwrap_or_default())?);
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

/// Runs a statement and counts the rows it changed.
pub(crate) async fn run(link: &mut Link<'_>, query: &Query<'_>) -> Result<u64, sqlx::Error> {
    let statement = sqlx::query_with(safe(query.sql), bound(&query.args)?).persistent(link.named);
    let done = statement.execute(&mut *link.connection).await?;
    Ok(done.rows_affected())
}

/// Runs several statements in one message; rows of all of them come back together.
pub(crate) async fn batch(
    conn: &mut PgConnection,
    statements: &str,
) -> Result<Vec<PgRow>, sqlx::Error> {
    sqlx::raw_sql(safe(statements)).fetch_all(conn).await
}

/// Lets the server judge a statement's names and types.
pub(crate) async fn prepare(link: &mut Link<'_>, sql: &str) -> Result<(), sqlx::Error> {
    link.connection.prepare(safe(sql)).await?;
    if link.named { Ok(()) } else { forget(link, sql).await }
}

/// Takes away the name that the driver gives even to a statement that is only judged.
async fn forget(link: &mut Link<'_>, sql: &str) -> Result<(), sqlx::Error> {
    let rows = link
        .query(
            "SELECT name
             FROM pg_catalog.pg_prepared_statements
             WHERE statement = $1",
        )
        .bind(sql)
        .fetch_all(&mut *link.connection)
        .await?;
    for row in rows {
        batch(link.connection, &["DEALLOCATE ", &quoted(row.try_get("name")?)].concat()).await?;
    }
    Ok(())
}

fn safe(sql: &str) -> SqlStr {
    AssertSqlSafe(sql).into_sql_str()
}

fn bound(args: &[Arg]) -> Result<PgArguments, sqlx::Error> {
    let mut arguments = PgArguments::default();
    for arg in args {
        match arg {
            Arg::Scalar(value) => arguments.add(text(value)),
            Arg::Array(values) => arguments.add(values.iter().map(text).collect::<Vec<_>>()),
            Arg::Tuples(_) => Err("PostgreSQL takes tuples as one list per column".into()),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

/// A value in the server's own text form.
fn text(value: &Scalar) -> Option<Cow<'_, str>> {
    match value {
        Scalar::Null => None,
        Scalar::Integer(number) => Some(number.to_string().into()),
        Scalar::Real(number) => Some(number.to_string().into()),
        Scalar::Text(text) => Some(text.into()),
        Scalar::Blob(bytes) => {
            Some(["\\x", &data_encoding::HEXLOWER.encode(bytes)].concat().into())
        }
    }
}

/// How a column comes over the wire.
#[derive(Clone, Copy)]
enum Form {
    Text,
    Integer8,
    Integer4,
    Boolean,
}

fn form(column: &sqlx::postgres::PgColumn) -> Result<Form, sqlx::Error> {
    match column.type_info().name() {
        "TEXT" | "VARCHAR" | "NAME" | "CHAR" | "UNKNOWN" => Ok(Form::Text),
        "INT8" => Ok(Form::Integer8),
        "INT4" => Ok(Form::Integer4),
        "BOOL" => Ok(Form::Boolean),
        other => Err(sqlx::Error::Decode(
            format!(
                "column `{}` is of type {other}: the statement has to cast it to text",
                column.name()
            )
            .into(),
        )),
    }
}

fn read(row: &PgRow, forms: &[Form]) -> Result<Row, sqlx::Error> {
    let values = forms.iter().enumerate().map(|(at, form)| match form {
        Form::Text => Ok(row.try_get_unchecked::<Option<String>, _>(at)?.map(Scalar::Text)),
        Form::Integer8 => Ok(row.try_get::<Option<i64>, _>(at)?.map(Scalar::Integer)),
        Form::Integer4 => {
            Ok(row.try_get::<Option<i32>, _>(at)?.map(i64::from).map(Scalar::Integer))
        }
        Form::Boolean => {
            Ok(row.try_get::<Option<bool>, _>(at)?.map(i64::from).map(Scalar::Integer))
        }
    });
    values.map(|value| value.map(|value| value.unwrap_or(Scalar::Null))).collect()
}
