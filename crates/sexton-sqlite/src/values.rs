//! Carries values to SQLite and back, each in its storage class.
//!
//! A list is one text parameter: a JSON array that the statement opens with `json_each(?1)`.
//! Integers, text and NULL are what JSON calls them; bytes are `{"x":"<hex>"}`. A list of tuples
//! is an array of such arrays.
//!
//! Invariant: what `json_each` makes of a list is bit for bit what went in. For reals that
//! holds between 1e-60 and 1e60, where SQLite reads 17 digits exactly; others are refused.

use std::io::Write as _;

use data_encoding::HEXLOWER;
use sexton_core::sql::Scalar;
use sexton_engine::ports::{Arg, DatabaseError, Row};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments, Row as _, TypeInfo, ValueRef};

/// Binds, in order.
pub fn arguments(label: &str, args: Vec<Arg>) -> Result<SqliteArguments, DatabaseError> {
    let mut arguments = SqliteArguments::default();
    for arg in args {
        let added = match arg {
            Arg::Array(scalars) => arguments.add(json_array(&scalars)?),
            Arg::Tuples(tuples) => arguments.add(json_tuples(&tuples)?),
            Arg::Scalar(Scalar::Null) => arguments.add(None::<i64>),
            Arg::Scalar(Scalar::Integer(number)) => arguments.add(number),
            Arg::Scalar(Scalar::Real(number)) => arguments.add(number),
            Arg::Scalar(Scalar::Text(text)) => arguments.add(text),
            Arg::Scalar(Scalar::Blob(bytes)) => arguments.add(bytes),
        };
        added.map_err(|_| bad_value(label, "a value cannot be bound"))?;
    }
    Ok(arguments)
}

/// The list of tuples as JSON: an array of arrays.
fn json_tuples(tuples: &[Vec<Scalar>]) -> Result<String, DatabaseError> {
    let lists: Vec<String> =
        tuples.iter().map(|tuple| json_array(tuple)).collect::<Result<_, _>>()?;
    Ok(["[", &lists.join(","), "]"].concat())
}

/// A list as JSON.
fn json_array(scalars: &[Scalar]) -> Result<String, DatabaseError> {
    let mut json = Vec::with_capacity(2 + scalars.len() * 12);
    json.push(b'[');
    for (at, scalar) in scalars.iter().enumerate() {
        if at > 0 {
            json.push(b',');
        }
        write_json(&mut json, scalar)?;
    }
    json.push(b']');
    Ok(String::from_utf8(json).expect("JSON made of text is text"))
}

fn write_json(json: &mut Vec<u8>, scalar: &Scalar) -> Result<(), DatabaseError> {
    let written = match scalar {
        Scalar::Null => json.write_all(b"null"),
        Scalar::Integer(number) => write!(json, "{number}"),
        Scalar::Real(number) => write!(json, "{:.16e}", carried(*number)?),
        Scalar::Text(text) => serde_json::to_writer(json, text).map_err(Into::into),
        Scalar::Blob(bytes) => write!(json, "{{\"x\":\"{}\"}}", HEXLOWER.encode(bytes)),
    };
    written.expect("writing to memory cannot fail");
    Ok(())
}

fn carried(number: f64) -> Result<f64, DatabaseError> {
    if number == 0.0 || (1e-60..=1e60).contains(&number.abs()) {
        return Ok(number);
    }
    Err(DatabaseError::BadValue("a real beyond 1e60 or below 1e-60 cannot be a key".to_owned()))
}

/// A row, each value by the class it is stored in, whatever its column declares.
pub fn row(label: &str, row: &SqliteRow) -> Result<Row, DatabaseError> {
    (0..row.len()).map(|at| value(label, row, at)).collect()
}

fn value(label: &str, row: &SqliteRow, at: usize) -> Result<Scalar, DatabaseError> {
    let unreadable =
        |_| bad_value(label, &format!("column {} holds text that is not UTF-8", at + 1));
    let raw = row.try_get_raw(at).map_err(unreadable)?;
    if raw.is_null() {
        return Ok(Scalar::Null);
    }
    let class = raw.type_info();
    match class.name() {
        "INTEGER" => row.try_get_unchecked(at).map(Scalar::Integer),
        "REAL" => row.try_get_unchecked(at).map(Scalar::Real),
        "TEXT" => row.try_get_unchecked(at).map(Scalar::Text),
        _ => row.try_get_unchecked(at).map(Scalar::Blob),
    }
    .map_err(unreadable)
}

fn bad_value(label: &str, why: &str) -> DatabaseError {
    DatabaseError::BadValue(format!("`{label}`: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_has_its_form_in_a_list() {
        for (scalar, json) in [
            (Scalar::Null, "[null]"),
            (Scalar::Integer(i64::MIN), "[-9223372036854775808]"),
            (Scalar::Real(0.1), "[1.0000000000000001e-1]"),
            (Scalar::text("a\"\n\u{0}é"), "[\"a\\\"\\n\\u0000é\"]"),
            (Scalar::Blob(vec![0, 255]), "[{\"x\":\"00ff\"}]"),
        ] {
            assert_eq!(json_array(&[scalar]).expect(json), json);
        }
        assert_eq!(json_array(&[]).expect("nothing"), "[]");
        let tuples = [vec![Scalar::Integer(1), Scalar::text("a")], vec![Scalar::Null]];
        assert_eq!(json_tuples(&tuples).expect("tuples"), "[[1,\"a\"],[null]]");
        assert_eq!(json_tuples(&[]).expect("nothing"), "[]");
    }

    #[test]
    fn a_real_that_json_would_bend_is_refused() {
        for number in [1e61, -1e300, 1e-61, f64::INFINITY, f64::NAN] {
            let refused = json_array(&[Scalar::Real(number)]);
            assert!(matches!(refused, Err(DatabaseError::BadValue(_))), "{number}");
        }
    }
}
