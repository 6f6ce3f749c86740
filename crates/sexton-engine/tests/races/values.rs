//! A value that two tenants use: deletions of one do not meet those of the other.

use sexton_core::names::TenantId;
use sexton_engine::DeleteError;
use sexton_testkit::interpose::{Interposed, Pauser};

use crate::stage::{Deleting, Stage, end, found_nothing, request, succeeds};

const TABLES: &str = "
    CREATE TABLE runs (id integer PRIMARY KEY, batch text, org text);
    CREATE TABLE notes (id integer PRIMARY KEY, run_id integer);
    CREATE INDEX runs_batch ON runs (batch);
    CREATE INDEX notes_run_id ON notes (run_id);
    INSERT INTO runs VALUES (1, 'b', 'acme'), (2, 'b', 'beta');
    INSERT INTO notes VALUES (1, 1), (2, 2);";

const POLICY: &str = "
    system = \"runs\"
    [things.batch]
    starts = [\"runs.batch\"]
    tenant = \"org\"
    [references]
    \"notes.run_id -> runs\" = \"delete\"
";

fn deleting(stage: &Stage, tenant: &str, with: impl FnOnce(Interposed) -> Interposed) -> Deleting {
    let (system, mut request) = (stage.system(with), request("batch", "b"));
    request.root.caller = request.root.caller.within(TenantId::new(tenant));
    tokio::spawn(async move { system.delete(&request).await })
}

#[tokio::test]
async fn a_deletion_of_one_tenants_value_waits_for_none_of_anothers() {
    let stage = Stage::of(TABLES, POLICY).await;
    let (pauser, mut stops) = Pauser::at("before commit (change)");
    let first = deleting(&stage, "acme", |on| on.watched_by(pauser));
    let stands = stops.next().await.expect("it comes to its commit");
    succeeds(deleting(&stage, "beta", |on| on)).await;
    assert_eq!(stage.number("SELECT count(*) FROM runs WHERE org = 'acme'").await, 1);
    stands.go();
    succeeds(first).await;
    assert_eq!(stage.number("SELECT count(*) FROM runs").await, 0);
}

#[tokio::test]
async fn of_two_deletions_of_one_tenants_value_the_second_waits_and_finds_nothing() {
    let stage = Stage::of(TABLES, POLICY).await;
    let (pauser, mut stops) = Pauser::at("before commit (change)");
    let first = deleting(&stage, "acme", |on| on.watched_by(pauser));
    let first_stands = stops.next().await.expect("the first comes to its commit");
    let (pauser, mut stops) = Pauser::at("after begin (change)");
    let mut second = deleting(&stage, "acme", |on| on.watched_by(pauser));
    let second_begins = stops.next().await.expect("the second begins");
    stage.go_until_blocked(second_begins, &mut second).await;
    first_stands.go();
    succeeds(first).await;
    let second = end(second).await;
    assert!(found_nothing(&second), "{second:?}");
    assert_eq!(stage.number("SELECT count(*) FROM runs WHERE org = 'beta'").await, 1);
}

/// A row that comes after the commit and before the look is left over in its own tenant only.
#[tokio::test]
async fn looking_again_looks_at_the_tenants_own_rows_only() {
    for (tenant, is_left) in [("acme", true), ("beta", false)] {
        let stage = Stage::of(TABLES, POLICY).await;
        let (pauser, mut stops) = Pauser::at("before look again (keep)");
        let deletion = deleting(&stage, "acme", |on| on.watched_by(pauser));
        let stands = stops.next().await.expect("it comes to its look");
        stage.test.execute(&format!("INSERT INTO runs VALUES (3, 'b', '{tenant}')")).await;
        stands.go();
        let ended = end(deletion).await;
        let told = matches!(&ended, Err(DeleteError::Unverified { left, .. })
            if *left == [("runs still holds the root's value".to_owned(), 1)]);
        assert_eq!((told, ended.is_ok()), (is_left, !is_left), "{ended:?}");
    }
}
