//! Dumps: rows in memory told as a database would, and what differs between two of them.

use std::collections::{BTreeMap, BTreeSet};

use sexton_core::schema::Dialect;
use sexton_testkit::dump::Dump;
use sexton_testkit::random::shape::Shape;

use crate::cascade::Rows;

type TextRow = Vec<Option<String>>;

/// Rows as a dump of this database tells them.
pub fn dumped(shape: &Shape, rows: &Rows, dialect: Dialect) -> Dump {
    let tables = shape.tables.iter().zip(rows);
    tables
        .map(|(table, rows)| {
            let mut rows: Vec<Vec<Option<String>>> = rows
                .iter()
                .map(|row| {
                    let values = row.iter().zip(&table.columns);
                    values.map(|(value, column)| value.dumped(column.kind, dialect)).collect()
                })
                .collect();
            rows.sort();
            (table.name.clone(), rows)
        })
        .collect()
}

/// How many rows of each table are no longer there.
pub fn gone(before: &Dump, after: &Dump) -> BTreeMap<String, u64> {
    before
        .iter()
        .map(|(table, rows)| {
            let left = after.get(table).map_or(0, Vec::len);
            (table.clone(), (rows.len() - left) as u64)
        })
        .filter(|(_, rows)| *rows > 0)
        .collect()
}

/// What only one of two dumps has, table by table.
pub fn difference(wanted: &Dump, found: &Dump) -> String {
    let none = Vec::new();
    let tables: BTreeSet<&String> = wanted.keys().chain(found.keys()).collect();
    let of_table = |table: &String| {
        let (wanted, found) =
            (wanted.get(table).unwrap_or(&none), found.get(table).unwrap_or(&none));
        let only = |ours: &[TextRow], theirs: &[TextRow], word: &str| -> Vec<String> {
            let rows = ours.iter().filter(|row| !theirs.contains(*row));
            rows.map(|row| format!("\n  {table}: {word} {row:?}")).collect()
        };
        let mut told = only(wanted, found, "is missing");
        told.extend(only(found, wanted, "is too much"));
        if wanted.len() != found.len() {
            told.push(format!("\n  {table}: {} row(s) instead of {}", found.len(), wanted.len()));
        }
        told
    };
    tables.into_iter().flat_map(of_table).collect()
}
