//! Sisters in braces: lines that say the same of several tables become one.

use std::collections::BTreeMap;

use super::lines::{Group, Line};
use crate::check::spelling;
use crate::names::{ColumnName, TableName};

/// A line of the file is not wider, but for names that are.
pub(super) const WIDTH: usize = 100;

/// So many undecided lines are decided together rather than one by one.
const OPEN_SISTERS_MIN: usize = 3;

/// A common beginning of tables' names is written once if it is this long.
const PREFIX_MIN: usize = 4;

/// One line of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// `{a,b}.run_id -> runs`.
    pub arrow: String,
    /// The fate as it is written.
    pub fate: String,
    /// What is said behind it.
    pub comment: Option<String>,
    /// Whether it is a suggestion, behind a mark.
    pub suggested: bool,
}

/// The entries of lines that share a parent, each where its first line is.
pub(super) fn entries(lines: &[Line]) -> Vec<Entry> {
    let mut families: Vec<Vec<&Line>> = Vec::new();
    for line in lines {
        match families.iter_mut().find(|family| are_sisters(family[0], line)) {
            Some(family) => family.push(line),
            None => families.push(vec![line]),
        }
    }
    families.iter().flat_map(|family| of_family(family)).collect()
}

/// Whether one line can stand for both: the same columns of two tables, or two columns of one.
fn are_sisters(one: &Line, other: &Line) -> bool {
    one.group != Group::Suggested
        && (one.group, &one.fate, &one.comment, &one.right)
            == (other.group, &other.fate, &other.comment, &other.right)
        && one.columns == other.columns
}

fn of_family(family: &[&Line]) -> Vec<Entry> {
    let is_open = family[0].comment.is_some();
    if family.len() == 1 || is_open && family.len() < OPEN_SISTERS_MIN {
        return family.iter().map(|line| entry(line, &left(line))).collect();
    }
    let columns = columns_side(&family[0].columns);
    let mut entries = Vec::new();
    for tables in by_prefix(family.iter().map(|line| &line.child)) {
        let mut rest = tables.as_slice();
        while !rest.is_empty() {
            let fits = (1..=rest.len()).rev().find(|count| {
                let arrow = braced(&rest[..*count], &columns, &family[0].right);
                *count == 1 || arrow.chars().count() + family[0].fate.len() + 5 <= WIDTH
            });
            let (now, later) = rest.split_at(fits.unwrap_or(1));
            let arrow = braced(now, &columns, &family[0].right);
            entries.push(Entry { arrow, ..entry(family[0], "") });
            rest = later;
        }
    }
    entries
}

fn entry(line: &Line, left: &str) -> Entry {
    Entry {
        arrow: format!("{left} -> {}", line.right),
        fate: line.fate.clone(),
        comment: line.comment.clone(),
        suggested: line.group == Group::Suggested,
    }
}

fn left(line: &Line) -> String {
    spelling::side(&line.child, &line.columns)
}

fn columns_side(columns: &[ColumnName]) -> String {
    let names: Vec<String> =
        columns.iter().map(|column| spelling::policy_name(column.as_str())).collect();
    if names.len() == 1 { names.concat() } else { format!("({})", names.join(",")) }
}

/// Tables by what their names begin with, so that each family can be written once.
fn by_prefix<'a>(tables: impl Iterator<Item = &'a TableName>) -> Vec<Vec<String>> {
    let mut by_prefix: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let spelled: Vec<String> = tables.map(|table| spelling::side(table, &[])).collect();
    let prefix = |name: &str| -> String {
        let is_plain = !name.contains(['"', '.']);
        let end = name.match_indices('_').map(|(at, _)| at + 1).find(|at| *at >= PREFIX_MIN);
        end.filter(|_| is_plain).map_or(String::new(), |end| name[..end].to_owned())
    };
    for name in &spelled {
        by_prefix.entry(prefix(name)).or_default().push(name.clone());
    }
    let mut alone = Vec::new();
    let mut families = Vec::new();
    for (prefix, names) in by_prefix {
        if prefix.is_empty() || names.len() < 3 {
            alone.extend(names);
        } else {
            families.push(names);
        }
    }
    alone.sort();
    families.push(alone);
    families.retain(|family| !family.is_empty());
    families
}

fn braced(tables: &[String], columns: &str, right: &str) -> String {
    let left = match tables {
        [only] => only.clone(),
        _ => {
            let prefix = common_prefix(tables);
            let rests: Vec<&str> = tables.iter().map(|name| &name[prefix.len()..]).collect();
            format!("{prefix}{{{}}}", rests.join(","))
        }
    };
    format!("{left}.{columns} -> {right}")
}

/// What all names begin with, up to a `_`, if it is worth writing once.
fn common_prefix(names: &[String]) -> String {
    let mut prefix = names[0].as_str();
    while !names.iter().all(|name| name.starts_with(prefix) && name != prefix) {
        let shorter = prefix[..prefix.len().saturating_sub(1)].rfind('_').map_or(0, |at| at + 1);
        prefix = &prefix[..shorter];
    }
    let is_whole = prefix.ends_with('_') && prefix.len() >= PREFIX_MIN;
    let is_plain = !names.iter().any(|name| name.contains(['"', '.']));
    if is_whole && is_plain { prefix.to_owned() } else { String::new() }
}
