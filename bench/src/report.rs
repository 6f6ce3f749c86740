//! The report: figures, ratios, and each goal with a plain yes or no.

use std::fmt::Write as _;

use sexton_core::schema::Dialect;

use crate::engine::Done;
use crate::figures::Series;
use crate::huge::Huge;
use crate::normal::Normal;
use crate::scale::{Extent, RUNS, rows_of_batch};
use crate::size::Sizes;
use crate::trace::phases;

/// At least this share of the engine's speed is by hand the best: ratio of medians.
const GOAL_BY_HAND: f64 = 0.9;
/// A preview costs at most this share of the deletion.
const GOAL_PREVIEW: f64 = 0.25;
/// A preview of a huge batch costs at most this share.
const GOAL_PREVIEW_HUGE: f64 = 0.15;
/// A deletion in eleven times longer tables takes at most this many times as long.
const GOAL_SIZE: f64 = 1.3;
/// Labels of one transaction that are named.
const LABELS_MAX: usize = 14;

/// Everything that was measured on one database.
pub struct Measured {
    /// Which database.
    pub dialect: Dialect,
    /// Its version and settings.
    pub settings: String,
    /// How many ways were seen to end in the same rows.
    pub same: usize,
    /// Normal batches.
    pub normal: Normal,
    /// Shorter tables against longer ones.
    pub sizes: Sizes,
    /// Huge batches.
    pub huge: Huge,
}

/// The conditions of the whole run.
pub struct Conditions {
    /// The command that was given.
    pub command: String,
    /// The machine.
    pub machine: String,
    /// What the program cannot see.
    pub note: Option<String>,
    /// How busy it was before and after.
    pub busy: (String, String),
}

/// The whole report, as Markdown.
pub fn written(conditions: &Conditions, extent: Extent, all: &[Measured]) -> String {
    let mut text = String::new();
    head(&mut text, conditions, extent, all);
    goals(&mut text, all);
    for measured in all {
        database(&mut text, measured);
    }
    text
}

fn name(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgres => "PostgreSQL",
        Dialect::Sqlite => "SQLite",
    }
}

fn line(text: &mut String, line: impl AsRef<str>) {
    text.push_str(line.as_ref());
    text.push('\n');
}

fn head(text: &mut String, conditions: &Conditions, extent: Extent, all: &[Measured]) {
    let Conditions { command, machine, note, busy: (before, after) } = conditions;
    let (normal, repetitions) = (rows_of_batch(RUNS), extent.repetitions);
    let same: Vec<String> =
        all.iter().map(|m| format!("{} ways on {}", m.same, name(m.dialect))).collect();
    let same = same.join(" and ");
    line(text, "# Deleting rows: the engine against SQL by hand\n");
    line(text, format!("`{command}`, a release build. Milliseconds: medians, with quartiles in"));
    line(
        text,
        "parentheses. All ways of one table were measured in turns, in one process and one run, each",
    );
    line(
        text,
        "repetition on another batch of the same size, after a warm-up round that does not count.",
    );
    line(text, "Ratios hold within this run only.\n");
    line(text, format!("- Machine: {machine}. Load average {before} before, {after} after."));
    if let Some(sentence) = note {
        line(text, format!("- {sentence}"));
    }
    for measured in all {
        line(text, format!("- {}.", measured.settings));
    }
    line(
        text,
        "- Server and program share the cores: a round trip costs switching, not a network.",
    );
    line(text, "- No autovacuum.");
    line(
        text,
        format!("- Data: the sample `batches`, {}; {repetitions} repetitions.", extent.large),
    );
    line(
        text,
        format!(
            "- A normal batch has {normal} rows: 200 runs, 10,000 entries, 5,800 facts, 20 jobs, and 2"
        ),
    );
    line(
        text,
        "  snapshots with 100 rows. With it, 200 domains are derived anew and one cohort changes.",
    );
    line(text, format!("- Same outcome: before measuring, {same} each deleted"));
    line(text, "  the same batch of a small data set; what was left was equal, value by value.\n");
}

fn goals(text: &mut String, all: &[Measured]) {
    line(text, "## Goals\n");
    line(text, "| goal | | figure | met |");
    line(text, "|---|---|---|---|");
    for measured in all {
        let on = name(measured.dialect);
        let mut goal = |what: &str, figure: String, met: bool| {
            let met = if met { "yes" } else { "**no**" };
            line(text, format!("| {what} | {on} | {figure} | {met} |"));
        };
        let engine = measured.normal.engine_way().took.median();
        let best = measured.normal.best().took.median();
        let ratio = best / engine;
        goal(
            "normal batch: best by hand / engine ≥ 0.9",
            format!("{ratio:.2}"),
            ratio >= GOAL_BY_HAND,
        );
        let share = took(&measured.normal.previews).median() / engine;
        goal("preview ≤ 25 % of the deletion", percent(share), share <= GOAL_PREVIEW);
        let share = measured.huge.previews.median() / measured.huge.engine_took().median();
        goal("preview of a huge batch ≤ 15 %", percent(share), share <= GOAL_PREVIEW_HUGE);
        let factor = measured.sizes.large.engine.median() / measured.sizes.small.engine.median();
        goal(
            "11 times longer tables: ≤ 1.3 times as long",
            format!("{factor:.2}"),
            factor <= GOAL_SIZE,
        );
    }
    line(text, "");
}

