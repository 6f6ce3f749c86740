//! What a fence costs: writers under it and deletions with it, against the same without.
//!
//! Two places with the same rows, one of them fenced as the sample's policy says, take turns. A
//! writer's rows are taken back after each turn, so that every turn finds the same.

use std::time::Duration;

use anyhow::Result;
use sexton_core::schema::Dialect;

use crate::clock;
use crate::engine::{Engine, Parts};
use crate::figures::Series;
use crate::place::Place;
use crate::report::Conditions;
use crate::scale::{RUNS, Scale, batch_id, rows_of_batch};
use crate::session::Session;
use crate::{load, machine};

/// Rows that a writer adds at once.
const ROWS: i64 = 10_000;
/// Rows that he adds one by one.
const SINGLES: usize = 1_000;
/// The goal for one INSERT of many rows, as a ratio: 18 → 55 ms.
const GOAL: f64 = 55.0 / 18.0;

/// One thing that is done on both places.
pub struct Compared {
    what: String,
    plain: Series,
    fenced: Series,
    is_goal: bool,
}

/// Everything that was measured on one database.
pub struct Measured {
    dialect: Dialect,
    settings: String,
    compared: Vec<Compared>,
}

/// A place, with a fence or without, and who works on it.
struct Side {
    place: Place,
    engine: Engine,
    session: Session,
    counts: [Series; 5],
}

const WHAT: [(&str, bool); 5] = [
    ("one INSERT of 10,000 rows below one parent", true),
    ("one INSERT of 10,000 rows below 200 parents", true),
    ("1,000 INSERTs of one row", false),
    ("one UPDATE that moves 10,000 rows to other parents (judged row by row)", false),
    ("the deletion of a batch, 16,123 rows", false),
];

/// Measures writers, then deletions; the first round warms up and does not count.
pub async fn measure(
    dialect: Dialect,
    server: Option<&str>,
    repetitions: usize,
) -> Result<Measured> {
    let scale = Scale { normal: i64::try_from(repetitions)? + 3, huge: 0, huge_runs: 0 };
    let mut sides =
        [side(dialect, server, scale, false).await?, side(dialect, server, scale, true).await?];
    for round in 0..=repetitions {
        for turn in 0..sides.len() {
            let side = &mut sides[(turn + round) % 2];
            // The first two batches are those that writers write below.
            let batch = batch_id(i64::try_from(round)? + 3);
            side.turn(&batch, round > 0).await?;
        }
    }
    let settings = machine::settings(&sides[0].place).await?;
    let [plain, fenced] = sides;
    let both = plain.counts.iter().zip(&fenced.counts).zip(WHAT);
    let compared = both
        .map(|((plain, fenced), (what, is_goal))| Compared {
            what: what.to_owned(),
            plain: plain.clone(),
            fenced: fenced.clone(),
            is_goal,
        })
        .collect();
    for side in [plain, fenced] {
        side.session.close().await?;
        drop(side.engine);
        side.place.close().await?;
    }
    Ok(Measured { dialect, settings, compared })
}

async fn side(
    dialect: Dialect,
    server: Option<&str>,
    scale: Scale,
    is_fenced: bool,
) -> Result<Side> {
    let purpose = if is_fenced { "fenced" } else { "plain" };
    let place = match dialect {
        Dialect::Postgres => Place::postgres(server, purpose).await?,
        Dialect::Sqlite => Place::sqlite().await,
    };
    load::load(&place, scale).await?;
    let address = place.address()?;
    let parts = Parts { fence: is_fenced, work: true };
    let engine = Engine::with(dialect, &address, parts, None).await?;
    let session = place.session().await?;
    Ok(Side { place, engine, session, counts: Default::default() })
}

impl Side {
    async fn turn(&mut self, batch: &str, counts: bool) -> Result<()> {
        let one = "'b1001-r100001'";
        let many = "'b1001-r' || CAST(100001 + n.i % 200 AS text)";
        let moved = "UPDATE entries SET run_id = 'b1002' || substr(run_id, 6) WHERE run_id IN \
                     (SELECT id FROM runs WHERE batch_id = 'b1001')";
        let single = format!("{INTO} VALUES ({one}, 1, 'now', 'm', 't', 'T', 'INFO', '{{}}')");
        let took = [
            self.taken_back(&[inserting(one)]).await?,
            self.taken_back(&[inserting(many)]).await?,
            self.taken_back(&vec![single; SINGLES]).await?,
            self.taken_back(&[moved.to_owned()]).await?,
            self.engine.delete(batch, rows_of_batch(RUNS)).await?.took,
        ];
        if counts {
            self.counts.iter_mut().zip(took).for_each(|(series, took)| series.add(took));
        }
        Ok(())
    }

    /// What these statements take, which are taken back afterwards.
    async fn taken_back(&mut self, statements: &[String]) -> Result<Duration> {
        self.session.script("BEGIN").await?;
        let watch = clock::start();
        for statement in statements {
            self.session.script(statement).await?;
        }
        let took = watch.elapsed();
        self.session.script("ROLLBACK").await?;
        Ok(took)
    }
}

const INTO: &str =
    "INSERT INTO entries (run_id, domain_id, timestamp, module, testcase, tag, level, args_json)";

fn inserting(run: &str) -> String {
    format!(
        "{INTO} WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) \
         SELECT {run}, 1, 'now', 'm', 't', 'T', 'INFO', '{{}}' FROM n"
    )
}

/// The whole report, as Markdown.
pub fn written(conditions: &Conditions, repetitions: usize, all: &[Measured]) -> String {
    let mut text = String::new();
    let mut line = |line: String| {
        text.push_str(&line);
        text.push('\n');
    };
    line("# What a fence costs\n".into());
    line(format!("`{}`, a release build. Milliseconds: medians of", conditions.command));
    line(format!(
        "{repetitions} repetitions, with quartiles in parentheses, after a warm-up round. Two places"
    ));
    line("with the same rows of the sample `batches`, one fenced as its policy says, took turns; writers".into());
    line(
        "were taken back after each turn. Entries are fenced twice: below runs and below jobs.\n"
            .into(),
    );
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
        let name = match measured.dialect {
            Dialect::Postgres => "PostgreSQL",
            Dialect::Sqlite => "SQLite",
        };
        line(format!("\n## {name}\n"));
        line("| what | without | with the fence | times | goal | met |".into());
        line("|---|---|---|---|---|---|".into());
        for Compared { what, plain, fenced, is_goal } in &measured.compared {
            let times = fenced.median() / plain.median();
            let goal = match (*is_goal && measured.dialect == Dialect::Postgres, times <= GOAL) {
                (false, _) => " | ".to_owned(),
                (true, true) => format!("≤ {GOAL:.1} | yes"),
                (true, false) => format!("≤ {GOAL:.1} | **no**"),
            };
            line(format!("| {what} | {plain} | {fenced} | {times:.2} | {goal} |"));
        }
    }
    text
}
