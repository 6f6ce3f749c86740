//! Whether literals are of the types that STRICT tables of SQLite demand.

use super::Source;
use super::writings::{Becomes, Writing, Written, writings};
use crate::finding::Finding;
use crate::policy::{Literal, Value};

pub(super) fn findings(source: &Source<'_>) -> Vec<Finding> {
    let writings = writings(source);
    let strict = writings.iter().filter(|writing| writing.table.strict);
    strict.flat_map(|of| of.columns.iter().filter_map(|w| refused(of, w))).collect()
}

fn refused(writing: &Writing<'_>, written: &Written<'_>) -> Option<Finding> {
    let Becomes::Value(Value::Literal(literal)) = written.becomes else { return None };
    let type_name = written.column.type_name.to_ascii_uppercase();
    let is_taken = match (type_name.as_str(), literal) {
        ("INT" | "INTEGER" | "REAL", Literal::Text(text)) => text.trim().parse::<f64>().is_ok(),
        ("INT" | "INTEGER", Literal::Float(number)) => number.fract() == 0.0,
        ("BLOB", _) => false,
        _ => true,
    };
    (!is_taken).then(|| {
        let message = format!(
            "{} sets `{}.{}` to what {type_name} of a STRICT table does not take",
            writing.text, writing.table.name, written.column.name
        );
        Finding::error("C194", Some(writing.span), message)
            .help("write a value of the column's own type")
    })
}
