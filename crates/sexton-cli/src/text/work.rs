//! Work in flight as text: who waits, who is at work, and what becomes of them.

use sexton_core::preview::{WorkFate, WorkInFlight};
use sexton_engine::{CalledHook, Cancelled, Waiting};

use super::page::Page;
use super::words::{clean, counted, indented, number};

/// The lines of a preview about the work of one table.
pub fn in_flight(page: &mut Page, work: &WorkInFlight) {
    let kinds =
        [(work.waiting, "waiting"), (work.running, "at work"), (work.dead, "of a dead worker")];
    let counts = kinds.iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> =
        counts.map(|(count, kind)| format!("{} {kind}", number(*count))).collect();
    let text = format!("work of {}: {}", clean(&work.table), counts.join(", "));
    page.line(format!("  > {}", indented("    ", "    ", &text).trim_start()));
    page.paragraph("      ", "        ", &fate(work));
    for (of, columns) in [("stopped", &work.stopped), ("asked", &work.asked)] {
        let is_said = if of == "stopped" { work.waiting + work.dead } else { work.running } > 0;
        if is_said && !columns.is_empty() && work.fate == WorkFate::Stopped {
            let told: Vec<String> =
                columns.iter().map(|(column, value)| format!("{column} = {value}")).collect();
            page.paragraph("      ", "        ", &format!("{of}: {}", clean(&told.join(", "))));
        }
    }
}

fn fate(work: &WorkInFlight) -> String {
    match work.fate {
        WorkFate::Stopped if work.wait_secs == 0 => {
            "is asked to stop first; a deletion does not wait for it".into()
        }
        WorkFate::Stopped => {
            format!("is asked to stop first; a deletion waits {} s at most", work.wait_secs)
        }
        WorkFate::Idle => "nobody is at work: nothing is waited for".into(),
        WorkFate::Refuses => "nothing asks it to stop: it refuses".into(),
        WorkFate::NotAwaited => "is not waited for: only a purge would".into(),
    }
}

/// What a deletion waits for, while it does, on one line.
pub fn waiting(waiting: &Waiting, passed_secs: u64) -> String {
    let rows = counted(waiting.rows, "row", "rows");
    let passed = passed_secs.min(waiting.wait_secs);
    format!("waiting for work on {rows} to stop ({passed} s of {} s)", waiting.wait_secs)
}

/// What a cancellation has asked for.
pub fn cancelled(root: &str, cancelled: &Cancelled) -> String {
    let mut page = Page::default();
    let is_quiet =
        |table: &&sexton_engine::CancelledRows| table.stopped + table.asked + table.running == 0;
    if cancelled.tables.iter().all(|table| is_quiet(&table)) {
        page.line(format!("No work of {root} is in flight."));
        return page.text();
    }
    page.line(format!("Work of {root}:"));
    for table in cancelled.tables.iter().filter(|table| !is_quiet(table)) {
        let counts = [
            (table.stopped, "stopped"),
            (table.asked, "asked to stop"),
            (table.running, "still at work"),
        ];
        let counts = counts.iter().filter(|(count, _)| *count > 0);
        let told: Vec<String> =
            counts.map(|(count, what)| format!("{} {what}", number(*count))).collect();
        page.paragraph("  ", "    ", &format!("{}: {}", clean(&table.table), told.join(", ")));
    }
    for hook in &cancelled.calls {
        page.paragraph("  ", "    ", &calls(hook));
    }
    page.line("Nothing was deleted.");
    page.text()
}

/// How often a hook was called to tell workers to stop, and what came of it.
fn calls(hook: &CalledHook) -> String {
    let told = [(hook.taken, "taken"), (hook.untaken, "not taken")];
    let told = told.iter().filter(|(count, _)| *count > 0);
    let told: Vec<String> =
        told.map(|(count, what)| format!("{} {what}", number(*count))).collect();
    let reasons = hook.reasons.join("; ");
    let why = if reasons.is_empty() { String::new() } else { format!(" ({reasons})") };
    clean(&format!("calls of {}: {}{why}", hook.hook, told.join(", ")))
}
