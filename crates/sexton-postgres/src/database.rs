//! The database port: connections, and what does not belong to one transaction.

use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use sexton_core::rights::{Right, Standing};
use sexton_core::schema::{Dialect, Schema};
use sexton_engine::ports::{Database, DatabaseError, Mode, SessionId, Tx};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, Row};

use crate::error::{self, Attempt};
use crate::held::{Held, Owned};
use crate::link::Link;
use crate::session::Planning;
use crate::transaction::{Place, PostgresTx};
use crate::{blockers, introspect, migrate, rights, session, statement, tls};

const CONNECTIONS_MAX: u32 = 4;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// For asking once more why there is no connection.
const DIAGNOSIS_TIMEOUT: Duration = Duration::from_secs(2);

/// A system's database on PostgreSQL 14 or later.
pub struct PostgresDatabase {
    pool: PgPool,
    place: Place,
}

impl PostgresDatabase {
    /// Takes the address of a database, and the schema that unqualified names mean (`public`).
    ///
    /// Connections open when they are first needed, so this fails only for an address that
    /// cannot be read. Must be called in a tokio runtime.
    pub fn connect(url: &str, default_schema: Option<&str>) -> Result<Self, DatabaseError> {
        let options: PgConnectOptions = url.parse().map_err(|error| error::unreachable(&error))?;
        let options =
            tls::as_written(options, url).application_name("sexton").disable_statement_logging();
        let named = keeps_statements(&options);
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS_MAX)
            .acquire_timeout(CONNECT_TIMEOUT)
            // `begin` notices a dead connection by itself and takes another.
            .test_before_acquire(false)
            .connect_lazy_with(options);
        Ok(Self { pool, place: Place::new(default_schema, named) })
    }

    /// A mark of how this program makes Sexton's own tables.
    pub fn ledger_fingerprint() -> String {
        migrate::fingerprint()
    }

    /// Closes all connections, waiting for those in use.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Begins a transaction and learns its session's number.
    ///
    /// A connection that was idle may be dead by now. BEGIN is the first to notice and has done
    /// nothing then, so it is tried on another, until every idle one has had its turn.
    pub(crate) async fn open(
        &self,
        mode: Mode,
        planning: Planning,
    ) -> Result<(Owned, SessionId), DatabaseError> {
        let message = session::begin(mode, planning, &self.place.default_schema);
        let mut dead = 0;
        loop {
            let mut held = Owned::new(self.acquire().await?);
            match statement::batch(held.connection(), &message).await {
                Ok(rows) => {
                    let last = rows.last().ok_or(sqlx::Error::RowNotFound);
                    let session = last.and_then(|row| row.try_get(0));
                    return session
                        .map(|session| (held, SessionId(session)))
                        .map_err(|error| self.failure("begin", "", &error));
                }
                Err(error) if !error::is_lost(&error) => {
                    return Err(self.failure("begin", "", &error));
                }
                Err(error) if dead == CONNECTIONS_MAX => return Err(error::unreachable(&error)),
                Err(_) => dead += 1,
            }
        }
    }

    /// The connection of a transaction that this database opened.
    pub(crate) fn link<'h>(&self, held: &'h mut Owned) -> Link<'h> {
        Link { connection: held.connection(), named: self.place.named }
    }

    async fn acquire(&self) -> Result<sqlx::pool::PoolConnection<sqlx::Postgres>, DatabaseError> {
        match self.pool.acquire().await {
            Ok(connection) => Ok(connection),
            Err(sqlx::Error::PoolTimedOut) => Err(self.why_none().await),
            Err(error) => Err(error::unreachable(&error)),
        }
    }

    /// The pool keeps trying while a server refuses, and then tells only that time is over.
    async fn why_none(&self) -> DatabaseError {
        let options = self.pool.connect_options();
        match tokio::time::timeout(DIAGNOSIS_TIMEOUT, options.connect()).await {
            Ok(Err(error)) => error::unreachable(&error),
            Ok(Ok(connection)) => {
                // What the server thinks of the farewell changes nothing here.
                let _ = connection.close().await;
                DatabaseError::Unreachable("no connection became free within 10 s".to_owned())
            }
            Err(_) => DatabaseError::Unreachable("it does not answer within 10 s".to_owned()),
        }
    }

    /// What an error means that came while `label` was attempted.
    pub(crate) fn failure(&self, label: &str, sql: &str, error: &sqlx::Error) -> DatabaseError {
        let attempt = Attempt { label, sql, default_schema: &self.place.default_schema };
        error::failure(attempt, error)
    }
}

