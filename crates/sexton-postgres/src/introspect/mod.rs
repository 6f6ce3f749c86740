//! Reads the live schema from the catalogs: a few queries, each over all tables at once.
//!
//! Tables are those of the default schema, and those that foreign keys connect to them, in
//! either direction and over any distance: a cascade does not stop at a schema's border.
//! Partitions are not tables of their own here; what is said of them is said of their root.
//! Not here: views, foreign tables, temporary tables, the schemas of the server and of Sexton.

mod columns;
mod constraints;
mod foreign_keys;
mod indexes;
mod tables;

use std::collections::{BTreeMap, BTreeSet};

use sexton_core::names::{ColumnName, TableName};
use sexton_core::schema::{Dialect, Schema, Table};

use crate::link::Link;
use foreign_keys::FoundForeignKey;

/// The server's number of a table.
type Oid = i64;

/// Reads the schema as the open transaction sees it.
pub(crate) async fn read(link: &mut Link<'_>, default_schema: &str) -> Result<Schema, sqlx::Error> {
    let names = tables::names(link, default_schema).await?;
    let foreign_keys = foreign_keys::read(link).await?;
    let mut tables = connected(&names, &foreign_keys);
    let oids: Vec<Oid> = tables.keys().copied().collect();

    for key in foreign_keys {
        let parent = tables.get(&key.parent).map(|table| table.name.clone());
        if let (Some(table), Some(parent)) = (tables.get_mut(&key.child), parent) {
            table.foreign_keys.push(key.of(parent));
        }
    }
    for (oid, rows, bytes) in tables::sizes(link, &oids).await? {
        into(&mut tables, oid, |table| {
            (table.rows_estimate, table.bytes) = (rows, bytes);
        });
    }
    for (oid, column) in columns::read(link, &oids).await? {
        into(&mut tables, oid, |table| table.columns.push(column));
    }
    for (oid, found) in indexes::read(link, &oids).await? {
        into(&mut tables, oid, |table| {
            if found.primary {
                table.primary_key = found.index.columns.iter().flatten().cloned().collect();
            }
            table.indexes.push(found.index);
        });
    }
    for (oid, check) in constraints::checks(link, &oids).await? {
        into(&mut tables, oid, |table| table.checks.push(check));
    }
    for (oid, trigger) in constraints::triggers(link, &oids).await? {
        into(&mut tables, oid, |table| table.triggers.push(trigger));
    }
    for (oid, heir) in tables::heirs(link, &oids).await? {
        into(&mut tables, oid, |table| table.inherited_by.push(heir));
    }
    for (oid, fence) in constraints::fences(link, &oids).await? {
        into(&mut tables, oid, |table| table.fences.push(fence));
    }
    for (oid, rule) in constraints::rules(link, &oids).await? {
        into(&mut tables, oid, |table| table.rules.push(rule));
    }
    Ok(Schema {
        dialect: Dialect::Postgres,
        default_schema: default_schema.to_owned(),
        tables: tables.into_values().map(|table| (table.name.clone(), table)).collect(),
        indirect: tables::indirect(link).await?,
        others: tables::others(link, default_schema).await?,
    })
}

/// Every table of the default schema, and what foreign keys lead to from there.
fn connected(
    names: &BTreeMap<Oid, TableName>,
    foreign_keys: &[FoundForeignKey],
) -> BTreeMap<Oid, Table> {
    let local = names.iter().filter(|(_, name)| name.schema.is_none()).map(|(oid, _)| *oid);
    let mut reached: BTreeSet<Oid> = local.collect();
    let mut open: Vec<Oid> = reached.iter().copied().collect();
    while let Some(oid) = open.pop() {
        for key in foreign_keys {
            let other = match oid {
                oid if oid == key.child => key.parent,
                oid if oid == key.parent => key.child,
                _ => continue,
            };
            if names.contains_key(&other) && reached.insert(other) {
                open.push(other);
            }
        }
    }
    let found = reached.into_iter().filter_map(|oid| Some((oid, names.get(&oid)?.clone())));
    found.map(|(oid, name)| (oid, empty(name))).collect()
}

fn empty(name: TableName) -> Table {
    Table {
        name,
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
        without_rowid: false,
        strict: false,
        inherited_by: Vec::new(),
    }
}

fn into(tables: &mut BTreeMap<Oid, Table>, oid: Oid, fill: impl FnOnce(&mut Table)) {
    if let Some(table) = tables.get_mut(&oid) {
        fill(table);
    }
}

fn column_names(names: Vec<String>) -> Vec<ColumnName> {
    names.into_iter().map(ColumnName::new).collect()
}
