//! `sexton_hidden` and `sexton_purged`: roots that are hidden, and what chunks removed below them.

use sexton_core::names::{DeletionId, SystemName, TenantId, ThingName, Timestamp};
use sexton_engine::ports::{AskedRoots, DatabaseError, HiddenRoot};
use sqlx::SqliteConnection;

use crate::failure::failure;

/// A row: thing, key, when it was hidden, when it is due, its tenant.
type Stored = (String, String, i64, Option<i64>, Option<String>);

/// A repeat fails.
pub async fn insert(
    connection: &mut SqliteConnection,
    deletion: &DeletionId,
    root: &HiddenRoot,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO sexton_hidden (deletion, thing, key, at, due, tenant)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )
    .bind(deletion.as_str())
    .bind(root.thing.as_str())
    .bind(&root.key)
    .bind(root.at.0)
    .bind(root.due.map(|due| due.0))
    .bind(root.tenant.as_ref().map(TenantId::as_str))
    .execute(connection)
    .await
    .map_err(|error| failure("note what is hidden", error))?;
    Ok(())
}

/// Those of one deletion.
pub async fn of_deletion(
    connection: &mut SqliteConnection,
    id: &DeletionId,
) -> Result<Vec<HiddenRoot>, DatabaseError> {
    let rows: Vec<Stored> = sqlx::query_as(
        "SELECT thing, key, at, due, tenant
         FROM sexton_hidden
         WHERE deletion = ?1
         ORDER BY thing, key",
    )
    .bind(id.as_str())
    .fetch_all(connection)
    .await
    .map_err(|error| failure("read what is hidden", error))?;
    let rows = rows.into_iter();
    let root = |(thing, key, at, due, tenant): Stored| HiddenRoot {
        thing: ThingName::new(thing),
        key,
        at: Timestamp(at),
        due: due.map(Timestamp),
        tenant: tenant.map(TenantId::new),
    };
    Ok(rows.map(root).collect())
}

/// The latest deletion that hid this root and has not come to its end.
pub async fn by(
    connection: &mut SqliteConnection,
    system: &SystemName,
    thing: &ThingName,
    key: &str,
) -> Result<Option<DeletionId>, DatabaseError> {
    let id: Option<String> = sqlx::query_scalar(
        "SELECT id
         FROM sexton_deletions
         WHERE system = ?1
           AND state IN ('hidden', 'purging')
           AND EXISTS (
               SELECT 1
               FROM sexton_hidden
               WHERE sexton_hidden.deletion = sexton_deletions.id
                 AND sexton_hidden.thing = ?2
                 AND sexton_hidden.key = ?3
           )
         ORDER BY requested_at DESC, id DESC
         LIMIT 1",
    )
    .bind(system.as_str())
    .bind(thing.as_str())
    .bind(key)
    .fetch_optional(connection)
    .await
    .map_err(|error| failure("look for who hid it", error))?;
    Ok(id.map(DeletionId::new))
}

/// Keys of those of these roots that are hidden.
pub async fn among(
    connection: &mut SqliteConnection,
    asked: &AskedRoots<'_>,
) -> Result<Vec<String>, sqlx::Error> {
    let keys = serde_json::json!(asked.keys).to_string();
    let things: Vec<&str> = asked.things.iter().map(ThingName::as_str).collect();
    let things = serde_json::json!(things).to_string();
    sqlx::query_scalar(
        "SELECT DISTINCT sexton_hidden.key
         FROM sexton_hidden
         JOIN sexton_deletions
           ON sexton_deletions.id = sexton_hidden.deletion
         WHERE sexton_hidden.key IN (SELECT value FROM json_each(?1))
           AND sexton_hidden.thing IN (SELECT value FROM json_each(?2))
           AND sexton_hidden.tenant IS ?3
           AND sexton_deletions.system = ?4
           AND sexton_deletions.state IN ('hidden', 'purging')
         ORDER BY sexton_hidden.key",
    )
    .bind(keys)
    .bind(things)
    .bind(asked.tenant.map(TenantId::as_str))
    .bind(asked.system.as_str())
    .fetch_all(connection)
    .await
}

