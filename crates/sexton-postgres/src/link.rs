//! A connection, and whether statements on it may have names.

use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{PgConnection, Postgres, SqlSafeStr};

/// A connection for the time of a few statements.
pub(crate) struct Link<'c> {
    /// The connection itself.
    pub(crate) connection: &'c mut PgConnection,
    /// Whether the server may keep statements under names, which saves it parsing them again.
    /// Not behind a pooler that hands a name of one client to the session of another.
    pub(crate) named: bool,
}

impl Link<'_> {
    /// A statement for this connection.
    pub(crate) fn query<'q>(&self, sql: impl SqlSafeStr) -> Query<'q, Postgres, PgArguments> {
        sqlx::query(sql).persistent(self.named)
    }
}
