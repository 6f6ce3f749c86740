//! The audit: one record per deletion, sealed into a chain by one writer at a time.

use sexton_core::names::DeletionId;
use sexton_engine::ports::{AuditHead, AuditRow};
use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::link::Link;

/// Appends a record, not yet sealed. A repeat for the same deletion fails.
pub(super) async fn insert(
    link: &mut Link<'_>,
    deletion: &DeletionId,
    record: &str,
) -> Result<(), sqlx::Error> {
    link.query(
        "INSERT INTO sexton.audit (deletion, record)
         VALUES ($1, $2)",
    )
    .bind(deletion.as_str())
    .bind(record)
    .execute(&mut *link.connection)
    .await?;
    Ok(())
}

/// Reads the end of the chain and locks it until the transaction ends.
pub(super) async fn lock_head(link: &mut Link<'_>) -> Result<AuditHead, sqlx::Error> {
    let row = link
        .query(
            "SELECT seq, hash
         FROM sexton.audit_head
         FOR UPDATE",
        )
        .fetch_one(&mut *link.connection)
        .await?;
    head_of(&row)
}

/// Reads the end of the chain. Locks nothing.
pub(super) async fn head(link: &mut Link<'_>) -> Result<AuditHead, sqlx::Error> {
    let row = link
        .query(
            "SELECT seq, hash
         FROM sexton.audit_head",
        )
        .fetch_one(&mut *link.connection)
        .await?;
    head_of(&row)
}

/// Reads records that are not sealed, in the order they were written. Locks nothing.
pub(super) async fn unsealed(
    link: &mut Link<'_>,
    limit: u32,
) -> Result<Vec<AuditRow>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT id, deletion, record, seq, hash
         FROM sexton.audit
         WHERE seq IS NULL
         ORDER BY id
         LIMIT $1",
        )
        .bind(i64::from(limit))
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter().map(record).collect()
}

/// Counts records that are not sealed. Locks nothing.
pub(super) async fn count_unsealed(link: &mut Link<'_>) -> Result<u64, sqlx::Error> {
    let row = link
        .query(
            "SELECT count(*) AS records
         FROM sexton.audit
         WHERE seq IS NULL",
        )
        .fetch_one(&mut *link.connection)
        .await?;
    Ok(u64::try_from(row.try_get::<i64, _>("records")?).unwrap_or(0))
}

/// Reads sealed records after this place, in the order of the chain. Locks nothing.
pub(super) async fn sealed(
    link: &mut Link<'_>,
    after: i64,
    limit: u32,
) -> Result<Vec<AuditRow>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT id, deletion, record, seq, hash
         FROM sexton.audit
         WHERE seq > $1
         ORDER BY seq
         LIMIT $2",
        )
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter().map(record).collect()
}

/// Seals a record and moves the end of the chain there. Locks both. A record that is sealed, or
/// a place that is not the next one, is an error, and a repeat is both.
pub(super) async fn seal(
    link: &mut Link<'_>,
    id: i64,
    head: &AuditHead,
) -> Result<(), sqlx::Error> {
    let done = link
        .query(
            "WITH moved AS (
            UPDATE sexton.audit_head
            SET seq = $2, hash = $3
            WHERE seq = $2 - 1
            RETURNING seq
         )
         UPDATE sexton.audit
         SET seq = $2, hash = $3
         WHERE id = $1
           AND audit.seq IS NULL
           AND EXISTS (SELECT 1 FROM moved)",
        )
        .bind(id)
        .bind(head.seq)
        .bind(&head.hash)
        .execute(&mut *link.connection)
        .await?;
    if done.rows_affected() == 1 {
        return Ok(());
    }
    let problem = format!("record {id} cannot take place {} of the chain", head.seq);
    Err(sqlx::Error::InvalidArgument(problem))
}

/// Reads the record of one deletion. Locks nothing.
pub(super) async fn of_deletion(
    link: &mut Link<'_>,
    deletion: &DeletionId,
) -> Result<Option<AuditRow>, sqlx::Error> {
    let row = link
        .query(
            "SELECT id, deletion, record, seq, hash
         FROM sexton.audit
         WHERE deletion = $1",
        )
        .bind(deletion.as_str())
        .fetch_optional(&mut *link.connection)
        .await?;
    row.as_ref().map(record).transpose()
}

/// Reads records after this one, in the order they were written. Locks nothing.
pub(super) async fn after(
    link: &mut Link<'_>,
    after: i64,
    limit: u32,
) -> Result<Vec<AuditRow>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT id, deletion, record, seq, hash
         FROM sexton.audit
         WHERE id > $1
         ORDER BY id
         LIMIT $2",
        )
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter().map(record).collect()
}

/// Records before that one, the latest first. Locks nothing.
pub(super) async fn before(
    link: &mut Link<'_>,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<AuditRow>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT id, deletion, record, seq, hash
         FROM sexton.audit
         WHERE $1::bigint IS NULL OR id < $1
         ORDER BY id DESC
         LIMIT $2",
        )
        .bind(before)
        .bind(i64::from(limit))
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter().map(record).collect()
}

/// Reads which deletions committed without a record, oldest first. Locks nothing.
pub(super) async fn unaudited(link: &mut Link<'_>) -> Result<Vec<DeletionId>, sqlx::Error> {
    let rows = link
        .query(
            "SELECT deletions.id
         FROM sexton.deletions
         WHERE deletions.state IN ('hidden', 'restored', 'purging', 'purged', 'committed',
            'reaped', 'complete')
           AND NOT EXISTS (SELECT 1 FROM sexton.audit WHERE audit.deletion = deletions.id)
         ORDER BY deletions.requested_at, deletions.id",
        )
        .fetch_all(&mut *link.connection)
        .await?;
    rows.iter().map(|row| Ok(DeletionId::new(row.try_get::<String, _>("id")?))).collect()
}

fn head_of(row: &PgRow) -> Result<AuditHead, sqlx::Error> {
    Ok(AuditHead { seq: row.try_get("seq")?, hash: row.try_get("hash")? })
}

fn record(row: &PgRow) -> Result<AuditRow, sqlx::Error> {
    Ok(AuditRow {
        id: row.try_get("id")?,
        deletion: DeletionId::new(row.try_get::<String, _>("deletion")?),
        record: row.try_get("record")?,
        seq: row.try_get("seq")?,
        hash: row.try_get("hash")?,
    })
}
