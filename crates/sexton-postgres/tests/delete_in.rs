//! A deletion inside the caller's own transaction: it commits and rolls back with the rest.

use sexton_core::lifecycle::State;
use sexton_core::names::{Actor, ThingName};
use sexton_core::policy::parse;
use sexton_engine::ports::{DatabaseError, SessionId};
use sexton_engine::{
    Caller, DeleteError, DeleteRequest, EngineError, FenceChange, Root, RootKey, Surroundings,
    System,
};
use sexton_postgres::delete_in;
use sexton_testkit::postgres::TestDatabase;
use sqlx::{Connection, PgConnection, Postgres, Transaction};

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
    CREATE TABLE projects (id bigint PRIMARY KEY, kept boolean NOT NULL DEFAULT false);
    CREATE TABLE files (id bigint PRIMARY KEY, project_id bigint NOT NULL REFERENCES projects);
    CREATE TABLE notes (id bigint PRIMARY KEY, project_id bigint NOT NULL);
    CREATE TABLE closings (project_id bigint);
    CREATE INDEX ON files (project_id);
    CREATE INDEX ON notes (project_id);
    INSERT INTO projects VALUES (1, false), (2, true);
    INSERT INTO files VALUES (10, 1), (20, 2);
    INSERT INTO notes VALUES (10, 1), (20, 2);";

struct Place {
    test: TestDatabase,
    system: System,
    caller: PgConnection,
}

async fn place() -> Place {
    place_with(POLICY).await
}

