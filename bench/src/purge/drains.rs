//! Drains by the engine: alone, in its first and last tenth, paced, and with several workers.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::backlog::{Backlog, Worker};
use super::{CHUNK, Measured, PAUSE, WORKERS};
use crate::clock;
use crate::watch::Call;

/// One worker: the whole drain, its first and its last tenth, and the same with pauses.
pub async fn alone(backlog: &mut Backlog, taken: &mut Measured) -> Result<()> {
    let worker = backlog.worker(CHUNK, 0).await?;
    worker.warms_up().await?;
    let batch = backlog.hidden(backlog.rows()).await?;
    let watch = clock::start();
    worker.drains_all(&batch).await?;
    taken.engine.add(watch.elapsed());
    let chunks = chunks(&worker.log.take());
    let tenth = (chunks.len() / 10).max(1);
    taken.first_tenth.add(chunks[..tenth].iter().sum());
    taken.last_tenth.add(chunks[chunks.len() - tenth..].iter().sum());
    let mut sorted = chunks.clone();
    sorted.sort();
    let chunk = u64::try_from(sorted[sorted.len() / 2].as_millis())?.max(1);
    taken.paced.add(with_pause(backlog, PAUSE).await?);
    // One part of ten is work.
    taken.tenth.add(with_pause(backlog, 9 * chunk).await?);
    Ok(())
}

/// A tenth of a batch with a pause between its chunks.
async fn with_pause(backlog: &mut Backlog, millis: u64) -> Result<Duration> {
    let worker = backlog.worker(CHUNK, millis).await?;
    worker.warms_up().await?;
    let batch = backlog.hidden(backlog.rows() / 10).await?;
    let watch = clock::start();
    worker.drains_all(&batch).await?;
    Ok(watch.elapsed())
}

/// What each chunk took, from its BEGIN to the answer to its COMMIT, in their order.
fn chunks(calls: &[Call]) -> Vec<Duration> {
    let mut spans: BTreeMap<usize, (Instant, Instant, bool)> = BTreeMap::new();
    for call in calls.iter().filter(|call| call.mode == "change") {
        let ended = call.began + call.took;
        let span = spans.entry(call.tx).or_insert((call.began, ended, false));
        span.1 = ended;
        span.2 |= call.label == "commit";
    }
    let committed = spans.into_values().filter(|(_, _, committed)| *committed);
    committed.map(|(began, ended, _)| ended - began).collect()
}

/// One worker, and eight of them, on one batch each; the program has one thread.
pub async fn shared(backlog: &mut Backlog, taken: &mut Measured) -> Result<()> {
    for workers in [1, WORKERS] {
        let mut all = Vec::new();
        for _ in 0..workers {
            all.push(backlog.worker(CHUNK, 0).await?);
        }
        for worker in &all {
            worker.warms_up().await?;
        }
        let batch = backlog.hidden(backlog.rows()).await?;
        let took = tokio::task::spawn_blocking(move || on_one_thread(all, batch.rows)).await??;
        if workers == 1 { &mut taken.one } else { &mut taken.many }.add(took);
    }
    Ok(())
}

fn on_one_thread(workers: Vec<Worker>, rows: i64) -> Result<Duration> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("a runtime of one thread")?.block_on(async move {
        let watch = clock::start();
        let mut draining = tokio::task::JoinSet::new();
        for worker in workers {
            draining.spawn(async move { worker.drains().await });
        }
        let mut gone = 0;
        while let Some(purged) = draining.join_next().await {
            gone += purged??.rows;
        }
        ensure!(i64::try_from(gone)? >= rows, "{gone} of {rows} rows went");
        Ok(watch.elapsed())
    })
}
