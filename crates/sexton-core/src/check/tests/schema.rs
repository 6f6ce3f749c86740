//! A schema from a few words: one table per line, its columns and all else behind its name.
//!
//! ```text
//! runs: id text key, batch_id text null index -> batches cascade, unique(batch_id,id), rows 50
//! ```
//!
//! Behind a column's type: `key`, `null`, `index`, `unique`, `generated`, and `-> table[.column]`
//! with what the database does on delete (`refuses` for NO ACTION). Other items: `strict`, `invalid`
//! (the foreign keys so far), `inherited by NAME`, `index(a,b)`,
//! `unique(a,b)`, `fk(a,b) -> t(x,y) cascade`, `rows N`, `bytes N`, `rule NAME`, and
//! `trigger NAME [before] [off] delete|update`.

use std::collections::BTreeSet;

use crate::names::{ColumnName, TableName};
use crate::schema::{
    Column, Deferrable, Dialect, ForeignKey, Index, OnDelete, Schema, Table, Trigger, TypeKind,
};

pub fn read(dialect: Dialect, tables: &str) -> Schema {
    let default_schema = match dialect {
        Dialect::Postgres => "public",
        Dialect::Sqlite => "main",
    };
    let mut tables: Vec<Table> = tables.lines().map(|line| table(line.trim())).collect();
    let keys: Vec<_> = tables.iter().map(|t| (t.name.clone(), t.primary_key.clone())).collect();
    for key in tables.iter_mut().flat_map(|table| &mut table.foreign_keys) {
        if key.parent_columns.is_empty() {
            let parent = keys.iter().find(|(name, _)| *name == key.parent);
            key.parent_columns = parent.map(|(_, key)| key.clone()).unwrap_or_default();
        }
    }
    Schema {
        dialect,
        default_schema: default_schema.to_owned(),
        tables: tables.into_iter().map(|table| (table.name.clone(), table)).collect(),
        indirect: BTreeSet::new(),
        others: std::collections::BTreeMap::new(),
    }
}

fn table(line: &str) -> Table {
    let (name, items) = line.split_once(':').unwrap();
    let mut table = Table {
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
        without_rowid: false,
        strict: false,
        inherited_by: Vec::new(),
    };
    for item in items.split(", ") {
        let words: Vec<&str> = item.split_whitespace().collect();
        read_item(&mut table, &words);
    }
    if !table.primary_key.is_empty() {
        let key = table.primary_key.clone();
        table.indexes.push(index("key", &key, true));
    }
    table
}

fn read_item(table: &mut Table, words: &[&str]) {
    match words {
        ["rows", count] => table.rows_estimate = Some(count.parse().unwrap()),
        ["bytes", count] => table.bytes = Some(count.parse().unwrap()),
        ["strict"] => table.strict = true,
        ["invalid"] => table.foreign_keys.iter_mut().for_each(|key| key.validated = false),
        ["inherited", "by", name] => table.inherited_by.push((*name).to_owned()),
        ["rule", name] => table.rules.push((*name).to_owned()),
        ["trigger", name, more @ ..] => table.triggers.push(Trigger {
            name: (*name).to_owned(),
            on_delete: more.contains(&"delete"),
            on_update: more.contains(&"update"),
            before: more.contains(&"before"),
            enabled: !more.contains(&"off"),
        }),
        [group, more @ ..] if group.contains('(') => {
            let (kind, columns) = grouped(group);
            match kind {
                "fk" => {
                    let (parent, parent_columns) = grouped(more[1]);
                    table.foreign_keys.push(ForeignKey {
                        parent_columns,
                        ..foreign_key(columns, parent, more.get(2).copied())
                    });
                }
                _ => table.indexes.push(index(kind, &columns, kind == "unique")),
            }
        }
        _ => read_column(table, words),
    }
}

fn read_column(table: &mut Table, words: &[&str]) {
    let [name, type_name, more @ ..] = words else { panic!("{words:?}") };
    let name = ColumnName::new(*name);
    table.columns.push(Column {
        name: name.clone(),
        type_name: (*type_name).to_owned(),
        stored_type: (*type_name).to_owned(),
        kind: match *type_name {
            "int" | "bigint" => TypeKind::Integer,
            "numeric" => TypeKind::Number,
            "text" => TypeKind::Text,
            "uuid" => TypeKind::Uuid,
            "time" => TypeKind::Time,
            "bool" => TypeKind::Boolean,
            "json" | "jsonb" => TypeKind::Json,
            _ => TypeKind::Other,
        },
        nullable: more.contains(&"null"),
        generated: more.contains(&"generated"),
        identity: false,
        default: None,
    });
    if more.contains(&"key") {
        table.primary_key.push(name.clone());
    }
    for kind in ["index", "unique"] {
        if more.contains(&kind) {
            table.indexes.push(index(kind, std::slice::from_ref(&name), kind == "unique"));
        }
    }
    if let Some(arrow) = more.iter().position(|word| *word == "->") {
        let (parent, column) = more[arrow + 1].split_once('.').unwrap_or((more[arrow + 1], ""));
        let mut key = foreign_key(vec![name], parent, more.get(arrow + 2).copied());
        key.parent_columns.extend((!column.is_empty()).then(|| ColumnName::new(column)));
        table.foreign_keys.push(key);
    }
}

fn grouped(group: &str) -> (&str, Vec<ColumnName>) {
    let (kind, columns) = group.trim_end_matches(')').split_once('(').unwrap();
    (kind, columns.split(',').map(ColumnName::new).collect())
}

pub fn index(name: &str, columns: &[ColumnName], unique: bool) -> Index {
    Index {
        name: name.to_owned(),
        columns: columns.iter().cloned().map(Some).collect(),
        unique,
        predicate: None,
        usable: true,
    }
}

fn foreign_key(columns: Vec<ColumnName>, parent: &str, on_delete: Option<&str>) -> ForeignKey {
    ForeignKey {
        name: None,
        columns,
        parent: TableName::local(parent),
        parent_columns: Vec::new(),
        on_delete: match on_delete.unwrap_or("refuses") {
            "cascade" => OnDelete::Cascade,
            "nulls" => OnDelete::SetNull,
            "defaults" => OnDelete::SetDefault,
            "restricts" => OnDelete::Restrict,
            "refuses" => OnDelete::NoAction,
            other => panic!("{other}"),
        },
        deferrable: Deferrable::No,
        validated: true,
    }
}
