//! Conditions that say "one of these keys", in the form that each database answers by index.
//!
//! PostgreSQL takes `= ANY(array)`: of the forms tried it alone never turns to a sequential
//! scan when one root is huge. SQLite takes a JSON array, read by `json_each`.

use super::{Bind, KeyColumns, Statement, Writer};
use crate::schema::{Column, Dialect, Table};

/// How a value of a list is read where it holds no blob.
const PLAIN: &str = "SELECT sexton_k.value";
/// How it is read where it does: a blob travels as an object, because JSON has no bytes.
const WITH_BLOBS: &str = "SELECT CASE sexton_k.type WHEN 'object' \
     THEN unhex(sexton_k.value ->> 'x') ELSE sexton_k.value END";

impl Statement {
    /// Its text for lists among whose values are blobs (SQLite). Only for those: `unhex` may
    /// fail, and for a statement that may fail SQLite writes a journal of its own.
    pub fn with_blobs(&self) -> String {
        self.sql.replace(PLAIN, WITH_BLOBS)
    }
}

/// Keys, and the columns they are values of (the types that they are compared in).
#[derive(Debug, Clone)]
pub struct KeySource<'a> {
    /// Where the keys come from.
    pub from: Vec<KeyColumns>,
    /// The columns they were read from.
    pub types: &'a [Column],
}

/// `columns` hold one of the keys.
pub fn in_keys(writer: &mut Writer, columns: &[Column], keys: &KeySource<'_>) {
    match (writer.dialect(), columns) {
        (Dialect::Postgres, [column]) => {
            writer.column(column).push(" = ANY(");
            writer.bind_array(Bind::keys(keys.from.clone(), Some(0)), &keys.types[0]).push(")");
        }
        (Dialect::Sqlite, [column]) => {
            writer.column(column).push(" IN (");
            json_values(writer, keys);
            writer.push(")");
        }
        _ => {
            writer.push("(").columns(columns).push(") IN (");
            tuples(writer, keys);
            writer.push(")");
        }
    }
}

/// `columns` hold none of the keys; they must not be NULL.
pub fn not_in_keys(writer: &mut Writer, columns: &[Column], keys: &KeySource<'_>) {
    match (writer.dialect(), columns) {
        (Dialect::Postgres, [column]) => {
            writer.column(column).push(" <> ALL(");
            writer.bind_array(Bind::keys(keys.from.clone(), Some(0)), &keys.types[0]).push(")");
        }
        _ => {
            writer.push("NOT (");
            in_keys(writer, columns, keys);
            writer.push(")");
        }
    }
}

/// The keys of one column as rows, for `IN (…)`.
pub fn listed(writer: &mut Writer, keys: &KeySource<'_>) {
    match writer.dialect() {
        Dialect::Postgres => {
            let bind = Bind::keys(keys.from.clone(), Some(0));
            writer.push("SELECT unnest(").bind_array(bind, &keys.types[0]).push(")");
        }
        Dialect::Sqlite => json_values(writer, keys),
    }
}

/// `columns` hold the root's key.
pub fn one_row(writer: &mut Writer, columns: &[Column], types: &[Column], table: &Table) {
    for (at, column) in columns.iter().enumerate() {
        if at > 0 {
            writer.push(" AND ");
        }
        writer.alias(table).push(".").column(column).push(" = ");
        writer.bind(Bind::Root(at), types.get(at));
    }
}

fn json_values(writer: &mut Writer, keys: &KeySource<'_>) {
    writer.push(PLAIN).push(" FROM json_each(");
    writer.placeholder(Bind::keys(keys.from.clone(), Some(0))).push(") AS sexton_k");
}

fn tuples(writer: &mut Writer, keys: &KeySource<'_>) {
    let parts: Vec<usize> = (0..keys.types.len()).collect();
    match writer.dialect() {
        Dialect::Postgres => {
            writer.push("SELECT ").list(&parts, |writer, part| {
                writer.numbered("k.k", *part);
            });
            writer.push(" FROM unnest(").list(&parts, |writer, part| {
                writer.bind_array(Bind::keys(keys.from.clone(), Some(*part)), &keys.types[*part]);
            });
            writer.push(") AS k(").list(&parts, |writer, part| {
                writer.numbered("k", *part);
            });
            writer.push(")");
        }
        Dialect::Sqlite => {
            writer.push("SELECT ").list(&parts, |writer, part| {
                writer.numbered("CASE json_type(value, '$[", *part);
                writer.numbered("]') WHEN 'object' THEN unhex(value ->> '$[", *part);
                writer.numbered("].x') ELSE value ->> '$[", *part).push("]' END");
            });
            writer.push(" FROM json_each(");
            writer.placeholder(Bind::keys(keys.from.clone(), None)).push(")");
        }
    }
}
