//! Reads the live schema of a file: what pragmas tell, completed by the CREATE statements.
//!
//! SQLite's names are the same in upper and lower case. Here every name is spelled as the table
//! that owns it declares it, so that the rest may compare letter by letter.

mod catalog;
mod declaration;
mod kind;
mod references;
mod tokens;

use std::collections::{BTreeMap, BTreeSet};

use sexton_core::fence;
use sexton_core::names::{ColumnName, TableName};
use sexton_core::schema::{Column, Dialect, Index, InstalledFence, Other, Schema, Table, Trigger};
use sexton_engine::ports::DatabaseError;
use sqlx::SqliteConnection;

use crate::failure::failure;

/// No row and its pointer take less of a file than this.
const ROW_BYTES_MIN: i64 = 8;

/// Tables by their name in lower case.
type Tables = BTreeMap<String, Table>;

/// Reads everything in one snapshot.
pub async fn read(connection: &mut SqliteConnection) -> Result<Schema, DatabaseError> {
    sqlx::query("BEGIN").execute(&mut *connection).await.map_err(|e| failure("begin", e))?;
    let tables = snapshot(connection).await?;
    let others = catalog::others(connection).await?;
    sqlx::query("COMMIT").execute(connection).await.map_err(|e| failure("commit", e))?;
    Ok(Schema {
        dialect: Dialect::Sqlite,
        default_schema: "main".to_owned(),
        tables: tables.into_values().map(|table| (table.name.clone(), table)).collect(),
        indirect: others.iter().map(|(name, _)| name.to_lowercase()).collect(),
        others: others
            .into_iter()
            .map(|(name, kind)| (TableName::local(name), other(&kind)))
            .collect(),
    })
}

async fn snapshot(connection: &mut SqliteConnection) -> Result<Tables, DatabaseError> {
    let mut tables = Tables::new();
    let mut declarations = BTreeMap::new();
    for (name, without_rowid, strict, sql) in catalog::tables(connection).await? {
        let key = name.to_ascii_lowercase();
        let declaration = declaration::table(&sql);
        let mut table = empty_table(name, without_rowid, strict);
        table.checks = declaration.checks;
        declarations.insert(key.clone(), declaration.references);
        tables.insert(key, table);
    }
    add_columns(&mut tables, catalog::columns(connection).await?);
    let carried = add_indexes(&mut tables, catalog::indexes(connection).await?);
    let by_rowid = |(owner, table): &(&String, &mut Table)| {
        !table.primary_key.is_empty() && !table.without_rowid && !carried.contains(*owner)
    };
    tables.iter_mut().filter(by_rowid).for_each(|(_, table)| add_rowid_alias(table));
    let keys = catalog::foreign_keys(connection).await?;
    references::add(&mut tables, keys, declarations);
    add_triggers(&mut tables, catalog::triggers(connection).await?);
    add_estimates(connection, &mut tables).await?;
    Ok(tables)
}

fn empty_table(name: String, without_rowid: bool, strict: bool) -> Table {
    Table {
        name: TableName::local(name),
        columns: Vec::new(),
        primary_key: Vec::new(),
        foreign_keys: Vec::new(),
        indexes: Vec::new(),
        checks: Vec::new(),
        triggers: Vec::new(),
        fences: Vec::new(),
        rules: Vec::new(),
        rows_estimate: None,
        bytes: None,
        without_rowid,
        strict,
        inherited_by: Vec::new(),
    }
}

fn other(kind: &str) -> Other {
    if kind == "view" { Other::View } else { Other::VirtualTable }
}

fn add_columns(tables: &mut Tables, rows: Vec<catalog::ColumnRow>) {
    let mut primary_keys: BTreeMap<String, BTreeMap<i64, ColumnName>> = BTreeMap::new();
    for (table, name, type_name, not_null, default, key_place, hidden) in rows {
        let owner = table.to_ascii_lowercase();
        let Some(table) = tables.get_mut(&owner) else {
            continue;
        };
        let name = ColumnName::new(name);
        if key_place > 0 {
            primary_keys.entry(owner).or_default().insert(key_place, name.clone());
        }
        table.columns.push(Column {
            name,
            kind: kind::kind(&type_name),
            stored_type: type_name.clone(),
            type_name,
            nullable: !not_null,
            // 2 is VIRTUAL, 3 is STORED.
            generated: hidden >= 2,
            identity: false,
            default,
        });
    }
    for (owner, key) in primary_keys {
        if let Some(table) = tables.get_mut(&owner) {
            table.primary_key = key.into_values().collect();
        }
    }
}

