//! The cap on how many tenants one deletion may touch.

use std::sync::Arc;

use sexton_core::names::{Actor, ThingName};
use sexton_core::preview::{Blocker, BlockerKind};
use sexton_engine::ports::Database;
use sexton_engine::{
    Budget, Caller, DeleteError, DeleteRequest, RefusedBy, Root, RootKey, Surroundings, System,
};
use sexton_sqlite::SqliteDatabase;
use sexton_testkit::{postgres, sqlite};

/// Runs carry the tenant two steps away; their notes have one of their own, or none.
const TABLES: &str = "
    CREATE TABLE projects (id integer PRIMARY KEY, org text NOT NULL);
    CREATE TABLE runs (id integer PRIMARY KEY, project_id integer, batch text);
    CREATE TABLE notes (id integer PRIMARY KEY, run_id integer, org text);
    CREATE INDEX runs_batch ON runs (batch);
    CREATE INDEX runs_project_id ON runs (project_id);
    CREATE INDEX notes_run_id ON notes (run_id);
    INSERT INTO projects VALUES (1, 'acme'), (2, 'beta'), (3, 'acme');
    INSERT INTO runs VALUES (1, 1, 'b'), (2, 2, 'b'), (3, 3, 'b'), (4, 1, 'c'), (5, NULL, 'c');
    INSERT INTO notes VALUES (1, 1, 'gamma'), (2, 2, NULL), (3, 4, 'acme');";

const POLICY: &str = "
    system = \"runs\"
    [things.batch]
    starts = [\"runs.batch\"]
    limits = { tenants = 2 }
    [things.run]
    row = \"runs.id\"
    tenant = \"project_id.org\"
    [things.run-of-any]
    like = \"run\"
    across_tenants = true
    [things.note]
    row = \"notes.id\"
    tenant = \"org\"
    [references]
    \"runs.project_id -> projects\" = \"keep\"
    \"notes.run_id -> runs\" = \"delete\"
";

fn root(id: &str) -> Root {
    Root {
        thing: ThingName::new("batch"),
        key: RootKey::Id(id.into()),
        options: std::collections::BTreeMap::new(),
        caller: Caller::operator(Actor::new("ann")),
    }
}

fn system(policy: &str, database: Arc<dyn Database>) -> System {
    let (policy, findings) = sexton_core::policy::parse(policy);
    assert_eq!(findings, []);
    let policy = policy.expect("it has no mistakes");
    System::new(policy, database, Surroundings::of_this_machine(), None)
}

async fn judge(database: Arc<dyn Database>) {
    let strict = system(POLICY, database.clone());
    let refusing = strict.preview(&root("b"), Budget::default()).await.expect("it is there");
    let request = |id| DeleteRequest { root: root(id), reason: None, bound_to: None };
    let refused = strict.delete(&request("b")).await;
    let Err(DeleteError::Refused(refusal)) = refused else { panic!("{refused:?}") };
    assert_eq!(refusal.by, RefusedBy::OverLimit);
    assert_eq!(refusal.blockers, refusing.blockers);
    let [Blocker { kind, name, message, count, names, .. }] = refusal.blockers.as_slice() else {
        panic!("{refusal:?}");
    };
    assert_eq!((*kind, name.as_str(), *count), (BlockerKind::OverLimit, "limits.tenants", 3));
    assert_eq!(names, &["acme", "beta", "gamma"]);
    let said = "it would take rows of 3 tenants: acme, beta, gamma; the limit is 2";
    assert_eq!(message, said);

    // A null tenant is none, and the same tenant twice is one.
    let few = strict.preview(&root("c"), Budget::default()).await.expect("it is there");
    assert_eq!(few.blockers, []);
    strict.delete(&request("c")).await.expect("one tenant is allowed");
    let loose = system(&POLICY.replace("tenants = 2", "tenants = 3"), database);
    loose.delete(&request("b")).await.expect("three tenants are allowed");
}

#[tokio::test]
async fn more_tenants_than_allowed_refuse_by_name_on_sqlite() {
    let database = sqlite::TestDatabase::new().await;
    database.execute(TABLES).await;
    let path = database.path();
    let path = path.to_str().expect("a path is text");
    judge(Arc::new(SqliteDatabase::open(path).await.expect("it opens"))).await;
}

#[tokio::test]
async fn more_tenants_than_allowed_refuse_by_name_on_postgres() {
    let database = postgres::TestDatabase::new().await;
    database.execute(TABLES).await;
    judge(database.database()).await;
}
