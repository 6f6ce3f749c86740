//! An application's reads, while nothing is purged and while something is.

use std::time::Duration;

use anyhow::{Context, Result};

use super::backlog::Backlog;
use super::{CHUNK, Measured, PAUSE};
use crate::clock;
use crate::session::{Session, Value};

/// Ids of requests that stay.
const IDS: &str = "SELECT array_agg(id::text) FROM (SELECT id FROM requests
     WHERE batch_id = 'ba000000-0000-4000-9000-000000000001' ORDER BY id LIMIT 500) AS r";
const READ: &str = "SELECT r.custom_id || r.response_body || coalesce(b.created_by, '')
     FROM requests r JOIN batches b ON b.id = r.batch_id WHERE r.id = $1::uuid";

/// Reads for as long as a paced purge runs, and as long without.
pub async fn beside(backlog: &mut Backlog, taken: &mut Measured) -> Result<()> {
    let worker = backlog.worker(CHUNK, PAUSE).await?;
    worker.warms_up().await?;
    let batch = backlog.hidden(backlog.rows() / 4).await?;
    let mut session = backlog.session().await?;
    let ids = session.row(IDS, &[]).await?;
    let Some(Value::Texts(ids)) = ids.first().cloned() else { anyhow::bail!("no ids") };
    // Warm.
    read(&mut session, &ids, Duration::from_millis(200)).await?;
    let watch = clock::start();
    let purging = tokio::spawn(async move { worker.drains_all(&batch).await });
    let mut busy = Vec::new();
    while !purging.is_finished() {
        busy.extend(read(&mut session, &ids, Duration::from_millis(50)).await?);
    }
    purging.await.context("the purge")??;
    let took = watch.elapsed();
    taken.idle.extend(read(&mut session, &ids, took).await?);
    taken.busy.extend(busy);
    session.close().await
}

/// What each read takes, in milliseconds, for so long.
async fn read(session: &mut Session, ids: &[String], long: Duration) -> Result<Vec<f64>> {
    let watch = clock::start();
    let mut took = Vec::new();
    for id in ids.iter().cycle() {
        let one = clock::start();
        session.row(READ, &[Value::Text(id.clone())]).await?;
        took.push(one.elapsed().as_secs_f64() * 1e3);
        if watch.elapsed() >= long {
            break;
        }
    }
    Ok(took)
}
