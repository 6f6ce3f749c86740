//! One value of a database, as Sexton carries it.

use std::cmp::Ordering;
use std::fmt;

use crate::schema::{Column, Dialect, TypeKind};

/// A value as read and bound. PostgreSQL's are all text, in its own text form; SQLite's are by
/// the storage class of each value, never by the declared type.
#[derive(Debug, Clone)]
pub enum Scalar {
    /// NULL.
    Null,
    /// A whole number.
    Integer(i64),
    /// Another number.
    Real(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

impl Scalar {
    /// Text from anything that becomes it.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// The value that a person writes for a column. Bytes are written as the database writes them:
    /// `x'0a1b'` in SQLite, where text in a column of text is text all the same; `\x0a1b` in
    /// PostgreSQL, where they stay text that the database reads.
    pub fn of_written(text: &str, column: &Column, dialect: Dialect) -> Self {
        let is_hex = |digits: &str| digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        match dialect {
            Dialect::Sqlite if column.kind != TypeKind::Text => {
                let digits = text.strip_prefix(['x', 'X']).and_then(|rest| rest.strip_prefix('\''));
                let digits = digits.and_then(|rest| rest.strip_suffix('\''));
                let bytes = digits.and_then(|digits| {
                    data_encoding::HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok()
                });
                bytes.map_or_else(|| Self::text(text), Self::Blob)
            }
            Dialect::Postgres if column.kind == TypeKind::Bytes => {
                let digits = text.strip_prefix("\\x").filter(|digits| is_hex(digits));
                Self::text(digits.map_or_else(|| text.to_owned(), |_| text.to_lowercase()))
            }
            Dialect::Sqlite | Dialect::Postgres => Self::text(text),
        }
    }

    /// A value that a person wrote, as a column of whole numbers or UUIDs would show it.
    #[must_use]
    pub fn stored_in(&self, column: &Column) -> Self {
        match (self, column.kind) {
            (Self::Text(text), TypeKind::Integer) => {
                let number = text.trim().parse::<i64>();
                number.map_or_else(|_| self.clone(), |number| Self::text(number.to_string()))
            }
            (Self::Text(text), TypeKind::Uuid) => Self::text(text.trim().to_lowercase()),
            _ => self.clone(),
        }
    }

    /// What the values of a column are, if this text can be none of them. Kinds of which a database
    /// reads many spellings are left to it.
    pub fn misfit(&self, column: &Column) -> Option<&'static str> {
        let Self::Text(text) = self else { return None };
        let text = text.trim();
        match column.kind {
            TypeKind::Integer => text.parse::<i64>().is_err().then_some("a whole number"),
            TypeKind::Number => text.parse::<f64>().is_err().then_some("a number"),
            TypeKind::Uuid => (!is_uuid(text)).then_some("a UUID"),
            _ => None,
        }
    }

    /// Whether it is NULL.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The number, if it is a whole one or text that spells one.
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            Self::Text(text) => text.parse().ok(),
            Self::Null | Self::Real(_) | Self::Blob(_) => None,
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Integer(_) => 1,
            Self::Real(_) => 2,
            Self::Text(_) => 3,
            Self::Blob(_) => 4,
        }
    }
}

/// Whether a text spells a UUID in one of the forms that PostgreSQL takes.
fn is_uuid(text: &str) -> bool {
    let inner = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
    let digits: Vec<u8> = inner.bytes().filter(|sign| *sign != b'-').collect();
    digits.len() == 32 && digits.iter().all(u8::is_ascii_hexdigit)
}

impl PartialEq for Scalar {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Scalar {}

impl std::hash::Hash for Scalar {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.rank().hash(state);
        match self {
            Self::Null => {}
            Self::Integer(number) => number.hash(state),
            Self::Real(number) => number.to_bits().hash(state),
            Self::Text(text) => text.hash(state),
            Self::Blob(bytes) => bytes.hash(state),
        }
    }
}

impl PartialOrd for Scalar {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Scalar {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Integer(a), Self::Integer(b)) => a.cmp(b),
            (Self::Real(a), Self::Real(b)) => a.total_cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Blob(a), Self::Blob(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Integer(number) => write!(f, "{number}"),
            Self::Real(number) => write!(f, "{number:?}"),
            Self::Text(text) => f.write_str(text),
            Self::Blob(bytes) => write!(f, "x'{}'", data_encoding::HEXLOWER.encode(bytes)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::ColumnName;

    #[test]
    fn a_text_that_can_be_no_value_of_its_column_is_told() {
        let uuid = "10b00000-0000-4000-8000-000000000001";
        for (kind, text, expected) in [
            (TypeKind::Integer, "12", None),
            (TypeKind::Integer, " -007 ", None),
            (TypeKind::Integer, "twelve", Some("a whole number")),
            (TypeKind::Integer, "1.5", Some("a whole number")),
            (TypeKind::Integer, "12 or 1 = 1", Some("a whole number")),
            (TypeKind::Number, "1.5e3", None),
            (TypeKind::Number, "1,5", Some("a number")),
            (TypeKind::Uuid, uuid, None),
            (TypeKind::Uuid, &uuid.to_uppercase(), None),
            (TypeKind::Uuid, &format!("{{{uuid}}}"), None),
            (TypeKind::Uuid, &uuid.replace('-', ""), None),
            (TypeKind::Uuid, &uuid[1..], Some("a UUID")),
            (TypeKind::Uuid, &uuid.replace('1', "g"), Some("a UUID")),
            (TypeKind::Text, "twelve", None),
            (TypeKind::Time, "twelve", None),
        ] {
            assert_eq!(Scalar::text(text).misfit(&column(kind)), expected, "{kind:?} {text}");
        }
        assert_eq!(Scalar::Blob(vec![1]).misfit(&column(TypeKind::Integer)), None);
    }

    fn column(kind: TypeKind) -> Column {
        Column {
            name: ColumnName::new("id"),
            type_name: String::new(),
            stored_type: String::new(),
            kind,
            nullable: false,
            generated: false,
            identity: false,
            default: None,
        }
    }
}
