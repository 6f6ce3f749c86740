//! The fate that a foreign key implies, or the question that it leaves.
//!
//! What the database does by itself is what the application has lived with: CASCADE deletes, SET
//! NULL unlinks, SET DEFAULT sets. A key that only refuses says nothing about what is meant.

use super::defaults;
use crate::check::spelling;
use crate::names::ColumnName;
use crate::schema::{Column, ForeignKey, OnDelete, Table};

/// What a line says, as it stands in the file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fate {
    /// The fate, by itself readable.
    Decided(Kind, String),
    /// What a person must decide, and why.
    Open(String),
}

/// Kinds of decided fates, in the order in which lines about one table are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// It goes too.
    Delete,
    /// It stays and stops referring.
    Unlink,
    /// It stays with columns set.
    Set,
}

/// What a foreign key of this table implies.
pub(super) fn implied(table: &Table, key: &ForeignKey) -> Fate {
    let columns: Vec<&Column> = key.columns.iter().filter_map(|name| table.column(name)).collect();
    match key.on_delete {
        OnDelete::Cascade => Fate::Decided(Kind::Delete, "\"delete\"".to_owned()),
        OnDelete::SetNull => changed(table, &columns, unlinked(&columns)),
        OnDelete::SetDefault => changed(table, &columns, defaulted(&columns)),
        OnDelete::NoAction | OnDelete::Restrict => Fate::Open(question(table, &columns)),
    }
}

/// What a person can decide where nothing is implied.
fn question(table: &Table, columns: &[&Column]) -> String {
    let can_unlink = columns.iter().all(|column| column.nullable) && has_identity(table);
    let choices = if can_unlink { "delete, unlink or block?" } else { "delete or block?" };
    choices.to_owned()
}

/// A fate that changes rows needs rows that can be told apart.
fn changed(table: &Table, columns: &[&Column], fate: Result<Fate, String>) -> Fate {
    match fate {
        Ok(_) if !has_identity(table) => {
            let question = question(table, columns);
            Fate::Open(format!("its rows have no key to be changed by: {question}"))
        }
        Ok(fate) => fate,
        Err(why) => Fate::Open(format!("{why}: {}", question(table, columns))),
    }
}

fn unlinked(columns: &[&Column]) -> Result<Fate, String> {
    match columns.iter().find(|column| !column.nullable) {
        None => Ok(Fate::Decided(Kind::Unlink, "\"unlink\"".to_owned())),
        Some(fixed) => Err(format!("SET NULL, but {} is NOT NULL", fixed.name)),
    }
}

fn defaulted(columns: &[&Column]) -> Result<Fate, String> {
    if columns.iter().all(|column| column.nullable && defaults::is_null(column)) {
        return unlinked(columns);
    }
    let mut set = Vec::new();
    for column in columns {
        let value = defaults::value(column)
            .ok_or_else(|| format!("SET DEFAULT of {} cannot be written here", column.name))?;
        set.push(format!("{} = {value}", toml_key(&column.name)));
    }
    Ok(Fate::Decided(Kind::Set, format!("{{ set = {{ {} }} }}", set.join(", "))))
}

/// A column as a key of TOML.
fn toml_key(column: &ColumnName) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let name = column.as_str();
    if name.chars().all(is_bare) { name.to_owned() } else { spelling::string(name) }
}

/// Whether rows can be told apart: by a primary key, or a unique index without NULLs.
pub(super) fn has_identity(table: &Table) -> bool {
    let is_fixed = |name: &ColumnName| table.column(name).is_some_and(|column| !column.nullable);
    !table.primary_key.is_empty()
        || table.indexes.iter().any(|index| {
            let columns: Option<Vec<ColumnName>> = index.columns.iter().cloned().collect();
            index.unique
                && index.usable
                && index.predicate.is_none()
                && columns.is_some_and(|columns| columns.iter().all(is_fixed))
        })
}
