//! `sexton_fenced`: keys that are gone, for triggers to look up.

use sexton_core::names::{DeletionId, Timestamp};
use sexton_engine::ports::{DatabaseError, Remembered};
use sqlx::SqliteConnection;

use crate::failure::failure;

/// Adds the keys of one memory. A repeat changes nothing.
pub async fn insert(
    connection: &mut SqliteConnection,
    deletion: &DeletionId,
    at: Timestamp,
    set: &Remembered,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT OR IGNORE INTO sexton_fenced (memory, key, deletion, at)
         SELECT ?1, value, ?2, ?3
         FROM json_each(?4)",
    )
    .bind(&set.memory)
    .bind(deletion.as_str())
    .bind(at.0)
    .bind(serde_json::Value::from(set.keys.clone()).to_string())
    .execute(connection)
    .await
    .map_err(|error| failure("remember keys for the fence", error))?;
    Ok(())
}

/// Forgets those of one deletion. A repeat finds none.
pub async fn forget(
    connection: &mut SqliteConnection,
    id: &DeletionId,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "DELETE FROM sexton_fenced
         WHERE deletion = ?1",
    )
    .bind(id.as_str())
    .execute(connection)
    .await
    .map_err(|error| failure("forget keys of the fence", error))?;
    Ok(())
}
