//! Conditions and values for references that are held as another type, or inside JSON.
//!
//! What cannot be read refers to nothing and is no error: a text is judged before it is cast,
//! and JSON before it is opened. Databases may try both sides of an AND in any order, so the
//! judgement always stands in a CASE.
//!
//! What a JSON value refers to is compared as text, in the form in which keys are read: so the
//! string "7" and the number 7 both name the row 7, and an index over the expression serves.

use super::{Alias, Bind, KeySource, Scalar, Writer, in_keys};
use crate::policy::{Cast, JsonPlace, Via};
use crate::schema::{Column, Dialect, Table, TypeKind};

/// White space that databases allow around a number.
const SPACES: &str = "' ' || char(9, 10, 11, 12, 13)";

/// What is referred to.
#[derive(Clone, Copy)]
enum Keys<'k> {
    /// One of a list of keys.
    Listed(&'k KeySource<'k>),
    /// The key of a row by this name.
    Of(&'k Alias, &'k Column),
}

/// Rows of `table` refer to the row that is called `alias`, by its `key`.
pub fn refers_to_row(
    writer: &mut Writer,
    columns: &[Column],
    via: &Via,
    (alias, key): (&Alias, &[Column]),
    table: &Table,
) {
    match (via, columns, key) {
        (Via::Cast(cast), [column], [key]) => {
            let value = |writer: &mut Writer| {
                own(writer, column, table);
            };
            read_refers(writer, Some(*cast), &value, Keys::Of(alias, key));
        }
        (Via::Json(place), [column], [key]) if place.each => {
            each_refers(writer, place, column, Keys::Of(alias, key), table);
        }
        (Via::Json(place), [column], [key]) => {
            let value = |writer: &mut Writer| scalar(writer, place, column, table);
            read_refers(writer, place.cast, &value, Keys::Of(alias, key));
        }
        _ => {
            for (at, (column, key)) in columns.iter().zip(key).enumerate() {
                writer.push(if at > 0 { " AND " } else { "" });
                own(writer, column, table).push(" = ").name(alias).push(".").column(key);
            }
        }
    }
}

/// What rows of `table` refer to, through `columns` held as `via` says.
pub fn referred(writer: &mut Writer, columns: &[Column], via: &Via, table: &Table) {
    match (via, columns) {
        (Via::Cast(cast), [column]) => {
            let value = |writer: &mut Writer| {
                own(writer, column, table);
            };
            read(writer, *cast, &value);
        }
        _ => {
            writer.columns(columns);
        }
    }
}

/// Rows of `table` refer, through `columns` held as `via` says, to one of the keys.
pub fn refers(
    writer: &mut Writer,
    columns: &[Column],
    via: &Via,
    keys: &KeySource<'_>,
    table: &Table,
) {
    match (via, columns) {
        (Via::Cast(cast), [column]) => cast_refers(writer, *cast, column, keys, table),
        (Via::Json(place), [column]) if place.each => {
            each_refers(writer, place, column, Keys::Listed(keys), table);
        }
        (Via::Json(place), [column]) => {
            let text = |writer: &mut Writer| {
                writer.push("(");
                inside(writer, place, column, table, true);
                writer.push(")");
            };
            let value = |writer: &mut Writer| scalar(writer, place, column, table);
            match (writer.dialect(), place.cast) {
                // Order: the text alone comes first, so that an index over it serves.
                (Dialect::Postgres, None) => {
                    writer.push("(");
                    read_refers(writer, None, &text, Keys::Listed(keys));
                    writer.push(" AND ").push(typeof_of(column)).push("(");
                    inside(writer, place, column, table, false);
                    writer.push(") IN ('string', 'number'))");
                }
                (_, cast) => read_refers(writer, cast, &value, Keys::Listed(keys)),
            }
        }
        _ => in_keys(writer, columns, keys),
    }
}

