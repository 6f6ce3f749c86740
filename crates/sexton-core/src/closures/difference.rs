//! What has changed between two moments, in words.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{ClosureOf, Closures, Mark, Said};

/// One change of what a thing takes or touches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The thing, with the option that is chosen.
    pub thing: String,
    /// Whether something came, went, or is otherwise now.
    pub sign: Sign,
    /// The change as a sentence.
    pub text: String,
}

/// What kind of change it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Sign {
    /// It was not there before.
    More,
    /// It is no longer there.
    Less,
    /// It is otherwise now.
    Other,
}

/// What has changed from `old` to `new`, thing by thing; what is as it was is not told.
pub fn changes(old: &Closures, new: &Closures) -> Vec<Change> {
    let mut changes = Vec::new();
    let names: BTreeSet<&String> = old.things.keys().chain(new.things.keys()).collect();
    for thing in names {
        let told = match (old.things.get(thing), new.things.get(thing)) {
            (Some(old), Some(new)) => of_closure(old, new),
            (None, Some(new)) => {
                let text = format!("it can be deleted now: rows go from {}", listed(&new.going));
                vec![(Sign::More, text)]
            }
            (Some(_), None) => vec![(Sign::Less, "it can no longer be deleted".to_owned())],
            (None, None) => Vec::new(),
        };
        let told = told.into_iter();
        changes.extend(told.map(|(sign, text)| Change { thing: thing.clone(), sign, text }));
    }
    changes
}

fn listed(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn of_closure(old: &ClosureOf, new: &ClosureOf) -> Vec<(Sign, String)> {
    let mut told = Vec::new();
    for table in new.going.difference(&old.going) {
        told.push((Sign::More, format!("rows of {table} go now{}", by(new, table))));
    }
    for table in old.going.difference(&new.going) {
        let text = format!("rows of {table} stay now; before, they went{}", by(old, table));
        told.push((Sign::Less, text));
    }
    let told_above = |closure: &ClosureOf, other: &ClosureOf, said: &Said| {
        said.mark == Mark::Goes
            && closure.going.contains(&said.table) != other.going.contains(&said.table)
    };
    for (line, now) in &new.lines {
        match old.lines.get(line) {
            Some(before) => told.extend(of_line(line, before, now)),
            None if told_above(new, old, now) => {}
            None => told.push((Sign::More, format!("by \"{line}\", {}", in_words(now)))),
        }
    }
    for (line, before) in &old.lines {
        if !new.lines.contains_key(line) && !told_above(old, new, before) {
            let text = format!("no longer by \"{line}\": {}", in_words(before));
            told.push((Sign::Less, text));
        }
    }
    told.extend(of_rules(&old.rules, &new.rules));
    told.sort_by_key(|(sign, _)| *sign);
    told
}

/// The lines that lead to a table that goes.
fn by(closure: &ClosureOf, table: &str) -> String {
    let leads = |said: &Said| said.mark == Mark::Goes && said.table == table;
    let lines: Vec<String> = closure
        .lines
        .iter()
        .filter(|(_, said)| leads(said))
        .map(|(line, _)| format!("\"{line}\""))
        .collect();
    if lines.is_empty() { " with its id".to_owned() } else { format!(", by {}", lines.join(", ")) }
}

fn of_line(line: &str, before: &Said, now: &Said) -> Vec<(Sign, String)> {
    let mut told = Vec::new();
    let said = |of: &Said| (of.mark, of.change.clone(), of.condition.clone());
    if said(before) != said(now) {
        let text = format!("by \"{line}\", {}; before: {}", in_words(now), in_words(before));
        told.push((Sign::Other, text));
    }
    let text = match (before.enforced, now.enforced) {
        (Some(true), Some(false)) => format!("no foreign key enforces \"{line}\" any more"),
        (Some(false), Some(true)) => format!("a foreign key enforces \"{line}\" now"),
        (Some(_), None) => format!("\"{line}\" names nothing in the schema any more"),
        (None, Some(_)) => format!("\"{line}\" names something in the schema now"),
        _ => return told,
    };
    told.push((Sign::Other, text));
    told
}

/// What happens to the rows that a line leads to.
fn in_words(said: &Said) -> String {
    let Said { table, mark, change, condition, .. } = said;
    let what = change.as_ref().map_or_else(
        || verb(*mark).to_owned(),
        |change| match mark {
            Mark::Goes => format!("go, {change}"),
            _ => format!("stay, {change}"),
        },
    );
    let condition = condition.as_ref().map(|is| format!(" where {is}")).unwrap_or_default();
    format!("rows of {table}{condition} {what}")
}

fn verb(mark: Mark) -> &'static str {
    match mark {
        Mark::Goes => "go",
        Mark::Changes => "change",
        Mark::Derived => "are computed anew",
        Mark::Blocks => "refuse",
        Mark::Open => "are not decided",
        Mark::Keeps => "keep referring",
    }
}

fn of_rules(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> Vec<(Sign, String)> {
    let mut told = Vec::new();
    for (name, now) in new {
        match old.get(name) {
            Some(before) if before == now => {}
            Some(before) => {
                told.push((Sign::Other, format!("{name}: {now}; before: {before}")));
            }
            None => told.push((Sign::More, format!("{name}: {now}"))),
        }
    }
    let gone = old.iter().filter(|(name, _)| !new.contains_key(*name));
    told.extend(gone.map(|(name, before)| (Sign::Less, format!("no longer {name}: {before}"))));
    told
}
