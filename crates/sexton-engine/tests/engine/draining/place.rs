//! Batches with jobs on either database, and workers that act on command.

use std::collections::BTreeMap;
use std::sync::Arc;

use sexton_core::audit::Receipt;
use sexton_core::names::{Actor, ThingName};
use sexton_core::preview::Preview;
use sexton_engine::ports::Database;
use sexton_engine::{
    Bound, Budget, Caller, Cancelled, DeleteError, DeleteRequest, Refusal, Root, RootKey,
    Surroundings, System,
};
use sexton_sqlite::SqliteDatabase;
use sexton_testkit::dump::Dump;
use sexton_testkit::interpose::{Interposed, Watcher};
use sexton_testkit::{postgres, sqlite};

use crate::surroundings;

/// Jobs go with their batch, mails stay; a job of batch 1 waits, one is paused, one is done.
const TABLES: &str = "
    CREATE TABLE batches (id integer PRIMARY KEY, held integer NOT NULL DEFAULT 0);
    CREATE TABLE jobs (id integer PRIMARY KEY, batch_id integer NOT NULL, status text NOT NULL,
        stopping integer NOT NULL DEFAULT 0, lease text, ended text);
    CREATE INDEX jobs_batch_id ON jobs (batch_id);
    CREATE TABLE mails (id integer PRIMARY KEY, batch_id integer, status text NOT NULL,
        stopping integer NOT NULL DEFAULT 0);
    CREATE INDEX mails_batch_id ON mails (batch_id);
    INSERT INTO batches (id) VALUES (1), (2);
    INSERT INTO jobs (id, batch_id, status) VALUES
        (11, 1, 'queued'), (12, 1, 'paused'), (13, 1, 'done'), (21, 2, 'queued');
    INSERT INTO mails (id, batch_id, status) VALUES (31, 1, 'queued'), (32, 1, 'sent'),
        (41, 2, 'queued');";

const POLICY: &str = r#"
    system = "batches"
    [things.batch]
    row = "batches.id"
    refuse = { "held = 1" = "it is held" }
    [references]
    "jobs.batch_id -> batches" = "delete"
    "mails.batch_id -> batches" = "unlink"
"#;

/// Jobs that are asked to stop and waited for.
pub const JOBS: &str = r#"
    [work.jobs]
    waiting = "status in ('queued','paused')"
    running = "status = 'running'"
    dead = "lease < {now}"
    stop = { waiting = { status = "canceled", ended = "={now}" }, running = { stopping = 1 } }
    wait = "WAIT"
"#;

/// Mails, which stay.
pub const MAILS: &str = r#"
    [work.mails]
    waiting = "status = 'queued'"
    running = "status = 'sending'"
    stop = { waiting = { status = "canceled" }, running = { stopping = 1 } }
    wait = "20s"
"#;

/// Jobs that run and nobody stops.
pub const UNSTOPPED: &str = "[work.jobs]\nrunning = \"status = 'running'\"\n";

/// A lease that is over, and one that lasts.
pub const OVER: &str = "2020-01-01T00:00:00Z";
pub const LASTS: &str = "2999-01-01T00:00:00Z";

/// Work whose workers have so many seconds.
pub fn jobs(wait: &str) -> String {
    JOBS.replace("WAIT", wait)
}

pub enum Place {
    Sqlite(sqlite::TestDatabase),
    Postgres(postgres::TestDatabase),
}

/// Makes a test of each function for each database.
macro_rules! on_both_databases {
    ($($test:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $test() {
                super::$test(crate::draining::place::Place::on_sqlite().await).await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test]
            async fn $test() {
                super::$test(crate::draining::place::Place::on_postgres().await).await;
            })*
        }
    };
}
pub(super) use on_both_databases;

impl Place {
    pub async fn on_sqlite() -> Self {
        let database = sqlite::TestDatabase::new().await;
        database.execute(TABLES).await;
        Self::Sqlite(database)
    }

    pub async fn on_postgres() -> Self {
        let database = postgres::TestDatabase::new().await;
        database.execute(TABLES).await;
        Self::Postgres(database)
    }

