//! `sexton_state_sessions`: who is at the console, by what their cookie hashes to.

use sexton_core::names::{ConsoleSessionId, KeyId, Timestamp};
use sexton_engine::ports::{ConsoleSession, SecretHash};
use sqlx::{Row, SqliteConnection};

use super::keys::{hash as hash_of, stored};

/// A repeat with the same id or hash fails, and so does a key that is not there.
pub async fn insert(
    connection: &mut SqliteConnection,
    session: &ConsoleSession,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO sexton_state_sessions (id, hash, key, created_at, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )
    .bind(session.id.as_str())
    .bind(stored(&session.hash))
    .bind(session.key.as_str())
    .bind(session.created_at.0)
    .bind(session.expires_at.0)
    .execute(connection)
    .await?;
    Ok(())
}

pub async fn by_hash(
    connection: &mut SqliteConnection,
    hash: &SecretHash,
    now: Timestamp,
) -> Result<Option<ConsoleSession>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT id, hash, key, created_at, expires_at
         FROM sexton_state_sessions
         WHERE hash = ?1
           AND expires_at > ?2",
    )
    .bind(stored(hash))
    .bind(now.0)
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(ConsoleSession {
        id: ConsoleSessionId::new(row.try_get::<String, _>("id")?),
        hash: hash_of(&row)?,
        key: KeyId::new(row.try_get::<String, _>("key")?),
        created_at: Timestamp(row.try_get("created_at")?),
        expires_at: Timestamp(row.try_get("expires_at")?),
    }))
}

/// Says whether it was there. A repeat finds none.
pub async fn end(
    connection: &mut SqliteConnection,
    id: &ConsoleSessionId,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "DELETE FROM sexton_state_sessions
         WHERE id = ?1",
    )
    .bind(id.as_str())
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends what a key opened. A repeat finds none.
pub async fn end_of_key(connection: &mut SqliteConnection, key: &KeyId) -> Result<(), sqlx::Error> {
    sqlx::query(
        "DELETE FROM sexton_state_sessions
         WHERE key = ?1",
    )
    .bind(key.as_str())
    .execute(connection)
    .await?;
    Ok(())
}

/// Says how many went, oldest first. A repeat goes on.
pub async fn expire(
    connection: &mut SqliteConnection,
    now: Timestamp,
    limit: u32,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query(
        "DELETE FROM sexton_state_sessions
         WHERE id IN (
             SELECT id
             FROM sexton_state_sessions
             WHERE expires_at <= ?1
             ORDER BY expires_at
             LIMIT ?2)",
    )
    .bind(now.0)
    .bind(limit)
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}
