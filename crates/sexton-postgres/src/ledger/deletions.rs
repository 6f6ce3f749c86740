//! Deletions: stored before anything happens, changed only by whoever holds the lease.

use sexton_core::audit::RootNames;
use sexton_core::lifecycle::State;
use sexton_core::names::{Actor, DeletionId, SystemName, TenantId, ThingName, Timestamp};
use sexton_engine::ports::{DeletionPage, DeletionRow, NewDeletion, StateChange};
use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::link::Link;

/// Stores a deletion as requested, leased by the database's clock. A repeat fails.
pub(super) async fn insert(link: &mut Link<'_>, deletion: &NewDeletion) -> Result<(), sqlx::Error> {
    link.query(
        "INSERT INTO sexton.deletions (id, system, thing, root, state, actor, reason, bound_to,
            requested_at, changed_at, lease, leased_until,
            tenant)
         VALUES ($1, $2, $3, $4, 'requested', $5, $6, $7, $8, $8, $9,
            (extract(epoch FROM statement_timestamp()) * 1000000)::bigint + $10 * 1000000, $11)",
    )
    .bind(deletion.id.as_str())
    .bind(deletion.system.as_str())
    .bind(deletion.thing.as_str())
    .bind(deletion.roots.stored())
    .bind(deletion.actor.as_str())
    .bind(&deletion.reason)
    .bind(&deletion.bound_to)
    .bind(deletion.requested_at.0)
    .bind(&deletion.lease)
    .bind(deletion.lease_secs)
    .bind(deletion.tenant.as_ref().map(TenantId::as_str))
    .execute(&mut *link.connection)
    .await?;
    Ok(())
}

/// Changes the state where state and lease are as named, and says whether they were. Locks the
/// row. A repeat finds another state and changes nothing.
pub(super) async fn change_state(
    link: &mut Link<'_>,
    change: &StateChange<'_>,
) -> Result<bool, sqlx::Error> {
    let done = link
        .query(
            "UPDATE sexton.deletions
         SET state = $4, changed_at = $5, note = $6, receipt = $7
         WHERE id = $1
           AND lease = $2
           AND state = $3",
        )
        .bind(change.id.as_str())
        .bind(change.lease)
        .bind(change.from.as_str())
        .bind(change.to.as_str())
        .bind(change.at.0)
        .bind(&change.note)
        .bind(&change.receipt)
        .execute(&mut *link.connection)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes what a deletion waits for and renews its lease, where the lease is as named and nothing
/// is gone yet; says whether that was so. Locks the row. A repeat does the same again.
pub(super) async fn wait_on(
    link: &mut Link<'_>,
    id: &DeletionId,
    lease: &str,
    lease_secs: i64,
    note: &str,
) -> Result<bool, sqlx::Error> {
    let done = link
        .query(
            "UPDATE sexton.deletions
         SET note = $4,
            leased_until = (extract(epoch FROM statement_timestamp()) * 1000000)::bigint
                + $3 * 1000000
         WHERE id = $1
           AND lease = $2
           AND state IN ('requested', 'drained')",
        )
        .bind(id.as_str())
        .bind(lease)
        .bind(lease_secs)
        .bind(note)
        .execute(&mut *link.connection)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Reads one deletion. Locks nothing.
pub(super) async fn one(
    link: &mut Link<'_>,
    id: &DeletionId,
) -> Result<Option<DeletionRow>, sqlx::Error> {
    let row = link
        .query(
            "SELECT id, system, thing, root, state, actor, reason, bound_to, tenant,
            requested_at, changed_at, lease, leased_until, note, receipt
         FROM sexton.deletions
         WHERE id = $1",
        )
        .bind(id.as_str())
        .fetch_optional(&mut *link.connection)
        .await?;
    row.as_ref().map(deletion).transpose()
}

/// Reads the latest deletions, newest first. Locks nothing.
pub(super) async fn latest(
    link: &mut Link<'_>,
    system: &SystemName,
    limit: u32,
) -> Result<Vec<DeletionRow>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT id, system, thing, root, state, actor, reason, bound_to, tenant,
            requested_at, changed_at, lease, leased_until, note, receipt
         FROM sexton.deletions
         WHERE system = $1
         ORDER BY requested_at DESC, id DESC
         LIMIT $2",
        )
        .bind(system.as_str())
        .bind(i64::from(limit))
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter().map(deletion).collect()
}

