//! `sexton_state.previews`: previews that can be confirmed, each found by its owner only.

use sexton_core::names::{PreviewId, SystemName, Timestamp};
use sexton_engine::ports::StoredPreview;
use sqlx::Row;

use crate::link::Link;

/// A repeat with the same id fails.
pub(super) async fn insert(
    link: &mut Link<'_>,
    preview: &StoredPreview,
) -> Result<(), sqlx::Error> {
    link.query(
        "INSERT INTO sexton_state.previews (id, system, owner, body, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(preview.id.as_str())
    .bind(preview.system.as_str())
    .bind(&preview.owner)
    .bind(&preview.body)
    .bind(preview.created_at.0)
    .bind(preview.expires_at.0)
    .execute(&mut *link.connection)
    .await?;
    Ok(())
}

/// Locks nothing.
pub(super) async fn read(
    link: &mut Link<'_>,
    id: &PreviewId,
    owner: &str,
    now: Timestamp,
) -> Result<Option<StoredPreview>, sqlx::Error> {
    let row = link
        .query(
            "SELECT id, system, owner, body, created_at, expires_at
         FROM sexton_state.previews
         WHERE id = $1
           AND owner = $2
           AND expires_at > $3",
        )
        .bind(id.as_str())
        .bind(owner)
        .bind(now.0)
        .fetch_optional(&mut *link.connection)
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(StoredPreview {
        id: PreviewId::new(row.try_get::<String, _>("id")?),
        system: SystemName::new(row.try_get::<String, _>("system")?),
        owner: row.try_get("owner")?,
        body: row.try_get("body")?,
        created_at: Timestamp(row.try_get("created_at")?),
        expires_at: Timestamp(row.try_get("expires_at")?),
    }))
}

/// Locks what goes. Says how many went, oldest first. A repeat goes on.
pub(super) async fn expire(
    link: &mut Link<'_>,
    now: Timestamp,
    limit: u32,
) -> Result<u64, sqlx::Error> {
    let done = link
        .query(
            "DELETE FROM sexton_state.previews
         WHERE id IN (
             SELECT id
             FROM sexton_state.previews
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
