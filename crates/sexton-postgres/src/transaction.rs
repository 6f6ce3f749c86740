//! The transaction port over one connection, whoever that belongs to.
//!
//! Invariant: after a statement failed, `commit` refuses. The server would answer such a COMMIT
//! with a silent ROLLBACK, which looks like a success from here.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use sexton_core::names::TableName;
use sexton_engine::ports::{Arg, DatabaseError, Query, Row, SchemaStamp, SessionId, Tx};
use sqlx::{Connection, Postgres, Transaction};
use tokio::sync::mpsc;

use crate::error::{self, Attempt};
use crate::held::{Borrowed, Held};
use crate::link::Link;
use crate::session::Planning;
use crate::{holds, session, stamp, statement};

/// Up to so many keys a search through them, one by one, costs less than a plan.
const KEYS_FEW: usize = 2_000;

/// What a transaction knows of the database it is in.
#[derive(Clone)]
pub(crate) struct Place {
    /// The schema that unqualified names mean.
    pub(crate) default_schema: Arc<str>,
    /// Whether the server may keep statements under names.
    pub(crate) named: bool,
    /// Whether Sexton's own tables have been seen there.
    pub(crate) ledger_seen: Arc<AtomicBool>,
}

impl Place {
    pub(crate) fn new(default_schema: Option<&str>, named: bool) -> Self {
        Self {
            default_schema: default_schema.unwrap_or("public").into(),
            named,
            ledger_seen: Arc::default(),
        }
    }
}

/// An open transaction.
pub(crate) struct PostgresTx<H> {
    held: H,
    place: Place,
    session: SessionId,
    may_lock: bool,
    planning: Planning,
    failed: bool,
}

impl<H: Held> PostgresTx<H> {
    /// Takes a connection on which a transaction has begun; `may_lock` unless it is read-only.
    pub(crate) fn new(held: H, place: Place, session: SessionId, may_lock: bool) -> Self {
        Self { held, place, session, may_lock, planning: Planning::General, failed: false }
    }

    pub(crate) fn link(&mut self) -> Link<'_> {
        Link { connection: self.held.connection(), named: self.place.named }
    }

    pub(crate) fn may_lock(&self) -> bool {
        self.may_lock
    }

    /// Tells what an answer means, and remembers a failure.
    pub(crate) fn judged<T>(
        &mut self,
        label: &str,
        sql: &str,
        answer: Result<T, sqlx::Error>,
    ) -> Result<T, DatabaseError> {
        answer.map_err(|error| {
            self.failed = true;
            let attempt = Attempt { label, sql, default_schema: &self.place.default_schema };
            error::failure(attempt, &error)
        })
    }

    /// Has a statement planned as befits it.
    async fn plan_for(&mut self, query: &Query<'_>) -> Result<(), sqlx::Error> {
        let few = |arg: &Arg| !matches!(arg, Arg::Array(list) if list.len() > KEYS_FEW);
        let general = query.general && query.args.iter().all(few);
        let planning = if general { Planning::General } else { Planning::Custom };
        if planning != self.planning {
            statement::batch(self.held.connection(), &planning.message()).await?;
            self.planning = planning;
        }
        Ok(())
    }

    /// Whether Sexton's own tables exist; asked until they do.
    pub(crate) async fn has_ledger(&mut self) -> Result<bool, DatabaseError> {
        if self.place.ledger_seen.load(Ordering::Relaxed) {
            return Ok(true);
        }
        let answer = holds::exists(&mut self.link()).await;
        let exists = self.judged("look for Sexton's tables", "", answer)?;
        self.place.ledger_seen.store(exists, Ordering::Relaxed);
        Ok(exists)
    }
}

#[async_trait]
impl<H: Held> Tx for PostgresTx<H> {
    async fn rows(&mut self, query: Query<'_>) -> Result<Vec<Row>, DatabaseError> {
        let answer = match self.plan_for(&query).await {
            Ok(()) => statement::rows(&mut self.link(), &query).await,
            Err(error) => Err(error),
        };
        self.judged(query.label, query.sql, answer)
    }

    async fn named_rows(
        &mut self,
        query: Query<'_>,
    ) -> Result<(Vec<String>, Vec<Row>), DatabaseError> {
        let answer = match self.plan_for(&query).await {
            Ok(()) => statement::named_rows(&mut self.link(), &query).await,
            Err(error) => Err(error),
        };
        self.judged(query.label, query.sql, answer)
    }

    async fn stream(
        &mut self,
        query: Query<'_>,
        parts: &mpsc::Sender<Vec<Row>>,
    ) -> Result<(), DatabaseError> {
        let answer = match self.plan_for(&query).await {
            Ok(()) => statement::stream(&mut self.link(), &query, parts).await,
            Err(error) => Err(error),
        };
        self.judged(query.label, query.sql, answer)
    }

