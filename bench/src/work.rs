//! What work in flight costs a deletion: with it and with a fence, against the same without.
//!
//! Four places with the same rows take turns: one with neither, one with each, one with both. A
//! worker that is asked stops as soon as the deletion has seen it at work.

use std::sync::Arc;

use anyhow::Result;
use async_trait::async_trait;
use sexton_core::schema::Dialect;
use sexton_testkit::interpose::{Point, Watcher};
use tokio::sync::Mutex;

use crate::engine::{Engine, Parts};
use crate::figures::Series;
use crate::place::Place;
use crate::report::Conditions;
use crate::scale::{RUNS, Scale, batch_id, rows_of_batch};
use crate::session::Session;
use crate::taking::{self, Taken};
use crate::{load, machine};

const SIDES: [(&str, Parts); 4] = [
    ("neither", Parts { fence: false, work: false }),
    ("fence", Parts { fence: true, work: false }),
    ("work", Parts { fence: false, work: true }),
    ("both", Parts { fence: true, work: true }),
];

/// What becomes of the first job of a batch before it is deleted, which is 16,123 rows.
const CASES: [(&str, &str); 3] = [
    ("nobody is at work, 20 jobs wait", ""),
    ("the worker of one job is dead", "1000-01-01T00:00:00Z"),
    ("a worker is at work on one job, and stops once it is asked", "2999-01-01T00:00:00Z"),
];

/// Everything that was measured on one database.
pub struct Measured {
    dialect: Dialect,
    settings: String,
    /// By side, then by case.
    took: [[Series; 3]; 4],
    /// Calls over the database port, the same way.
    calls: [[usize; 3]; 4],
    taken: Taken,
}

/// A place with parts of the policy, and who works on it.
struct Side {
    place: Place,
    engine: Engine,
    session: Session,
}

/// A worker that stops as soon as the deletion has seen that it is at work.
struct Obedient(Mutex<Session>);

#[async_trait]
impl Watcher for Obedient {
    async fn at(&self, point: &Point) {
        if point.name() != "after see who is at work on jobs (look)" {
            return;
        }
        let stops = "UPDATE jobs SET status = 'canceled' WHERE cancel_requested = 1";
        let stopped = self.0.lock().await.script(stops).await;
        stopped.expect("nobody is in the way of a worker");
    }
}

/// Measures deletions; the first round warms up and does not count.
pub async fn measure(
    dialect: Dialect,
    server: Option<&str>,
    repetitions: usize,
) -> Result<Measured> {
    let rounds = i64::try_from(repetitions)? + 1;
    let scale = Scale { normal: rounds * 3, huge: 0, huge_runs: 0 };
    let mut sides = Vec::new();
    for (purpose, parts) in SIDES {
        eprintln!("{dialect:?}: loading {scale}, {purpose}");
        sides.push(side(dialect, server, scale, purpose, parts).await?);
    }
    let (mut took, mut calls) = (<[[Series; 3]; 4]>::default(), [[0; 3]; 4]);
    for round in 0..=repetitions {
        for turn in 0..SIDES.len() {
            let at = (turn + round) % SIDES.len();
            for (case, (_, lease)) in CASES.iter().enumerate() {
                let batch = batch_id(i64::try_from(round * CASES.len() + case)? + 1);
                let done = sides[at].turn(&batch, lease).await?;
                calls[at][case] = done.calls.len();
                if round > 0 {
                    took[at][case].add(done.took);
                }
            }
        }
    }
    let settings = machine::settings(&sides[0].place).await?;
    for side in sides {
        side.session.close().await?;
        drop(side.engine);
        side.place.close().await?;
    }
    let taken = taking::measure(dialect, server, repetitions).await?;
    Ok(Measured { dialect, settings, took, calls, taken })
}

async fn side(
    dialect: Dialect,
    server: Option<&str>,
    scale: Scale,
    purpose: &str,
    parts: Parts,
) -> Result<Side> {
    let place = match dialect {
        Dialect::Postgres => Place::postgres(server, purpose).await?,
        Dialect::Sqlite => Place::sqlite().await,
    };
    load::load(&place, scale).await?;
    let worker = Obedient(Mutex::new(place.session().await?));
    let engine = Engine::with(dialect, &place.address()?, parts, Some(Arc::new(worker))).await?;
    let session = place.session().await?;
    Ok(Side { place, engine, session })
}

impl Side {
    async fn turn(&mut self, batch: &str, lease: &str) -> Result<crate::engine::Done> {
        if !lease.is_empty() {
            let taken = format!(
                "UPDATE jobs SET status = 'running', lease_expires_at = '{lease}' \
                 WHERE id = '{batch}-r100001-job'"
            );
            self.session.script(&taken).await?;
        }
        self.place.rest(&mut self.session).await?;
        self.engine.delete(batch, rows_of_batch(RUNS)).await
    }
}

/// The whole report, as Markdown.
pub fn written(conditions: &Conditions, repetitions: usize, all: &[Measured]) -> String {
    let mut text = String::new();
    let mut line = |line: String| {
        text.push_str(&line);
        text.push('\n');
    };
    line("# What work in flight and takes cost\n".into());
    line(format!("`{}`, a release build. Milliseconds: medians of", conditions.command));
    line(format!(
        "{repetitions} repetitions, with quartiles in parentheses, after a warm-up round. Four places"
    ));
    line("with the same rows of the sample `batches` took turns: by its policy without `[fence]` and".into());
    line("`[work]`, with one of them, and with both. Each deletion takes a batch of 16,123 rows. One that".into());
    line("finds a worker at work asks it, and looks again after 50 ms at the earliest.\n".into());
    let (before, after) = &conditions.busy;
    line(format!(
        "- Machine: {}. Load average {before} before, {after} after.",
        conditions.machine
    ));
    conditions.note.iter().for_each(|note| line(format!("- {note}")));
    for measured in all {
        line(format!("- {}.", measured.settings));
    }
    for measured in all {
        line(format!("\n## {}\n", measured.name()));
        line("| | neither | fence | times | work | times | both | times |".into());
        line("|---|---|---|---|---|---|---|---|".into());
        for (case, (what, _)) in CASES.iter().enumerate() {
            line(format!("| {what} | {} |", measured.times(case)));
        }
        line("\nCalls over the database port, in the same order:\n".into());
        line("| | neither | fence | work | both |".into());
        line("|---|---|---|---|---|".into());
        for (case, (what, _)) in CASES.iter().enumerate() {
            let [neither, fence, work, both] = measured.calls.map(|calls| calls[case]);
            line(format!("| {what} | {neither} | {fence} | {work} | {both} |"));
        }
    }
    text.push_str(&taking::written(all.iter().map(|of| (of.name(), &of.taken))));
    text
}

impl Measured {
    fn name(&self) -> &'static str {
        match self.dialect {
            Dialect::Postgres => "PostgreSQL",
            Dialect::Sqlite => "SQLite",
        }
    }

    /// The cells of one case: every side, and how many times the first it takes.
    fn times(&self, case: usize) -> String {
        let [neither, others @ ..] = &self.took;
        let neither = &neither[case];
        let others = others.iter().map(|series| {
            let series = &series[case];
            format!("{series} | {:.2}", series.median() / neither.median())
        });
        let cells: Vec<String> = [neither.to_string()].into_iter().chain(others).collect();
        cells.join(" | ")
    }
}