/// An address may say `statement-cache-capacity=0`. The driver then forgets its statements, but
/// still gives them names; so we ask it not to.
fn keeps_statements(options: &PgConnectOptions) -> bool {
    let address = options.to_url_lossy();
    let mut settings = address.query_pairs();
    !settings.any(|(name, value)| name == "statement-cache-capacity" && value == "0")
}

#[async_trait]
impl Database for PostgresDatabase {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    async fn schema(&self) -> Result<Schema, DatabaseError> {
        let (mut held, _) = self.open(Mode::Look { budget: None }, Planning::Custom).await?;
        let schema = introspect::read(&mut self.link(&mut held), &self.place.default_schema).await;
        let schema = schema.map_err(|error| self.failure("read the schema", "", &error))?;
        held.rollback().await.map_err(|error| self.failure("read the schema", "", &error))?;
        Ok(schema)
    }

    async fn begin(&self, mode: Mode) -> Result<Box<dyn Tx>, DatabaseError> {
        let (held, session) = self.open(mode, Planning::General).await?;
        let may_lock = matches!(mode, Mode::Change | Mode::Keep);
        Ok(Box::new(PostgresTx::new(held, self.place.clone(), session, may_lock)))
    }

    /// Names, types and operators are judged; rights are judged when a statement runs.
    async fn prepare(&self, sql: &str) -> Result<(), DatabaseError> {
        let (mut held, _) = self.open(Mode::Look { budget: None }, Planning::Custom).await?;
        let answer = statement::prepare(&mut self.link(&mut held), sql).await;
        let rolled_back = held.rollback().await;
        answer.map_err(|error| self.failure("prepare", sql, &error))?;
        rolled_back.map_err(|error| self.failure("prepare", "", &error))
    }

    async fn rights(
        &self,
        role: Option<&str>,
        needed: Vec<Right>,
    ) -> Result<Option<Standing>, DatabaseError> {
        let (mut held, _) = self.open(Mode::Look { budget: None }, Planning::Custom).await?;
        let schema = &self.place.default_schema;
        let answer = rights::read(&mut self.link(&mut held), role, schema, needed).await;
        let rolled_back = held.rollback().await;
        let standing = answer.map_err(|error| self.failure("read the rights", "", &error))?;
        rolled_back.map_err(|error| self.failure("read the rights", "", &error))?;
        Ok(Some(standing))
    }

    async fn prepare_ledger(&self) -> Result<(), DatabaseError> {
        migrate::up(self, &migrate::LEDGER).await?;
        self.place.ledger_seen.store(true, Ordering::Relaxed);
        Ok(())
    }

    async fn change_fence(&self, statements: &[String]) -> Result<(), DatabaseError> {
        let (mut held, _) = self.open(Mode::Change, Planning::Custom).await?;
        for sql in statements {
            let done = statement::batch(held.connection(), sql).await;
            done.map_err(|error| self.failure("change the fence", sql, &error))?;
        }
        held.commit().await.map_err(|error| self.failure("change the fence", "", &error))
    }

    async fn blockers(&self, session: SessionId) -> Vec<String> {
        let Ok(mut connection) = self.pool.acquire().await else {
            return Vec::new();
        };
        let mut link = Link { connection: &mut connection, named: self.place.named };
        blockers::of(&mut link, session).await.unwrap_or_default()
    }
}