/// The new value of a JSON column whose place no longer refers to one of the keys: an array
/// without those elements, or null.
pub fn unlinked(
    writer: &mut Writer,
    place: &JsonPlace,
    column: &Column,
    keys: &KeySource<'_>,
    table: &Table,
) {
    match writer.dialect() {
        Dialect::Postgres => {
            writer.push("jsonb_set(");
            own(writer, column, table).push("::jsonb, ");
            array_path(writer, place).push(", ");
            if place.each {
                writer.push("COALESCE((SELECT jsonb_agg(sexton_j.v ORDER BY sexton_j.n) FROM jsonb_array_elements(");
                own(writer, column, table).push("::jsonb #> ");
                array_path(writer, place).push(") WITH ORDINALITY AS sexton_j(v, n) WHERE (");
                element_refers(writer, place, "jsonb", Keys::Listed(keys));
                writer.push(") IS NOT TRUE), '[]'::jsonb)");
            } else {
                writer.push("'null'::jsonb");
            }
            writer.push(")").cast(column);
        }
        Dialect::Sqlite => {
            writer.push("json_set(");
            own(writer, column, table).push(", ");
            json_path(writer, place).push(", ");
            if place.each {
                // Elements are taken over as they are written.
                writer.push("json('[' || COALESCE((SELECT group_concat(");
                own(writer, column, table);
                writer.push(" -> sexton_j.fullkey, ',' ORDER BY sexton_j.id) FROM json_each(");
                own(writer, column, table).push(", ");
                json_path(writer, place).push(") AS sexton_j WHERE (");
                element_refers(writer, place, "", Keys::Listed(keys));
                writer.push(") IS NOT TRUE), '') || ']')");
            } else {
                writer.push("NULL");
            }
            writer.push(")");
        }
    }
}

/// A column by the name of its own table, which nothing else in a statement has.
pub(super) fn own<'w>(writer: &'w mut Writer, column: &Column, table: &Table) -> &'w mut Writer {
    writer.alias(table).push(".").column(column)
}

/// Something that writes one value.
pub(super) type Value<'v> = dyn Fn(&mut Writer) + 'v;

fn cast_refers(
    writer: &mut Writer,
    cast: Cast,
    column: &Column,
    keys: &KeySource<'_>,
    table: &Table,
) {
    let value = |writer: &mut Writer| {
        own(writer, column, table);
    };
    match (writer.dialect(), cast, column.kind) {
        // A number or UUID has one text only, so the keys are read as that and an index serves.
        (Dialect::Postgres, Cast::Text, TypeKind::Integer) => {
            let key = |writer: &mut Writer| {
                writer.push("sexton_k.v");
            };
            value(writer);
            writer.push(" = ANY(ARRAY(SELECT CASE WHEN sexton_k.v ~ '^(0|-?[1-9][0-9]*)$' THEN ");
            read(writer, Cast::Integer(i64::MIN, i64::MAX), &key);
            writer.push(" END FROM unnest(");
            text_keys(writer, keys).push(") AS sexton_k(v)))");
        }
        (Dialect::Postgres, Cast::Text, TypeKind::Uuid) => {
            value(writer);
            writer.push(" = ANY(ARRAY(SELECT CASE WHEN sexton_k.v ~ ");
            writer.push("'^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN sexton_k.v::uuid END");
            writer.push(" FROM unnest(");
            text_keys(writer, keys).push(") AS sexton_k(v)))");
        }
        _ => read_refers(writer, Some(cast), &value, Keys::Listed(keys)),
    }
}

/// The value, read as another type or as text, is one of the keys.
fn read_refers(writer: &mut Writer, cast: Option<Cast>, value: &Value<'_>, keys: Keys<'_>) {
    match cast {
        Some(cast) => read(writer, cast, value),
        None => value(writer),
    }
    let is_number = matches!(cast, Some(Cast::Integer(..)));
    match (writer.dialect(), keys) {
        (Dialect::Postgres, Keys::Listed(keys)) if cast.is_none() => {
            writer.push(" = ANY(");
            text_keys(writer, keys).push(")");
        }
        (Dialect::Postgres, Keys::Listed(keys)) => {
            writer.push(" = ANY(");
            writer.bind_array(Bind::keys(keys.from.clone(), Some(0)), &keys.types[0]).push(")");
        }
        (Dialect::Postgres, Keys::Of(alias, key)) => {
            writer.push(" = ").name(alias).push(".").column(key);
            writer.push(if cast.is_none() { "::text" } else { "" });
        }
        (Dialect::Sqlite, Keys::Listed(keys)) => {
            writer.push(" IN (SELECT ");
            writer.push(if is_number { "sexton_k.value" } else { "CAST(sexton_k.value AS TEXT)" });
            writer.push(" FROM json_each(");
            writer.placeholder(Bind::keys(keys.from.clone(), Some(0)));
            // Bytes travel as objects; no text names them.
            writer.push(") AS sexton_k WHERE sexton_k.type <> 'object')");
        }
        (Dialect::Sqlite, Keys::Of(alias, key)) => {
            writer.push(if is_number { " = (" } else { " = CAST(" }).name(alias).push(".");
            writer.column(key).push(if is_number { ")" } else { " AS TEXT)" });
        }
    }
}

