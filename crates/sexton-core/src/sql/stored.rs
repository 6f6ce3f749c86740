//! Values in the form in which a column would store them.

use super::Writer;
use crate::schema::{Column, Dialect};

/// What SQLite makes of a value by the declared type of its column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Affinity {
    Text,
    Real,
    Number,
    None,
}

/// Reads the column `name` + `number` of a subselect as `column` would store and show it.
pub fn read_stored(writer: &mut Writer, name: &'static str, number: usize, column: &Column) {
    if writer.dialect() == Dialect::Postgres {
        writer.numbered(name, number).cast_stored(column).as_text();
        return;
    }
    let (is, then) = match affinity(&column.stored_type) {
        Affinity::Text => (" IN ('integer', 'real')", " AS TEXT)"),
        Affinity::Real => (" = 'integer'", " AS REAL)"),
        Affinity::Number => (" = 'real'", " AS INTEGER)"),
        Affinity::None => {
            writer.numbered(name, number);
            return;
        }
    };
    writer.push("CASE WHEN typeof(").numbered(name, number).push(")").push(is);
    if then == " AS INTEGER)" {
        // Only a whole number is stored as one.
        writer.push(" AND ").numbered(name, number);
        writer.push(" = CAST(").numbered(name, number).push(" AS INTEGER)");
    }
    writer.push(" THEN CAST(").numbered(name, number).push(then);
    writer.push(" ELSE ").numbered(name, number).push(" END");
}

/// SQLite's rules, in its order.
fn affinity(declared: &str) -> Affinity {
    let upper = declared.to_ascii_uppercase();
    let has = |words: &[&str]| words.iter().any(|word| upper.contains(word));
    if has(&["INT"]) {
        Affinity::Number
    } else if has(&["CHAR", "CLOB", "TEXT"]) {
        Affinity::Text
    } else if upper.is_empty() || has(&["BLOB"]) {
        Affinity::None
    } else if has(&["REAL", "FLOA", "DOUB"]) {
        Affinity::Real
    } else {
        Affinity::Number
    }
}
