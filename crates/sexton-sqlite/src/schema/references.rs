//! Puts foreign keys together from what the pragma tells of their columns and what the
//! CREATE TABLE tells of their names and their deferral.

use std::collections::BTreeMap;

use sexton_core::names::{ColumnName, TableName};
use sexton_core::schema::{Deferrable, ForeignKey, OnDelete, Table};

use super::Tables;
use super::catalog::ForeignKeyRow;
use super::declaration::DeclaredReference;

/// One foreign key as the pragma tells it.
struct Found {
    number: i64,
    parent: String,
    columns: Vec<ColumnName>,
    parent_columns: Vec<Option<String>>,
    on_delete: OnDelete,
}

/// Adds every foreign key to its table.
pub fn add(
    tables: &mut Tables,
    rows: Vec<ForeignKeyRow>,
    mut declared: BTreeMap<String, Vec<DeclaredReference>>,
) {
    for (owner, found) in by_table(rows) {
        let clauses = declared.remove(&owner).unwrap_or_default();
        let keys: Vec<ForeignKey> = paired(found, clauses)
            .into_iter()
            .map(|(found, clause)| foreign_key(tables, found, clause))
            .collect();
        if let Some(table) = tables.get_mut(&owner) {
            table.foreign_keys = keys;
        }
    }
}

fn by_table(rows: Vec<ForeignKeyRow>) -> BTreeMap<String, Vec<Found>> {
    let mut tables: BTreeMap<String, Vec<Found>> = BTreeMap::new();
    for (owner, number, parent, column, parent_column, on_delete) in rows {
        let keys = tables.entry(owner.to_ascii_lowercase()).or_default();
        if keys.last().is_none_or(|found| found.number != number) {
            keys.push(Found {
                number,
                parent,
                columns: Vec::new(),
                parent_columns: Vec::new(),
                on_delete: action(&on_delete),
            });
        }
        if let Some(found) = keys.last_mut() {
            found.columns.push(ColumnName::new(column));
            found.parent_columns.push(parent_column);
        }
    }
    tables
}

/// Both lists are in the order of the CREATE TABLE. Should they ever disagree, what the text
/// adds is left out rather than given to the wrong key.
fn paired(
    found: Vec<Found>,
    clauses: Vec<DeclaredReference>,
) -> Vec<(Found, Option<DeclaredReference>)> {
    let agree = found.len() == clauses.len()
        && found.iter().zip(&clauses).all(|(f, c)| f.parent.eq_ignore_ascii_case(&c.parent));
    let clauses: Vec<Option<DeclaredReference>> = if agree {
        clauses.into_iter().map(Some).collect()
    } else {
        found.iter().map(|_| None).collect()
    };
    found.into_iter().zip(clauses).collect()
}

fn foreign_key(tables: &Tables, found: Found, clause: Option<DeclaredReference>) -> ForeignKey {
    let parent = tables.get(&found.parent.to_ascii_lowercase());
    ForeignKey {
        parent_columns: parent_columns(parent, found.parent_columns),
        parent: parent.map_or_else(|| TableName::local(found.parent), |table| table.name.clone()),
        columns: found.columns,
        on_delete: found.on_delete,
        deferrable: clause.as_ref().map_or(Deferrable::No, |clause| clause.deferrable),
        name: clause.and_then(|clause| clause.name),
        validated: true,
    }
}

/// The columns as the parent spells them; its primary key where the declaration names none.
fn parent_columns(parent: Option<&Table>, declared: Vec<Option<String>>) -> Vec<ColumnName> {
    let names: Option<Vec<String>> = declared.into_iter().collect();
    match (names, parent) {
        (Some(names), _) => names.into_iter().map(|name| as_declared(parent, name)).collect(),
        (None, Some(parent)) => parent.primary_key.clone(),
        (None, None) => Vec::new(),
    }
}

fn as_declared(parent: Option<&Table>, name: String) -> ColumnName {
    parent
        .and_then(|table| {
            table.columns.iter().find(|column| column.name.as_str().eq_ignore_ascii_case(&name))
        })
        .map_or_else(|| ColumnName::new(name), |column| column.name.clone())
}

fn action(words: &str) -> OnDelete {
    match words {
        "CASCADE" => OnDelete::Cascade,
        "SET NULL" => OnDelete::SetNull,
        "SET DEFAULT" => OnDelete::SetDefault,
        "RESTRICT" => OnDelete::Restrict,
        _ => OnDelete::NoAction,
    }
}
