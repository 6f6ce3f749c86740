//! `sexton_tombstones`: keys of rows that are gone, for looking again.

use sexton_core::names::{DeletionId, Timestamp};
use sexton_engine::ports::{DatabaseError, TombstoneSet};
use sqlx::SqliteConnection;

use crate::failure::failure;

/// A repeat changes nothing.
pub async fn insert(
    connection: &mut SqliteConnection,
    deletion: &DeletionId,
    at: Timestamp,
    set: &TombstoneSet,
) -> Result<(), DatabaseError> {
    // WHERE TRUE, or SQLite would read ON CONFLICT as a join's ON.
    sqlx::query(
        "INSERT INTO sexton_tombstones (deletion, tbl, key, at)
         SELECT ?1, ?2, value, ?4
         FROM json_each(?3)
         WHERE TRUE
         ON CONFLICT DO NOTHING",
    )
    .bind(deletion.as_str())
    .bind(&set.table)
    .bind(serde_json::Value::from(set.keys.clone()).to_string())
    .bind(at.0)
    .execute(connection)
    .await
    .map_err(|error| failure("insert tombstones", error))?;
    Ok(())
}

/// All of one deletion, a set per table.
pub async fn of_deletion(
    connection: &mut SqliteConnection,
    id: &DeletionId,
) -> Result<Vec<TombstoneSet>, DatabaseError> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT tbl, key
         FROM sexton_tombstones
         WHERE deletion = ?1
         ORDER BY tbl, key",
    )
    .bind(id.as_str())
    .fetch_all(connection)
    .await
    .map_err(|error| failure("read tombstones", error))?;
    let mut sets: Vec<TombstoneSet> = Vec::new();
    for (table, key) in rows {
        match sets.last_mut() {
            Some(set) if set.table == table => set.keys.push(key),
            _ => sets.push(TombstoneSet { table, keys: vec![key] }),
        }
    }
    Ok(sets)
}

/// Removes those of deletions that were complete before then. A repeat finds none.
pub async fn drop_complete(
    connection: &mut SqliteConnection,
    before: Timestamp,
) -> Result<u64, DatabaseError> {
    let done = sqlx::query(
        "DELETE FROM sexton_tombstones
         WHERE deletion IN (
             SELECT id
             FROM sexton_deletions
             WHERE state = 'complete'
               AND changed_at < ?1
         )",
    )
    .bind(before.0)
    .execute(connection)
    .await
    .map_err(|error| failure("drop tombstones", error))?;
    Ok(done.rows_affected())
}
