//! A deletion inside the caller's own transaction: it commits and rolls back with the rest.

use std::sync::Arc;

use sexton_core::lifecycle::State;
use sexton_core::names::{Actor, ThingName};
use sexton_core::policy::parse;
use sexton_core::sql::Scalar;
use sexton_engine::{Caller, DeleteError, DeleteRequest, Root, RootKey, Surroundings, System};
use sexton_sqlite::delete_in;
use sqlx::{Connection, Sqlite, Transaction};

use crate::files::File;

const POLICY: &str = r#"
system   = "projects"
database = "env:DATABASE_URL"
[things.project]
row    = "projects.id"
refuse = { "kept" = "it is kept" }
[references]
"files.project_id -> projects" = "delete"
"notes.project_id -> projects" = "delete"
"#;

const SCHEMA: &str = "
    CREATE TABLE projects (id INTEGER PRIMARY KEY, kept INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE files (id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL REFERENCES projects);
    CREATE TABLE notes (id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL);
    CREATE TABLE closings (project_id INTEGER);
    CREATE INDEX files_project_id ON files (project_id);
    CREATE INDEX notes_project_id ON notes (project_id);
    INSERT INTO projects VALUES (1, 0), (2, 1);
    INSERT INTO files VALUES (10, 1), (20, 2);
    INSERT INTO notes VALUES (10, 1), (20, 2)";

async fn place() -> (File, System) {
    let file = File::with(SCHEMA).await;
    let (policy, findings) = parse(POLICY);
    let policy = policy.unwrap_or_else(|| panic!("{findings:?}"));
    let database = Arc::new(file.database.clone());
    let system = System::new(policy, database, Surroundings::of_this_machine(), None);
    system.prepare().await.expect("Sexton's tables fit");
    (file, system)
}

fn project(id: &str) -> DeleteRequest {
    let root = Root {
        thing: ThingName::new("project"),
        key: RootKey::Id(id.into()),
        options: std::collections::BTreeMap::new(),
        caller: Caller::operator(Actor::new("ada")),
    };
    DeleteRequest { root, reason: None, bound_to: None }
}

/// What the caller does beside: it notes the end of the project, and adds a file before that.
async fn close(tx: &mut Transaction<'_, Sqlite>) {
    for own in ["INSERT INTO closings VALUES (1)", "INSERT INTO files VALUES (11, 1)"] {
        sqlx::query(own).execute(&mut **tx).await.expect(own);
    }
}

/// Rows of all tables together, told apart by their powers of ten.
async fn rows(file: &File) -> Scalar {
    file.one(
        "SELECT (SELECT count(*) FROM projects) + 10 * (SELECT count(*) FROM files)
            + 100 * (SELECT count(*) FROM notes) + 1000 * (SELECT count(*) FROM closings)",
    )
    .await
}

#[tokio::test]
async fn it_commits_with_the_callers_own_changes_and_is_settled_afterwards() {
    let (file, system) = place().await;
    let mut caller = file.stranger().await;
    let mut tx = caller.begin_with("BEGIN IMMEDIATE").await.unwrap();
    close(&mut tx).await;
    let committed = delete_in(&mut tx, &system, &project("1")).await.unwrap();
    let removed = [("files", 2), ("notes", 1), ("projects", 1)];
    assert_eq!(committed.removed, removed.map(|(table, rows)| (table.to_owned(), rows)));
    assert_eq!(system.status(&committed.id).await.unwrap(), None, "others see nothing yet");
    tx.commit().await.unwrap();

    assert_eq!(rows(&file).await, Scalar::Integer(1111));
    assert_eq!(system.settle().await.unwrap(), [(committed.id.clone(), State::Complete)]);
    let stored = system.status(&committed.id).await.unwrap().unwrap();
    assert!(stored.row.receipt.is_some());
    let chain = system.audit_verify().await.unwrap();
    assert_eq!((chain.records, chain.unsealed, chain.faults), (1, 0, Vec::new()));
}

#[tokio::test]
async fn it_rolls_back_with_the_callers_own_changes() {
    let (file, system) = place().await;
    let mut caller = file.stranger().await;
    let mut tx = caller.begin_with("BEGIN IMMEDIATE").await.unwrap();
    close(&mut tx).await;
    let committed = delete_in(&mut tx, &system, &project("1")).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(rows(&file).await, Scalar::Integer(222));
    assert_eq!(system.status(&committed.id).await.unwrap(), None);
    assert_eq!(system.settle().await.unwrap(), []);
    assert_eq!(system.audit_verify().await.unwrap().records, 0);
}

#[tokio::test]
async fn what_refuses_a_deletion_refuses_it_here() {
    let (file, system) = place().await;
    for (id, expected) in [("2", "refused: it is kept"), ("3", "there is no project `3`")] {
        let mut caller = file.stranger().await;
        let mut tx = caller.begin_with("BEGIN IMMEDIATE").await.unwrap();
        let refused = delete_in(&mut tx, &system, &project(id)).await.unwrap_err();
        assert_eq!(refused.to_string(), expected);
        tx.rollback().await.unwrap();
    }
    assert_eq!(rows(&file).await, Scalar::Integer(222));
    assert_eq!(system.statuses(10).await.unwrap(), []);
}

#[tokio::test]
async fn several_roots_go_in_it_all_or_none() {
    let (file, system) = place().await;
    let mut both = project("1");
    both.root.key = RootKey::Ids(vec!["2".into(), "1".into()]);
    let mut caller = file.stranger().await;
    let mut tx = caller.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let refused = delete_in(&mut tx, &system, &both).await.unwrap_err();
    let DeleteError::Refused(refusal) = refused else { panic!("{refused:?}") };
    assert_eq!(refusal.blockers[0].roots, ["2"]);
    tx.rollback().await.unwrap();
    assert_eq!(rows(&file).await, Scalar::Integer(222));

    let mut tx = caller.begin_with("BEGIN IMMEDIATE").await.unwrap();
    sqlx::query("UPDATE projects SET kept = 0").execute(&mut *tx).await.unwrap();
    let committed = delete_in(&mut tx, &system, &both).await.unwrap();
    let removed = ["files", "notes", "projects"].map(|table| (table.to_owned(), 2));
    assert_eq!(committed.removed, removed);
    tx.commit().await.unwrap();
    assert_eq!(rows(&file).await, Scalar::Integer(0));
    let stored = system.status(&committed.id).await.unwrap().unwrap();
    assert_eq!(stored.row.roots.all(), ["1", "2"]);
    assert_eq!(system.settle().await.unwrap(), [(committed.id, State::Complete)]);
}
