//! Two small pools on one file: connections that only look, and the one that changes.
//!
//! SQLite has one writer at a time, so a second connection for changes would only meet the
//! first one's lock. Connections that look can never write, whatever they are given to run, so
//! nothing has to be set back on them.
//!
//! Invariants: a connection that comes back, also from a dropped transaction, is rolled back
//! before it is lent again; transactions are begun by our own statements, because the driver's
//! own count of them goes wrong where SQLite rolls back by itself (full disk, interrupt).

use std::path::Path;
use std::time::Duration;

use sexton_engine::ports::{DatabaseError, Transient};
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use sqlx::{ConnectOptions, Connection, Sqlite, SqliteConnection, SqlitePool};

use crate::address;
use crate::budget::Budget;
use crate::failure::failure;

const BUSY_TIMEOUT: Duration = Duration::from_millis(500);
const LOOKERS_MAX: u32 = 3;
const LOOKER_WAIT: Duration = Duration::from_secs(30);
const ROWS_BUFFERED: usize = 512;

/// The connections of one database.
#[derive(Debug, Clone)]
pub struct Pools {
    /// Whether the file has a write-ahead log.
    pub wal: bool,
    lookers: SqlitePool,
    changer: SqlitePool,
}

impl Pools {
    /// Opens the file once to see that it is a database, then makes ready to open it on demand.
    pub async fn open(options: SqliteConnectOptions) -> Result<Self, DatabaseError> {
        let options = settled(options);
        let journal = journal_mode(&options).await?;
        Ok(Self::on_demand(options, &journal))
    }

    /// The same for a file that need not be there; it gets a write-ahead log.
    pub async fn create(options: SqliteConnectOptions) -> Result<Self, DatabaseError> {
        let options = settled(options);
        let first = options.clone().create_if_missing(true).journal_mode(SqliteJournalMode::Wal);
        let journal = journal_mode(&first).await?;
        Ok(Self::on_demand(options, &journal))
    }

    fn on_demand(options: SqliteConnectOptions, journal: &str) -> Self {
        let looking = options.clone().pragma("query_only", "ON");
        Self {
            wal: journal == "wal",
            lookers: pool(LOOKERS_MAX, LOOKER_WAIT).connect_lazy_with(looking),
            changer: pool(1, BUSY_TIMEOUT).connect_lazy_with(options),
        }
    }

    /// A connection that cannot write; each of its statements ends within the budget.
    pub async fn looker(
        &self,
        budget: Option<&Budget>,
    ) -> Result<PoolConnection<Sqlite>, DatabaseError> {
        let mut connection = lend(&self.lookers).await?;
        let mut handle =
            connection.lock_handle().await.map_err(|error| failure("set the budget", error))?;
        match budget {
            Some(budget) => budget.guard(&mut handle),
            None => handle.remove_progress_handler(),
        }
        drop(handle);
        Ok(connection)
    }

    /// Closes all connections, waiting for those in use.
    pub async fn close(&self) {
        self.lookers.close().await;
        self.changer.close().await;
    }

    /// The connection that changes.
    pub async fn changer(&self) -> Result<PoolConnection<Sqlite>, DatabaseError> {
        lend(&self.changer).await
    }
}

fn settled(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .row_buffer_size(ROWS_BUFFERED)
        .disable_statement_logging()
}

fn pool(connections_max: u32, wait: Duration) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections_max)
        .acquire_timeout(wait)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .after_release(|connection, _| Box::pin(is_free(connection)))
}

/// Ends a transaction that was left open. What cannot be ended is not lent again.
async fn is_free(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    match sqlx::query("ROLLBACK").execute(connection).await {
        // SQLite refuses where no transaction is open, and tells that by its plainest number.
        Err(sqlx::Error::Database(error)) => Ok(error.code().as_deref() == Some("1")),
        done => Ok(done.is_ok()),
    }
}

async fn lend(pool: &SqlitePool) -> Result<PoolConnection<Sqlite>, DatabaseError> {
    pool.acquire().await.map_err(|error| match error {
        sqlx::Error::PoolTimedOut => DatabaseError::Transient {
            kind: Transient::LockTimeout,
            label: "begin".to_owned(),
            detail: "another transaction of this process is still open".to_owned(),
        },
        error => failure("open", error),
    })
}

/// Reads the file's journal mode, and with it the file's header: a file that is no database is
/// told here.
async fn journal_mode(options: &SqliteConnectOptions) -> Result<String, DatabaseError> {
    let told = |error| unopened(options.get_filename(), failure("open", error));
    let mut connection = SqliteConnection::connect_with(options).await.map_err(told)?;
    let mode = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut connection).await;
    let header = sqlx::query("PRAGMA schema_version").execute(&mut connection).await;
    connection.close().await.map_err(told)?;
    header.map_err(told)?;
    mode.map_err(told)
}

/// Adds to a failure to open which file it is about, and the one cause that is hard to guess.
fn unopened(path: &Path, failure: DatabaseError) -> DatabaseError {
    // A log that cannot be made is told as a write to a file that may only be read.
    let (DatabaseError::Unreachable(why) | DatabaseError::ReadOnly(why)) = failure else {
        return failure;
    };
    let hint = if address::has_log(path) {
        "; it has a write-ahead log, which can only be opened where its folder may be written"
    } else {
        ""
    };
    DatabaseError::Unreachable(format!("{}: {why}{hint}", path.display()))
}
