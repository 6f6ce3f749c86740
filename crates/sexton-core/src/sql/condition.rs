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
    in_list(writer, columns, keys.types, &|part| Bind::keys(keys.from.clone(), part));
}

/// `columns` hold the key of a root.
pub fn in_roots(writer: &mut Writer, columns: &[Column]) {
    in_list(writer, columns, columns, &|part| Bind::Roots { part });
}

/// `column` names the caller, or an organisation that they act for. It is compared as text: who
/// asks is known by a name, whatever owners are known by.
pub fn is_owned(writer: &mut Writer, column: &Column, table: &Table) {
    match writer.dialect() {
        Dialect::Postgres => {
            writer.alias(table).push(".").column(column).push("::text = ANY(");
            writer.placeholder(Bind::Owners).push("::text[])");
        }
        Dialect::Sqlite => {
            writer.push("CAST(").alias(table).push(".").column(column).push(" AS TEXT) IN (");
            writer.push(PLAIN).push(" FROM json_each(");
            writer.placeholder(Bind::Owners).push(") AS sexton_k)");
        }
    }
}

/// A list by the column of its tuples, or as a whole.
type List<'l> = &'l dyn Fn(Option<usize>) -> Bind;

fn in_list(writer: &mut Writer, columns: &[Column], types: &[Column], list: List<'_>) {
    match (writer.dialect(), columns) {
        (Dialect::Postgres, [column]) => {
            writer.column(column).push(" = ANY(");
            writer.bind_array(list(Some(0)), &types[0]).push(")");
        }
        (Dialect::Sqlite, [column]) => {
            writer.column(column).push(" IN (");
            json_values(writer, list(Some(0)));
            writer.push(")");
        }
        _ => {
            writer.push("(").columns(columns).push(") IN (");
            tuples(writer, types, list);
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
        Dialect::Sqlite => json_values(writer, Bind::keys(keys.from.clone(), Some(0))),
    }
}

/// `SELECT` the places, counted from 0, of the roots whose key a row of `table` holds in
/// `columns`; `more` is said of that row. Each root asks by index, and its first row will do.
pub fn roots_held(
    writer: &mut Writer,
    columns: &[Column],
    table: &Table,
    more: impl FnOnce(&mut Writer),
) {
    let parts: Vec<usize> = (0..columns.len()).collect();
    match writer.dialect() {
        Dialect::Postgres => {
            writer.push("SELECT (sexton_k.n - 1)::text FROM unnest(").list(
                &parts,
                |writer, part| {
                    writer.bind_array(Bind::Roots { part: Some(*part) }, &columns[*part]);
                },
            );
            writer.push(") WITH ORDINALITY AS sexton_k(").list(&parts, |writer, part| {
                writer.numbered("k", *part);
            });
            writer.push(", n)");
        }
        Dialect::Sqlite => {
            let part = (columns.len() == 1).then_some(0);
            writer.push("SELECT sexton_k.key FROM json_each(");
            writer.placeholder(Bind::Roots { part }).push(") AS sexton_k");
        }
    }
    writer.push(" WHERE EXISTS (SELECT 1 FROM ").table(table).push(" WHERE ");
    for (part, column) in columns.iter().enumerate() {
        writer.push(if part > 0 { " AND " } else { "" });
        writer.alias(table).push(".").column(column).push(" = ");
        match writer.dialect() {
            Dialect::Postgres => writer.numbered("sexton_k.k", part),
            Dialect::Sqlite if columns.len() == 1 => writer.push("(").push(PLAIN).push(")"),
            Dialect::Sqlite => element(writer, part),
        };
    }
    more(writer);
    writer.push(")");
}

fn json_values(writer: &mut Writer, list: Bind) {
    writer.push(PLAIN).push(" FROM json_each(").placeholder(list).push(") AS sexton_k");
}

fn tuples(writer: &mut Writer, types: &[Column], list: List<'_>) {
    let parts: Vec<usize> = (0..types.len()).collect();
    match writer.dialect() {
        Dialect::Postgres => {
            writer.push("SELECT ").list(&parts, |writer, part| {
                writer.numbered("k.k", *part);
            });
            writer.push(" FROM unnest(").list(&parts, |writer, part| {
                writer.bind_array(list(Some(*part)), &types[*part]);
            });
            writer.push(") AS k(").list(&parts, |writer, part| {
                writer.numbered("k", *part);
            });
            writer.push(")");
        }
        Dialect::Sqlite => {
            writer.push("SELECT ").list(&parts, |writer, part| {
                element(writer, *part);
            });
            writer.push(" FROM json_each(");
            writer.placeholder(list(None)).push(") AS sexton_k");
        }
    }
}

/// One value of a tuple (SQLite).
fn element(writer: &mut Writer, part: usize) -> &mut Writer {
    writer.numbered("CASE json_type(sexton_k.value, '$[", part);
    writer.numbered("]') WHEN 'object' THEN unhex(sexton_k.value ->> '$[", part);
    writer.numbered("].x') ELSE sexton_k.value ->> '$[", part).push("]' END")
}
