//! `sexton.hidden` and `sexton.purged`: roots that are hidden, and what chunks removed below them.

use sexton_core::names::{DeletionId, SystemName, TenantId, ThingName, Timestamp};
use sexton_engine::ports::{AskedRoots, HiddenRoot};
use sqlx::Row;

use crate::link::Link;

/// Adds hidden roots. A repeat fails.
pub(super) async fn insert(
    link: &mut Link<'_>,
    deletion: &DeletionId,
    roots: &[HiddenRoot],
) -> Result<(), sqlx::Error> {
    let things: Vec<&str> = roots.iter().map(|root| root.thing.as_str()).collect();
    let keys: Vec<&str> = roots.iter().map(|root| root.key.as_str()).collect();
    let times: Vec<i64> = roots.iter().map(|root| root.at.0).collect();
    let due: Vec<Option<i64>> = roots.iter().map(|root| root.due.map(|due| due.0)).collect();
    let tenants: Vec<Option<&str>> =
        roots.iter().map(|root| root.tenant.as_ref().map(TenantId::as_str)).collect();
    link.query(
        "INSERT INTO sexton.hidden (deletion, thing, key, at, due, tenant)
         SELECT $1, hidden.thing, hidden.key, hidden.at, hidden.due, hidden.tenant
         FROM unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::text[])
            AS hidden (thing, key, at, due, tenant)",
    )
    .bind(deletion.as_str())
    .bind(things)
    .bind(keys)
    .bind(times)
    .bind(due)
    .bind(tenants)
    .execute(&mut *link.connection)
    .await?;
    Ok(())
}

/// The hidden roots of a deletion. Locks nothing.
pub(super) async fn of(
    link: &mut Link<'_>,
    deletion: &DeletionId,
) -> Result<Vec<HiddenRoot>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT thing, key, at, due, tenant
         FROM sexton.hidden
         WHERE deletion = $1
         ORDER BY thing, key",
        )
        .bind(deletion.as_str())
        .fetch_all(&mut *link.connection)
        .await?;
    let root = |row: &sqlx::postgres::PgRow| {
        Ok(HiddenRoot {
            thing: ThingName::new(row.try_get::<String, _>("thing")?),
            key: row.try_get("key")?,
            at: Timestamp(row.try_get("at")?),
            due: row.try_get::<Option<i64>, _>("due")?.map(Timestamp),
            tenant: row.try_get::<Option<String>, _>("tenant")?.map(TenantId::new),
        })
    };
    rows.iter().map(root).collect()
}

/// The latest deletion that hid this root and has not come to its end. Locks nothing.
pub(super) async fn by(
    link: &mut Link<'_>,
    system: &SystemName,
    thing: &ThingName,
    key: &str,
) -> Result<Option<DeletionId>, sqlx::Error> {
    let row = link
        .query(
            "SELECT id
         FROM sexton.deletions
         WHERE system = $1
           AND state IN ('hidden', 'purging')
           AND EXISTS (
               SELECT 1
               FROM sexton.hidden
               WHERE hidden.deletion = deletions.id
                 AND hidden.thing = $2
                 AND hidden.key = $3
           )
         ORDER BY requested_at DESC, id DESC
         LIMIT 1",
        )
        .bind(system.as_str())
        .bind(thing.as_str())
        .bind(key)
        .fetch_optional(&mut *link.connection)
        .await?;
    row.map(|row| Ok(DeletionId::new(row.try_get::<String, _>("id")?))).transpose()
}

/// Keys of those of these roots that are hidden. Locks nothing.
pub(super) async fn among(
    link: &mut Link<'_>,
    asked: &AskedRoots<'_>,
) -> Result<Vec<String>, sqlx::Error> {
    let things: Vec<&str> = asked.things.iter().map(ThingName::as_str).collect();
    let rows = link
        .query(
            "SELECT DISTINCT hidden.key
         FROM sexton.hidden
         JOIN sexton.deletions
           ON deletions.id = hidden.deletion
         WHERE hidden.key = ANY($1)
           AND hidden.thing = ANY($2)
           AND hidden.tenant IS NOT DISTINCT FROM $3
           AND deletions.system = $4
           AND deletions.state IN ('hidden', 'purging')
         ORDER BY hidden.key",
        )
        .bind(asked.keys)
        .bind(things)
        .bind(asked.tenant.map(TenantId::as_str))
        .bind(asked.system.as_str())
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter().map(|row| row.try_get("key")).collect()
}

