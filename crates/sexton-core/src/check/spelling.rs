//! Spells names, lines and sizes for people to read and paste.
//!
//! Nothing spelled here is run: what runs is written by `sql`.

use std::fmt::Display;

use crate::names::{ColumnName, TableName};
use crate::schema::{Column, Dialect, Schema, Table};

/// Words that a database reads as its own unless they are quoted.
const RESERVED: [&str; 69] = [
    "all",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "both",
    "case",
    "cast",
    "check",
    "collate",
    "column",
    "constraint",
    "create",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "exists",
    "false",
    "fetch",
    "for",
    "foreign",
    "from",
    "grant",
    "group",
    "having",
    "in",
    "index",
    "initially",
    "intersect",
    "into",
    "is",
    "lateral",
    "leading",
    "limit",
    "not",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "primary",
    "references",
    "returning",
    "select",
    "session_user",
    "set",
    "some",
    "symmetric",
    "table",
    "then",
    "to",
    "trailing",
    "transaction",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "values",
    "when",
    "where",
    "window",
];

/// `` `a`, `b` and `c` ``.
pub(super) fn listed<T: Display>(names: impl IntoIterator<Item = T>) -> String {
    let mut names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.pop() {
        Some(last) if !names.is_empty() => format!("{} and {last}", names.join(", ")),
        last => last.unwrap_or_default(),
    }
}

/// The names of columns.
pub(crate) fn names(columns: &[Column]) -> Vec<ColumnName> {
    columns.iter().map(|column| column.name.clone()).collect()
}

/// One side of a line of `[references]`: `runs`, `runs.id`, `runs.(a,b)`.
pub(crate) fn side(table: &TableName, columns: &[ColumnName]) -> String {
    let schema = table.schema.iter().map(|schema| policy_name(schema) + ".");
    let table = schema.collect::<String>() + &policy_name(&table.name);
    let columns: Vec<String> = columns.iter().map(|column| policy_name(column.as_str())).collect();
    match columns.as_slice() {
        [] => table,
        [column] => format!("{table}.{column}"),
        _ => format!("{table}.({})", columns.join(",")),
    }
}

/// The right side of a line: the key is left out where it is the table's own, but not behind a
/// schema, where two names would be read as a table and its column.
pub(crate) fn right(schema: &Schema, table: &TableName, key: &[ColumnName]) -> String {
    let is_own_key = schema.table(table).is_some_and(|table| table.primary_key == key);
    side(table, if is_own_key && table.schema.is_none() { &[] } else { key })
}

/// A name in a path of the policy.
pub(crate) fn policy_name(name: &str) -> String {
    let is_plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    if is_plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// A line of `[references]`.
pub(crate) fn line(arrow: &str, fate: &str) -> String {
    format!("{} = {fate}", string(arrow))
}

/// A string of TOML: between the quotes that it does not hold, or with escapes.
pub(crate) fn string(text: &str) -> String {
    let is_plain = |c: char| !c.is_control() && c != '\\' && c != '"';
    if text.chars().all(is_plain) {
        return format!("\"{text}\"");
    }
    if !text.contains('\'') && !text.contains(char::is_control) {
        return format!("'{text}'");
    }
    let escaped = text.chars().map(|c| match c {
        '"' | '\\' => format!("\\{c}"),
        c if c.is_control() => format!("\\u{:04X}", u32::from(c)),
        c => c.to_string(),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

/// The statement that creates an index over these columns.
pub(super) fn create_index(schema: &Schema, table: &Table, columns: &[ColumnName]) -> String {
    let keys: Vec<String> = columns.iter().map(|column| sql_name(column.as_str())).collect();
    let (keys, on) = (keys.join(", "), sql_table(schema, &table.name));
    match schema.dialect {
        // Unnamed, so that the database finds a name that is free and short enough.
        Dialect::Postgres => format!("CREATE INDEX CONCURRENTLY ON {on} ({keys});"),
        Dialect::Sqlite => {
            let parts = columns.iter().map(ColumnName::as_str);
            let parts: Vec<&str> = std::iter::once(table.name.name.as_str()).chain(parts).collect();
            format!("CREATE INDEX {} ON {on} ({keys});", sql_name(&parts.join("_")))
        }
    }
}

/// The statement that creates an index over the text at a place inside JSON (PostgreSQL).
pub(super) fn create_json_index(
    schema: &Schema,
    table: &Table,
    column: &ColumnName,
    path: &[String],
) -> String {
    let names = path.iter().enumerate().map(|(at, name)| {
        let arrow = if at + 1 == path.len() { "->>" } else { "->" };
        format!(" {arrow} '{}'", name.replace('\'', "''"))
    });
    let place = sql_name(column.as_str()) + &names.collect::<String>();
    format!("CREATE INDEX CONCURRENTLY ON {} (({place}));", sql_table(schema, &table.name))
}

/// A table, with its schema where a session would look for it elsewhere.
pub(super) fn sql_table(schema: &Schema, table: &TableName) -> String {
    let usual = ["public", "main"].contains(&schema.default_schema.as_str());
    let own = table.schema.as_ref().or((!usual).then_some(&schema.default_schema));
    let own: String = own.iter().map(|name| sql_name(name) + ".").collect();
    own + &sql_name(&table.name)
}

/// A name in SQL, quoted only where it must be.
pub(crate) fn sql_name(name: &str) -> String {
    let belongs = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let begins = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    if begins && name.chars().all(belongs) && !RESERVED.contains(&name) {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}

/// How big a table is, as far as the database knows.
pub(super) fn size(table: &Table) -> String {
    match (table.rows_estimate, table.bytes) {
        (Some(count), Some(held)) => format!("about {} rows, {}", digits(count), bytes(held)),
        (Some(count), None) => format!("about {} rows", digits(count)),
        (None, Some(held)) => bytes(held),
        (None, None) => "size unknown".to_owned(),
    }
}

/// A number in groups of three digits.
fn digits(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&[u8]> = digits.as_bytes().rchunks(3).rev().collect();
    let groups = groups.into_iter().map(String::from_utf8_lossy);
    groups.collect::<Vec<_>>().join(" ")
}

fn bytes(count: u64) -> String {
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    let unit = units.into_iter().find(|(bits, _)| count >> bits > 0);
    unit.map_or(format!("{count} bytes"), |(bits, unit)| {
        let tenths = (u128::from(count) * 10) >> bits;
        format!("{}.{} {unit}", tenths / 10, tenths % 10)
    })
}