fn database(text: &mut String, measured: &Measured) {
    line(text, format!("## {}\n", name(measured.dialect)));
    ways(text, measured);
    sizes(text, &measured.sizes);
    huge(text, &measured.huge);
    line(text, "### Where the engine's time goes\n");
    line(text, "Of a normal batch:\n");
    where_time_goes(text, &measured.normal.engine);
    let best = measured.normal.best();
    let slowest = slowest(&best.statements, best.took.median());
    line(text, format!("For comparison, by hand, {}: {slowest}.\n", best.name));
    line(text, "Of its preview:\n");
    where_time_goes(text, &measured.normal.previews);
    line(text, "Of a huge batch:\n");
    where_time_goes(text, &measured.huge.engine);
}

fn ways(text: &mut String, measured: &Measured) {
    let normal = &measured.normal;
    let engine = normal.engine_way();
    line(text, "### A normal batch\n");
    line(text, "| way | ms | by hand / engine | statements | log |");
    line(text, "|---|---|---|---|---|");
    for way in &normal.by_hand {
        let best = if way.name == normal.best().name { " (best)" } else { "" };
        let ratio = way.took.median() / engine.took.median();
        line(
            text,
            format!(
                "| by hand: {}{best} | {} | {ratio:.2} | {} | {} |",
                way.name,
                way.took,
                way.statements.len(),
                megabytes(way.log)
            ),
        );
    }
    if measured.dialect == Dialect::Sqlite {
        line(text, "| by hand: one CTE statement | SQLite has no CTEs that delete | | | |");
    }
    let (whole, calls, log) = (engine.took, normal.engine_calls(), megabytes(engine.log));
    line(
        text,
        format!("| engine, from the request to the receipt | {whole} | | {calls} | {log} |"),
    );
    for phase in phases(&normal.engine).iter().filter(|phase| phase.deletes) {
        let ratio = normal.best().took.median() / phase.span.median();
        line(
            text,
            format!(
                "| engine, its one transaction that deletes | {} | {ratio:.2} (best) | {} | |",
                phase.span, phase.calls
            ),
        );
    }
    let calls = normal.previews.first().map_or(0, |preview| preview.calls.len());
    let preview = took(&normal.previews);
    line(text, format!("| engine, exact preview | {preview} | | {calls} | |\n"));
}

fn sizes(text: &mut String, sizes: &Sizes) {
    line(text, "### Independence of size\n");
    line(
        text,
        "A normal batch in the tables above, and in tables with an eleventh of the entries and no huge batch:\n",
    );
    line(text, "| way | ms, longer tables | ms, shorter tables | times |");
    line(text, "|---|---|---|---|");
    let ways = [
        ("engine".to_owned(), &sizes.large.engine, &sizes.small.engine),
        (format!("by hand: {}", sizes.form), &sizes.large.by_hand, &sizes.small.by_hand),
    ];
    for (way, large, small) in ways {
        let factor = large.median() / small.median();
        line(text, format!("| {way} | {large} | {small} | {factor:.2} |"));
    }
    line(text, "");
}

fn huge(text: &mut String, huge: &Huge) {
    line(text, format!("### A huge batch ({} rows)\n", huge.rows));
    line(text, "| way | ms | rows/s |");
    line(text, "|---|---|---|");
    #[expect(clippy::cast_precision_loss, reason = "a rate is not exact")]
    let rate = |millis: f64| format!("{:.0}k", huge.rows as f64 / millis);
    let engine = huge.engine_took().median();
    for (form, took) in &huge.by_hand {
        let millis = took.as_secs_f64() * 1e3;
        line(text, format!("| by hand: {form} | {millis:.0} | {} |", rate(millis)));
    }
    line(text, format!("| engine | {:.0} | {} |", engine, rate(engine)));
    let alone = huge.alone.took.as_secs_f64() * 1e3;
    line(text, format!("| engine, in a process of its own | {alone:.0} | {} |", rate(alone)));
    line(text, format!("| engine, exact preview | {:.0} | |\n", huge.previews.median()));
    line(
        text,
        format!(
            "Peak memory (VmHWM) of the process of its own: {} before the deletion, {} after it.\n",
            mebibytes(huge.alone.peak_before),
            mebibytes(huge.alone.peak_after)
        ),
    );
}

/// What these took.
fn took(all: &[Done]) -> Series {
    all.iter().map(|done| done.took).collect()
}

fn where_time_goes(text: &mut String, all: &[Done]) {
    line(text, "| transaction | ms | calls | slowest calls, ms |");
    line(text, "|---|---|---|---|");
    let mut inside = 0.0;
    for phase in phases(all) {
        inside += phase.span.median();
        let slowest = slowest(&phase.labels, phase.span.median());
        line(text, format!("| {} | {} | {} | {slowest} |", phase.name, phase.span, phase.calls));
    }
    let whole: Series = took(all);
    line(text, format!("| outside of transactions | {:.1} | | |\n", whole.median() - inside));
}

/// The slowest of these calls, and what of the whole was spent between them.
fn slowest(labels: &[(String, Series)], whole: f64) -> String {
    let mut labels: Vec<(&str, f64)> =
        labels.iter().map(|(label, took)| (label.as_str(), took.median())).collect();
    labels.sort_by(|a, b| b.1.total_cmp(&a.1));
    let in_calls: f64 = labels.iter().map(|(_, millis)| millis).sum();
    let mut slowest = String::new();
    for (label, millis) in labels.iter().take(LABELS_MAX) {
        write!(slowest, "{label} {millis:.2}, ").expect("writing to memory cannot fail");
    }
    slowest + &format!("between calls {:.2}", whole - in_calls)
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

#[expect(clippy::cast_precision_loss, reason = "a log is far below 52 bits")]
fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

#[expect(clippy::cast_precision_loss, reason = "memory is far below 52 bits")]
fn mebibytes(kib: u64) -> String {
    format!("{:.0} MiB", kib as f64 / 1024.0)
}
