//! Who a transaction belongs to: to us, on a connection of the pool, or to the caller.

use std::future::Future;

use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, Postgres};

use crate::link::Link;
use crate::{error, session};

/// A connection with an open transaction, and what ends it.
pub(crate) trait Held: Send {
    /// The connection.
    fn connection(&mut self) -> &mut PgConnection;

    /// Ends the transaction for good, if it is ours to end.
    fn commit(self) -> impl Future<Output = Result<(), sqlx::Error>> + Send;

    /// Takes everything back, if it is ours to take back.
    fn rollback(self) -> impl Future<Output = Result<(), sqlx::Error>> + Send;
}

/// A transaction of our own.
///
/// Dropped while open, its connection is closed, and the server rolls back. Handing it back to
/// the pool with a queued ROLLBACK would be cheaper, but only the server knows in what state
/// a statement that was cut short has left it.
pub(crate) struct Owned {
    connection: PoolConnection<Postgres>,
    open: bool,
}

impl Owned {
    /// Takes a connection on which a transaction is about to begin.
    pub(crate) fn new(connection: PoolConnection<Postgres>) -> Self {
        Self { connection, open: true }
    }
}

impl Held for Owned {
    fn connection(&mut self) -> &mut PgConnection {
        &mut self.connection
    }

    async fn commit(mut self) -> Result<(), sqlx::Error> {
        sqlx::raw_sql("COMMIT").execute(self.connection()).await?;
        self.open = false;
        Ok(())
    }

    async fn rollback(mut self) -> Result<(), sqlx::Error> {
        sqlx::raw_sql("ROLLBACK").execute(self.connection()).await?;
        self.open = false;
        Ok(())
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        if self.open {
            self.connection.close_on_drop();
        }
    }
}

/// A transaction of the caller, who alone decides how it ends.
pub(crate) struct Borrowed<'c> {
    link: Link<'c>,
    before: Vec<(String, String)>,
}

impl<'c> Borrowed<'c> {
    /// Takes the caller's connection, and the settings to put back at the end.
    pub(crate) fn new(link: Link<'c>, before: Vec<(String, String)>) -> Self {
        Self { link, before }
    }
}

impl Held for Borrowed<'_> {
    fn connection(&mut self) -> &mut PgConnection {
        self.link.connection
    }

    async fn commit(mut self) -> Result<(), sqlx::Error> {
        session::apply(&mut self.link, &self.before).await
    }

    /// After a failure the server takes no statement but the caller's ROLLBACK, which takes the
    /// settings back too.
    async fn rollback(mut self) -> Result<(), sqlx::Error> {
        match session::apply(&mut self.link, &self.before).await {
            Err(error) if error::in_failed_transaction(&error) => Ok(()),
            other => other,
        }
    }
}
