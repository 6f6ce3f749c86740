//! `sexton_tombstones`: keys of rows that are gone, for looking again.

use sexton_core::names::{DeletionId, Timestamp};
use sexton_engine::ports::{DatabaseError, TombstoneSet};
use sqlx::SqliteConnection;

use crate::failure::failure;

/// A repeat adds them again, and reads as once.
pub async fn insert(
    connection: &mut SqliteConnection,
    deletion: &DeletionId,
    at: Timestamp,
    set: &TombstoneSet,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO sexton_tombstones (deletion, tbl, keys, at)
         VALUES (?1, ?2, ?3, ?4)",
    )
    .bind(deletion.as_str())
    .bind(&set.table)
    .bind(set.text())
    .bind(at.0)
    .execute(connection)
    .await
    .map_err(|error| failure("insert tombstones", error))?;
    Ok(())
}

/// All of one deletion.
pub async fn of_deletion(
    connection: &mut SqliteConnection,
    id: &DeletionId,
) -> Result<Vec<TombstoneSet>, DatabaseError> {
    let stored: Vec<(String, String)> = sqlx::query_as(
        "SELECT tbl, keys
         FROM sexton_tombstones
         WHERE deletion = ?1",
    )
    .bind(id.as_str())
    .fetch_all(connection)
    .await
    .map_err(|error| failure("read tombstones", error))?;
    Ok(TombstoneSet::gather(stored))
}

/// Removes those of one deletion. A repeat finds none.
pub async fn drop_of(
    connection: &mut SqliteConnection,
    id: &DeletionId,
) -> Result<u64, DatabaseError> {
    let done = sqlx::query(
        "DELETE FROM sexton_tombstones
         WHERE deletion = ?1",
    )
    .bind(id.as_str())
    .execute(connection)
    .await
    .map_err(|error| failure("drop tombstones", error))?;
    Ok(done.rows_affected())
}
