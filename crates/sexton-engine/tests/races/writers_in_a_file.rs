//! A SQLite file has one writer at a time: a deletion waits for its turn, and asks again.

use std::sync::Arc;

use sexton_engine::DeleteError;
use sexton_testkit::interpose::{Pauser, Recorder};
use sqlx::{Connection, SqliteConnection};

use crate::files::File;
use crate::stage::{Deleting, end, request, succeeds};

/// Another program has the file to itself for longer than a deletion waits, and then lets go.
#[tokio::test]
async fn a_deletion_outlasts_another_writer_before_and_after_its_own_commit() {
    for point in ["after prepare_ledger", "after commit (keep)", "after commit (change)"] {
        let file = File::batches().await;
        let (pauser, mut stops) = Pauser::at(point);
        let (late, mut failures) = Pauser::at_failures();
        let system = file.system(|on| on.watched_by(pauser).watched_by(late)).await;
        let deleting: Deleting =
            tokio::spawn(async move { system.delete(&request("batch", "autumn-2026")).await });
        let stands = stops.next().await.expect("the deletion comes to every point");
        let mut other = SqliteConnection::connect(&file.address()).await.unwrap();
        sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
        stands.go();
        let failed = failures.next().await.expect("the deletion does not get its turn");
        assert!(failed.point.call.starts_with("begin ("), "{point}: {}", failed.point);
        sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
        failed.go();
        drop(failures);
        succeeds(deleting).await;
    }
}

#[tokio::test]
async fn a_writer_who_never_ends_makes_the_deletion_busy() {
    let file = File::batches().await;
    let recorder = Arc::new(Recorder::default());
    let watched = recorder.clone();
    let system = file.system(|on| on.watched_by(watched)).await;
    system.prepare().await.unwrap();
    let mut other = SqliteConnection::connect(&file.address()).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let deleting: Deleting =
        tokio::spawn(async move { system.delete(&request("batch", "autumn-2026")).await });
    let ended = end(deleting).await;
    assert!(matches!(ended, Err(DeleteError::Busy { attempts: 5, .. })), "{ended:?}");
    assert_eq!(recorder.failures(), ["begin (keep)"; 5]);
}
