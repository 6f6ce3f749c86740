//! What fences remember: keys that are gone, for triggers to look up.

use sexton_core::names::{DeletionId, Timestamp};
use sexton_engine::ports::Remembered;

use crate::link::Link;

/// Takes the exclusive locks of these keys, in one order for everybody, until the transaction
/// ends. A repeat is free.
pub(super) async fn lock(link: &mut Link<'_>, of: &Remembered) -> Result<(), sqlx::Error> {
    link.query(
        "SELECT count(pg_advisory_xact_lock(21336, buckets.bucket))
         FROM (
            SELECT DISTINCT sexton.fence_bucket($1, gone.key) AS bucket
            FROM unnest($2::text[]) AS gone (key)
            ORDER BY 1
         ) AS buckets",
    )
    .bind(&of.memory)
    .bind(&of.keys)
    .execute(&mut *link.connection)
    .await?;
    Ok(())
}

/// Adds the keys of all memories at once. A repeat changes nothing.
pub(super) async fn insert(
    link: &mut Link<'_>,
    deletion: &DeletionId,
    at: Timestamp,
    sets: &[Remembered],
) -> Result<(), sqlx::Error> {
    let of_sets = || sets.iter().flat_map(|set| set.keys.iter().map(|key| (&set.memory, key)));
    let memories: Vec<&str> = of_sets().map(|(memory, _)| memory.as_str()).collect();
    let keys: Vec<&str> = of_sets().map(|(_, key)| key.as_str()).collect();
    link.query(
        "INSERT INTO sexton.fenced (memory, key, deletion, at)
         SELECT gone.memory, gone.key, $1, $2
         FROM unnest($3::text[], $4::text[]) AS gone (memory, key)
         ON CONFLICT DO NOTHING",
    )
    .bind(deletion.as_str())
    .bind(at.0)
    .bind(memories)
    .bind(keys)
    .execute(&mut *link.connection)
    .await?;
    Ok(())
}
