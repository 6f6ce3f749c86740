//! Whether every reference of the schema has exactly one decided line.

use std::collections::{BTreeSet, HashSet};

use super::{Source, spelling};
use crate::finding::Finding;
use crate::graph::Edge;
use crate::names::ColumnName;
use crate::policy::{Fate, Reference};
use crate::schema::{ForeignKey, OnDelete, Table};

pub(super) fn findings(source: &Source<'_>) -> Vec<Finding> {
    [missing(source), repeated(source), undecided(source)].concat()
}

/// Foreign keys without a line.
fn missing(source: &Source<'_>) -> Vec<Finding> {
    let mut told = HashSet::new();
    let keys = source
        .schema
        .tables
        .values()
        .flat_map(|table| table.foreign_keys.iter().map(move |key| (table, key)));
    keys.filter(|(table, key)| !has_line(source, table, key))
        .filter_map(|(table, key)| {
            let arrow = arrow(source, table, key);
            told.insert(arrow.clone()).then(|| {
                let message = format!("no line says what happens through the foreign key {arrow}");
                Finding::error("C130", None, message).help(line_to_paste(&arrow, key))
            })
        })
        .collect()
}

/// Lines count even if something else in them does not resolve: that is told already.
fn has_line(source: &Source<'_>, table: &Table, key: &ForeignKey) -> bool {
    let wanted = pairs(&key.columns, &key.parent_columns);
    source.policy.references.iter().any(|reference| {
        reference.child == table.name
            && reference.parent == key.parent
            && pairs_of(source, reference).is_some_and(|written| written == wanted)
    })
}

type Pairs<'a> = BTreeSet<(&'a ColumnName, &'a ColumnName)>;

fn pairs<'a>(columns: &'a [ColumnName], key: &'a [ColumnName]) -> Pairs<'a> {
    columns.iter().zip(key).collect()
}

/// Each column on the left with its column on the right; nothing for a place inside JSON.
fn pairs_of<'a>(source: &'a Source<'_>, reference: &'a Reference) -> Option<Pairs<'a>> {
    let own_key = || source.schema.table(&reference.parent).map(|table| &table.primary_key);
    let key = reference.parent_key.as_ref().or_else(own_key)?;
    let is_plain = reference.columns.iter().all(|path| path.json.is_none());
    let columns = reference.columns.iter().map(|path| &path.column);
    (is_plain && columns.len() == key.len()).then(|| columns.zip(key).collect())
}

fn arrow(source: &Source<'_>, table: &Table, key: &ForeignKey) -> String {
    let left = spelling::side(&table.name, &key.columns);
    format!("{left} -> {}", spelling::right(source.schema, &key.parent, &key.parent_columns))
}

/// The line with the fate that the database has by itself.
fn line_to_paste(arrow: &str, key: &ForeignKey) -> String {
    let line = |fate: &str| spelling::line(arrow, fate);
    let decide = "decide: \"delete\" if the left rows belong to it, \"block\" if they must refuse";
    match key.on_delete {
        OnDelete::Cascade => line("\"delete\""),
        OnDelete::SetNull => line("\"unlink\""),
        OnDelete::SetDefault => {
            let columns: Vec<String> =
                key.columns.iter().map(|column| format!("{column} = …")).collect();
            let fate = format!("{{ set = {{ {} }} }}", columns.join(", "));
            format!("{}   # the default of the column", line(&fate))
        }
        OnDelete::NoAction | OnDelete::Restrict => {
            format!("{}   # {decide}", line("\"review\""))
        }
    }
}

/// Lines that say the same reference as one before them, however they write it.
fn repeated(source: &Source<'_>) -> Vec<Finding> {
    let edges = &source.graph.edges;
    let second = |(at, edge): (usize, &Edge)| {
        let first = edges[..at].iter().find(|first| is_same(first, edge))?;
        let message =
            format!("`{}` is the same reference as `{}` before it", edge.text, first.text);
        let help = "keep one of them, or tell them apart by `where`";
        Some(Finding::error("C131", Some(edge.span), message).help(help))
    };
    edges.iter().enumerate().filter_map(second).collect()
}

fn is_same(one: &Edge, other: &Edge) -> bool {
    let pairs = |edge: &Edge| -> BTreeSet<(ColumnName, ColumnName)> {
        let (left, right) = (spelling::names(&edge.columns), spelling::names(&edge.parent_key));
        left.into_iter().zip(right).collect()
    };
    let filter = |edge: &Edge| edge.filter.as_ref().map(|filter| filter.parts.clone());
    one.child == other.child
        && one.via == other.via
        && one.parent == other.parent
        && pairs(one) == pairs(other)
        && filter(one) == filter(other)
}

/// `review` lines, whether or not a thing reaches them.
fn undecided(source: &Source<'_>) -> Vec<Finding> {
    let edges = source.graph.edges.iter().filter(|edge| edge.fate == Fate::Review);
    edges
        .map(|edge| {
            Finding::error("C110", Some(edge.span), format!("`{}` is not decided yet", edge.text))
                .help("write delete, unlink, set, keep, block or derive instead of review")
        })
        .collect()
}