/// Takes over unfinished deletions whose lease is over, oldest first. Locks them, and passes by
/// those that somebody else is taking over now; a repeat finds their new lease.
pub(super) async fn take_over(
    link: &mut Link<'_>,
    system: &SystemName,
    lease: &str,
    lease_secs: i64,
    limit: u32,
) -> Result<Vec<DeletionRow>, sqlx::Error> {
    let rows = link
        .query(
            "WITH moment AS (
            SELECT (extract(epoch FROM statement_timestamp()) * 1000000)::bigint AS now
         ),
         due AS (
            SELECT deletions.id
            FROM sexton.deletions
            WHERE deletions.system = $1
              AND deletions.state IN ('requested', 'drained', 'committed', 'purged', 'reaped')
              AND deletions.leased_until <= (SELECT now FROM moment)
              AND NOT EXISTS (
                SELECT 1
                FROM sexton.intents
                WHERE intents.deletion = deletions.id
                  AND intents.outcome IS NULL
                  AND intents.kind NOT IN (
                    'event', 'waited-event', 'last-event', 'fail-event', 'key-event')
              )
            ORDER BY deletions.requested_at, deletions.id
            LIMIT $4
            FOR UPDATE SKIP LOCKED
         ),
         taken AS (
            UPDATE sexton.deletions
            SET lease = $2, leased_until = (SELECT now FROM moment) + $3 * 1000000
            WHERE id IN (SELECT id FROM due)
            RETURNING id, system, thing, root, state, actor, reason, bound_to, tenant,
            requested_at,
                changed_at, lease, leased_until, note, receipt
         )
         SELECT id, system, thing, root, state, actor, reason, bound_to, tenant,
            requested_at, changed_at, lease, leased_until, note, receipt
         FROM taken
         ORDER BY requested_at, id",
        )
        .bind(system.as_str())
        .bind(lease)
        .bind(lease_secs)
        .bind(i64::from(limit))
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter().map(deletion).collect()
}

/// Reads a page of them, newest first. Locks nothing.
pub(crate) async fn page(
    link: &mut Link<'_>,
    page: DeletionPage<'_>,
) -> Result<Vec<DeletionRow>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT id, system, thing, root, state, actor, reason, bound_to, tenant,
            requested_at, changed_at, lease, leased_until, note, receipt
         FROM sexton.deletions
         WHERE system = $1
           AND ($2::text IS NULL OR actor = $2)
           AND ($3::text IS NULL OR tenant = $3)
           AND ($4::bigint IS NULL OR (requested_at, id) < ($4, $5))
         ORDER BY requested_at DESC, id DESC
         LIMIT $6",
        )
        .bind(page.system.as_str())
        .bind(page.actor.map(Actor::as_str))
        .bind(page.tenant.map(TenantId::as_str))
        .bind(page.before.map(|(at, _)| at.0))
        .bind(page.before.map(|(_, id)| id.as_str()))
        .bind(i64::from(page.limit))
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter().map(deletion).collect()
}

/// Ends the lease. Locks the row; a repeat ends it again.
pub(super) async fn let_go(
    link: &mut Link<'_>,
    id: &DeletionId,
    lease: &str,
) -> Result<bool, sqlx::Error> {
    let done = link
        .query(
            "UPDATE sexton.deletions
         SET leased_until = 0
         WHERE id = $1
           AND lease = $2",
        )
        .bind(id.as_str())
        .bind(lease)
        .execute(&mut *link.connection)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Reads deletions that were complete before this moment and are still remembered, those of which
/// nothing late is noted first. Locks nothing.
pub(super) async fn late(
    link: &mut Link<'_>,
    system: &SystemName,
    before: Timestamp,
    limit: u32,
) -> Result<Vec<DeletionRow>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT id, system, thing, root, state, actor, reason, bound_to, tenant,
            requested_at, changed_at, lease, leased_until, note, receipt
         FROM sexton.deletions
         WHERE system = $1
           AND state = 'complete'
           AND changed_at < $2
           AND id IN (
                SELECT deletion FROM sexton.tombstones
                UNION
                SELECT deletion FROM sexton.fenced
           )
         ORDER BY note IS NOT NULL, requested_at, id
         LIMIT $3",
        )
        .bind(system.as_str())
        .bind(before.0)
        .bind(i64::from(limit))
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter().map(deletion).collect()
}

/// Notes what came late with a deletion that is complete. Locks its row; a repeat notes the same.
pub(super) async fn note_late(
    link: &mut Link<'_>,
    id: &DeletionId,
    note: Option<&str>,
) -> Result<(), sqlx::Error> {
    link.query(
        "UPDATE sexton.deletions
         SET note = $2
         WHERE id = $1
           AND state = 'complete'",
    )
    .bind(id.as_str())
    .bind(note)
    .execute(&mut *link.connection)
    .await?;
    Ok(())
}

fn deletion(row: &PgRow) -> Result<DeletionRow, sqlx::Error> {
    let state: &str = row.try_get("state")?;
    let state = State::from_word(state)
        .ok_or_else(|| sqlx::Error::Decode(format!("the state `{state}` is unknown").into()))?;
    Ok(DeletionRow {
        id: DeletionId::new(row.try_get::<String, _>("id")?),
        system: SystemName::new(row.try_get::<String, _>("system")?),
        thing: ThingName::new(row.try_get::<String, _>("thing")?),
        roots: RootNames::of_stored(row.try_get("root")?),
        state,
        actor: Actor::new(row.try_get::<String, _>("actor")?),
        reason: row.try_get("reason")?,
        bound_to: row.try_get("bound_to")?,
        tenant: row.try_get::<Option<String>, _>("tenant")?.map(TenantId::new),
        requested_at: Timestamp(row.try_get("requested_at")?),
        changed_at: Timestamp(row.try_get("changed_at")?),
        lease: row.try_get("lease")?,
        leased_until: Timestamp(row.try_get("leased_until")?),
        note: row.try_get("note")?,
        receipt: row.try_get("receipt")?,
    })
}
