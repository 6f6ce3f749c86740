//! Tombstones: the keys of rows that are gone and that nothing else remembers.

use sexton_core::names::{DeletionId, Timestamp};
use sexton_engine::ports::TombstoneSet;
use sqlx::Row;

use crate::link::Link;

/// Adds the tombstones of all tables at once. A repeat adds them again, and reads as once.
pub(super) async fn insert(
    link: &mut Link<'_>,
    deletion: &DeletionId,
    at: Timestamp,
    sets: &[TombstoneSet],
) -> Result<(), sqlx::Error> {
    let tables: Vec<&str> = sets.iter().map(|set| set.table.as_str()).collect();
    let keys: Vec<String> = sets.iter().map(TombstoneSet::text).collect();
    link.query(
        "INSERT INTO sexton.tombstones (deletion, tbl, keys, at)
         SELECT $1, gone.tbl, gone.keys, $2
         FROM unnest($3::text[], $4::text[]) AS gone (tbl, keys)",
    )
    .bind(deletion.as_str())
    .bind(at.0)
    .bind(tables)
    .bind(keys)
    .execute(&mut *link.connection)
    .await?;
    Ok(())
}

/// Reads the tombstones of a deletion. Locks nothing.
pub(super) async fn of(
    link: &mut Link<'_>,
    deletion: &DeletionId,
) -> Result<Vec<TombstoneSet>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT tbl, keys
         FROM sexton.tombstones
         WHERE deletion = $1",
        )
        .bind(deletion.as_str())
        .fetch_all(&mut *link.connection)
        .await?;
    let stored = rows.iter().map(|row| Ok((row.try_get("tbl")?, row.try_get("keys")?)));
    Ok(TombstoneSet::gather(stored.collect::<Result<Vec<_>, sqlx::Error>>()?))
}

/// Removes the tombstones of a deletion, and what fences remember of it. Locks them; a repeat finds
/// none.
pub(super) async fn remove(link: &mut Link<'_>, id: &DeletionId) -> Result<u64, sqlx::Error> {
    let done = link
        .query(
            "WITH forgotten AS (
            DELETE FROM sexton.fenced
            WHERE deletion = $1
         )
         DELETE FROM sexton.tombstones
         WHERE deletion = $1",
        )
        .bind(id.as_str())
        .execute(&mut *link.connection)
        .await?;
    Ok(done.rows_affected())
}
