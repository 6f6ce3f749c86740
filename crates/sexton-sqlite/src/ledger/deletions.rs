//! `sexton_deletions`: every deletion, its state and its lease.
//!
//! Leases are measured by SQLite's clock, which is the machine's, to the millisecond.

use sexton_core::audit::RootNames;
use sexton_core::lifecycle::State;
use sexton_core::names::{Actor, DeletionId, SystemName, TenantId, ThingName, Timestamp};
use sexton_engine::ports::{DatabaseError, DeletionPage, DeletionRow, NewDeletion, StateChange};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use crate::failure::failure;

/// A repeat with the same id fails.
pub async fn insert(
    connection: &mut SqliteConnection,
    deletion: &NewDeletion,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO sexton_deletions (id, system, thing, root, state, actor, reason, bound_to,
                                       requested_at, changed_at, lease, leased_until,
                                       tenant)
         VALUES (?1, ?2, ?3, ?4, 'requested', ?5, ?6, ?7, ?8, ?8, ?9,
                 CAST((unixepoch('subsec') + ?10) * 1000000 AS INTEGER), ?11)",
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
    .execute(connection)
    .await
    .map_err(|error| failure("insert a deletion", error))?;
    Ok(())
}

/// Says whether state and lease were as named; if not, nothing changes. So does a repeat.
pub async fn change_state(
    connection: &mut SqliteConnection,
    change: StateChange<'_>,
) -> Result<bool, DatabaseError> {
    let done = sqlx::query(
        "UPDATE sexton_deletions
         SET state = ?4, changed_at = ?5, note = ?6, receipt = ?7
         WHERE id = ?1
           AND lease = ?2
           AND state = ?3",
    )
    .bind(change.id.as_str())
    .bind(change.lease)
    .bind(change.from.as_str())
    .bind(change.to.as_str())
    .bind(change.at.0)
    .bind(change.note)
    .bind(change.receipt)
    .execute(connection)
    .await
    .map_err(|error| failure("change a deletion's state", error))?;
    Ok(done.rows_affected() == 1)
}

/// Says whether the lease was as named and nothing is gone yet; if not, nothing changes. A repeat
/// does the same again.
pub async fn wait_on(
    connection: &mut SqliteConnection,
    id: &DeletionId,
    lease: &str,
    lease_secs: i64,
    note: &str,
) -> Result<bool, DatabaseError> {
    let done = sqlx::query(
        "UPDATE sexton_deletions
         SET note = ?4,
             leased_until = CAST((unixepoch('subsec') + ?3) * 1000000 AS INTEGER)
         WHERE id = ?1
           AND lease = ?2
           AND state IN ('requested', 'drained')",
    )
    .bind(id.as_str())
    .bind(lease)
    .bind(lease_secs)
    .bind(note)
    .execute(connection)
    .await
    .map_err(|error| failure("note what a deletion waits for", error))?;
    Ok(done.rows_affected() == 1)
}

/// One deletion.
pub async fn read(
    connection: &mut SqliteConnection,
    id: &DeletionId,
) -> Result<Option<DeletionRow>, DatabaseError> {
    let row = sqlx::query(
        "SELECT id, system, thing, root, state, actor, reason, bound_to, tenant,
                requested_at, changed_at, lease, leased_until, note, receipt
         FROM sexton_deletions
         WHERE id = ?1",
    )
    .bind(id.as_str())
    .fetch_optional(connection)
    .await
    .map_err(|error| failure("read a deletion", error))?;
    row.as_ref().map(deletion).transpose()
}

/// Newest first.
pub async fn latest(
    connection: &mut SqliteConnection,
    system: &SystemName,
    limit: u32,
) -> Result<Vec<DeletionRow>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT id, system, thing, root, state, actor, reason, bound_to, tenant,
                requested_at, changed_at, lease, leased_until, note, receipt
         FROM sexton_deletions
         WHERE system = ?1
         ORDER BY requested_at DESC, id DESC
         LIMIT ?2",
    )
    .bind(system.as_str())
    .bind(limit)
    .fetch_all(connection)
    .await
    .map_err(|error| failure("list deletions", error))?;
    rows.iter().map(deletion).collect()
}

/// A page of them, newest first.
pub async fn page(
    connection: &mut SqliteConnection,
    page: DeletionPage<'_>,
) -> Result<Vec<DeletionRow>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT id, system, thing, root, state, actor, reason, bound_to, tenant,
                requested_at, changed_at, lease, leased_until, note, receipt
         FROM sexton_deletions
         WHERE system = ?1
           AND (?2 IS NULL OR actor = ?2)
           AND (?3 IS NULL OR tenant = ?3)
           AND (?4 IS NULL OR (requested_at, id) < (?4, ?5))
         ORDER BY requested_at DESC, id DESC
         LIMIT ?6",
    )
    .bind(page.system.as_str())
    .bind(page.actor.map(Actor::as_str))
    .bind(page.tenant.map(TenantId::as_str))
    .bind(page.before.map(|(at, _)| at.0))
    .bind(page.before.map(|(_, id)| id.as_str()))
    .bind(page.limit)
    .fetch_all(connection)
    .await
    .map_err(|error| failure("list deletions", error))?;
    rows.iter().map(deletion).collect()
}

