//! `sexton_holds`: what people put on roots so that they stay.

use sexton_core::names::{SystemName, ThingName, Timestamp};
use sexton_engine::ports::{DatabaseError, Hold};
use sqlx::SqliteConnection;

use crate::failure::failure;

type HoldColumns = (i64, String, String, String, String);

/// Whether Sexton's own tables are in the file.
pub async fn exists(connection: &mut SqliteConnection) -> Result<bool, DatabaseError> {
    sqlx::query_scalar(
        "SELECT EXISTS (
             SELECT 1
             FROM sqlite_schema
             WHERE type = 'table'
               AND name = 'sexton_holds')",
    )
    .fetch_one(connection)
    .await
    .map_err(|error| failure("look for Sexton's tables", error))
}

/// Holds that are neither released nor over. No lock of its own: in a transaction that changes
/// nobody else can place one.
pub async fn in_force(
    connection: &mut SqliteConnection,
    system: &SystemName,
    things: &[ThingName],
    now: Timestamp,
) -> Result<Vec<Hold>, DatabaseError> {
    let names: Vec<&str> = things.iter().map(ThingName::as_str).collect();
    let rows: Vec<HoldColumns> = sqlx::query_as(
        "SELECT id, thing, root, reason, placed_by
         FROM sexton_holds
         WHERE system = ?1
           AND thing IN (SELECT value FROM json_each(?2))
           AND released_at IS NULL
           AND (until IS NULL OR until > ?3)
         ORDER BY id",
    )
    .bind(system.as_str())
    .bind(serde_json::Value::from(names).to_string())
    .bind(now.0)
    .fetch_all(connection)
    .await
    .map_err(|error| failure("read holds", error))?;
    Ok(rows.into_iter().map(hold).collect())
}

fn hold((id, thing, root, reason, placed_by): HoldColumns) -> Hold {
    Hold { id, thing: ThingName::new(thing), root, reason, placed_by }
}
