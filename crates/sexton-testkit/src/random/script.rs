//! The script that creates a case's tables and rows in either database.
//!
//! Rows come before the foreign keys in PostgreSQL, and with foreign keys switched off in
//! SQLite: rows that hold each other in a circle cannot come one after the other.

use sexton_core::schema::{Deferrable, Dialect, OnDelete};

use super::case::Case;
use super::dice::Dice;
use super::rows::Rows;
use super::shape::{ForeignKey, Shape, Table};

/// A name as SQL takes it.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Tables, rows, indexes and foreign keys.
pub fn script(case: &Case, dialect: Dialect) -> String {
    let shape = &case.shape;
    let mut parts = Vec::new();
    if dialect == Dialect::Sqlite {
        parts.push("PRAGMA foreign_keys = OFF;".to_owned());
        parts.push("BEGIN;".to_owned());
    }
    for table in 0..shape.tables.len() {
        parts.push(create(case, table, dialect));
    }
    parts.extend(insert_all(shape, &case.rows, dialect));
    for (number, key) in shape.foreign_keys.iter().enumerate() {
        if dialect == Dialect::Postgres {
            let child = quoted(&shape.tables[key.child].name);
            parts.push(format!("ALTER TABLE {child} ADD {};", constraint(shape, key)));
        }
        if key.indexed {
            parts.push(index(shape, number, key));
        }
    }
    if dialect == Dialect::Sqlite {
        parts.push("COMMIT;".to_owned());
        parts.push("PRAGMA foreign_keys = ON;".to_owned());
    }
    parts.join("\n")
}

/// An INSERT for each table that has rows.
pub fn insert_all(shape: &Shape, rows: &Rows, dialect: Dialect) -> Vec<String> {
    let with_rows = shape.tables.iter().zip(rows).filter(|(_, rows)| !rows.is_empty());
    with_rows
        .map(|(table, rows)| {
            let rows: Vec<String> = rows
                .iter()
                .map(|row| {
                    let values: Vec<String> = row
                        .iter()
                        .zip(&table.columns)
                        .map(|(value, column)| value.literal(column.kind, dialect))
                        .collect();
                    format!("  ({})", values.join(", "))
                })
                .collect();
            format!("INSERT INTO {} VALUES\n{};", quoted(&table.name), rows.join(",\n"))
        })
        .collect()
}

fn create(case: &Case, at: usize, dialect: Dialect) -> String {
    let table = &case.shape.tables[at];
    // A single integer key of SQLite is its rowid, if declared with the column.
    let rowid = dialect == Dialect::Sqlite && table.key.len() == 1;
    let mut lines: Vec<String> = table
        .columns
        .iter()
        .enumerate()
        .map(|(at, column)| {
            let type_name = column.kind.type_name(dialect);
            let not_null = if column.nullable { "" } else { " NOT NULL" };
            let key = if rowid && table.key == [at] { " PRIMARY KEY" } else { "" };
            let unique = if table.unique == Some(at) { " UNIQUE" } else { "" };
            format!("{} {type_name}{not_null}{key}{unique}", quoted(&column.name))
        })
        .collect();
    if !rowid && !table.key.is_empty() {
        lines.push(format!("PRIMARY KEY ({})", columns(table, &table.key)));
    }
    if dialect == Dialect::Sqlite {
        let own = case.shape.foreign_keys.iter().filter(|key| key.child == at);
        lines.extend(own.map(|key| constraint(&case.shape, key)));
    }
    let tail =
        if dialect == Dialect::Sqlite && table.without_rowid { " WITHOUT ROWID" } else { "" };
    format!("CREATE TABLE {} (\n  {}\n){tail};", quoted(&table.name), lines.join(",\n  "))
}

fn constraint(shape: &Shape, key: &ForeignKey) -> String {
    let parent = &shape.tables[key.parent];
    let action = match key.on_delete {
        OnDelete::NoAction => "",
        OnDelete::Restrict => " ON DELETE RESTRICT",
        OnDelete::Cascade => " ON DELETE CASCADE",
        OnDelete::SetNull => " ON DELETE SET NULL",
        OnDelete::SetDefault => " ON DELETE SET DEFAULT",
    };
    let deferrable = match key.deferrable {
        Deferrable::No => "",
        Deferrable::InitiallyImmediate => " DEFERRABLE INITIALLY IMMEDIATE",
        Deferrable::InitiallyDeferred => " DEFERRABLE INITIALLY DEFERRED",
    };
    format!(
        "FOREIGN KEY ({}) REFERENCES {} ({}){action}{deferrable}",
        columns(&shape.tables[key.child], &key.columns),
        quoted(&parent.name),
        columns(parent, &key.parent_columns),
    )
}

fn index(shape: &Shape, number: usize, key: &ForeignKey) -> String {
    let child = &shape.tables[key.child];
    // The order within an index is nobody's business, so it is another one each time.
    let led_by = Dice::new(number as u64).shuffled(key.columns.clone());
    format!(
        "CREATE INDEX \"ix {number}\" ON {} ({});",
        quoted(&child.name),
        columns(child, &led_by)
    )
}

fn columns(table: &Table, columns: &[usize]) -> String {
    let names: Vec<String> = columns.iter().map(|at| quoted(&table.columns[*at].name)).collect();
    names.join(", ")
}
