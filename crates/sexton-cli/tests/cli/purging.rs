//! Hiding, restoring, and purging by processes of which one is killed.

use std::process::{Child, Stdio};

use sexton_testkit::{postgres, sqlite};

use crate::place::{Place, TestDatabase};
use crate::program::program;
use crate::serving::Server;

const BATCH: &str = "ba000000-0000-4000-8000-000000000001";

/// The sample `requests`, without its fence, which would need triggers first.
fn policy() -> String {
    let policy = sexton_samples::requests().policy;
    let (before, _) = policy.split_once("[fence]").expect("there is a fence");
    before.to_owned()
}

async fn on_sqlite(policy: &str) -> Place {
    let sample = sexton_samples::requests();
    let database = sqlite::TestDatabase::new().await;
    let both = ["BEGIN;", sample.schema_sqlite, sample.seed_sqlite, "COMMIT;"].join("\n");
    database.execute(&both).await;
    with(TestDatabase::Sqlite(database), policy)
}

pub async fn on_postgres(policy: &str) -> Place {
    let sample = sexton_samples::requests();
    let database = postgres::TestDatabase::bare().await;
    database.execute(&[sample.schema_postgres, sample.seed_postgres].join("\n")).await;
    with(TestDatabase::Postgres(database), policy)
}

fn with(database: TestDatabase, policy: &str) -> Place {
    let folder = tempfile::tempdir().expect("there is room for a temporary folder");
    let place = Place { folder, database };
    place.write_policy(policy);
    place
}

/// What is hidden over a server is told so, and can be restored over it.
fn over_a_server_it_is_hidden_and_restored(place: &Place) {
    let server = Server::on(place);
    let url = server.url();
    let ask = |words: &[&str]| place.sexton(&[words, &["--server", &url]].concat());
    let said = ask(&["delete", "batch", BATCH, "--confirm", BATCH]).expect(0);
    assert!(said.out.contains("hidden"), "{said}");
    ask(&["preview", "batch", BATCH]).expect(4);
    let listed = ask(&["status", "--output", "json"]).expect(0).document();
    let deletion = listed["deletions"][0]["id"].as_str().expect("an id").to_owned();
    let said = ask(&["restore", &deletion]).expect(0);
    assert!(said.out.contains("what it hid is what it was"), "{said}");
    ask(&["preview", "batch", BATCH]).expect(0);
    ask(&["restore", "dlt_nobody"]).expect(4);
    // What is gone for good is not restored.
    place.sexton(&["delete", "batch", BATCH, "--confirm", BATCH, "--for-good"]).expect(0);
    let listed = ask(&["status", "--output", "json"]).expect(0).document();
    let deletion = listed["deletions"][0]["id"].as_str().expect("an id").to_owned();
    let said = ask(&["restore", &deletion]).expect(1);
    assert!(said.err.starts_with("It cannot be restored: it is complete"), "{said}");
    // Who looks at a server is told what is paused there.
    place.sexton(&["pause", "--reason", "moving house"]).expect(0);
    let said = ask(&["status"]).expect(0);
    assert!(said.out.contains("Paused: all background work"), "{said}");
}