/// Adds indexes; returns the tables whose primary key one of them carries.
fn add_indexes(tables: &mut Tables, rows: Vec<catalog::IndexRow>) -> BTreeSet<String> {
    let mut carried = BTreeSet::new();
    for (owner, name, unique, origin, partial, sql, column) in rows {
        let owner = owner.to_ascii_lowercase();
        let Some(table) = tables.get_mut(&owner) else {
            continue;
        };
        let column = column.map(ColumnName::new);
        let predicate = || sql.as_deref().and_then(declaration::index_predicate);
        match table.indexes.last_mut() {
            Some(index) if index.name == name => index.columns.push(column),
            _ => table.indexes.push(Index {
                name,
                columns: vec![column],
                unique,
                predicate: partial.then(predicate).flatten(),
                usable: true,
            }),
        }
        if origin == "pk" {
            carried.insert(owner);
        }
    }
    carried
}

/// A primary key that no index carries is the rowid under another name: never NULL, given out
/// by SQLite, and the table's own order.
fn add_rowid_alias(table: &mut Table) {
    for column in table.columns.iter_mut().filter(|c| table.primary_key.contains(&c.name)) {
        column.identity = true;
        column.nullable = false;
    }
    let rowid = Index {
        name: "rowid".to_owned(),
        columns: table.primary_key.iter().cloned().map(Some).collect(),
        unique: true,
        predicate: None,
        usable: true,
    };
    table.indexes.insert(0, rowid);
}

fn add_triggers(tables: &mut Tables, rows: Vec<catalog::TriggerRow>) {
    for (table, name, sql) in rows {
        // A trigger of a view has no table here.
        let Some(table) = tables.get_mut(&table.to_ascii_lowercase()) else {
            continue;
        };
        if name.starts_with(fence::PREFIX) {
            table.fences.push(InstalledFence { name, body: sql, enabled: true });
            continue;
        }
        let time = declaration::trigger(&sql);
        table.triggers.push(Trigger {
            name,
            on_delete: time.on_delete,
            on_update: time.on_update,
            before: time.before,
            enabled: true,
        });
    }
}

/// About how many rows there are: as ANALYZE counted, else as far apart as the rowids are, but
/// never more than the file could hold.
async fn add_estimates(
    connection: &mut SqliteConnection,
    tables: &mut Tables,
) -> Result<(), DatabaseError> {
    for (table, figures) in catalog::statistics(connection).await? {
        let rows = figures.as_deref().and_then(first_number);
        if let Some(table) = tables.get_mut(&table.to_ascii_lowercase()) {
            table.rows_estimate = table.rows_estimate.max(rows);
        }
    }
    let rows_max = catalog::file_bytes(connection).await? / ROW_BYTES_MIN;
    for table in tables.values_mut() {
        if table.rows_estimate.is_some() {
            continue;
        }
        // Small tables are counted: with sparse keys an estimate could make ten rows look like
        // thousands, and a finding of a warning an error.
        let counted = catalog::rows_counted(connection, table).await?;
        table.rows_estimate = Some(counted);
        if counted < catalog::ROWS_COUNTED_MAX || table.without_rowid {
            continue;
        }
        if let Some((first, last)) = catalog::rowid_span(connection, table).await? {
            let apart = last.saturating_sub(first).saturating_add(1);
            let estimate = u64::try_from(apart.min(rows_max)).unwrap_or(0);
            table.rows_estimate = Some(counted.max(estimate));
        }
    }
    Ok(())
}

/// The first figure of `123 4 1`: the rows of the index, or of the table where it has none.
fn first_number(figures: &str) -> Option<u64> {
    figures.split_ascii_whitespace().next()?.parse().ok()
}