    /// A system with this work, in a process of its own.
    pub async fn system(&self, work: &str) -> System {
        self.watched(work, |on| on).await
    }

    /// The same, watched by somebody.
    pub async fn watched_by(&self, work: &str, watcher: Arc<dyn Watcher>) -> System {
        self.watched(work, |on| on.watched_by(watcher)).await
    }

    /// The same, on a database with something between.
    pub async fn watched(&self, work: &str, with: impl FnOnce(Interposed) -> Interposed) -> System {
        self.watched_in(work, surroundings::of_a_test(), with).await
    }

    /// The same, in these surroundings.
    pub async fn watched_in(
        &self,
        work: &str,
        surroundings: Surroundings,
        with: impl FnOnce(Interposed) -> Interposed,
    ) -> System {
        let (policy, findings) = sexton_core::policy::parse(&[POLICY, work].concat());
        assert_eq!(findings, []);
        let database: Arc<dyn Database> = match self {
            Self::Sqlite(database) => {
                let path = database.path();
                let path = path.to_str().expect("a path is text");
                Arc::new(SqliteDatabase::open(path).await.expect("it opens"))
            }
            Self::Postgres(database) => database.database(),
        };
        let database = Arc::new(with(Interposed::on(database)));
        System::new(policy.expect("no mistakes"), database, surroundings, None)
    }

    pub async fn execute(&self, script: &str) {
        match self {
            Self::Sqlite(database) => database.execute(script).await,
            Self::Postgres(database) => database.execute(script).await,
        }
    }

    pub async fn dump(&self) -> Dump {
        match self {
            Self::Sqlite(database) => database.dump().await,
            Self::Postgres(database) => database.dump().await,
        }
    }

    /// The first column of what is asked for.
    pub async fn column(&self, sql: &str) -> Vec<String> {
        let rows = match self {
            Self::Sqlite(database) => database.query(sql).await,
            Self::Postgres(database) => database.query(sql).await,
        };
        rows.into_iter().map(|mut row| row.swap_remove(0).unwrap_or_default()).collect()
    }

    /// States of jobs and mails of batch 1, by their id.
    pub async fn states(&self) -> Vec<String> {
        let of = |table: &str| {
            format!("SELECT id || ' ' || status || ' ' || stopping AS s FROM {table} WHERE id < 40")
        };
        let jobs = of("jobs").replace("id < 40", "batch_id = 1");
        self.column(&format!("{jobs} UNION ALL {} ORDER BY s", of("mails"))).await
    }

    /// A worker takes the first job; its lease lasts.
    pub async fn take_a_job(&self) {
        let take = format!("UPDATE jobs SET status = 'running', lease = '{LASTS}' WHERE id = 11");
        self.execute(&take).await;
    }

    /// A worker that ends its job as soon as it is told to stop.
    pub async fn obey(&self) {
        let told = "SELECT id FROM jobs WHERE status = 'running' AND stopping = 1";
        while self.column(told).await.is_empty() {
            tokio::task::yield_now().await;
        }
        self.execute("UPDATE jobs SET status = 'ended' WHERE stopping = 1").await;
    }
}

pub fn batch(id: &str) -> Root {
    Root {
        thing: ThingName::new("batch"),
        key: RootKey::Id(id.into()),
        options: BTreeMap::new(),
        caller: Caller::operator(Actor::new("ada")),
    }
}

/// Deletes batch 1 as previewed.
pub async fn delete(system: &System) -> Result<Receipt, DeleteError> {
    let preview = preview(system).await;
    let bound_to = preview.digest.map(Bound::Digest);
    system.delete(&DeleteRequest { root: batch("1"), reason: None, bound_to }).await
}

pub async fn preview(system: &System) -> Preview {
    system.preview(&batch("1"), Budget::default()).await.expect("it is there")
}

pub async fn cancel(system: &System) -> Cancelled {
    system.cancel(&batch("1")).await.expect("nothing is in the way")
}

pub fn refusal(ended: Result<Receipt, DeleteError>) -> Refusal {
    match ended {
        Err(DeleteError::Refused(refusal)) => refusal,
        other => panic!("it was not refused: {other:?}"),
    }
}
