//! What the original runs, as its contract describes it: flags that nobody looks at under a lock,
//! and a purge of three statements, each committed by itself.

use crate::place::Place;
use crate::requests::id;

/// The same moment in both databases.
const NOW: &str = "'2026-11-01T08:00:00Z'";

/// Tombstones a file, and cancels and unlinks the batches made of it.
pub fn delete_file(number: u8) -> String {
    let file = id("f1", number);
    format!(
        "BEGIN;
         UPDATE batches SET cancelling_at = {NOW}, cancelled_at = {NOW}
         WHERE file_id = '{file}' AND completed_at IS NULL AND failed_at IS NULL
           AND cancelled_at IS NULL;
         UPDATE batches SET file_id = NULL WHERE file_id = '{file}';
         UPDATE batches SET output_file_id = NULL WHERE output_file_id = '{file}';
         UPDATE batches SET error_file_id = NULL WHERE error_file_id = '{file}';
         UPDATE files SET deleted_at = {NOW}, status = 'deleted'
         WHERE id = '{file}' AND deleted_at IS NULL;
         COMMIT;"
    )
}

/// Tombstones a batch.
pub fn delete_batch(number: u8) -> String {
    let batch = id("ba", number);
    format!(
        "UPDATE batches SET deleted_at = {NOW}, cancelling_at = coalesce(cancelling_at, {NOW}),
            cancelled_at = coalesce(cancelled_at, {NOW})
         WHERE id = '{batch}' AND deleted_at IS NULL;"
    )
}

/// Tombstones all that somebody made, batches of others aside.
pub fn bulk_delete(creator: &str) -> String {
    format!(
        "BEGIN;
         UPDATE batches SET deleted_at = {NOW}, metadata = NULL WHERE created_by = '{creator}';
         UPDATE files SET deleted_at = {NOW}, status = 'deleted' WHERE uploaded_by = '{creator}';
         COMMIT;"
    )
}

/// A claim: it locks requests alone, and reads what their batch says from its snapshot.
pub fn claim(rows: u8) -> String {
    let daemon = id("da", 1);
    format!(
        "UPDATE requests
         SET state = 'claimed', daemon_id = '{daemon}', claimed_at = now()
         WHERE id IN (SELECT r.id
                      FROM requests r
                      JOIN batches b ON b.id = r.batch_id
                      WHERE r.state = 'pending' AND r.template_id IS NOT NULL
                        AND b.cancelling_at IS NULL AND b.deleted_at IS NULL
                      ORDER BY r.batch_id, r.id
                      LIMIT {rows}
                      FOR UPDATE OF r SKIP LOCKED);"
    )
}

/// How many rows a claim gets that fills its limit before it asks their batches.
pub fn claimable(rows: u8) -> String {
    format!(
        "SELECT count(*)
         FROM (SELECT r.batch_id
               FROM requests r
               WHERE r.state = 'pending' AND r.template_id IS NOT NULL
               ORDER BY r.id
               LIMIT {rows}) AS c
         JOIN batches b ON b.id = c.batch_id
         WHERE b.cancelling_at IS NULL AND b.deleted_at IS NULL"
    )
}

/// Puts what failed or was cancelled back, and takes the cancellation away.
pub fn retry(number: u8) -> String {
    let batch = id("ba", number);
    format!(
        "BEGIN;
         UPDATE batches SET cancelling_at = NULL, cancelled_at = NULL WHERE id = '{batch}';
         UPDATE requests
         SET state = 'pending', daemon_id = NULL, claimed_at = NULL, started_at = NULL,
             error = NULL, failed_at = NULL, canceled_at = NULL
         WHERE batch_id = '{batch}' AND state IN ('failed', 'canceled');
         COMMIT;"
    )
}

/// The purge that shares its work: requests of tombstoned batches.
pub fn purge_requests(rows: u32) -> String {
    format!(
        "DELETE FROM requests
         WHERE id IN (SELECT r.id
                      FROM batches b
                      CROSS JOIN LATERAL (SELECT id
                                          FROM requests
                                          WHERE batch_id = b.id
                                          LIMIT {rows}
                                          FOR UPDATE SKIP LOCKED) AS r
                      WHERE b.deleted_at IS NOT NULL
                      LIMIT {rows})"
    )
}

/// The same of templates of tombstoned files. Whatever refers to them is changed by its foreign key.
pub fn purge_templates(rows: u32) -> String {
    format!(
        "DELETE FROM request_templates
         WHERE id IN (SELECT t.id
                      FROM files f
                      CROSS JOIN LATERAL (SELECT id
                                          FROM request_templates
                                          WHERE file_id = f.id
                                          LIMIT {rows}
                                          FOR UPDATE SKIP LOCKED) AS t
                      WHERE f.deleted_at IS NOT NULL
                      LIMIT {rows})"
    )
}

/// The variant of four days: its lock stands on a CTE, where the database ignores it.
pub fn purge_requests_by_cte(rows: u32) -> String {
    format!(
        "WITH gone AS (SELECT r.id
                       FROM requests r
                       JOIN batches b ON b.id = r.batch_id
                       WHERE b.deleted_at IS NOT NULL),
              taken AS (SELECT id FROM gone LIMIT {rows} FOR UPDATE SKIP LOCKED)
         DELETE FROM requests WHERE id IN (SELECT id FROM taken)"
    )
}

/// The first purge, to which no parent is a parent that went.
pub fn purge_orphans_too() -> &'static str {
    "DELETE FROM requests
     WHERE id IN (SELECT r.id
                  FROM requests r
                  LEFT JOIN batches b ON b.id = r.batch_id
                  WHERE b.id IS NULL OR b.deleted_at IS NOT NULL)"
}

/// Both statements for either database, without locks.
pub fn purge_plainly() -> &'static str {
    "DELETE FROM requests
     WHERE batch_id IN (SELECT id FROM batches WHERE deleted_at IS NOT NULL);
     DELETE FROM request_templates
     WHERE file_id IN (SELECT id FROM files WHERE deleted_at IS NOT NULL);"
}

/// What a client reads of an output file: the file is looked for, and then whose it is, whatever
/// that says of itself.
pub async fn streamed(place: &Place, file: u8) -> Vec<Option<String>> {
    let file = id("f1", file);
    let found = format!("SELECT id FROM files WHERE id = '{file}' AND deleted_at IS NULL");
    if place.column(&found).await.is_empty() {
        return Vec::new();
    }
    let bodies = format!(
        "SELECT r.response_body
         FROM batches b
         JOIN requests r ON r.batch_id = b.id
         WHERE b.output_file_id = '{file}' AND r.state = 'completed'
         ORDER BY r.id"
    );
    place.column(&bodies).await
}
