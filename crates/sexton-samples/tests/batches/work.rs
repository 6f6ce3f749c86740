//! The contract's lines on jobs in flight, as far as no worker of its own is needed.

use std::time::Duration;

use sexton_core::names::{Actor, ThingName};
use sexton_engine::{Caller, DeleteError, DeleteRequest, RefusedBy, Root, RootKey, System};
use sexton_testkit::dump::Dump;
use sexton_testkit::{postgres, sqlite};
use tokio::time::Instant;

use crate::system::{on_postgres, on_sqlite};

const BATCH: &str = "autumn-2026";
const WAITING: &str = "autumn-2026-ghent-again";

enum Place {
    Sqlite(sqlite::TestDatabase),
    Postgres(postgres::TestDatabase),
}

impl Place {
    async fn execute(&self, script: &str) {
        match self {
            Self::Sqlite(database) => database.execute(script).await,
            Self::Postgres(database) => database.execute(script).await,
        }
    }

    async fn texts(&self, sql: &str) -> Vec<String> {
        let rows = match self {
            Self::Sqlite(database) => database.query(sql).await,
            Self::Postgres(database) => database.query(sql).await,
        };
        rows.into_iter().map(|mut row| row.swap_remove(0).unwrap_or_default()).collect()
    }

    async fn dump(&self) -> Dump {
        match self {
            Self::Sqlite(database) => database.dump().await,
            Self::Postgres(database) => database.dump().await,
        }
    }

    /// A worker takes the job that waits, under this lease.
    async fn take(&self, lease: &str) {
        let taken = format!("status = 'running', lease_expires_at = {lease}");
        self.execute(&format!("UPDATE jobs SET {taken} WHERE id = '{WAITING}'")).await;
    }
}

macro_rules! on_both_databases {
    ($($test:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $test() {
                let (database, system) = super::on_sqlite().await;
                super::$test(super::Place::Sqlite(database), system).await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test]
            async fn $test() {
                let (database, system) = super::on_postgres().await;
                super::$test(super::Place::Postgres(database), system).await;
            })*
        }
    };
}

on_both_databases!(
    b23_jobs_that_wait_are_graduated_where_they_stand,
    b25_running_jobs_without_a_worker_are_not_waited_for,
    b26_jobs_that_have_ended_block_nothing,
    b26a_b26b_a_worker_that_is_stuck_refuses_after_five_seconds_and_nothing_else_moves,
);

fn batch() -> Root {
    Root {
        thing: ThingName::new("batch"),
        key: RootKey::Id(BATCH.into()),
        options: std::collections::BTreeMap::new(),
        caller: Caller::operator(Actor::new("ada")),
    }
}

fn request() -> DeleteRequest {
    DeleteRequest { root: batch(), reason: None, bound_to: None }
}

const JOBS: &str = "SELECT id || ' ' || status || ' ' || error || ' ' || progress AS j FROM jobs
    WHERE batch_id = 'autumn-2026' ORDER BY id";

async fn b23_jobs_that_wait_are_graduated_where_they_stand(place: Place, system: System) {
    let paused = "UPDATE jobs SET status = 'paused' WHERE id = 'autumn-2026-ghent'";
    place.execute(paused).await;
    system.cancel(&batch()).await.unwrap();
    assert_eq!(
        place.texts(JOBS).await,
        [
            "autumn-2026-ghent canceled deleted_by_admin 100",
            "autumn-2026-ghent-again canceled deleted_by_admin 100",
        ]
    );
    let unfinished = "SELECT id FROM jobs WHERE status = 'canceled' AND finished_at IS NULL";
    assert_eq!(place.texts(unfinished).await, [""; 0]);
    // They never become runs.
    let runs = format!("SELECT id FROM runs WHERE id = '{WAITING}'");
    assert_eq!(place.texts(&runs).await, [""; 0]);
}

async fn b25_running_jobs_without_a_worker_are_not_waited_for(place: Place, system: System) {
    for lease in ["NULL", "'2026-01-01T00:00:00Z'"] {
        place.take(lease).await;
        let seen = system.preview(&batch(), sexton_engine::Budget::default()).await.unwrap();
        assert_eq!((seen.work[0].running, seen.work[0].dead), (0, 1), "{lease}");
    }
    let began = Instant::now();
    system.delete(&request()).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(5), "it waited for the dead");
    assert_eq!(place.texts(JOBS).await, [""; 0]);
}

async fn b26_jobs_that_have_ended_block_nothing(place: Place, system: System) {
    place.execute("UPDATE jobs SET status = 'failed' WHERE batch_id = 'autumn-2026'").await;
    system.delete(&request()).await.unwrap();
    assert_eq!(place.texts(JOBS).await, [""; 0]);
}

async fn b26a_b26b_a_worker_that_is_stuck_refuses_after_five_seconds_and_nothing_else_moves(
    place: Place,
    system: System,
) {
    place.take("'2999-01-01T00:00:00Z'").await;
    let before = place.dump().await;
    let began = Instant::now();
    let refused = system.delete(&request()).await;
    let took = began.elapsed();
    let Err(DeleteError::Refused(refusal)) = refused else { panic!("{refused:?}") };
    assert_eq!((refusal.by, refusal.has_asked), (RefusedBy::Undrained, true));
    assert!(refusal.blockers[0].ways_out[0].contains("sexton cancel batch autumn-2026"));
    assert!(took >= Duration::from_secs(5), "it refused after {took:?}");
    // Domains, runs, facts, snapshots: everything but the jobs is as it was.
    place.execute("UPDATE jobs SET cancel_requested = 0").await;
    assert!(place.dump().await == before, "a refusal moved more than the cancellation");
    place.execute(&format!("DELETE FROM jobs WHERE id = '{WAITING}'")).await;
    system.delete(&request()).await.unwrap();
}
