//! What a column refers to, however it holds it.

use sexton_testkit::random::json::{Element, Json};
use sexton_testkit::random::values::Value;

use super::world::{Held, Reference};

/// Whether a row refers, through a line, to the row that is named so.
pub fn refers(line: &Reference, row: &[Value], named: &Value) -> bool {
    let held = &row[line.column];
    match (line.held, held) {
        (Held::Plainly, held) => held == named,
        (Held::Cast(cast), Value::Text(text)) => is_read_as(text, cast, named),
        (Held::Cast(cast), Value::Integer(number)) => is_read_as(&number.to_string(), cast, named),
        (Held::One { cast }, Value::Json(Json::Document { one, .. })) => element(one, cast, named),
        (Held::Many { cast }, Value::Json(Json::Document { many: Some(many), .. })) => {
            many.iter().any(|one| element(one, cast, named))
        }
        _ => false,
    }
}

/// Takes out of a document what refers to any of these.
pub fn taken_out(line: &Reference, row: &mut [Value], named: &[Value]) {
    let Value::Json(Json::Document { one, many }) = &mut row[line.column] else { return };
    match (line.held, many) {
        (Held::One { .. }, _) => *one = Element::Null,
        (Held::Many { cast }, Some(many)) => {
            many.retain(|one| !named.iter().any(|named| element(one, cast, named)));
        }
        _ => {}
    }
}

fn element(element: &Element, cast: Option<&str>, named: &Value) -> bool {
    let Some(text) = element.refers_by() else { return false };
    match (cast, named) {
        (Some(cast), named) => is_read_as(&text, cast, named),
        (None, Value::Integer(number)) => text == number.to_string(),
        (None, Value::Text(named)) => text == *named,
        (None, _) => false,
    }
}

/// Whether the text, read as the type, is the value; what cannot be read so is none.
fn is_read_as(text: &str, cast: &str, named: &Value) -> bool {
    match (cast, named) {
        ("text", Value::Text(named)) => text == *named,
        ("bigint" | "integer", Value::Integer(named)) => {
            let text = text.trim_matches([' ', '\t', '\n', '\r']);
            let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
            let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            is_number && text.parse::<i64>().is_ok_and(|number| number == *named)
        }
        _ => false,
    }
}