/// What is hidden is told so, and can be restored and deleted for good.
async fn is_hidden_restored_and_gone(place: Place) {
    let delete = ["delete", "batch", BATCH, "--confirm", BATCH, "--output", "json"];
    let said = place.sexton(&delete).expect(0);
    let receipt = said.events().pop().expect("a receipt");
    assert_eq!(receipt["receipt"]["hidden"]["batch"], 1);
    let deletion = receipt["receipt"]["deletion"].as_str().expect("an id").to_owned();
    place.sexton(&["preview", "batch", BATCH]).expect(4);
    let said = place.sexton(&["status", &deletion]).expect(0);
    assert!(said.out.contains("hidden"), "{said}");
    place.sexton(&["restore", &deletion]).expect(0);
    place.sexton(&["restore", &deletion]).expect(1);
    place.sexton(&["restore", "dlt_nobody"]).expect(4);
    place.sexton(&["preview", "batch", BATCH]).expect(0);

    place.sexton(&delete).expect(0);
    place.sexton(&["work", "--once"]).expect(0);
    let left = format!("SELECT count(*) FROM requests WHERE batch_id = '{BATCH}'");
    // The hour in which it can be restored is not over.
    assert_eq!(place.number(&left).await, 4);
    place.sexton(&["delete", "batch", BATCH, "--confirm", BATCH, "--for-good"]).expect(0);
    let there = format!("SELECT count(*) FROM batches WHERE id = '{BATCH}'");
    assert_eq!((place.number(&left).await, place.number(&there).await), (0, 0));
}

fn undoable() -> String {
    let hidden = "hidden = \"deleted_at is not null\" }";
    policy().replace(hidden, "hidden = \"deleted_at is not null\", undo = \"1h\" }")
}

#[tokio::test]
async fn what_is_hidden_over_a_server_is_restored_over_it_on_sqlite() {
    over_a_server_it_is_hidden_and_restored(&on_sqlite(&undoable()).await);
}

#[tokio::test]
async fn what_is_hidden_over_a_server_is_restored_over_it_on_postgres() {
    over_a_server_it_is_hidden_and_restored(&on_postgres(&undoable()).await);
}

#[tokio::test]
async fn what_is_hidden_is_told_restored_and_gone_on_sqlite() {
    is_hidden_restored_and_gone(on_sqlite(&undoable()).await).await;
}

#[tokio::test]
async fn what_is_hidden_is_told_restored_and_gone_on_postgres() {
    is_hidden_restored_and_gone(on_postgres(&undoable()).await).await;
}

fn worker(place: &Place) -> Child {
    let mut command = program(place.folder());
    command.env("DATABASE_URL", place.address()).args(["work", "--once"]);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts")
}

/// Four processes at one batch, one of which is killed among the others (R25, R31).
#[tokio::test]
async fn r25_r31_processes_purge_one_batch_though_one_is_killed() {
    let small = policy().replace("chunk = 1000, pause = \"100ms\"", "chunk = 20, pause = \"5ms\"");
    assert_ne!(small, policy());
    let place = on_postgres(&small).await;
    place
        .execute(&format!(
            "INSERT INTO requests (id, batch_id, state, model)
             SELECT ('9e000000-0000-4000-8000-' || lpad((1000 + n)::text, 12, '0'))::uuid,
                '{BATCH}', 'pending', 'm'
             FROM generate_series(1, 4996) AS n"
        ))
        .await;
    place.sexton(&["delete", "batch", BATCH, "--confirm", BATCH]).expect(0);
    let left = format!("SELECT count(*) FROM requests WHERE batch_id = '{BATCH}'");
    let mut workers: Vec<Child> = (0..4).map(|_| worker(&place)).collect();
    while place.number(&left).await > 4_500 {}
    let mut killed = workers.remove(0);
    assert!(killed.try_wait().expect("it was started").is_none(), "it had ended by then");
    killed.kill().expect("it runs");
    killed.wait().expect("it was started");
    assert!(place.number(&left).await > 0, "nothing was left to do");
    for mut other in workers {
        assert!(other.wait().expect("it was started").success());
    }
    place.sexton(&["work", "--once"]).expect(0);
    assert_eq!(place.number(&left).await, 0);
    let counted = "SELECT receipt::jsonb -> 'purged' ->> 'requests' FROM sexton.deletions
                   WHERE state = 'complete'";
    assert_eq!(place.column(counted).await, [Some("5000".to_owned())]);
    let waits = "SELECT count(*) FROM pg_stat_activity
                 WHERE datname = current_database() AND wait_event_type = 'Lock'";
    assert_eq!(place.number(waits).await, 0);
}
