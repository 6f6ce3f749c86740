//! Runs scripts and questions of tests, and reads every value as text.
//!
//! This is the only module here that declares text safe to run: it is the text of a test.

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Row, TypeInfo, ValueRef};

/// A row, every value as text or NULL.
pub type TextRow = Vec<Option<String>>;

pub(crate) async fn on_postgres(
    connection: &mut PgConnection,
    script: &str,
) -> Result<Vec<TextRow>, sqlx::Error> {
    let rows = sqlx::raw_sql(AssertSqlSafe(script)).fetch_all(connection).await?;
    rows.iter().map(postgres_row).collect()
}

/// Without binds, the server sends every type in its text form.
fn postgres_row(row: &PgRow) -> Result<TextRow, sqlx::Error> {
    (0..row.len()).map(|at| row.try_get_unchecked(at)).collect()
}

pub(crate) async fn on_sqlite(
    connection: &mut SqliteConnection,
    script: &str,
) -> Result<Vec<TextRow>, sqlx::Error> {
    let rows = sqlx::raw_sql(AssertSqlSafe(script)).fetch_all(connection).await?;
    rows.iter().map(sqlite_row).collect()
}

fn sqlite_row(row: &SqliteRow) -> Result<TextRow, sqlx::Error> {
    (0..row.len()).map(|at| sqlite_value(row, at)).collect()
}

fn sqlite_value(row: &SqliteRow, at: usize) -> Result<Option<String>, sqlx::Error> {
    let value = row.try_get_raw(at)?;
    if value.is_null() {
        return Ok(None);
    }
    let class = value.type_info().name().to_owned();
    match class.as_str() {
        "INTEGER" => row.try_get_unchecked::<i64, _>(at).map(|number| Some(number.to_string())),
        "REAL" => row.try_get_unchecked::<f64, _>(at).map(|number| Some(format!("{number:?}"))),
        "BLOB" => {
            row.try_get_unchecked::<Vec<u8>, _>(at).map(|bytes| Some(format!("{bytes:02x?}")))
        }
        _ => row.try_get_unchecked(at).map(Some),
    }
}