/// The keys in their text form (PostgreSQL).
fn text_keys<'w>(writer: &'w mut Writer, keys: &KeySource<'_>) -> &'w mut Writer {
    writer.placeholder(Bind::keys(keys.from.clone(), Some(0))).push("::text[]")
}

/// The value as another type, or NULL if it cannot be one.
pub(super) fn read(writer: &mut Writer, cast: Cast, value: &Value<'_>) {
    match (writer.dialect(), cast) {
        (Dialect::Postgres, Cast::Text) => {
            value(writer);
            writer.push("::text");
        }
        (Dialect::Postgres, Cast::Integer(least, most)) => {
            writer.push("CASE WHEN ");
            value(writer);
            writer.push(
                "::text ~ '^[ \\t\\n\\r\\f\\v]*[+-]?0{0,200}[0-9]{1,19}[ \\t\\n\\r\\f\\v]*$'",
            );
            writer.push(" THEN CASE WHEN ");
            value(writer);
            writer.push("::text::numeric BETWEEN ").number(least).push(" AND ").number(most);
            writer.push(" THEN ");
            value(writer);
            writer.push("::text::bigint END END");
        }
        (Dialect::Postgres, Cast::Uuid) => {
            writer.push("CASE WHEN ");
            value(writer);
            writer.push("::text ~* '^([0-9a-f]{4}(-?[0-9a-f]{4}){7}|");
            writer.push("\\{[0-9a-f]{4}(-?[0-9a-f]{4}){7}\\})$' THEN ");
            value(writer);
            writer.push("::text::uuid END");
        }
        (Dialect::Sqlite, Cast::Text | Cast::Uuid) => {
            writer.push("CASE WHEN typeof(");
            value(writer);
            writer.push(") <> 'blob' THEN CAST(");
            value(writer);
            writer.push(" AS TEXT) END");
        }
        (Dialect::Sqlite, Cast::Integer(least, most)) => {
            // A CAST of SQLite never fails: what it made is compared with what it was made of.
            writer.push("(SELECT CASE WHEN d <> '' AND d NOT GLOB '*[^0-9]*' AND ltrim(CAST(CAST(t AS INTEGER) AS TEXT), '-0') = ltrim(d, '0') AND CAST(t AS INTEGER) BETWEEN ");
            writer.number(least).push(" AND ").number(most);
            writer.push(" THEN CAST(t AS INTEGER) END FROM (SELECT t, CASE WHEN substr(t, 1, 1) IN ('-', '+') THEN substr(t, 2) ELSE t END AS d FROM (SELECT CASE WHEN typeof(");
            value(writer);
            writer.push(") <> 'blob' THEN trim(CAST(");
            value(writer);
            writer.push(" AS TEXT), ").push(SPACES).push(") END AS t)))");
        }
    }
}

/// The text of the string or number at a place, or NULL.
pub(super) fn scalar(writer: &mut Writer, place: &JsonPlace, column: &Column, table: &Table) {
    match writer.dialect() {
        Dialect::Postgres => {
            writer.push("CASE WHEN ").push(typeof_of(column)).push("(");
            inside(writer, place, column, table, false);
            writer.push(") IN ('string', 'number') THEN ");
            inside(writer, place, column, table, true);
            writer.push(" END");
        }
        Dialect::Sqlite => {
            writer.push("CASE WHEN json_valid(");
            own(writer, column, table).push(") THEN CASE WHEN json_type(");
            own(writer, column, table).push(", ");
            json_path(writer, place)
                .push(") IN ('text', 'integer', 'real') THEN CAST(json_extract(");
            own(writer, column, table).push(", ");
            json_path(writer, place).push(") AS TEXT) END END");
        }
    }
}

