//! Asks SQLite for its catalog, one question each, for all tables at once.
//!
//! Columns that SQLite calls by keywords (`from`, `to`, `table`, `unique`) are read as text and
//! numbers only; what they mean is decided in `schema`.

use sexton_core::schema::{Dialect, Table};
use sexton_core::sql::{Scalar, Writer};
use sexton_engine::ports::{DatabaseError, Query};
use sqlx::SqliteConnection;

use crate::failure::{failure, is_missing_table};
use crate::statement;

/// Table, whether it is WITHOUT ROWID, whether it is STRICT, its CREATE TABLE.
pub type TableRow = (String, bool, bool, String);
/// Table, column, declared type, NOT NULL, default, place in the primary key, hidden.
pub type ColumnRow = (String, String, String, bool, Option<String>, i64, i64);
/// Table, foreign key, parent, column, parent's column, ON DELETE.
pub type ForeignKeyRow = (String, i64, String, String, Option<String>, String);
/// Table, index, unique, origin, partial, CREATE INDEX, column.
pub type IndexRow = (String, String, bool, String, bool, Option<String>, Option<String>);
/// Table, trigger, CREATE TRIGGER.
pub type TriggerRow = (String, String, String);

/// Ordinary tables of the file; not SQLite's own, not Sexton's, no views, no virtual tables.
pub async fn tables(connection: &mut SqliteConnection) -> Result<Vec<TableRow>, DatabaseError> {
    sqlx::query_as(
        "SELECT t.name, t.wr, t.strict, s.sql
         FROM pragma_table_list AS t
         JOIN main.sqlite_schema AS s ON s.type = 'table' AND s.name = t.name
         WHERE t.schema = 'main'
           AND t.type = 'table'
           AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
           AND t.name NOT LIKE 'sexton\\_%' ESCAPE '\\'
         ORDER BY t.name",
    )
    .fetch_all(connection)
    .await
    .map_err(|error| failure("read tables", error))
}

/// Views and virtual tables with what they are: both may read other tables.
pub async fn others(
    connection: &mut SqliteConnection,
) -> Result<Vec<(String, String)>, DatabaseError> {
    sqlx::query_as(
        "SELECT name, type
         FROM pragma_table_list
         WHERE schema = 'main'
           AND type IN ('view', 'virtual')
         ORDER BY name",
    )
    .fetch_all(connection)
    .await
    .map_err(|error| failure("read views", error))
}

/// Columns in their order, generated ones among them.
pub async fn columns(connection: &mut SqliteConnection) -> Result<Vec<ColumnRow>, DatabaseError> {
    sqlx::query_as(
        "SELECT t.name, c.name, c.type, c.\"notnull\", c.dflt_value, c.pk, c.hidden
         FROM pragma_table_list AS t
         JOIN pragma_table_xinfo(t.name, t.schema) AS c
         WHERE t.schema = 'main'
           AND t.type = 'table'
         ORDER BY t.name, c.cid",
    )
    .fetch_all(connection)
    .await
    .map_err(|error| failure("read columns", error))
}

/// Foreign keys in the order they are declared (SQLite numbers them backwards), a row for each
/// column.
pub async fn foreign_keys(
    connection: &mut SqliteConnection,
) -> Result<Vec<ForeignKeyRow>, DatabaseError> {
    sqlx::query_as(
        "SELECT t.name, f.id, f.\"table\", f.\"from\", f.\"to\", f.on_delete
         FROM pragma_table_list AS t
         JOIN pragma_foreign_key_list(t.name, t.schema) AS f
         WHERE t.schema = 'main'
           AND t.type = 'table'
         ORDER BY t.name, f.id DESC, f.seq",
    )
    .fetch_all(connection)
    .await
    .map_err(|error| failure("read foreign keys", error))
}

