//! Which objects rows name, asked of one column: so that what a row holds on to stays.
//!
//! A name may be written in several forms: as a bare key, and as an address. Every form is asked
//! for; the index of the column serves them.

use super::{Bind, Scalar, Statement, Writer};
use crate::schema::{Column, Dialect, Table, TypeKind};

/// Objects that are asked for.
#[derive(Debug, Clone, Copy)]
pub enum Asked<'a> {
    /// These, in every form.
    These(&'a [String]),
    /// All whose names begin so, in every form; each ends at a `/`.
    Below(&'a [String]),
}

/// Reads which of the objects asked for this column names.
pub fn named_by(dialect: Dialect, table: &Table, column: &Column, asked: Asked<'_>) -> Statement {
    let mut writer = Writer::new(dialect);
    writer.push("SELECT DISTINCT ").read(column).push(" FROM ").table(table).push(" WHERE ");
    match asked {
        Asked::These(names) => these(&mut writer, column, names),
        Asked::Below(prefixes) => {
            for (at, prefix) in prefixes.iter().enumerate() {
                writer.push(if at > 0 { " OR " } else { "" });
                below(&mut writer, column, prefix);
            }
        }
    }
    writer.planned_each_time();
    writer.limit();
    writer.finish("look which objects rows name", &table.name)
}

fn these(writer: &mut Writer, column: &Column, names: &[String]) {
    text_of(writer, column);
    writer.push(" IN (").list(names, |writer, name| {
        text(writer, name.clone());
    });
    writer.push(")");
}

/// A range of bytes in SQLite; in PostgreSQL, where order is a matter of language, a pattern.
fn below(writer: &mut Writer, column: &Column, prefix: &str) {
    match writer.dialect() {
        Dialect::Postgres => {
            text_of(writer, column);
            writer.push(" LIKE ");
            let pattern = prefix.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
            text(writer, pattern + "%");
        }
        Dialect::Sqlite => {
            // What follows `/` in the order of bytes is `0`.
            let end = [prefix.strip_suffix('/').unwrap_or(prefix), "0"].concat();
            writer.push("(").column(column).push(" COLLATE BINARY >= ");
            text(writer, prefix.to_owned());
            writer.push(" AND ").column(column).push(" COLLATE BINARY < ");
            text(writer, end);
            writer.push(")");
        }
    }
}

fn text_of(writer: &mut Writer, column: &Column) {
    writer.column(column);
    if writer.dialect() == Dialect::Postgres && column.kind != TypeKind::Text {
        writer.as_text();
    }
}

fn text(writer: &mut Writer, text: String) {
    writer.bind(Bind::Literal(Scalar::Text(text)), None);
}
