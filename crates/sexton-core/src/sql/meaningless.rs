//! Values without meaning, for columns of rows that stay: the same for a row each time, and no
//! two alike where a unique index wants that.
//!
//! NULL wherever it is allowed. Otherwise a value of the column's type that says nothing; texts
//! and UUIDs are made of the row's own key, so they differ from row to row, and say no more than
//! the row says already. Nothing is made of the old value: what is hashed can be guessed.

use super::Writer;
use crate::names::ColumnName;
use crate::schema::{Column, Dialect, Table, TypeKind};

/// Why a column cannot be made meaningless.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaningful {
    /// It is a part of what tells the table's rows apart.
    Key,
    /// A foreign key holds it, and it cannot be NULL.
    Reference,
    /// No two rows may be alike, and nothing that differs says nothing.
    Unique,
    /// No value of the type is known to say nothing.
    Type,
}

/// Whether a column of this table can be made meaningless. `identity` tells its rows apart.
pub fn can_be_meaningless(
    column: &Column,
    table: &Table,
    identity: &[Column],
) -> Result<(), Meaningful> {
    let is_named = |names: &[ColumnName]| names.contains(&column.name);
    if identity.iter().any(|key| key.name == column.name) || is_named(&table.primary_key) {
        return Err(Meaningful::Key);
    }
    if column.nullable {
        return Ok(());
    }
    if table.foreign_keys.iter().any(|key| is_named(&key.columns)) {
        return Err(Meaningful::Reference);
    }
    let in_index = |names: &[Option<ColumnName>]| names.iter().flatten().any(|n| *n == column.name);
    let is_unique = table.indexes.iter().any(|index| index.unique && in_index(&index.columns));
    match column.kind {
        TypeKind::Text | TypeKind::Uuid => Ok(()),
        TypeKind::Other => Err(Meaningful::Type),
        _ if is_unique => Err(Meaningful::Unique),
        _ => Ok(()),
    }
}

/// Writes the value. The column must be one that can be meaningless.
pub fn meaningless(writer: &mut Writer, column: &Column, identity: &[Column]) {
    if column.nullable {
        writer.push("NULL");
        return;
    }
    let has_days = column.type_name.starts_with("timestamp") || column.type_name == "date";
    let words = match (writer.dialect(), column.kind) {
        (Dialect::Postgres, TypeKind::Uuid) => {
            writer.push("md5(");
            made_of_key(writer, identity);
            ")::uuid"
        }
        (_, TypeKind::Text | TypeKind::Uuid) => {
            made_of_key(writer, identity);
            ""
        }
        (Dialect::Postgres, TypeKind::Boolean) => "false",
        (_, TypeKind::Integer | TypeKind::Number | TypeKind::Boolean) => "0",
        (Dialect::Postgres, TypeKind::Bytes) => "''::bytea",
        (Dialect::Sqlite, TypeKind::Bytes) => "x''",
        (Dialect::Postgres, TypeKind::Time) if has_days => "'epoch'",
        (Dialect::Postgres, TypeKind::Time) => "'00:00:00'",
        (Dialect::Sqlite, TypeKind::Time) => "'1970-01-01T00:00:00Z'",
        (_, TypeKind::Json | TypeKind::Other) => "'{}'",
    };
    writer.push(words);
}

/// `anonymized-KEY`: as distinct as the key is.
fn made_of_key(writer: &mut Writer, identity: &[Column]) {
    writer.push("'anonymized-'");
    let is_composite = identity.len() > 1;
    for (at, key) in identity.iter().enumerate() {
        writer.push(if at > 0 { " || ',' || " } else { " || " });
        match writer.dialect() {
            // Quoted, so that no two keys of several columns come out the same.
            Dialect::Postgres if is_composite => {
                writer.push("quote_literal(").column(key).push("::text)");
            }
            Dialect::Postgres => {
                writer.column(key).push("::text");
            }
            Dialect::Sqlite if is_composite => {
                writer.push("quote(").column(key).push(")");
            }
            Dialect::Sqlite => {
                writer.push("CASE typeof(").column(key).push(") WHEN 'blob' THEN quote(");
                writer.column(key).push(") ELSE CAST(").column(key).push(" AS TEXT) END");
            }
        }
    }
}
