//! Turns what SQLite and its driver say into the branches of `DatabaseError`.
//!
//! Messages name tables, columns and constraints, never values: SQLite's own texts keep to
//! that, and where they may not (a trigger that raises, a function that complains) the text is
//! left out.

use sexton_core::names::TableName;
use sexton_engine::ports::{DatabaseError, Transient, Violation};
use sqlx::error::DatabaseError as _;
use sqlx::sqlite::SqliteError;

// Result codes of SQLite; the higher bits of an extended code say which case of it.
const ERROR: i32 = 1;
const PERM: i32 = 3;
const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const READONLY: i32 = 8;
const INTERRUPT: i32 = 9;
const IOERR: i32 = 10;
const CORRUPT: i32 = 11;
const FULL: i32 = 13;
const CANTOPEN: i32 = 14;
const PROTOCOL: i32 = 15;
const TOOBIG: i32 = 18;
const CONSTRAINT: i32 = 19;
const MISMATCH: i32 = 20;
const AUTH: i32 = 23;
const NOTADB: i32 = 26;
const BUSY_SNAPSHOT: i32 = BUSY | (2 << 8);
const CONSTRAINT_CHECK: i32 = CONSTRAINT | (1 << 8);
const CONSTRAINT_FOREIGNKEY: i32 = CONSTRAINT | (3 << 8);
const CONSTRAINT_NOTNULL: i32 = CONSTRAINT | (5 << 8);
const CONSTRAINT_PRIMARYKEY: i32 = CONSTRAINT | (6 << 8);
const CONSTRAINT_TRIGGER: i32 = CONSTRAINT | (7 << 8);
const CONSTRAINT_UNIQUE: i32 = CONSTRAINT | (8 << 8);
const CONSTRAINT_ROWID: i32 = CONSTRAINT | (10 << 8);
const CONSTRAINT_DATATYPE: i32 = CONSTRAINT | (12 << 8);

/// How SQLite's messages about a statement's text begin. They come before any row is read, so
/// they speak of the text only.
const OF_THE_TEXT: [&str; 14] = [
    "no such ",
    "near \"",
    "incomplete input",
    "unrecognized token",
    "ambiguous column",
    "wrong number of arguments",
    "table ",
    "misuse of",
    "row value misused",
    "sub-select returns",
    "all VALUES must",
    "too many",
    "cannot modify",
    "cannot UPDATE",
];

/// How its other messages begin that name no values.
const HARMLESS: [&str; 5] =
    ["cannot ", "integer overflow", "database schema", "recursive ", "Expression tree"];

/// What the failure of this statement means to a use case.
pub fn failure(label: &str, error: sqlx::Error) -> DatabaseError {
    match error {
        sqlx::Error::Database(error) => match error.try_downcast::<SqliteError>() {
            Ok(error) => by_code(label, code(&error), error.message()),
            Err(error) => failed(label, error.message()),
        },
        sqlx::Error::WorkerCrashed | sqlx::Error::PoolClosed => {
            DatabaseError::Lost(format!("the connection ended at `{label}`"))
        }
        error => failed(label, &error.to_string()),
    }
}

/// What a failed COMMIT means: after a broken write nobody knows whether it is in the file.
pub fn commit_failure(error: sqlx::Error) -> DatabaseError {
    match failure("commit", error) {
        DatabaseError::Failed { detail, .. } => {
            DatabaseError::Lost(format!("COMMIT failed: {detail}"))
        }
        known => known,
    }
}

/// Whether a table that the statement names is not there.
pub fn is_missing_table(error: &DatabaseError) -> bool {
    matches!(error, DatabaseError::Statement { detail, .. } if detail.starts_with("no such table: "))
}

fn code(error: &SqliteError) -> i32 {
    error.code().and_then(|code| code.parse().ok()).unwrap_or(ERROR)
}

