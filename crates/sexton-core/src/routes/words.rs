//! The words that an answer may say, and where each of them has a value.

use crate::finding::Finding;
use crate::policy::{Outcome, Route, Verb};
use crate::template::{Slot, ValuePath};

/// Where an answer is given.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Occasion<'a> {
    /// By which route.
    pub route: &'a Route,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether one guard refused.
    pub by_guard: bool,
}

/// Words that stand alone.
const PLAIN: [&str; 16] = [
    "id",
    "ids",
    "thing",
    "Thing",
    "actor",
    "code",
    "message",
    "count",
    "names",
    "rows",
    "items",
    "total",
    "limit",
    "offset",
    "deletion",
    "retry_after",
];
/// Counts of objects.
const OBJECTS: [&str; 6] = ["deleted", "failed", "pending", "total", "bytes", "all_gone"];
/// What is counted of work before, and after it was asked to stop.
const WORK: [&str; 5] = ["waiting", "running", "dead", "stopped", "asked"];

/// What is wrong with a placeholder that has no value on this occasion.
pub(crate) fn unsaid(slot: &Slot, occasion: Occasion<'_>) -> Vec<Finding> {
    slot.paths().filter_map(|path| unsaid_path(path, slot, occasion)).collect()
}

fn unsaid_path(path: &ValuePath, slot: &Slot, occasion: Occasion<'_>) -> Option<Finding> {
    let written = path.written();
    let finding = |message: String, help: &str| {
        Some(Finding::error("C506", Some(slot.span), message).help(help))
    };
    let names: Vec<&str> = path.names.iter().map(String::as_str).collect();
    if let ["path", name] = names[..]
        && !occasion.route.path_names().any(|known| known == name)
    {
        let message = format!("`{{{written}}}`: the path of this route has no `{{{name}}}`");
        return Some(Finding::error("C507", Some(slot.span), message));
    }
    if path.json.is_some() || !is_known(&names) {
        return finding(
            format!("an answer does not know `{{{written}}}`"),
            "known are id, ids, thing, Thing, code, message, count, names, rows, row.COLUMN, \
             rows.TABLE, work.TABLE.WORD, lists.NAME, objects.WORD, subject.COLUMN, items, total, \
             limit, offset, deletion, retry_after, path.NAME, query.NAME and body.NAME",
        );
    }
    if is_said(&names, occasion) {
        return None;
    }
    let outcome = occasion.outcome.as_str();
    finding(
        format!(
            "`{{{written}}}` has no value where `{}` ends with `{outcome}`",
            occasion.route.name
        ),
        "say it where it is known: docs/policy.md has a table of the words",
    )
}

fn is_known(names: &[&str]) -> bool {
    match names {
        ["objects", word] => OBJECTS.contains(word),
        ["work", .., _, word] => WORK.contains(word),
        ["row" | "subject" | "lists" | "path" | "query" | "body", _] | ["rows", _, ..] => true,
        [word] => PLAIN.contains(word),
        _ => false,
    }
}

/// Whether there is a value for a known word.
fn is_said(names: &[&str], occasion: Occasion<'_>) -> bool {
    let is_done = occasion.outcome == Outcome::Done;
    let all = |may: &dyn Fn(Option<Verb>) -> bool| {
        is_done && occasion.route.deeds().all(|deed| may(deed.value.verb()))
    };
    let done = |verbs: &[Verb]| all(&|verb| verb.is_some_and(|verb| verbs.contains(&verb)));
    let deletes = [Verb::Delete, Verb::DeleteForGood];
    // A run of retention is many deletions; of these only rows are added up.
    let counts = [Verb::Delete, Verb::DeleteForGood, Verb::Preview];
    let refuses = matches!(
        occasion.outcome,
        Outcome::Wrong
            | Outcome::Refused
            | Outcome::Held
            | Outcome::OverLimit
            | Outcome::Undrained
            | Outcome::Stale
            | Outcome::Busy
    );
    match names[0] {
        "ids" | "deletion" | "objects" => done(&deletes),
        "rows" => all(&|verb| verb.is_none_or(|verb| counts.contains(&verb))),
        "row" | "lists" => done(&[Verb::Preview]),
        "work" => done(&[Verb::Preview, Verb::Cancel]) || occasion.outcome == Outcome::Undrained,
        "items" | "total" | "limit" | "offset" => done(&[Verb::List]),
        "count" | "names" => refuses,
        "subject" => occasion.by_guard,
        _ => true,
    }
}
