//! `sexton_audit` and `sexton_audit_head`: records of deletions, and the end of their chain.

use sexton_core::names::DeletionId;
use sexton_engine::ports::{AuditHead, AuditRow, DatabaseError};
use sqlx::SqliteConnection;

use crate::failure::failure;

type AuditColumns = (i64, String, String, Option<i64>, Option<String>);

/// A repeat for the same deletion fails.
pub async fn insert(
    connection: &mut SqliteConnection,
    deletion: &DeletionId,
    record: &str,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO sexton_audit (deletion, record)
         VALUES (?1, ?2)",
    )
    .bind(deletion.as_str())
    .bind(record)
    .execute(connection)
    .await
    .map_err(|error| failure("insert an audit record", error))?;
    Ok(())
}

/// Writes the row as it is, which takes the file's write lock where the transaction has not
/// taken it before.
pub async fn lock_head(connection: &mut SqliteConnection) -> Result<AuditHead, DatabaseError> {
    let (seq, hash) = sqlx::query_as(
        "UPDATE sexton_audit_head
         SET seq = seq
         WHERE id = 1
         RETURNING seq, hash",
    )
    .fetch_one(connection)
    .await
    .map_err(|error| failure("lock the end of the audit", error))?;
    Ok(AuditHead { seq, hash })
}

/// Without a lock.
pub async fn head(connection: &mut SqliteConnection) -> Result<AuditHead, DatabaseError> {
    let (seq, hash) = sqlx::query_as(
        "SELECT seq, hash
         FROM sexton_audit_head
         WHERE id = 1",
    )
    .fetch_one(connection)
    .await
    .map_err(|error| failure("read the end of the audit", error))?;
    Ok(AuditHead { seq, hash })
}

/// Records without a place in the chain, in the order they were written.
pub async fn unsealed(
    connection: &mut SqliteConnection,
    limit: u32,
) -> Result<Vec<AuditRow>, DatabaseError> {
    let rows: Vec<AuditColumns> = sqlx::query_as(
        "SELECT id, deletion, record, seq, hash
         FROM sexton_audit
         WHERE seq IS NULL
         ORDER BY id
         LIMIT ?1",
    )
    .bind(limit)
    .fetch_all(connection)
    .await
    .map_err(|error| failure("read unsealed audit records", error))?;
    Ok(rows.into_iter().map(audit_row).collect())
}

/// How many records have no place in the chain.
pub async fn count_unsealed(connection: &mut SqliteConnection) -> Result<u64, DatabaseError> {
    let records: i64 = sqlx::query_scalar(
        "SELECT count(*)
         FROM sexton_audit
         WHERE seq IS NULL",
    )
    .fetch_one(connection)
    .await
    .map_err(|error| failure("count unsealed audit records", error))?;
    Ok(u64::try_from(records).unwrap_or(0))
}

/// Sealed records after this place, in the order of the chain.
pub async fn sealed(
    connection: &mut SqliteConnection,
    after: i64,
    limit: u32,
) -> Result<Vec<AuditRow>, DatabaseError> {
    let rows: Vec<AuditColumns> = sqlx::query_as(
        "SELECT id, deletion, record, seq, hash
         FROM sexton_audit
         WHERE seq > ?1
         ORDER BY seq
         LIMIT ?2",
    )
    .bind(after)
    .bind(limit)
    .fetch_all(connection)
    .await
    .map_err(|error| failure("read the chain", error))?;
    Ok(rows.into_iter().map(audit_row).collect())
}

/// The record of one deletion.
pub async fn of_deletion(
    connection: &mut SqliteConnection,
    deletion: &DeletionId,
) -> Result<Option<AuditRow>, DatabaseError> {
    let row: Option<AuditColumns> = sqlx::query_as(
        "SELECT id, deletion, record, seq, hash
         FROM sexton_audit
         WHERE deletion = ?1",
    )
    .bind(deletion.as_str())
    .fetch_optional(connection)
    .await
    .map_err(|error| failure("read the audit record", error))?;
    Ok(row.map(audit_row))
}