async fn place_with(policy: &str) -> Place {
    let test = TestDatabase::bare().await;
    test.execute(SCHEMA).await;
    let (policy, findings) = parse(policy);
    let policy = policy.unwrap_or_else(|| panic!("{findings:?}"));
    let system = System::new(policy, test.database(), Surroundings::of_this_machine(), None);
    system.prepare().await.expect("Sexton's tables fit");
    system.change_fence(FenceChange::Install).await.expect("what it asks for can be fenced");
    let caller = PgConnection::connect(&test.url()).await.expect("the server takes a connection");
    Place { test, system, caller }
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
async fn close(tx: &mut Transaction<'_, Postgres>) {
    for own in ["INSERT INTO closings VALUES (1)", "INSERT INTO files VALUES (11, 1)"] {
        sqlx::query(own).execute(&mut **tx).await.expect(own);
    }
}

async fn setting(tx: &mut Transaction<'_, Postgres>, name: &str) -> String {
    let value = sqlx::query_scalar("SELECT current_setting($1)").bind(name);
    value.fetch_one(&mut **tx).await.expect(name)
}

#[tokio::test]
async fn it_commits_with_the_callers_own_changes_and_is_settled_afterwards() {
    let mut place = place().await;
    let mut tx = place.caller.begin().await.unwrap();
    close(&mut tx).await;
    let committed = delete_in(&mut tx, &place.system, &project("1")).await.unwrap();
    let removed = [("files", 2), ("notes", 1), ("projects", 1)];
    assert_eq!(committed.removed, removed.map(|(table, rows)| (table.to_owned(), rows)));
    assert_eq!(setting(&mut tx, "lock_timeout").await, "0", "the caller's settings are back");
    assert_eq!(place.system.status(&committed.id).await.unwrap(), None, "others see nothing yet");
    assert_eq!(place.system.settle().await.unwrap(), []);
    tx.commit().await.unwrap();

    let rows = place.test.dump().await;
    assert_eq!(rows["closings"].len(), 1);
    for table in ["projects", "files", "notes"] {
        assert_eq!(rows[table].len(), 1, "{table}");
    }
    assert_eq!(place.system.settle().await.unwrap(), [(committed.id.clone(), State::Complete)]);
    let stored = place.system.status(&committed.id).await.unwrap().unwrap();
    assert!(stored.row.receipt.is_some());
    let chain = place.system.audit_verify().await.unwrap();
    assert_eq!((chain.records, chain.unsealed, chain.faults), (1, 0, Vec::new()));
}

#[tokio::test]
async fn it_rolls_back_with_the_callers_own_changes() {
    let mut place = place().await;
    let before = place.test.dump().await;
    let mut tx = place.caller.begin().await.unwrap();
    close(&mut tx).await;
    let committed = delete_in(&mut tx, &place.system, &project("1")).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(place.test.dump().await, before);
    assert_eq!(place.system.status(&committed.id).await.unwrap(), None);
    assert_eq!(place.system.settle().await.unwrap(), []);
    assert_eq!(place.system.audit_verify().await.unwrap().records, 0);
}

#[tokio::test]
async fn what_refuses_a_deletion_refuses_it_here() {
    let mut place = place().await;
    let before = place.test.dump().await;
    for (id, expected) in [("2", "refused: it is kept"), ("3", "there is no project `3`")] {
        let mut tx = place.caller.begin().await.unwrap();
        let refused = delete_in(&mut tx, &place.system, &project(id)).await.unwrap_err();
        assert_eq!(refused.to_string(), expected);
        tx.rollback().await.unwrap();
    }
    assert_eq!(place.test.dump().await, before);
    assert_eq!(place.system.statuses(10).await.unwrap(), []);
}

#[tokio::test]
async fn a_note_that_comes_before_the_callers_commit_is_found_by_settling() {
    let mut place = place().await;
    let mut tx = place.caller.begin().await.unwrap();
    let committed = delete_in(&mut tx, &place.system, &project("1")).await.unwrap();
    place.test.execute("INSERT INTO notes VALUES (11, 1)").await;
    tx.commit().await.unwrap();
    assert_eq!(place.system.settle().await.unwrap(), [(committed.id, State::Reaped)]);
}

#[tokio::test]
async fn a_stricter_transaction_is_refused() {
    let mut place = place().await;
    let mut tx = place.caller.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ").await.unwrap();
    let refused = delete_in(&mut tx, &place.system, &project("1")).await.unwrap_err();
    assert!(refused.to_string().contains("READ COMMITTED"), "{refused}");
}

/// Tables of the same names in another schema are other tables.
#[tokio::test]
async fn a_caller_whose_names_mean_another_schema_is_refused() {
    let mut place = place().await;
    place.test.execute(&["CREATE SCHEMA other; SET search_path = other;", SCHEMA].concat()).await;
    let before = place.test.dump().await;
    let mut tx = place.caller.begin().await.unwrap();
    sqlx::query("SET LOCAL search_path = other").execute(&mut *tx).await.unwrap();
    let refused = delete_in(&mut tx, &place.system, &project("1")).await.unwrap_err();
    let is_of_the_schema = matches!(
        &refused,
        DeleteError::Engine(EngineError::Database(DatabaseError::Failed { label, .. }))
            if label == "look at the schema"
    );
    assert!(is_of_the_schema, "{refused}");
    tx.rollback().await.unwrap();
    assert_eq!(place.test.dump().await, before);
}

/// A writer who comes before the caller's commit waits for that, and is refused.
#[tokio::test]
async fn a_fence_holds_what_a_caller_deletes() {
    let fenced = format!("{POLICY}[fence]\nreferences = [\"notes.project_id\"]\n");
    let Place { test, system, mut caller } = place_with(&fenced).await;
    let mut tx = caller.begin().await.expect("the caller begins");
    delete_in(&mut tx, &system, &project("1")).await.expect("nothing keeps it");
    let mut writer = test.session().await;
    let number = writer.query("SELECT pg_backend_pid()").await[0][0].clone();
    let number = number.and_then(|number| number.parse().ok()).expect("a session has a number");
    let late = "INSERT INTO notes VALUES (11, 1)";
    let writing =
        tokio::spawn(async move { sqlx::query(late).execute(writer.connection()).await.map(drop) });
    test.until_blocked(SessionId(number)).await;
    tx.commit().await.expect("the caller commits");
    let refused = writing.await.expect("a writer does not panic").expect_err("it was written");
    assert!(refused.to_string().contains("public.projects.id = 1"), "{refused}");
}

#[tokio::test]
async fn several_roots_go_in_it_all_or_none() {
    let mut place = place().await;
    let mut both = project("1");
    both.root.key = RootKey::Ids(vec!["2".into(), "1".into()]);
    let before = place.test.dump().await;
    let mut tx = place.caller.begin().await.unwrap();
    let refused = delete_in(&mut tx, &place.system, &both).await.unwrap_err();
    let DeleteError::Refused(refusal) = refused else { panic!("{refused:?}") };
    assert_eq!(refusal.blockers[0].roots, ["2"]);
    tx.rollback().await.unwrap();
    assert_eq!(place.test.dump().await, before);

    let mut tx = place.caller.begin().await.unwrap();
    sqlx::query("UPDATE projects SET kept = false").execute(&mut *tx).await.unwrap();
    let committed = delete_in(&mut tx, &place.system, &both).await.unwrap();
    let removed = ["files", "notes", "projects"].map(|table| (table.to_owned(), 2));
    assert_eq!(committed.removed, removed);
    tx.commit().await.unwrap();
    let stored = place.system.status(&committed.id).await.unwrap().unwrap();
    assert_eq!(stored.row.roots.all(), ["1", "2"]);
    assert_eq!(place.system.settle().await.unwrap(), [(committed.id, State::Complete)]);
}
