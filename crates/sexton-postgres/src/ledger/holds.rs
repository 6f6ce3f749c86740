//! Holds: guards that people put on roots.

use sexton_core::names::{SystemName, ThingName, Timestamp};
use sexton_engine::ports::Hold;
use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::link::Link;

/// Whether Sexton's tables are there for this role to read: previews run as roles that may
/// SELECT from the system's tables and nothing else. Locks nothing.
pub(crate) async fn exists(link: &mut Link<'_>) -> Result<bool, sqlx::Error> {
    let row = link
        .query(
            "SELECT EXISTS (
            SELECT 1
            FROM pg_catalog.pg_class AS c
            JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
            WHERE n.nspname = 'sexton'
              AND c.relname = 'holds'
              AND has_schema_privilege(n.oid, 'USAGE')
              AND has_table_privilege(c.oid, 'SELECT'))",
        )
        .fetch_one(&mut *link.connection)
        .await?;
    row.try_get(0)
}

/// Reads holds in force at `now`. Locks nothing: a read-only transaction cannot.
pub(super) async fn active(
    link: &mut Link<'_>,
    system: &SystemName,
    things: &[ThingName],
    now: Timestamp,
) -> Result<Vec<Hold>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT id, thing, root, reason, placed_by
         FROM sexton.holds
         WHERE system = $1
           AND thing = ANY($2)
           AND released_at IS NULL
           AND (until IS NULL OR until > $3)
         ORDER BY id",
        )
        .bind(system.as_str())
        .bind(words(things))
        .bind(now.0)
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter().map(hold).collect()
}

/// Reads holds in force at `now`, and locks them FOR SHARE: none is changed until the
/// transaction ends.
pub(super) async fn active_shared(
    link: &mut Link<'_>,
    system: &SystemName,
    things: &[ThingName],
    now: Timestamp,
) -> Result<Vec<Hold>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT id, thing, root, reason, placed_by
         FROM sexton.holds
         WHERE system = $1
           AND thing = ANY($2)
           AND released_at IS NULL
           AND (until IS NULL OR until > $3)
         ORDER BY id
         FOR SHARE",
        )
        .bind(system.as_str())
        .bind(words(things))
        .bind(now.0)
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter().map(hold).collect()
}

fn words(things: &[ThingName]) -> Vec<&str> {
    things.iter().map(ThingName::as_str).collect()
}

fn hold(row: &PgRow) -> Result<Hold, sqlx::Error> {
    Ok(Hold {
        id: row.try_get("id")?,
        thing: ThingName::new(row.try_get::<String, _>("thing")?),
        root: row.try_get("root")?,
        reason: row.try_get("reason")?,
        placed_by: row.try_get("placed_by")?,
    })
}
