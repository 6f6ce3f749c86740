//! What was measured of objects below a prefix, as Markdown.

use std::fmt::Write as _;

use crate::report::Conditions;
use crate::stores::{Table, Taken, Tools, Way};

/// The engine is to be so many times as fast as s5cmd, at no latency and at 50 ms.
const GOAL: f64 = 5.0;

/// The whole report.
pub fn written(conditions: &Conditions, tools: &Tools, tables: &[Table]) -> String {
    let Conditions { command, machine, note, busy: (before, after) } = conditions;
    let build = if cfg!(debug_assertions) { "debug (so no measure)" } else { "release" };
    let mut text = format!(
        "# Removing objects below a prefix: the engine beside other programs\n\n\
         `{command}`, a {build} build. All ways in turns, each a process of its own against the same\n\
         server: the test kit's double, which speaks S3 on this machine, holds objects in memory and\n\
         answers every request as late as is said. After each, what is left was compared: nothing\n\
         below the prefix, everything beside it. The engine lists once more until nothing is there,\n\
         as a deletion does; the others do not look again. Ratios hold within this run only.\n\n\
         - Machine: {machine}. Load average {before} before, {after} after.\n"
    );
    for line in note.iter().chain(&tools.versions) {
        writeln!(text, "- {line}").expect("text can be written");
    }
    goals(&mut text, tables);
    for table in tables {
        one(&mut text, table);
    }
    text
}

fn seconds(taken: &Taken) -> f64 {
    taken.took.median() / 1e3
}

fn of(table: &Table, way: Way) -> Option<&Taken> {
    table.taken.iter().find(|taken| taken.way == way)
}

fn goals(text: &mut String, tables: &[Table]) {
    text.push_str("\n## Goals\n\n");
    for table in tables {
        let ways = (of(table, Way::Engine), of(table, Way::S5cmd));
        let (Some(engine), Some(other)) = ways else { continue };
        let ratio = seconds(other) / seconds(engine);
        let is_met = if ratio >= GOAL { "met" } else { "missed" };
        let (objects, late) = (table.objects, table.latency.as_millis());
        writeln!(
            text,
            "- {objects} objects, {late} ms late: {ratio:.1} times as fast as s5cmd; goal {GOAL}: **{is_met}**."
        )
        .expect("text can be written");
    }
}

#[expect(clippy::cast_precision_loss, reason = "there are few objects")]
fn one(text: &mut String, table: &Table) {
    let (objects, late) = (table.objects, table.latency.as_millis());
    write!(
        text,
        "\n## {objects} objects, each answer {late} ms late\n\n\
         | way | milliseconds | objects per second | requests | peak MiB | of s5cmd's time |\n\
         |---|---|---|---|---|---|\n"
    )
    .expect("text can be written");
    let base = of(table, Way::S5cmd).map(seconds);
    for taken in &table.taken {
        let share = base.map_or_else(String::new, |base| format!("{:.2}", seconds(taken) / base));
        writeln!(
            text,
            "| {} | {} | {:.0} | {} | {:.0} | {share} |",
            taken.way.name(),
            taken.took,
            objects as f64 / seconds(taken),
            taken.requests,
            taken.peak_kib as f64 / 1024.0,
        )
        .expect("text can be written");
    }
}
