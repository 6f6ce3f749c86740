//! Measures deletions side by side with SQL by hand, on both databases, and writes a report.

mod clock;
mod django;
mod engine;
mod fence;
mod figures;
mod form;
mod huge;
mod load;
mod machine;
mod normal;
mod place;
mod purge;
mod report;
mod same;
mod scale;
mod script;
mod session;
mod size;
mod stores;
mod stores_report;
mod taking;
mod trace;
mod watch;
mod wide;
mod work;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use sexton_core::schema::Dialect;

use crate::engine::Engine;
use crate::normal::Supply;
use crate::place::Place;
use crate::report::{Conditions, Measured};
use crate::scale::{Extent, Scale};
use crate::size::Side;

/// Measures deletions side by side with SQL by hand.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Tries everything in less than a minute; prints the report and keeps none.
    Quick(Options),
    /// Measures at the size of the reference; writes `reports/rows.md`.
    Full(Options),
    /// Measures beside Django's own deletion and preview, which needs `python3` with `venv`;
    /// writes `reports/django.md`.
    Django(Options),
    /// Measures `init` and `check` on a schema of a thousand tables; writes `reports/check.md`.
    Check(Options),
    /// Measures what a fence costs writers and deletions; writes `reports/fence.md`.
    Fence(Options),
    /// Measures what work in flight and takes cost deletions; writes `reports/work.md`.
    Work(Options),
    /// Measures background purge against SQL by hand, on PostgreSQL; writes `reports/purge.md`.
    Purge(Options),
    /// Measures objects below a prefix beside s5cmd, rclone, boto3 and aws, as far as they are
    /// found; writes `reports/stores.md`.
    Stores {
        /// How many objects, each a table of its own.
        #[arg(long, value_delimiter = ',', default_values_t = [20_000, 100_000])]
        objects: Vec<usize>,
        /// How late every answer is, in milliseconds.
        #[arg(long, value_delimiter = ',', default_values_t = [0, 50])]
        late: Vec<u64>,
        #[command(flatten)]
        options: Options,
    },
    /// Clears the prefix of `stores` in a process of its own.
    #[command(hide = true)]
    ClearAlone { endpoint: String },
    /// Deletes one batch and tells microseconds and peaks of memory: what `full` runs in a
    /// process of its own.
    #[command(hide = true)]
    Alone { dialect: String, address: String, batch: String, rows: i64 },
}

#[derive(clap::Args)]
struct Options {
    /// Normal batches.
    #[arg(long)]
    batches: Option<i64>,
    /// Huge batches.
    #[arg(long)]
    huge: Option<i64>,
    /// Repetitions that count.
    #[arg(long)]
    repetitions: Option<usize>,
    /// A PostgreSQL server to make the databases on, instead of a throw-away one.
    #[arg(long)]
    postgres: Option<String>,
    /// Only this database: `postgres` or `sqlite`.
    #[arg(long)]
    only: Option<String>,
    /// A condition of the run that the program cannot see, for the report.
    #[arg(long)]
    note: Option<String>,
    /// Where the report goes.
    #[arg(long)]
    report: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Quick(options) => run("quick", Extent::quick(), &options, None).await,
        Command::Full(options) => {
            let report = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/rows.md");
            run("full", Extent::full(), &options, Some(report)).await
        }
        Command::Django(options) => beside_django(&options).await,
        Command::Check(options) => on_a_wide_schema(&options).await,
        Command::Fence(options) => under_a_fence(&options).await,
        Command::Work(options) => with_work(&options).await,
        Command::Purge(options) => in_the_background(&options).await,
        Command::Stores { objects, late, options } => {
            beside_other_programs(objects, &late, &options).await
        }
        Command::ClearAlone { endpoint } => stores::clear_alone(&endpoint).await,
        Command::Alone { dialect, address, batch, rows } => {
            huge::delete_alone(dialect_named(&dialect)?, &address, &batch, rows).await
        }
    }
}

fn dialect_named(name: &str) -> Result<Dialect> {
    match name {
        "postgres" => Ok(Dialect::Postgres),
        "sqlite" => Ok(Dialect::Sqlite),
        other => anyhow::bail!("`{other}` is neither `postgres` nor `sqlite`"),
    }
}

async fn run(mode: &str, extent: Extent, options: &Options, report: Option<PathBuf>) -> Result<()> {
    let extent = adjusted(extent, options);
    let before = machine::load_average();
    let mut all = Vec::new();
    for dialect in dialects(options)? {
        all.push(measure(dialect, extent, options.postgres.as_deref()).await?);
    }
    let conditions = conditions(mode, options, before);
    let text = report::written(&conditions, extent, &all);
    tell(&text, options.report.clone().or(report))
}

async fn beside_django(options: &Options) -> Result<()> {
    let large = Scale { normal: 60, huge: 0, huge_runs: 0 };
    let extent = adjusted(Extent::new(large, 9), options);
    let before = machine::load_average();
    let (place, engine) =
        ready(Dialect::Postgres, extent.large, options.postgres.as_deref(), "django").await?;
    let mut supply = Supply::new(extent.large.normal);
    let beside = django::measure(&place, &engine, extent, &mut supply).await?;
    let settings = machine::settings(&place).await?;
    drop(engine);
    place.close().await?;
    let conditions = conditions("django", options, before);
    let text = django::written(&conditions, extent, &settings, &beside);
    let report = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/django.md");
    tell(&text, options.report.clone().or(Some(report)))
}

