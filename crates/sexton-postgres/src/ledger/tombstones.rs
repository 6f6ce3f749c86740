//! Tombstones: the keys of rows that are gone and that nothing else remembers.

use sexton_core::names::{DeletionId, Timestamp};
use sexton_engine::ports::TombstoneSet;
use sqlx::Row;

use crate::link::Link;

/// Writes the tombstones of all tables at once. A repeat changes nothing.
pub(super) async fn insert(
    link: &mut Link<'_>,
    deletion: &DeletionId,
    at: Timestamp,
    sets: &[TombstoneSet],
) -> Result<(), sqlx::Error> {
    let pairs = sets.iter().flat_map(|set| set.keys.iter().map(|key| (set.table.as_str(), key)));
    let (tables, keys): (Vec<&str>, Vec<&str>) =
        pairs.map(|(table, key)| (table, key.as_str())).unzip();
    link.query(
        "INSERT INTO sexton.tombstones (deletion, tbl, key, at)
         SELECT $1, gone.tbl, gone.key, $2
         FROM unnest($3::text[], $4::text[]) AS gone (tbl, key)
         ON CONFLICT (deletion, tbl, key) DO NOTHING",
    )
    .bind(deletion.as_str())
    .bind(at.0)
    .bind(tables)
    .bind(keys)
    .execute(&mut *link.connection)
    .await?;
    Ok(())
}

/// Reads the tombstones of a deletion, by table and key. Locks nothing.
pub(super) async fn of(
    link: &mut Link<'_>,
    deletion: &DeletionId,
) -> Result<Vec<TombstoneSet>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT tbl, array_agg(key ORDER BY key COLLATE \"C\") AS keys
         FROM sexton.tombstones
         WHERE deletion = $1
         GROUP BY tbl
         ORDER BY tbl COLLATE \"C\"",
        )
        .bind(deletion.as_str())
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter()
        .map(|row| Ok(TombstoneSet { table: row.try_get("tbl")?, keys: row.try_get("keys")? }))
        .collect()
}

/// Removes tombstones of deletions that were complete before this moment. Locks them; a repeat
/// finds none.
pub(super) async fn remove(link: &mut Link<'_>, before: Timestamp) -> Result<u64, sqlx::Error> {
    let done = link
        .query(
            "DELETE FROM sexton.tombstones
         USING sexton.deletions
         WHERE deletions.id = tombstones.deletion
           AND deletions.state = 'complete'
           AND deletions.changed_at < $1",
        )
        .bind(before.0)
        .execute(&mut *link.connection)
        .await?;
    Ok(done.rows_affected())
}
