//! What can go wrong with a database, as branches that a use case takes.

use sexton_core::names::TableName;

/// A failure of the database, told without a driver's type.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// It cannot be reached or opened.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    /// Somebody else was in the way; the same again may succeed.
    #[error("{} while running `{label}`: {detail}", .kind.sentence())]
    Transient {
        /// What was in the way.
        kind: Transient,
        /// The statement.
        label: String,
        /// The database's words.
        detail: String,
    },
    /// A constraint refused the change; the same again will fail again.
    #[error("the database refuses `{label}`: {detail}")]
    Violation {
        /// Which kind of constraint.
        kind: Violation,
        /// The statement.
        label: String,
        /// The table, where the database names it.
        table: Option<TableName>,
        /// The database's words.
        detail: String,
    },
    /// A value does not fit its column's type.
    #[error("a value does not fit: {0}")]
    BadValue(String),
    /// The statement does not fit the schema (a table or column is not there, a syntax error).
    #[error("the database does not understand `{label}`: {detail}")]
    Statement {
        /// The statement.
        label: String,
        /// The database's words.
        detail: String,
        /// The byte in the statement that it points at.
        position: Option<usize>,
    },
    /// A right is missing.
    #[error("the database denies `{label}`: {detail}")]
    Denied {
        /// The statement.
        label: String,
        /// The database's words.
        detail: String,
    },
    /// The database or its file is read-only.
    #[error("the database is read-only: {0}")]
    ReadOnly(String),
    /// The disk, or a quota, is full.
    #[error("the database is full: {0}")]
    Full(String),
    /// The time allowed is over.
    #[error("`{label}` did not end within its time")]
    Timeout {
        /// The statement.
        label: String,
    },
    /// The connection was lost; whether a commit happened is not known.
    #[error("the connection was lost: {0}")]
    Lost(String),
    /// Anything else that the database says.
    #[error("the database failed at `{label}`: {detail}")]
    Failed {
        /// The statement.
        label: String,
        /// The database's words.
        detail: String,
    },
}

/// Why the same again may succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transient {
    /// A lock was not to be had in time.
    LockTimeout,
    /// Two transactions waited for each other.
    Deadlock,
    /// Another transaction committed first.
    Serialization,
    /// A row that refers to a deleted one came in between.
    LateReference,
}

impl Transient {
    fn sentence(self) -> &'static str {
        match self {
            Self::LockTimeout => "a lock was not to be had",
            Self::Deadlock => "a deadlock was given way to",
            Self::Serialization => "another transaction came first",
            Self::LateReference => "a referring row came in between",
        }
    }
}

/// Which kind of constraint refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Violation {
    /// CHECK.
    Check,
    /// NOT NULL.
    NotNull,
    /// UNIQUE or a primary key.
    Unique,
    /// A foreign key: a row still refers to a deleted one.
    Reference,
    /// Some other rule of the database, such as a trigger that raises.
    Raised,
}

impl DatabaseError {
    /// Whether the whole transaction may be tried again.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Transient { .. } => true,
            Self::Unreachable(_)
            | Self::Violation { .. }
            | Self::BadValue(_)
            | Self::Statement { .. }
            | Self::Denied { .. }
            | Self::ReadOnly(_)
            | Self::Full(_)
            | Self::Timeout { .. }
            | Self::Lost(_)
            | Self::Failed { .. } => false,
        }
    }
}