async fn on_a_wide_schema(options: &Options) -> Result<()> {
    let before = machine::load_average();
    let mut all = Vec::new();
    for dialect in dialects(options)? {
        let times = options.repetitions.unwrap_or(5);
        let measured = wide::measure(dialect, options.postgres.as_deref(), times).await?;
        let empty = match dialect {
            Dialect::Postgres => Place::postgres(options.postgres.as_deref(), "empty").await?,
            Dialect::Sqlite => Place::sqlite().await,
        };
        let settings = machine::settings(&empty).await?;
        empty.close().await?;
        all.push((measured, settings));
    }
    let text = wide::written(&conditions("check", options, before), &all);
    let report = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/check.md");
    tell(&text, options.report.clone().or(Some(report)))
}

async fn under_a_fence(options: &Options) -> Result<()> {
    let before = machine::load_average();
    let repetitions = options.repetitions.unwrap_or(9);
    let mut all = Vec::new();
    for dialect in dialects(options)? {
        all.push(fence::measure(dialect, options.postgres.as_deref(), repetitions).await?);
    }
    let conditions = conditions("fence", options, before);
    let text = fence::written(&conditions, repetitions, &all);
    let report = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/fence.md");
    tell(&text, options.report.clone().or(Some(report)))
}

async fn with_work(options: &Options) -> Result<()> {
    let before = machine::load_average();
    let repetitions = options.repetitions.unwrap_or(9);
    let mut all = Vec::new();
    for dialect in dialects(options)? {
        all.push(work::measure(dialect, options.postgres.as_deref(), repetitions).await?);
    }
    let conditions = conditions("work", options, before);
    let text = work::written(&conditions, repetitions, &all);
    let report = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/work.md");
    tell(&text, options.report.clone().or(Some(report)))
}

async fn in_the_background(options: &Options) -> Result<()> {
    anyhow::ensure!(purge::is_asked(options.only.as_deref()), "purges are measured on PostgreSQL");
    let before = machine::load_average();
    let size = purge::size(options.huge, options.repetitions);
    let measured = purge::measure(options.postgres.as_deref(), size).await?;
    let text = purge::written(&conditions("purge", options, before), &measured);
    let report = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/purge.md");
    tell(&text, options.report.clone().or(Some(report)))
}

async fn beside_other_programs(objects: Vec<usize>, late: &[u64], options: &Options) -> Result<()> {
    let before = machine::load_average();
    let tools = stores::Tools::found()?;
    let latencies = late.iter().map(|late| Duration::from_millis(*late)).collect();
    let turns = options.repetitions.unwrap_or(5);
    let amounts = stores::Amounts { objects, latencies, turns };
    let tables = stores::measure(&tools, &amounts).await?;
    let text = stores_report::written(&conditions("stores", options, before), &tools, &tables);
    let report = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/stores.md");
    tell(&text, options.report.clone().or(Some(report)))
}

fn dialects(options: &Options) -> Result<Vec<Dialect>> {
    Ok(match &options.only {
        Some(name) => vec![dialect_named(name)?],
        None => vec![Dialect::Postgres, Dialect::Sqlite],
    })
}

fn conditions(mode: &str, options: &Options, before: String) -> Conditions {
    Conditions {
        command: format!("cargo run --release -p sexton-bench -- {mode}"),
        machine: machine::machine(),
        note: options.note.clone(),
        busy: (before, machine::load_average()),
    }
}

fn tell(text: &str, report: Option<PathBuf>) -> Result<()> {
    println!("{text}");
    if let Some(path) = report {
        let folder = path.parent().context("a report lies in a folder")?;
        fs::create_dir_all(folder).and_then(|()| fs::write(&path, text))?;
        eprintln!("written to {}", path.display());
    }
    Ok(())
}

fn adjusted(extent: Extent, options: &Options) -> Extent {
    let mut large = extent.large;
    large.normal = options.batches.unwrap_or(large.normal);
    large.huge = options.huge.unwrap_or(large.huge);
    Extent::new(large, options.repetitions.unwrap_or(extent.repetitions))
}

async fn measure(dialect: Dialect, extent: Extent, server: Option<&str>) -> Result<Measured> {
    eprintln!("{dialect:?}: comparing outcomes");
    let same = same::require_same_outcome(dialect).await?;
    let (large, large_engine) = ready(dialect, extent.large, server, "large").await?;
    let (small, small_engine) = ready(dialect, extent.small, server, "small").await?;
    let mut supply = Supply::new(extent.large.normal);
    let mut small_supply = Supply::new(extent.small.normal);
    eprintln!("{dialect:?}: normal batches");
    let normal = normal::measure(&large, &large_engine, extent, &mut supply).await?;
    eprintln!("{dialect:?}: sizes");
    let form = &form::forms(dialect)[normal.best_at()];
    let large_side = Side { place: &large, engine: &large_engine, supply: &mut supply };
    let small_side = Side { place: &small, engine: &small_engine, supply: &mut small_supply };
    let sizes = size::measure(form, large_side, small_side, extent.repetitions).await?;
    eprintln!("{dialect:?}: huge batches");
    let huge = huge::measure(&large, &large_engine, extent.large).await?;
    let settings = machine::settings(&large).await?;
    drop((large_engine, small_engine));
    small.close().await?;
    large.close().await?;
    Ok(Measured { dialect, settings, same, normal, sizes, huge })
}

async fn ready(
    dialect: Dialect,
    scale: Scale,
    server: Option<&str>,
    purpose: &str,
) -> Result<(Place, Engine)> {
    eprintln!("{dialect:?}: loading {scale}");
    let place = match dialect {
        Dialect::Postgres => Place::postgres(server, purpose).await?,
        Dialect::Sqlite => Place::sqlite().await,
    };
    load::load(&place, scale).await?;
    let engine = Engine::on(dialect, &place.address()?).await?;
    Ok((place, engine))
}