/// Records after this id.
pub async fn rows(
    connection: &mut SqliteConnection,
    after: i64,
    limit: u32,
) -> Result<Vec<AuditRow>, DatabaseError> {
    let rows: Vec<AuditColumns> = sqlx::query_as(
        "SELECT id, deletion, record, seq, hash
         FROM sexton_audit
         WHERE id > ?1
         ORDER BY id
         LIMIT ?2",
    )
    .bind(after)
    .bind(limit)
    .fetch_all(connection)
    .await
    .map_err(|error| failure("read audit records", error))?;
    Ok(rows.into_iter().map(audit_row).collect())
}

/// Records before that one, the latest first.
pub async fn before(
    connection: &mut SqliteConnection,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<AuditRow>, DatabaseError> {
    let rows: Vec<AuditColumns> = sqlx::query_as(
        "SELECT id, deletion, record, seq, hash
         FROM sexton_audit
         WHERE ?1 IS NULL OR id < ?1
         ORDER BY id DESC
         LIMIT ?2",
    )
    .bind(before)
    .bind(limit)
    .fetch_all(connection)
    .await
    .map_err(|error| failure("read audit records", error))?;
    Ok(rows.into_iter().map(audit_row).collect())
}

/// Gives a record its place and hash. A sealed one is never sealed again: that fails.
pub async fn seal(
    connection: &mut SqliteConnection,
    id: i64,
    head: &AuditHead,
) -> Result<(), DatabaseError> {
    let done = sqlx::query(
        "UPDATE sexton_audit
         SET seq = ?2, hash = ?3
         WHERE id = ?1
           AND seq IS NULL",
    )
    .bind(id)
    .bind(head.seq)
    .bind(&head.hash)
    .execute(connection)
    .await
    .map_err(|error| failure("seal an audit record", error))?;
    one(done.rows_affected(), "the record is sealed already, or is not there")
}

/// Moves the end of the chain one place on; from anywhere but the place before, that fails.
pub async fn move_head(
    connection: &mut SqliteConnection,
    head: &AuditHead,
) -> Result<(), DatabaseError> {
    let done = sqlx::query(
        "UPDATE sexton_audit_head
         SET seq = ?1, hash = ?2
         WHERE id = 1
           AND seq = ?1 - 1",
    )
    .bind(head.seq)
    .bind(&head.hash)
    .execute(connection)
    .await
    .map_err(|error| failure("move the end of the audit", error))?;
    one(done.rows_affected(), "the chain does not end at the place before")
}

/// Deletions that committed and have no record, oldest first.
pub async fn unaudited(
    connection: &mut SqliteConnection,
) -> Result<Vec<DeletionId>, DatabaseError> {
    let ids: Vec<String> = sqlx::query_scalar(
        "SELECT d.id
         FROM sexton_deletions AS d
         WHERE d.state IN ('hidden', 'restored', 'purging', 'purged', 'committed',
            'reaped', 'complete')
           AND NOT EXISTS (SELECT 1 FROM sexton_audit AS a WHERE a.deletion = d.id)
         ORDER BY d.requested_at, d.id",
    )
    .fetch_all(connection)
    .await
    .map_err(|error| failure("find deletions without a record", error))?;
    Ok(ids.into_iter().map(DeletionId::new).collect())
}

fn audit_row((id, deletion, record, seq, hash): AuditColumns) -> AuditRow {
    AuditRow { id, deletion: DeletionId::new(deletion), record, seq, hash }
}

fn one(changed: u64, otherwise: &str) -> Result<(), DatabaseError> {
    match changed {
        1 => Ok(()),
        _ => Err(DatabaseError::Failed {
            label: "seal an audit record".to_owned(),
            detail: otherwise.to_owned(),
        }),
    }
}
