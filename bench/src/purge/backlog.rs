//! Batches to drain, made one by one beside rows that stay.

use std::sync::Arc;

use anyhow::{Result, ensure};
use sexton_core::names::{Actor, ThingName};
use sexton_engine::{
    Caller, DeleteRequest, FenceChange, Purged, Root, RootKey, Surroundings, System,
};
use sexton_testkit::interpose::Interposed;
use tokio::sync::watch;

use super::DIALECT;
use crate::engine::{Parts, policy};
use crate::place::{self, Place};
use crate::session::{Session, Value};
use crate::watch::Log;

/// Rows that stay, for each that is drained at once.
const STAYING: i64 = 2;

const MAKE_BATCH: &str = "INSERT INTO batches (id, endpoint, created_by, total_requests)
     SELECT ('ba000000-0000-4000-9000-' || lpad($1::text, 12, '0'))::uuid, '/v1', 'ada', $2";
const MAKE_REQUESTS: &str =
    "INSERT INTO requests (id, batch_id, state, response_status, response_body,
         completed_at, model, custom_id, path, body)
     SELECT gen_random_uuid(), ('ba000000-0000-4000-9000-' || lpad($1::text, 12, '0'))::uuid,
         'completed', 200, repeat('an answer ', 20), now(), 'small', 'line-' || n, '/responses',
         repeat('a question ', 10)
     FROM generate_series(1, $2) AS n";
/// One of ten has a step, as the daemons write them.
const MAKE_STEPS: &str = "INSERT INTO response_steps (id, request_id, request_payload)
     SELECT gen_random_uuid(), id, '{}' FROM requests
     WHERE batch_id = ('ba000000-0000-4000-9000-' || lpad($1::text, 12, '0'))::uuid
       AND hashtext(id::text) % 10 = 0";

/// The place, and what was made there.
pub struct Backlog {
    address: String,
    session: Session,
    rows: i64,
    made: i64,
}

/// A batch that is to be drained.
pub struct Batch {
    /// Its id.
    pub id: String,
    /// Its requests.
    pub rows: i64,
}

/// A worker of its own, with chunks and pauses of this size.
pub struct Worker {
    system: System,
    /// Every call of it.
    pub log: Arc<Log>,
}

impl Backlog {
    /// The tables, and rows that stay in batches of this size.
    pub async fn load(place: &Place, rows: i64) -> Result<Self> {
        let mut session = place.session().await?;
        session.script(sexton_samples::requests().schema_postgres).await?;
        let address = place.address()?;
        let mut backlog = Self { address, session, rows, made: 0 };
        for _ in 0..STAYING {
            backlog.batch(rows).await?;
        }
        // The fence is part of the sample, and writers ask it.
        let worker = backlog.worker(super::CHUNK, 0).await?;
        worker.system.prepare().await?;
        worker.system.change_fence(FenceChange::Install).await?;
        Ok(backlog)
    }

    /// Rows of a batch.
    pub fn rows(&self) -> i64 {
        self.rows
    }

    /// Makes another batch.
    pub async fn batch(&mut self, rows: i64) -> Result<Batch> {
        self.made += 1;
        let number = Value::Number(self.made);
        self.session.run(MAKE_BATCH, &[number.clone(), Value::Number(rows)]).await?;
        self.session.run(MAKE_REQUESTS, &[number.clone(), Value::Number(rows)]).await?;
        self.session.run(MAKE_STEPS, &[number]).await?;
        self.session.script("VACUUM (ANALYZE) requests, response_steps, batches").await?;
        Ok(Batch { id: format!("ba000000-0000-4000-9000-{:012}", self.made), rows })
    }

    /// Makes another batch, and hides it.
    pub async fn hidden(&mut self, rows: i64) -> Result<Batch> {
        let batch = self.batch(rows).await?;
        self.worker(super::CHUNK, 0).await?.hides(&batch).await?;
        Ok(batch)
    }

    /// A worker in chunks and with pauses of this size.
    pub async fn worker(&self, chunk: i64, pause_millis: u64) -> Result<Worker> {
        let mut policy = policy(&sexton_samples::requests(), Parts { fence: true, work: true })?;
        for purge in policy.things.iter_mut().filter_map(|thing| thing.purge.as_mut()) {
            (purge.chunk_rows, purge.pause_millis) = (u64::try_from(chunk)?, pause_millis);
        }
        let log = Arc::new(Log::default());
        let database = place::database(DIALECT, &self.address).await?;
        let timed = Arc::new(Interposed::on(database).watched_by(log.clone()));
        let system = System::new(policy, timed, Surroundings::of_this_machine(), None);
        Ok(Worker { system, log })
    }

    /// A session for SQL by hand.
    pub async fn session(&self) -> Result<Session> {
        place::session(DIALECT, &self.address).await
    }
}

impl Worker {
    async fn hides(&self, batch: &Batch) -> Result<()> {
        let root = Root {
            thing: ThingName::new("batch"),
            key: RootKey::Id(batch.id.clone()),
            options: std::collections::BTreeMap::new(),
            caller: Caller::operator(Actor::new("bench")),
        };
        self.system.delete(&DeleteRequest { root, reason: None, bound_to: None }).await?;
        Ok(())
    }

    /// Compiles its plans, while there is nothing to do.
    pub async fn warms_up(&self) -> Result<()> {
        self.drains().await?;
        self.log.take();
        Ok(())
    }

    /// Drains what is hidden.
    pub async fn drains(&self) -> Result<Purged> {
        Ok(self.system.purge(&watch::channel(false).1).await?)
    }

    /// The same of one batch, of which nothing may be left.
    pub async fn drains_all(&self, batch: &Batch) -> Result<Purged> {
        let purged = self.drains().await?;
        let rows = i64::try_from(purged.rows)?;
        ensure!(rows >= batch.rows && purged.ended.len() == 1, "{purged:?} of {} rows", batch.rows);
        Ok(purged)
    }
}