/// Indexes, a row for each column of their key.
pub async fn indexes(connection: &mut SqliteConnection) -> Result<Vec<IndexRow>, DatabaseError> {
    sqlx::query_as(
        "SELECT t.name, i.name, i.\"unique\", i.origin, i.partial, s.sql, k.name
         FROM pragma_table_list AS t
         JOIN pragma_index_list(t.name, t.schema) AS i
         JOIN pragma_index_xinfo(i.name, t.schema) AS k
         LEFT JOIN main.sqlite_schema AS s ON s.type = 'index' AND s.name = i.name
         WHERE t.schema = 'main'
           AND t.type = 'table'
           AND k.key
         ORDER BY t.name, i.origin = 'c', i.name, k.seqno",
    )
    .fetch_all(connection)
    .await
    .map_err(|error| failure("read indexes", error))
}

/// Triggers of the file.
pub async fn triggers(connection: &mut SqliteConnection) -> Result<Vec<TriggerRow>, DatabaseError> {
    sqlx::query_as(
        "SELECT tbl_name, name, sql
         FROM main.sqlite_schema
         WHERE type = 'trigger'
         ORDER BY name",
    )
    .fetch_all(connection)
    .await
    .map_err(|error| failure("read triggers", error))
}

/// What ANALYZE counted, table and figures; nothing where it never ran.
pub async fn statistics(
    connection: &mut SqliteConnection,
) -> Result<Vec<(String, Option<String>)>, DatabaseError> {
    let read = sqlx::query_as(
        "SELECT tbl, stat
         FROM main.sqlite_stat1",
    )
    .fetch_all(connection)
    .await;
    match read.map_err(|error| failure("read statistics", error)) {
        Err(error) if is_missing_table(&error) => Ok(Vec::new()),
        read => read,
    }
}

/// The file's size in bytes.
pub async fn file_bytes(connection: &mut SqliteConnection) -> Result<i64, DatabaseError> {
    sqlx::query_scalar(
        "SELECT c.page_count * s.page_size
         FROM pragma_page_count AS c
         JOIN pragma_page_size AS s",
    )
    .fetch_one(connection)
    .await
    .map_err(|error| failure("read the file's size", error))
}

/// So many rows are counted one by one; it takes about a millisecond.
pub const ROWS_COUNTED_MAX: u64 = 20_000;

/// How many rows there are, counted up to `ROWS_COUNTED_MAX`.
pub async fn rows_counted(
    connection: &mut SqliteConnection,
    table: &Table,
) -> Result<u64, DatabaseError> {
    let mut writer = Writer::new(Dialect::Sqlite);
    writer.push("SELECT count(*) FROM (SELECT 1 FROM ").table(table).push(" LIMIT 20000)");
    let statement = writer.finish("count", &table.name);
    let query =
        Query { label: &statement.label, sql: &statement.sql, args: Vec::new(), general: false };
    let rows = statement::rows(connection, query).await?;
    let count = rows.first().and_then(|row| row.first()).and_then(Scalar::as_integer);
    Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0))
}

/// The smallest and the largest rowid, each found at one end of the table; 1 and 0 where it is
/// empty, nothing where columns have taken all three names of the rowid.
pub async fn rowid_span(
    connection: &mut SqliteConnection,
    table: &Table,
) -> Result<Option<(i64, i64)>, DatabaseError> {
    let taken = |name: &str| {
        table.columns.iter().any(|column| column.name.as_str().eq_ignore_ascii_case(name))
    };
    let ends = [
        ("rowid", "SELECT (SELECT min(rowid) FROM ", "), (SELECT max(rowid) FROM "),
        ("_rowid_", "SELECT (SELECT min(_rowid_) FROM ", "), (SELECT max(_rowid_) FROM "),
        ("oid", "SELECT (SELECT min(oid) FROM ", "), (SELECT max(oid) FROM "),
    ];
    let Some((_, min, max)) = ends.into_iter().find(|(name, ..)| !taken(name)) else {
        return Ok(None);
    };
    let mut writer = Writer::new(Dialect::Sqlite);
    writer.push(min).table(table).push(max).table(table).push(")");
    let statement = writer.finish("measure", &table.name);
    let query =
        Query { label: &statement.label, sql: &statement.sql, args: Vec::new(), general: false };
    let ends = statement::rows(connection, query).await?;
    let [first, last] = [0, 1].map(|at| ends.first()?.get(at)?.as_integer());
    Ok(Some((first.unwrap_or(1), last.unwrap_or(0))))
}