/// Gives every open deletion whose lease is over to this lease, oldest first. A repeat finds
/// none, because they are leased now.
pub async fn take_over(
    connection: &mut SqliteConnection,
    system: &SystemName,
    lease: &str,
    lease_secs: i64,
    limit: u32,
) -> Result<Vec<DeletionRow>, DatabaseError> {
    let rows = sqlx::query(
        "UPDATE sexton_deletions
         SET lease = ?2,
             leased_until = CAST((unixepoch('subsec') + ?3) * 1000000 AS INTEGER)
         WHERE id IN (
            SELECT id
            FROM sexton_deletions
            WHERE system = ?1
              AND state IN ('requested', 'drained', 'committed', 'purged', 'reaped')
              AND leased_until <= CAST(unixepoch('subsec') * 1000000 AS INTEGER)
              AND NOT EXISTS (
                SELECT 1
                FROM sexton_intents
                WHERE sexton_intents.deletion = sexton_deletions.id
                  AND sexton_intents.outcome IS NULL
                  AND sexton_intents.kind NOT IN (
                    'event', 'waited-event', 'last-event', 'fail-event', 'key-event')
              )
            ORDER BY requested_at, id
            LIMIT ?4
         )
         RETURNING id, system, thing, root, state, actor, reason, bound_to, tenant,
                   requested_at, changed_at, lease, leased_until, note, receipt",
    )
    .bind(system.as_str())
    .bind(lease)
    .bind(lease_secs)
    .bind(limit)
    .fetch_all(connection)
    .await
    .map_err(|error| failure("take deletions over", error))?;
    let mut taken: Vec<DeletionRow> = rows.iter().map(deletion).collect::<Result<_, _>>()?;
    // RETURNING keeps no order.
    taken.sort_by(|a, b| (a.requested_at, &a.id).cmp(&(b.requested_at, &b.id)));
    Ok(taken)
}

/// Ends the lease. A repeat ends it again.
pub async fn let_go(
    connection: &mut SqliteConnection,
    id: &DeletionId,
    lease: &str,
) -> Result<bool, DatabaseError> {
    let done = sqlx::query(
        "UPDATE sexton_deletions
         SET leased_until = 0
         WHERE id = ?1
           AND lease = ?2",
    )
    .bind(id.as_str())
    .bind(lease)
    .execute(connection)
    .await
    .map_err(|error| failure("let go of a deletion", error))?;
    Ok(done.rows_affected() == 1)
}

/// Those that were complete before then and are still remembered; those of which nothing late is
/// noted come first.
pub async fn late(
    connection: &mut SqliteConnection,
    system: &SystemName,
    before: Timestamp,
    limit: u32,
) -> Result<Vec<DeletionRow>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT id, system, thing, root, state, actor, reason, bound_to, tenant,
                requested_at, changed_at, lease, leased_until, note, receipt
         FROM sexton_deletions
         WHERE system = ?1
           AND state = 'complete'
           AND changed_at < ?2
           AND id IN (
               SELECT deletion FROM sexton_tombstones
               UNION
               SELECT deletion FROM sexton_fenced
           )
         ORDER BY note IS NOT NULL, requested_at, id
         LIMIT ?3",
    )
    .bind(system.as_str())
    .bind(before.0)
    .bind(limit)
    .fetch_all(connection)
    .await
    .map_err(|error| failure("look for late writers", error))?;
    rows.iter().map(deletion).collect()
}

/// Notes what came late with a deletion that is complete. A repeat notes the same.
pub async fn note_late(
    connection: &mut SqliteConnection,
    id: &DeletionId,
    note: Option<&str>,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "UPDATE sexton_deletions
         SET note = ?2
         WHERE id = ?1
           AND state = 'complete'",
    )
    .bind(id.as_str())
    .bind(note)
    .execute(connection)
    .await
    .map_err(|error| failure("note what came late", error))?;
    Ok(())
}

fn deletion(row: &SqliteRow) -> Result<DeletionRow, DatabaseError> {
    columns(row).map_err(|error| failure("read a deletion", error))?.ok_or_else(|| {
        DatabaseError::Failed {
            label: "read a deletion".to_owned(),
            detail: "its state is none that this version knows".to_owned(),
        }
    })
}

fn columns(row: &SqliteRow) -> Result<Option<DeletionRow>, sqlx::Error> {
    let Some(state) = State::from_word(row.try_get("state")?) else {
        return Ok(None);
    };
    Ok(Some(DeletionRow {
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
    }))
}
