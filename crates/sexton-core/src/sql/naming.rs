//! What a row refers to, as values: the other way round than `referring`, which asks whether it
//! refers to keys that are known.
//!
//! A value that is held as another type, or inside JSON, becomes one of the key's type, so that
//! the key's own index finds it; what cannot be one is NULL, and refers to nothing.

use super::referring::{Value, inside, is_jsonb, json_path, own, read, scalar, typeof_of};
use super::{Alias, Writer};
use crate::policy::{Cast, JsonPlace, Via};
use crate::schema::{Column, Dialect, Table, TypeKind};

/// Writes a query of what rows of `table` refer to: columns `k0`, `k1` … of no two rows alike.
/// The rows come `from` something that is called as the table is.
pub fn naming(
    writer: &mut Writer,
    (columns, via): (&[Column], &Via),
    keys: &[Column],
    table: &Table,
    from: &dyn Fn(&mut Writer),
) {
    let parts: Vec<usize> = (0..columns.len()).collect();
    writer.push("SELECT DISTINCT ").list(&parts, |writer, part| {
        value(writer, &columns[*part], via, &keys[*part], table);
        writer.numbered(" AS k", *part);
    });
    writer.push(" FROM ");
    from(writer);
    if let (Via::Json(place), [column]) = (via, columns)
        && place.each
    {
        elements(writer, place, column, table);
    }
}

/// `alias.key = name.k0 AND …`
pub fn same_key(writer: &mut Writer, alias: &Alias, keys: &[Column], name: &'static str) {
    for (at, key) in keys.iter().enumerate() {
        writer.push(if at > 0 { " AND " } else { "" });
        writer.name(alias).push(".").column(key).push(" = ").push(name).numbered(".k", at);
    }
}

/// The text of a key whose parts are `name.k0`, `name.k1` …: one value as it is, several joined
/// by commas, with `\` before a comma or `\` inside one.
pub fn key_text(writer: &mut Writer, name: &'static str, parts: usize) {
    key_text_of(writer, parts, &|writer, at| {
        writer.push(name).numbered(".k", at);
    });
}

/// The same, of parts that are written by somebody else.
pub fn key_text_of(writer: &mut Writer, parts: usize, write: &dyn Fn(&mut Writer, usize)) {
    for at in 0..parts {
        writer.push(if at > 0 { " || ',' || " } else { "" });
        let part = |writer: &mut Writer| write(writer, at);
        if parts == 1 {
            text(writer, &part);
        } else {
            writer.push("replace(replace(");
            text(writer, &part);
            writer.push(", ").literal("\\").push(", ").literal("\\\\").push("), ',', ");
            writer.literal("\\,").push(")");
        }
    }
}

fn text(writer: &mut Writer, part: &Value<'_>) {
    if writer.dialect() == Dialect::Postgres {
        part(writer);
        writer.push("::text");
        return;
    }
    writer.push("CASE typeof(");
    part(writer);
    writer.push(") WHEN 'blob' THEN 'x''' || lower(hex(");
    part(writer);
    writer.push(")) || '''' ELSE CAST(");
    part(writer);
    writer.push(" AS TEXT) END");
}

/// What one row refers to through this column.
fn value(writer: &mut Writer, column: &Column, via: &Via, key: &Column, table: &Table) {
    let plainly = |writer: &mut Writer| {
        own(writer, column, table);
    };
    match via {
        Via::Columns => plainly(writer),
        Via::Cast(cast) => read(writer, *cast, &plainly),
        Via::Json(place) => {
            let found = |writer: &mut Writer| {
                writer.push("(");
                if place.each {
                    element(writer, column);
                } else {
                    scalar(writer, place, column, table);
                }
                writer.push(")");
            };
            match place.cast {
                Some(cast) => read(writer, cast, &found),
                None => exactly(writer, key, &found),
            }
        }
    }
}

/// A text as the key whose own text it is.
fn exactly(writer: &mut Writer, key: &Column, found: &Value<'_>) {
    match (writer.dialect(), key.kind) {
        (Dialect::Postgres, TypeKind::Integer) => {
            writer.push("CASE WHEN ");
            found(writer);
            writer.push(" ~ '^(0|-?[1-9][0-9]*)$' THEN ");
            read(writer, Cast::Integer(i64::MIN, i64::MAX), found);
            writer.push(" END");
        }
        (Dialect::Postgres, TypeKind::Uuid) => {
            writer.push("CASE WHEN ");
            found(writer);
            writer.push(" ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN ");
            found(writer);
            writer.push("::uuid END");
        }
        _ => found(writer),
    }
}

/// The elements of the array at a place, each as `sexton_j`.
fn elements(writer: &mut Writer, place: &JsonPlace, column: &Column, table: &Table) {
    match writer.dialect() {
        Dialect::Postgres => {
            writer.push(" CROSS JOIN LATERAL ");
            writer.push(if is_jsonb(column) { "jsonb" } else { "json" });
            writer.push("_array_elements(CASE ").push(typeof_of(column)).push("(");
            inside(writer, place, column, table, false);
            writer.push(") WHEN 'array' THEN ");
            inside(writer, place, column, table, false);
            writer.push(" END) AS sexton_j(v)");
        }
        Dialect::Sqlite => {
            writer.push(", json_each(CASE WHEN json_valid(");
            own(writer, column, table).push(") THEN CASE json_type(");
            own(writer, column, table).push(", ");
            json_path(writer, place).push(") WHEN 'array' THEN ");
            own(writer, column, table).push(" END END, ");
            json_path(writer, place).push(") AS sexton_j");
        }
    }
}

/// The text of an element that is a string or a number.
fn element(writer: &mut Writer, column: &Column) {
    match writer.dialect() {
        Dialect::Postgres => {
            writer.push("CASE WHEN ").push(typeof_of(column));
            writer.push("(sexton_j.v) IN ('string', 'number') THEN sexton_j.v #>> '{}' END");
        }
        Dialect::Sqlite => {
            writer.push("CASE WHEN sexton_j.type IN ('text', 'integer', 'real') ");
            writer.push("THEN CAST(sexton_j.value AS TEXT) END");
        }
    }
}
