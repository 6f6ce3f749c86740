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
