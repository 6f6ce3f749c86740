//! `sexton_state_sweeps`: the latest sweep of each system, and the lease of one that is under way.

use sexton_core::names::{SweepId, SystemName, Timestamp};
use sexton_engine::ports::StoredSweep;
use sqlx::{Row, SqliteConnection};

/// Says whether it was stored. A repeat finds itself under way.
pub async fn begin(
    connection: &mut SqliteConnection,
    sweep: &StoredSweep,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "INSERT INTO sexton_state_sweeps AS latest
             (system, id, body, began_at, leased_until, ended_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (system) DO UPDATE
         SET id = excluded.id,
             body = excluded.body,
             began_at = excluded.began_at,
             leased_until = excluded.leased_until,
             ended_at = excluded.ended_at
         WHERE latest.ended_at IS NOT NULL
            OR latest.leased_until <= ?7",
    )
    .bind(sweep.system.as_str())
    .bind(sweep.id.as_str())
    .bind(&sweep.body)
    .bind(sweep.began_at.0)
    .bind(sweep.leased_until.0)
    .bind(sweep.ended_at.map(|at| at.0))
    .bind(now.0)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Says whether it is the latest and has not ended. A repeat does the same again.
pub async fn keep(
    connection: &mut SqliteConnection,
    id: &SweepId,
    until: Timestamp,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "UPDATE sexton_state_sweeps
         SET leased_until = ?2
         WHERE id = ?1
           AND ended_at IS NULL",
    )
    .bind(id.as_str())
    .bind(until.0)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Says whether it is the latest and had not ended. A repeat changes nothing.
pub async fn end(
    connection: &mut SqliteConnection,
    id: &SweepId,
    at: Timestamp,
    body: &str,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "UPDATE sexton_state_sweeps
         SET ended_at = ?2,
             body = ?3
         WHERE id = ?1
           AND ended_at IS NULL",
    )
    .bind(id.as_str())
    .bind(at.0)
    .bind(body)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Locks nothing.
pub async fn latest(
    connection: &mut SqliteConnection,
    system: &SystemName,
) -> Result<Option<StoredSweep>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT system, id, body, began_at, leased_until, ended_at
         FROM sexton_state_sweeps
         WHERE system = ?1",
    )
    .bind(system.as_str())
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(StoredSweep {
        system: SystemName::new(row.try_get::<String, _>("system")?),
        id: SweepId::new(row.try_get::<String, _>("id")?),
        body: row.try_get("body")?,
        began_at: Timestamp(row.try_get("began_at")?),
        leased_until: Timestamp(row.try_get("leased_until")?),
        ended_at: row.try_get::<Option<i64>, _>("ended_at")?.map(Timestamp),
    }))
}
