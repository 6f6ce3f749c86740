//! What the figures were taken on: the machine, the databases and their settings.

use std::fs;
use std::thread::available_parallelism;

use anyhow::Result;
use sexton_core::schema::Dialect;

use crate::place::Place;
use crate::session::{Session, Value};

const POSTGRES: &str = "
SELECT 'PostgreSQL ' || current_setting('server_version') || ': '
    || string_agg(name || ' = ' || current_setting(name), ', ' ORDER BY name)
FROM pg_settings
WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes', 'wal_level', 'shared_buffers',
    'work_mem', 'max_wal_size', 'checkpoint_timeout', 'jit', 'plan_cache_mode', 'random_page_cost',
    'max_parallel_workers_per_gather')";

const SQLITE: &str = "
SELECT 'SQLite ' || sqlite_version() || ': journal_mode = ' || journal_mode || ', synchronous = '
    || synchronous || ', cache_size = ' || cache_size || ', page_size = ' || page_size
FROM pragma_journal_mode, pragma_synchronous, pragma_cache_size, pragma_page_size";

/// The machine, in a sentence.
pub fn machine() -> String {
    let cores = available_parallelism().map_or(0, usize::from);
    let model = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".into());
    let memory = field("/proc/meminfo", "MemTotal").unwrap_or_else(|| "unknown".into());
    format!("{cores} cores ({model}), {memory} of memory")
}

/// How busy the machine is: the mean number of processes that want to run, of the last minute.
pub fn load_average() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').next().unwrap_or("unknown").to_owned()
}

/// A database and its settings, in a sentence.
pub async fn settings(place: &Place) -> Result<String> {
    let mut session: Session = place.session().await?;
    let question = match place.dialect() {
        Dialect::Postgres => POSTGRES,
        Dialect::Sqlite => SQLITE,
    };
    let row = session.row(question, &[]).await?;
    session.close().await?;
    Ok(match row.into_iter().next() {
        Some(Value::Text(text)) => text,
        other => format!("{other:?}"),
    })
}

fn field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
