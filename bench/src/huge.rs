//! Huge batches: by hand and by the engine in turns, and one in a process of its own whose
//! memory is measured.

use std::fs;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use sexton_core::schema::Dialect;

use crate::engine::{Done, Engine};
use crate::figures::Series;
use crate::form::forms;
use crate::place::Place;
use crate::scale::{Scale, batch_id, rows_of_batch};

/// Previews of each huge batch.
const PREVIEWS: usize = 3;

/// What was measured of huge batches.
pub struct Huge {
    /// Rows of one.
    pub rows: i64,
    /// Deletions by hand: each form's name and how long it took.
    pub by_hand: Vec<(&'static str, Duration)>,
    /// Deletions by the engine.
    pub engine: Vec<Done>,
    /// Exact previews.
    pub previews: Series,
    /// The one in a process of its own.
    pub alone: Alone,
}

impl Huge {
    /// What the engine's deletions took.
    pub fn engine_took(&self) -> Series {
        self.engine.iter().map(|deletion| deletion.took).collect()
    }
}

/// A huge deletion in a process of its own.
pub struct Alone {
    /// How long it took.
    pub took: Duration,
    /// The process's peak before it, with the plan compiled, in KiB.
    pub peak_before: u64,
    /// The process's peak after it, in KiB.
    pub peak_after: u64,
}

/// Measures as many huge batches as there are: the last alone, the others by the engine and by
/// hand in turns.
pub async fn measure(place: &Place, engine: &Engine, scale: Scale) -> Result<Huge> {
    let rows = rows_of_batch(scale.huge_runs);
    let mut previews = Series::default();
    let all = scale.normal + 1..=scale.batches();
    for batch in all.clone().map(batch_id) {
        for _ in 0..PREVIEWS {
            previews.add(engine.preview(&batch, rows).await?.took);
        }
    }
    let forms = forms(place.dialect());
    let (mut by_hand, mut by_engine) = (Vec::new(), Vec::new());
    let mut watcher = place.session().await?;
    for (turn, batch) in all.clone().take_while(|batch| batch < all.end()).enumerate() {
        let batch = batch_id(batch);
        place.rest(&mut watcher).await?;
        if turn % 2 == 0 {
            let form = &forms[turn / 2 % forms.len()];
            let mut session = place.session().await?;
            session.make_ready(form).await?;
            by_hand.push((form.name, session.delete(form, &batch).await?.took));
            session.close().await?;
        } else {
            by_engine.push(engine.delete(&batch, rows).await?);
        }
    }
    place.rest(&mut watcher).await?;
    watcher.close().await?;
    let alone = alone(place, &batch_id(scale.batches()), rows)?;
    Ok(Huge { rows, by_hand, engine: by_engine, previews, alone })
}

/// Deletes one in a child process.
fn alone(place: &Place, batch: &str, rows: i64) -> Result<Alone> {
    let program = std::env::current_exe().context("finding this program")?;
    let dialect = match place.dialect() {
        Dialect::Postgres => "postgres",
        Dialect::Sqlite => "sqlite",
    };
    let mut child = Command::new(program);
    let address = place.address()?;
    child.args(["alone", dialect, &address, batch, &rows.to_string()]);
    let output = child.output().context("starting the child process")?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let numbers: Vec<u64> = said.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [micros, peak_before, peak_after] = numbers[..] else {
        anyhow::bail!("the child process said `{said}`")
    };
    Ok(Alone { took: Duration::from_micros(micros), peak_before, peak_after })
}

/// The child process: deletes one batch and tells microseconds and its peaks.
pub async fn delete_alone(dialect: Dialect, address: &str, batch: &str, rows: i64) -> Result<()> {
    let engine = Engine::on(dialect, address).await?;
    let before = peak_memory()?;
    let done = engine.delete(batch, rows).await?;
    println!("{} {before} {}", done.took.as_micros(), peak_memory()?);
    Ok(())
}

/// The most memory that this process ever had resident, in KiB.
fn peak_memory() -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status").context("reading our own status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.context("the system does not tell VmHWM")
}