/// Ids of deletions that are hidden or purged by now, and due, oldest first. Locks nothing.
pub(super) async fn due(
    link: &mut Link<'_>,
    system: &SystemName,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<DeletionId>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT id
         FROM sexton.deletions
         WHERE system = $1
           AND state IN ('hidden', 'purging')
           AND EXISTS (
               SELECT 1
               FROM sexton.hidden
               WHERE hidden.deletion = deletions.id
                 AND hidden.due <= $2
           )
         ORDER BY requested_at, id
         LIMIT $3",
        )
        .bind(system.as_str())
        .bind(now.0)
        .bind(i64::from(limit))
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter().map(|row| Ok(DeletionId::new(row.try_get::<String, _>("id")?))).collect()
}

/// Notes what a purge waits for. A repeat notes the same.
pub(super) async fn note(
    link: &mut Link<'_>,
    deletion: &DeletionId,
    note: Option<&str>,
) -> Result<(), sqlx::Error> {
    link.query(
        "UPDATE sexton.deletions
         SET note = $2
         WHERE id = $1
           AND state = 'purging'
           AND note IS DISTINCT FROM $2",
    )
    .bind(deletion.as_str())
    .bind(note)
    .execute(&mut *link.connection)
    .await?;
    Ok(())
}

/// Adds what a chunk removed.
pub(super) async fn insert_purged(
    link: &mut Link<'_>,
    deletion: &DeletionId,
    at: Timestamp,
    counts: &str,
) -> Result<(), sqlx::Error> {
    link.query(
        "INSERT INTO sexton.purged (deletion, at, counts)
         VALUES ($1, $2, $3)",
    )
    .bind(deletion.as_str())
    .bind(at.0)
    .bind(counts)
    .execute(&mut *link.connection)
    .await?;
    Ok(())
}

/// What the chunks of a deletion removed, in their order. Locks nothing.
pub(super) async fn purged(
    link: &mut Link<'_>,
    deletion: &DeletionId,
) -> Result<Vec<String>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT counts
         FROM sexton.purged
         WHERE deletion = $1
         ORDER BY id",
        )
        .bind(deletion.as_str())
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter().map(|row| row.try_get("counts")).collect()
}

/// Removes the hidden roots of a deletion and what its chunks noted. A repeat finds none.
pub(super) async fn drop_of(link: &mut Link<'_>, deletion: &DeletionId) -> Result<(), sqlx::Error> {
    link.query(
        "WITH counted AS (
            DELETE FROM sexton.purged
            WHERE deletion = $1
         )
         DELETE FROM sexton.hidden
         WHERE deletion = $1",
    )
    .bind(deletion.as_str())
    .execute(&mut *link.connection)
    .await?;
    Ok(())
}

/// Keeps what hiding changed in one set. A repeat fails.
pub(super) async fn insert_undo(
    link: &mut Link<'_>,
    deletion: &DeletionId,
    place: i64,
    rows: &str,
) -> Result<(), sqlx::Error> {
    link.query(
        "INSERT INTO sexton.undo (deletion, place, rows)
         VALUES ($1, $2::bigint::integer, $3)",
    )
    .bind(deletion.as_str())
    .bind(place)
    .bind(rows)
    .execute(&mut *link.connection)
    .await?;
    Ok(())
}

/// What hiding changed, by the places of the sets. Locks nothing.
pub(super) async fn undo(
    link: &mut Link<'_>,
    deletion: &DeletionId,
) -> Result<Vec<(i64, String)>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT place::bigint AS place, rows
         FROM sexton.undo
         WHERE deletion = $1
         ORDER BY place",
        )
        .bind(deletion.as_str())
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter().map(|row| Ok((row.try_get("place")?, row.try_get("rows")?))).collect()
}

/// Forgets what hiding changed. A repeat finds nothing.
pub(super) async fn drop_undo(
    link: &mut Link<'_>,
    deletion: &DeletionId,
) -> Result<(), sqlx::Error> {
    link.query(
        "DELETE FROM sexton.undo
         WHERE deletion = $1",
    )
    .bind(deletion.as_str())
    .execute(&mut *link.connection)
    .await?;
    Ok(())
}
