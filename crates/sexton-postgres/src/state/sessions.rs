//! `sexton_state.sessions`: who is at the console, by what their cookie hashes to.

use sexton_core::names::{ConsoleSessionId, KeyId, Timestamp};
use sexton_engine::ports::{ConsoleSession, SecretHash};
use sqlx::Row;

use super::keys::{hash as hash_of, stored};
use crate::link::Link;

/// A repeat with the same id or hash fails, and so does a key that is not there.
pub(super) async fn insert(
    link: &mut Link<'_>,
    session: &ConsoleSession,
) -> Result<(), sqlx::Error> {
    link.query(
        "INSERT INTO sexton_state.sessions (id, hash, key, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(session.id.as_str())
    .bind(stored(&session.hash))
    .bind(session.key.as_str())
    .bind(session.created_at.0)
    .bind(session.expires_at.0)
    .execute(&mut *link.connection)
    .await?;
    Ok(())
}

/// Locks nothing.
pub(super) async fn by_hash(
    link: &mut Link<'_>,
    hash: &SecretHash,
    now: Timestamp,
) -> Result<Option<ConsoleSession>, sqlx::Error> {
    let row = link
        .query(
            "SELECT id, hash, key, created_at, expires_at
         FROM sexton_state.sessions
         WHERE hash = $1
           AND expires_at > $2",
        )
        .bind(stored(hash))
        .bind(now.0)
        .fetch_optional(&mut *link.connection)
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

/// Locks it. Says whether it was there. A repeat finds none.
pub(super) async fn end(link: &mut Link<'_>, id: &ConsoleSessionId) -> Result<bool, sqlx::Error> {
    let done = link
        .query(
            "DELETE FROM sexton_state.sessions
         WHERE id = $1",
        )
        .bind(id.as_str())
        .execute(&mut *link.connection)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends what a key opened, and locks it. A repeat finds none.
pub(super) async fn end_of_key(link: &mut Link<'_>, key: &KeyId) -> Result<(), sqlx::Error> {
    link.query(
        "DELETE FROM sexton_state.sessions
         WHERE key = $1",
    )
    .bind(key.as_str())
    .execute(&mut *link.connection)
    .await?;
    Ok(())
}

/// Locks what goes. Says how many went, oldest first. A repeat goes on.
pub(super) async fn expire(
    link: &mut Link<'_>,
    now: Timestamp,
    limit: u32,
) -> Result<u64, sqlx::Error> {
    let done = link
        .query(
            "DELETE FROM sexton_state.sessions
         WHERE id IN (
             SELECT id
             FROM sexton_state.sessions
             WHERE expires_at <= $1
             ORDER BY expires_at
             LIMIT $2)",
        )
        .bind(now.0)
        .bind(i64::from(limit))
        .execute(&mut *link.connection)
        .await?;
    Ok(done.rows_affected())
}
