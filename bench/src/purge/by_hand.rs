//! The drain as a person would write it, and as the original does.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::backlog::{Backlog, Batch};
use crate::clock;
use crate::session::{Session, Value};

const HIDE: &str = "UPDATE batches SET deleted_at = now() WHERE id = $1::uuid";
/// Rows next to the batch are claimed, and all below goes with them: one transaction a chunk.
const CLAIM: &str = "SELECT coalesce(array_agg(id::text), '{}')
     FROM (SELECT id FROM requests WHERE batch_id = $1::uuid LIMIT 1000 FOR UPDATE SKIP LOCKED) AS c";
const STEPS: &str = "DELETE FROM response_steps WHERE request_id = ANY($1::uuid[])";
const REQUESTS: &str = "DELETE FROM requests WHERE id = ANY($1::uuid[])";
/// The original's statement, by itself a transaction; its foreign key takes the steps.
const ORIGINAL: &str = "DELETE FROM requests
     WHERE id IN (SELECT r.id
                  FROM batches b
                  CROSS JOIN LATERAL (SELECT id
                                      FROM requests
                                      WHERE batch_id = b.id
                                      LIMIT 1000
                                      FOR UPDATE SKIP LOCKED) AS r
                  WHERE b.deleted_at IS NOT NULL
                  LIMIT 1000)";

/// How long it takes by hand.
pub async fn drained(backlog: &mut Backlog) -> Result<Duration> {
    let (batch, mut session) = hidden(backlog).await?;
    let id = [Value::Text(batch.id.clone())];
    let watch = clock::start();
    let mut gone = 0;
    loop {
        session.script("BEGIN").await?;
        let claimed = session.row(CLAIM, &id).await?;
        session.run(STEPS, &claimed).await?;
        let rows = session.run(REQUESTS, &claimed).await?;
        session.script("COMMIT").await?;
        gone += rows;
        if rows == 0 {
            break;
        }
    }
    let took = watch.elapsed();
    ensure!(i64::try_from(gone)? == batch.rows, "by hand {gone} of {} rows went", batch.rows);
    session.close().await?;
    Ok(took)
}

/// How long the original takes.
pub async fn drained_by_the_original(backlog: &mut Backlog) -> Result<Duration> {
    let (batch, mut session) = hidden(backlog).await?;
    let watch = clock::start();
    let mut gone = 0;
    loop {
        let rows = session.run(ORIGINAL, &[]).await?;
        gone += rows;
        if rows == 0 {
            break;
        }
    }
    let took = watch.elapsed();
    ensure!(i64::try_from(gone)? == batch.rows, "the original: {gone} of {} rows", batch.rows);
    session.close().await?;
    Ok(took)
}

async fn hidden(backlog: &mut Backlog) -> Result<(Batch, Session)> {
    let batch = backlog.batch(backlog.rows()).await?;
    let mut session = backlog.session().await?;
    session.run(HIDE, &[Value::Text(batch.id.clone())]).await?;
    Ok((batch, session))
}