/// Deletions that are hidden or purged by now, and due, oldest first.
pub async fn due(
    connection: &mut SqliteConnection,
    system: &SystemName,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<DeletionId>, DatabaseError> {
    let ids: Vec<String> = sqlx::query_scalar(
        "SELECT id
         FROM sexton_deletions
         WHERE system = ?1
           AND state IN ('hidden', 'purging')
           AND EXISTS (
               SELECT 1
               FROM sexton_hidden
               WHERE sexton_hidden.deletion = sexton_deletions.id
                 AND sexton_hidden.due <= ?2
           )
         ORDER BY requested_at, id
         LIMIT ?3",
    )
    .bind(system.as_str())
    .bind(now.0)
    .bind(limit)
    .fetch_all(connection)
    .await
    .map_err(|error| failure("look for what is hidden", error))?;
    Ok(ids.into_iter().map(DeletionId::new).collect())
}

/// A repeat notes the same.
pub async fn note(
    connection: &mut SqliteConnection,
    id: &DeletionId,
    note: Option<&str>,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "UPDATE sexton_deletions
         SET note = ?2
         WHERE id = ?1
           AND state = 'purging'
           AND note IS NOT ?2",
    )
    .bind(id.as_str())
    .bind(note)
    .execute(connection)
    .await
    .map_err(|error| failure("note what a purge waits for", error))?;
    Ok(())
}

/// Adds what a chunk removed.
pub async fn insert_purged(
    connection: &mut SqliteConnection,
    id: &DeletionId,
    at: Timestamp,
    counts: &str,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO sexton_purged (deletion, at, counts)
         VALUES (?1, ?2, ?3)",
    )
    .bind(id.as_str())
    .bind(at.0)
    .bind(counts)
    .execute(connection)
    .await
    .map_err(|error| failure("note what a chunk removed", error))?;
    Ok(())
}

/// What the chunks of a deletion removed, in their order.
pub async fn purged(
    connection: &mut SqliteConnection,
    id: &DeletionId,
) -> Result<Vec<String>, DatabaseError> {
    sqlx::query_scalar(
        "SELECT counts
         FROM sexton_purged
         WHERE deletion = ?1
         ORDER BY id",
    )
    .bind(id.as_str())
    .fetch_all(connection)
    .await
    .map_err(|error| failure("read what chunks removed", error))
}

/// Removes the hidden roots of a deletion. A repeat finds none.
pub async fn drop_of(
    connection: &mut SqliteConnection,
    id: &DeletionId,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "DELETE FROM sexton_hidden
         WHERE deletion = ?1",
    )
    .bind(id.as_str())
    .execute(connection)
    .await
    .map_err(|error| failure("forget what was hidden", error))?;
    Ok(())
}

/// Removes what the chunks of a deletion noted. A repeat finds nothing.
pub async fn drop_purged(
    connection: &mut SqliteConnection,
    id: &DeletionId,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "DELETE FROM sexton_purged
         WHERE deletion = ?1",
    )
    .bind(id.as_str())
    .execute(connection)
    .await
    .map_err(|error| failure("forget what chunks removed", error))?;
    Ok(())
}

/// Keeps what hiding changed in one set. A repeat fails.
pub async fn insert_undo(
    connection: &mut SqliteConnection,
    id: &DeletionId,
    place: i64,
    rows: &str,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO sexton_undo (deletion, place, rows)
         VALUES (?1, ?2, ?3)",
    )
    .bind(id.as_str())
    .bind(place)
    .bind(rows)
    .execute(connection)
    .await
    .map_err(|error| failure("keep what hiding changed", error))?;
    Ok(())
}

/// What hiding changed, by the places of the sets.
pub async fn undo(
    connection: &mut SqliteConnection,
    id: &DeletionId,
) -> Result<Vec<(i64, String)>, DatabaseError> {
    sqlx::query_as(
        "SELECT place, rows
         FROM sexton_undo
         WHERE deletion = ?1
         ORDER BY place",
    )
    .bind(id.as_str())
    .fetch_all(connection)
    .await
    .map_err(|error| failure("read what hiding changed", error))
}

/// Forgets what hiding changed. A repeat finds nothing.
pub async fn drop_undo(
    connection: &mut SqliteConnection,
    id: &DeletionId,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "DELETE FROM sexton_undo
         WHERE deletion = ?1",
    )
    .bind(id.as_str())
    .execute(connection)
    .await
    .map_err(|error| failure("forget what hiding changed", error))?;
    Ok(())
}
