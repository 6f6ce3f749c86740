//! What the server's errors mean, by SQLSTATE: the one map to the port's error.
//!
//! Only the primary message is passed on. The detail of a constraint's error holds the row's
//! values, and those enter no message and no log.

use sexton_core::names::TableName;
use sexton_engine::ports::{DatabaseError, Transient, Violation};
use sqlx::postgres::{PgDatabaseError, PgErrorPosition};

/// What was being done when an error came.
#[derive(Clone, Copy)]
pub(crate) struct Attempt<'a> {
    /// The statement in the plan's words.
    pub(crate) label: &'a str,
    /// Its text; empty where positions in it mean nothing to anybody.
    pub(crate) sql: &'a str,
    /// The schema that is left out of names.
    pub(crate) default_schema: &'a str,
}

/// An error from before there was a connection.
pub(crate) fn unreachable(error: &sqlx::Error) -> DatabaseError {
    let words = words(error);
    // What the driver says of a certificate begins like this, and names no way out.
    DatabaseError::Unreachable(match words.split_once("invalid peer certificate: ") {
        Some((_, why)) if why.contains("not valid for name") => {
            format!("the server's certificate is for another name ({why})")
        }
        Some((_, why)) => format!(
            "the server's certificate is not accepted ({why}); `sslrootcert=FILE` in the address \
             names the root that signed it"
        ),
        None => words,
    })
}

/// An error of a statement.
pub(crate) fn failure(attempt: Attempt<'_>, error: &sqlx::Error) -> DatabaseError {
    if is_lost(error) {
        return DatabaseError::Lost(words(error));
    }
    match error.as_database_error().and_then(|error| error.try_downcast_ref()) {
        Some(error) => by_state(attempt, error),
        None => DatabaseError::Failed { label: attempt.label.to_owned(), detail: words(error) },
    }
}

/// Whether the connection is of no use any more.
pub(crate) fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed | sqlx::Error::Protocol(_) => true,
        other => {
            matches!(
                state(other).as_deref(),
                Some("57P01" | "57P02" | "57P03" | "57P05" | "25P03" | "25P04")
            ) || state(other).is_some_and(|state| state.starts_with("08"))
        }
    }
}

/// Whether an earlier statement of the transaction failed, so that it can only be rolled back.
pub(crate) fn in_failed_transaction(error: &sqlx::Error) -> bool {
    state(error).as_deref() == Some("25P02")
}

/// Whether a table or schema is not there.
pub(crate) fn is_missing_table(error: &sqlx::Error) -> bool {
    matches!(state(error).as_deref(), Some("42P01" | "3F000"))
}

fn state(error: &sqlx::Error) -> Option<String> {
    Some(error.as_database_error()?.code()?.into_owned())
}

fn words(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        sqlx::Error::Io(error) => error.to_string(),
        other => other.to_string(),
    }
}

fn by_state(attempt: Attempt<'_>, error: &PgDatabaseError) -> DatabaseError {
    let label = attempt.label.to_owned();
    let detail = error.message().to_owned();
    let transient = |kind| DatabaseError::Transient {
        kind,
        label: attempt.label.to_owned(),
        detail: error.message().to_owned(),
    };
    let violation = |kind| DatabaseError::Violation {
        kind,
        label: attempt.label.to_owned(),
        table: table(error, attempt.default_schema),
        detail: error.message().to_owned(),
    };
    match error.code() {
        "55P03" => transient(Transient::LockTimeout),
        "40P01" => transient(Transient::Deadlock),
        "40001" => transient(Transient::Serialization),
        // RESTRICT has a state of its own since PostgreSQL 18.
        "23503" | "23001" => transient(Transient::LateReference),
        "23514" => violation(Violation::Check),
        "23502" => violation(Violation::NotNull),
        "23505" => violation(Violation::Unique),
        "23000" | "23P01" | "27000" | "44000" | "P0001" => violation(Violation::Raised),
        "42501" => DatabaseError::Denied { label, detail },
        "25006" => DatabaseError::ReadOnly(detail),
        "53100" => DatabaseError::Full(detail),
        "57014" => DatabaseError::Timeout { label },
        code if code.starts_with("22") => DatabaseError::BadValue(detail),
        code if code.starts_with("42") || code == "3F000" || code == "0A000" => {
            DatabaseError::Statement { label, detail, position: position(attempt.sql, error) }
        }
        _ => DatabaseError::Failed { label, detail },
    }
}

fn table(error: &PgDatabaseError, default_schema: &str) -> Option<TableName> {
    let schema = error.schema().filter(|schema| *schema != default_schema);
    Some(TableName { schema: schema.map(str::to_owned), name: error.table()?.to_owned() })
}

/// The server counts characters from one; the port counts bytes from zero.
fn position(sql: &str, error: &PgDatabaseError) -> Option<usize> {
    match error.position()? {
        PgErrorPosition::Original(character) => byte_of(sql, character),
        PgErrorPosition::Internal { .. } => None,
    }
}

fn byte_of(sql: &str, character: usize) -> Option<usize> {
    let before = character.checked_sub(1)?;
    sql.char_indices().nth(before).map(|(byte, _)| byte)
}

#[cfg(test)]
mod tests {
    use super::byte_of;

    #[test]
    fn characters_from_one_become_bytes_from_zero() {
        assert_eq!(byte_of("SELECT x", 1), Some(0));
        assert_eq!(byte_of("SELECT 'ä', x", 13), Some(13));
        assert_eq!(byte_of("SELECT x", 0), None);
        assert_eq!(byte_of("SELECT x", 99), None);
    }
}
