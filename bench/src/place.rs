//! Where a data set lives: a database of its own on PostgreSQL, or a file of its own.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use sexton_core::schema::Dialect;
use sexton_engine::ports::Database;
use sexton_postgres::PostgresDatabase;
use sexton_samples::batches;
use sexton_sqlite::SqliteDatabase;
use sexton_testkit::dump::Dump;
use sexton_testkit::{postgres, sqlite};

use crate::session::Session;

const LOG_OF_POSTGRES: &str = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint";

/// A database for one data set. It is removed when this is closed.
pub enum Place {
    /// On the throw-away server of the test kit.
    ThrowAway(postgres::TestDatabase),
    /// On a server that the caller named.
    Given {
        /// Any database of the server, to make and remove ours from.
        server: String,
        /// The name of ours.
        name: String,
    },
    /// A file.
    File(sqlite::TestDatabase),
}

impl Place {
    /// An empty PostgreSQL database: on the server at this address, or on a throw-away one.
    pub async fn postgres(server: Option<&str>, purpose: &str) -> Result<Self> {
        let Some(server) = server else {
            return Ok(Self::ThrowAway(postgres::TestDatabase::bare().await));
        };
        let name = format!("sexton_bench_{purpose}_{}", std::process::id());
        let mut admin = Session::on_postgres(server).await?;
        admin.script(&format!("CREATE DATABASE {name} TEMPLATE template0")).await?;
        admin.close().await?;
        Ok(Self::Given { server: server.to_owned(), name })
    }

    /// An empty file.
    pub async fn sqlite() -> Self {
        Self::File(sqlite::TestDatabase::new().await)
    }

    /// Which database it is.
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::ThrowAway(_) | Self::Given { .. } => Dialect::Postgres,
            Self::File(_) => Dialect::Sqlite,
        }
    }

    /// Its address.
    pub fn address(&self) -> Result<String> {
        match self {
            Self::ThrowAway(database) => Ok(database.url()),
            Self::Given { server, name } => {
                let (path, options) = server.split_once('?').unwrap_or((server, ""));
                let (before, _) = path.rsplit_once('/').context("an address has a path")?;
                Ok(format!("{before}/{name}?{options}"))
            }
            Self::File(file) => Ok(file.path().display().to_string()),
        }
    }

    /// A session for SQL by hand.
    pub async fn session(&self) -> Result<Session> {
        session(self.dialect(), &self.address()?).await
    }

    /// Everything that is in it but Sexton's own tables.
    pub async fn dump(&self) -> Result<Dump> {
        match self {
            Self::ThrowAway(database) => Ok(database.dump().await),
            Self::File(file) => Ok(file.dump().await),
            Self::Given { .. } => anyhow::bail!("dumps are taken on throw-away databases only"),
        }
    }

    /// Lets the next deletion begin with as little behind it as any other: on SQLite with an
    /// empty log, since whoever makes the log long has to copy it into the file at COMMIT.
    pub async fn rest(&self, watcher: &mut Session) -> Result<()> {
        match self.dialect() {
            Dialect::Postgres => Ok(()),
            Dialect::Sqlite => watcher.script("PRAGMA wal_checkpoint(TRUNCATE)").await,
        }
    }

    /// How far the database's log has come, in bytes: on SQLite since [`Self::rest`].
    pub async fn log(&self, watcher: &mut Session) -> Result<u64> {
        match self {
            Self::ThrowAway(_) | Self::Given { .. } => watcher.number(LOG_OF_POSTGRES).await,
            Self::File(file) => {
                Ok(fs::metadata(file.path().with_extension("db-wal")).map_or(0, |log| log.len()))
            }
        }
    }

    /// Removes it.
    pub async fn close(self) -> Result<()> {
        match self {
            Self::ThrowAway(database) => database.close().await,
            Self::Given { server, name } => {
                let mut admin = Session::on_postgres(&server).await?;
                admin.script(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
                admin.close().await?;
            }
            Self::File(file) => drop(file),
        }
        Ok(())
    }
}

/// The tables of the sample, as statements: those that make tables, and those that make indexes.
pub fn schema(dialect: Dialect) -> (Vec<&'static str>, Vec<&'static str>) {
    let script = match dialect {
        Dialect::Postgres => batches().schema_postgres,
        Dialect::Sqlite => batches().schema_sqlite,
    };
    let statements = script.split(';').filter(|statement| !statement.trim().is_empty());
    statements.partition(|statement| !statement.contains("CREATE INDEX"))
}

/// A session for SQL by hand at this address.
pub async fn session(dialect: Dialect, address: &str) -> Result<Session> {
    match dialect {
        Dialect::Postgres => Session::on_postgres(address).await,
        Dialect::Sqlite => Session::on_sqlite(&PathBuf::from(address)).await,
    }
}

/// The adapter at this address.
pub async fn database(dialect: Dialect, address: &str) -> Result<Arc<dyn Database>> {
    Ok(match dialect {
        Dialect::Postgres => Arc::new(PostgresDatabase::connect(address, None)?),
        Dialect::Sqlite => Arc::new(SqliteDatabase::open(address).await?),
    })
}