    async fn run(&mut self, query: Query<'_>) -> Result<u64, DatabaseError> {
        let answer = match self.plan_for(&query).await {
            Ok(()) => statement::run(&mut self.link(), &query).await,
            Err(error) => Err(error),
        };
        self.judged(query.label, query.sql, answer)
    }

    async fn stamp(&mut self, tables: &[TableName]) -> Result<SchemaStamp, DatabaseError> {
        let default_schema = Arc::clone(&self.place.default_schema);
        let answer = stamp::read(&mut self.link(), &default_schema, tables).await;
        self.judged("stamp the schema", "", answer).map(SchemaStamp)
    }

    async fn lock_names(&mut self, names: &[String]) -> Result<(), DatabaseError> {
        let answer = lock_names(&mut self.link(), names).await;
        self.judged("lock the names", "", answer)
    }

    /// Nothing to do: one statement with several `WITH` parts removes a cycle.
    async fn relax_constraints(&mut self) -> Result<(), DatabaseError> {
        Ok(())
    }

    async fn settle_constraints(&mut self) -> Result<(), DatabaseError> {
        let answer = settle_constraints(&mut self.link()).await;
        self.judged("settle constraints", "", answer)
    }

    async fn notify(&mut self, channel: &str, messages: &[String]) -> Result<(), DatabaseError> {
        let answer = notify(&mut self.link(), channel, messages).await;
        self.judged("notify", "", answer)
    }

    fn session(&self) -> Option<SessionId> {
        Some(self.session)
    }

    async fn commit(self: Box<Self>) -> Result<(), DatabaseError> {
        let Self { held, place, failed, .. } = *self;
        if failed {
            drop(held);
            return Err(DatabaseError::Failed {
                label: "commit".to_owned(),
                detail: "an earlier statement of the transaction failed".to_owned(),
            });
        }
        let attempt = Attempt { label: "commit", sql: "", default_schema: &place.default_schema };
        held.commit().await.map_err(|error| error::failure(attempt, &error))
    }

    async fn rollback(self: Box<Self>) -> Result<(), DatabaseError> {
        let Self { held, place, .. } = *self;
        let attempt =
            Attempt { label: "roll back", sql: "", default_schema: &place.default_schema };
        held.rollback().await.map_err(|error| error::failure(attempt, &error))
    }
}

/// Works inside a transaction of the caller, who alone commits it or rolls it back.
///
/// The transaction must be READ COMMITTED: under a stricter level, rows that others commit
/// while a lock is waited for stay unseen. `commit` and `rollback` of what is returned only put
/// the caller's settings back; after an error the caller can only roll back.
pub async fn in_transaction<'c>(
    transaction: &'c mut Transaction<'_, Postgres>,
    default_schema: Option<&str>,
) -> Result<Box<dyn Tx + 'c>, DatabaseError> {
    // Where the caller's connection keeps statements already, it may keep ours.
    let named = transaction.cached_statements_size() > 0;
    let place = Place::new(default_schema, named);
    let attempt = Attempt {
        label: "enter the caller's transaction",
        sql: "",
        default_schema: &place.default_schema,
    };
    let mut link = Link { connection: transaction, named };
    let told = |error| error::failure(attempt, &error);
    let found = session::found(&mut link).await.map_err(told)?;
    if found.isolation != "read committed" {
        return Err(DatabaseError::Failed {
            label: attempt.label.to_owned(),
            detail: ["it must be READ COMMITTED, and is ", &found.isolation].concat(),
        });
    }
    session::apply(&mut link, &session::ours(&place.default_schema)).await.map_err(told)?;
    let held = Borrowed::new(link, found.settings);
    Ok(Box::new(PostgresTx::new(held, place, SessionId(found.session), true)))
}

/// Waits for the name until the transaction ends. A repeat in the same transaction is free.
/// One after the other: an array is taken apart in its own order.
async fn lock_names(link: &mut Link<'_>, names: &[String]) -> Result<(), sqlx::Error> {
    link.query("SELECT pg_advisory_xact_lock(hashtextextended(name, 0)) FROM unnest($1) AS name")
        .bind(names)
        .execute(&mut *link.connection)
        .await?;
    Ok(())
}

/// Sends messages that arrive once the transaction commits, in their order.
async fn notify(
    link: &mut Link<'_>,
    channel: &str,
    messages: &[String],
) -> Result<(), sqlx::Error> {
    link.query(
        "SELECT pg_notify($1, sent.message)
         FROM unnest($2::text[]) WITH ORDINALITY AS sent (message, place)
         ORDER BY sent.place",
    )
    .bind(channel)
    .bind(messages)
    .execute(&mut *link.connection)
    .await?;
    Ok(())
}

/// Judges deferred constraints now, and each further change at once.
async fn settle_constraints(link: &mut Link<'_>) -> Result<(), sqlx::Error> {
    sqlx::raw_sql("SET CONSTRAINTS ALL IMMEDIATE").execute(&mut *link.connection).await?;
    Ok(())
}
