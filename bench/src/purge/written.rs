//! The report: goals first, then what was measured.

use super::{CHUNK, Measured, PAUSE, WORKERS};
use crate::figures::{Series, share_below};
use crate::report::Conditions;

/// By hand / engine.
const GOAL_BY_HAND: f64 = 0.9;
/// Last tenth / first tenth.
const GOAL_LAST: f64 = 1.3;
/// Throughput of eight workers / of one.
const GOAL_WORKERS: f64 = 0.7;
/// p95 of reads beside a purge / alone.
const GOAL_READS: f64 = 1.2;
/// A tenth of the time at work / the policy's pause, as throughputs.
const GOAL_TENTH: f64 = 5.0;

/// The whole report, as Markdown.
pub fn written(conditions: &Conditions, measured: &Measured) -> String {
    let mut lines = vec!["# Background purge\n".to_owned()];
    head(&mut lines, conditions, measured);
    goals(&mut lines, measured);
    lines.push("\n## Drains\n".to_owned());
    lines.push("| what | ms | rows/s |".to_owned());
    lines.push("|---|---|---|".to_owned());
    let rows = measured.size.rows;
    for (what, took, rows) in [
        ("engine, one worker", &measured.engine, rows),
        ("by hand: claim, delete steps, delete requests, commit", &measured.by_hand, rows),
        ("the original's statement", &measured.original, rows),
        ("engine, first tenth of its chunks", &measured.first_tenth, rows / 10),
        ("engine, last tenth of its chunks", &measured.last_tenth, rows / 10),
        ("engine, one worker, the program on one thread", &measured.one, rows),
        ("engine, eight workers, the program on one thread", &measured.many, rows),
        (
            "engine, a tenth of the rows, 1,000 rows and a pause of 100 ms",
            &measured.paced,
            rows / 10,
        ),
        ("engine, a tenth of the rows, at work a tenth of the time", &measured.tenth, rows / 10),
    ] {
        lines.push(format!("| {what} | {took} | {} |", rate(rows, took)));
    }
    let reads = |all: &[f64]| {
        format!("{:.2} | {:.2} | {}", share_below(all, 0.5), share_below(all, 0.95), all.len())
    };
    lines.push("\n## Reads of one request\n".to_owned());
    lines.push("| | median ms | p95 ms | reads |".to_owned());
    lines.push("|---|---|---|---|".to_owned());
    lines.push(format!("| while nothing is purged | {} |", reads(&measured.idle)));
    lines.push(format!("| while {CHUNK} rows go every {PAUSE} ms | {} |", reads(&measured.busy)));
    lines.push(String::new());
    lines.join("\n")
}

fn head(lines: &mut Vec<String>, conditions: &Conditions, measured: &Measured) {
    let (before, after) = &conditions.busy;
    lines.push(format!("`{}`, a release build. Milliseconds: medians of", conditions.command));
    lines.push(format!(
        "{} rounds, with quartiles in parentheses, after a round that warms up. In each round all ways",
        measured.size.repetitions
    ));
    lines.push(format!(
        "took turns, in another order, each with a batch of its own of {} requests of the sample",
        measured.size.rows
    ));
    lines.push(
        "`requests`, one of ten with a step, beside twice as many that stay; its fence is".into(),
    );
    lines.push("installed. Ratios hold within this run only.\n".into());
    lines.push(format!(
        "- Machine: {}. Load average {before} before, {after} after.",
        conditions.machine
    ));
    lines.extend(conditions.note.iter().map(|note| format!("- {note}")));
    lines.push(format!("- {}.", measured.settings));
    lines.push("- Server and program share the cores.\n".into());
}

fn goals(lines: &mut Vec<String>, measured: &Measured) {
    lines.push("| goal | figure | met |".to_owned());
    lines.push("|---|---|---|".to_owned());
    let mut goal = |what: &str, figure: f64, met: bool| {
        let met = if met { "yes" } else { "**no**" };
        lines.push(format!("| {what} | {figure:.2} | {met} |"));
    };
    let of = |a: &Series, b: &Series| a.median() / b.median();
    let figure = of(&measured.by_hand, &measured.engine);
    goal("by hand / engine ≥ 0.9", figure, figure >= GOAL_BY_HAND);
    let figure = of(&measured.original, &measured.engine);
    goal("the original's statement / engine ≥ 0.9", figure, figure >= GOAL_BY_HAND);
    let figure = of(&measured.last_tenth, &measured.first_tenth);
    goal("last tenth / first tenth ≤ 1.3", figure, figure <= GOAL_LAST);
    let figure = of(&measured.one, &measured.many);
    let what = format!("throughput of {WORKERS} workers / of one ≥ 0.7");
    goal(&what, figure, figure >= GOAL_WORKERS);
    let figure = share_below(&measured.busy, 0.95) / share_below(&measured.idle, 0.95);
    goal("p95 of reads beside a purge / alone ≤ 1.2", figure, figure <= GOAL_READS);
    let figure = of(&measured.paced, &measured.tenth);
    let what = "throughput at work a tenth of the time / with the pause of 100 ms ≥ 5";
    goal(what, figure, figure >= GOAL_TENTH);
}

#[expect(clippy::cast_precision_loss, reason = "a rate is not exact")]
fn rate(rows: i64, took: &Series) -> String {
    format!("{:.1}k", rows as f64 / took.median())
}