/// One of the elements of the array at a place is one of the keys.
fn each_refers(
    writer: &mut Writer,
    place: &JsonPlace,
    column: &Column,
    keys: Keys<'_>,
    table: &Table,
) {
    writer.push("EXISTS (SELECT 1 FROM ");
    match writer.dialect() {
        Dialect::Postgres => {
            writer.push(if is_jsonb(column) { "jsonb" } else { "json" });
            writer.push("_array_elements(CASE ").push(typeof_of(column)).push("(");
            inside(writer, place, column, table, false);
            writer.push(") WHEN 'array' THEN ");
            inside(writer, place, column, table, false);
            writer.push(" END) AS sexton_j(v) WHERE ");
        }
        Dialect::Sqlite => {
            writer.push("json_each(CASE WHEN json_valid(");
            own(writer, column, table).push(") THEN CASE json_type(");
            own(writer, column, table).push(", ");
            json_path(writer, place).push(") WHEN 'array' THEN ");
            own(writer, column, table).push(" END END, ");
            json_path(writer, place).push(") AS sexton_j WHERE ");
        }
    }
    element_refers(writer, place, if is_jsonb(column) { "jsonb" } else { "json" }, keys);
    writer.push(")");
}

/// The element `sexton_j` of an array is a string or number, and one of the keys.
fn element_refers(writer: &mut Writer, place: &JsonPlace, of_type: &'static str, keys: Keys<'_>) {
    let value = |writer: &mut Writer| match writer.dialect() {
        Dialect::Postgres => {
            writer.push("CASE WHEN ").push(of_type);
            writer.push("_typeof(sexton_j.v) IN ('string', 'number') THEN sexton_j.v #>> '{}' END");
        }
        Dialect::Sqlite => {
            writer.push("CASE WHEN sexton_j.type IN ('text', 'integer', 'real') ");
            writer.push("THEN CAST(sexton_j.value AS TEXT) END");
        }
    };
    let bracketed = |writer: &mut Writer| {
        writer.push("(");
        value(writer);
        writer.push(")");
    };
    read_refers(writer, place.cast, &bracketed, keys);
}

/// The value at a place (PostgreSQL): `column -> 'a' -> 'b'`, or its text.
pub(super) fn inside(
    writer: &mut Writer,
    place: &JsonPlace,
    column: &Column,
    table: &Table,
    as_text: bool,
) {
    // An index over the expression serves only where the names in it are constants.
    own(writer, column, table).planned_each_time();
    for (at, name) in place.path.iter().enumerate() {
        let is_last = at + 1 == place.path.len();
        writer.push(if is_last && as_text { " ->> " } else { " -> " });
        writer.placeholder(Bind::Literal(Scalar::text(name))).push("::text");
    }
}

/// The place as a path of PostgreSQL: `{"a","b"}`.
pub(super) fn array_path<'w>(writer: &'w mut Writer, place: &JsonPlace) -> &'w mut Writer {
    let quoted = |name: &String| name.replace('\\', "\\\\").replace('"', "\\\"");
    let names: Vec<String> =
        place.path.iter().map(|name| format!("\"{}\"", quoted(name))).collect();
    let path = Scalar::text(format!("{{{}}}", names.join(",")));
    writer.placeholder(Bind::Literal(path)).push("::text::text[]")
}

/// The place as a path of SQLite: `$."a"."b"`.
pub(super) fn json_path<'w>(writer: &'w mut Writer, place: &JsonPlace) -> &'w mut Writer {
    let names = place.path.iter().map(|name| format!(".\"{name}\""));
    let path = ["$".to_owned()].into_iter().chain(names).collect::<String>();
    writer.placeholder(Bind::Literal(Scalar::text(path)))
}

pub(super) fn is_jsonb(column: &Column) -> bool {
    column.type_name == "jsonb"
}

pub(super) fn typeof_of(column: &Column) -> &'static str {
    if is_jsonb(column) { "jsonb_typeof" } else { "json_typeof" }
}
