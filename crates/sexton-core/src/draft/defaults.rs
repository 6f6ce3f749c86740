//! A column's default as a value of the policy: what ON DELETE SET DEFAULT would write.

use crate::check::spelling;
use crate::schema::{Column, TypeKind};

/// Signs that a fragment of SQL in a policy may not hold, or that would mean something else there.
const NOT_IN_FRAGMENTS: [&str; 9] = ["{", "}", "`", "$", ";", "--", "/*", "E'", "e'"];

/// Whether the column becomes NULL where nothing is given.
pub(super) fn is_null(column: &Column) -> bool {
    let text = column.default.as_deref().unwrap_or("NULL");
    let word = text.split("::").next().unwrap_or_default();
    word.trim().eq_ignore_ascii_case("null")
}

/// The default as it stands in the policy: a literal where it is one, else SQL. Nothing where
/// the column has none and cannot be NULL, or where a policy cannot hold it.
pub(super) fn value(column: &Column) -> Option<String> {
    if is_null(column) {
        return column.nullable.then(|| "\"=null\"".to_owned());
    }
    let text = column.default.as_deref()?.trim();
    if is_number(text) {
        return Some(text.to_owned());
    }
    if let Some(literal) = quoted(text).filter(|literal| !literal.starts_with('=')) {
        let counts = column.kind == TypeKind::Integer && is_number(&literal);
        return Some(if counts { literal } else { spelling::string(&literal) });
    }
    let fits = !NOT_IN_FRAGMENTS.iter().any(|sign| text.contains(sign));
    fits.then(|| spelling::string(&format!("={text}")))
}

/// What stands between the quotes of `'text'` or `'text'::type`, where that is all.
fn quoted(text: &str) -> Option<String> {
    let rest = text.strip_prefix('\'')?;
    let end = rest.replace("''", "\0\0").find('\'')?;
    let (content, after) = (&rest[..end], &rest[end + 1..]);
    let is_cast = |cast: &str| {
        cast.strip_prefix("::").is_some_and(|name| {
            name.chars().all(|c| c.is_alphanumeric() || c == ' ' || c == '_' || c == '.')
        })
    };
    (after.is_empty() || is_cast(after)).then(|| content.replace("''", "'"))
}

fn is_number(text: &str) -> bool {
    text.parse::<i64>().is_ok() && !text.starts_with('+')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::ColumnName;

    fn column(kind: TypeKind, default: Option<&str>, nullable: bool) -> Column {
        Column {
            name: ColumnName::new("c"),
            type_name: String::new(),
            stored_type: String::new(),
            kind,
            nullable,
            generated: false,
            identity: false,
            default: default.map(str::to_owned),
        }
    }

    #[test]
    fn a_default_becomes_a_value_of_the_policy() {
        for (kind, default, expected) in [
            (TypeKind::Integer, "0", Some("0")),
            (TypeKind::Integer, "'-1'::integer", Some("-1")),
            (TypeKind::Text, "'none'::character varying", Some("\"none\"")),
            (TypeKind::Text, "'it''s'", Some("\"it's\"")),
            (TypeKind::Text, "'7'", Some("\"7\"")),
            (TypeKind::Text, "''", Some("\"\"")),
            (TypeKind::Text, "'=x'", Some("\"='=x'\"")),
            (TypeKind::Integer, "(1 + 1)", Some("\"=(1 + 1)\"")),
            (TypeKind::Uuid, "gen_random_uuid()", Some("\"=gen_random_uuid()\"")),
            (TypeKind::Text, "E'a\\\\b'::text", None),
            (TypeKind::Text, "NULL::text", Some("\"=null\"")),
        ] {
            let value = value(&column(kind, Some(default), true));
            assert_eq!(value.as_deref(), expected, "{default}");
        }
        assert_eq!(value(&column(TypeKind::Integer, None, false)), None);
    }
}