fn by_code(label: &str, code: i32, message: &str) -> DatabaseError {
    match code & 0xff {
        BUSY | LOCKED | PROTOCOL => transient(label, code, message),
        CONSTRAINT => constraint(label, code, message),
        READONLY => DatabaseError::ReadOnly(format!("`{label}`: {message}")),
        INTERRUPT => DatabaseError::Timeout { label: label.to_owned() },
        FULL => DatabaseError::Full(format!("`{label}`: {message}")),
        MISMATCH | TOOBIG => DatabaseError::BadValue(format!("`{label}`: {message}")),
        NOTADB => DatabaseError::Unreachable("the file is not a SQLite database".to_owned()),
        CORRUPT => DatabaseError::Unreachable(format!("the file is damaged: {message}")),
        CANTOPEN => DatabaseError::Unreachable(format!("the file cannot be opened: {message}")),
        PERM | AUTH => {
            DatabaseError::Denied { label: label.to_owned(), detail: message.to_owned() }
        }
        IOERR => failed(label, &format!("{message} (code {code})")),
        ERROR => of_the_text_or_else(label, message),
        _ => failed(label, &format!("code {code}")),
    }
}

fn transient(label: &str, code: i32, message: &str) -> DatabaseError {
    let kind = match code {
        BUSY_SNAPSHOT => Transient::Serialization,
        _ => Transient::LockTimeout,
    };
    DatabaseError::Transient { kind, label: label.to_owned(), detail: message.to_owned() }
}

fn constraint(label: &str, code: i32, message: &str) -> DatabaseError {
    let (kind, detail) = match code {
        CONSTRAINT_DATATYPE => return DatabaseError::BadValue(format!("`{label}`: {message}")),
        CONSTRAINT_CHECK => (Violation::Check, message),
        CONSTRAINT_NOTNULL => (Violation::NotNull, message),
        CONSTRAINT_UNIQUE | CONSTRAINT_PRIMARYKEY | CONSTRAINT_ROWID => {
            (Violation::Unique, message)
        }
        // ON DELETE RESTRICT is carried out by a trigger of SQLite's own.
        CONSTRAINT_FOREIGNKEY | CONSTRAINT_TRIGGER
            if code == CONSTRAINT_FOREIGNKEY || message == "FOREIGN KEY constraint failed" =>
        {
            (Violation::Reference, "a row still refers to a deleted one")
        }
        _ => (Violation::Raised, "a trigger of the table refuses"),
    };
    let table = match kind {
        Violation::NotNull | Violation::Unique => table_of(message),
        Violation::Check | Violation::Reference | Violation::Raised => None,
    };
    DatabaseError::Violation { kind, label: label.to_owned(), table, detail: detail.to_owned() }
}

/// The table in `UNIQUE constraint failed: jobs.batch, jobs.name`.
fn table_of(message: &str) -> Option<TableName> {
    let (_, columns) = message.split_once("constraint failed: ")?;
    let first = columns.split(", ").next()?;
    let (table, _) = first.rsplit_once('.')?;
    Some(TableName::local(table))
}

fn of_the_text_or_else(label: &str, message: &str) -> DatabaseError {
    if OF_THE_TEXT.iter().any(|words| message.starts_with(words)) {
        return DatabaseError::Statement {
            label: label.to_owned(),
            detail: message.to_owned(),
            position: None,
        };
    }
    if HARMLESS.iter().any(|words| message.starts_with(words)) {
        return failed(label, message);
    }
    failed(label, "SQLite's message is left out because it may name values (code 1)")
}

fn failed(label: &str, detail: &str) -> DatabaseError {
    DatabaseError::Failed { label: label.to_owned(), detail: detail.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_from_the_message() {
        for (message, table) in [
            ("UNIQUE constraint failed: jobs.batch, jobs.name", Some("jobs")),
            ("NOT NULL constraint failed: a.b.c", Some("a.b")),
            ("UNIQUE constraint failed: index 'lower_name'", None),
        ] {
            assert_eq!(table_of(message), table.map(TableName::local), "{message}");
        }
    }

    #[test]
    fn a_message_that_may_carry_values_is_left_out() {
        let told = by_code("remove runs", CONSTRAINT_TRIGGER, "run of ada@example.org is kept");
        assert!(!told.to_string().contains("ada"), "{told}");
        let told = by_code("remove runs", ERROR, "bad JSON path: 'ada@example.org'");
        assert!(!told.to_string().contains("ada"), "{told}");
    }
}
