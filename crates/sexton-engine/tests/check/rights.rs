//! What a role must be allowed: told of the connected one, and granted to a fresh one, no more.

use std::collections::BTreeMap;
use std::sync::Arc;

use sexton_core::finding::Finding;
use sexton_core::names::{Actor, ThingName};
use sexton_engine::ports::DatabaseError;
use sexton_engine::{
    Budget, Caller, DeleteError, DeleteRequest, EngineError, Root, RootKey, System,
};
use sexton_postgres::PostgresDatabase;
use sexton_testkit::postgres::TestDatabase;

use crate::place::system;

/// One of everything that asks for a right of its own.
const TABLES: &str = "
    CREATE SCHEMA far;
    CREATE TABLE batches (id integer PRIMARY KEY, tag text, org integer NOT NULL);
    CREATE TABLE runs (id integer PRIMARY KEY, batch_id integer REFERENCES batches,
        domain_id integer, blob_id integer);
    CREATE TABLE entries (id integer PRIMARY KEY, run_id integer);
    CREATE TABLE far.notes (id integer PRIMARY KEY, run_id integer REFERENCES runs, note text);
    CREATE TABLE domains (id integer PRIMARY KEY, latest integer REFERENCES runs, n integer);
    CREATE TABLE blobs (id integer PRIMARY KEY);
    CREATE TABLE models (id integer PRIMARY KEY, batch_id integer, active boolean);
    CREATE TABLE licenses (model_id integer PRIMARY KEY);
    CREATE TABLE kept (id integer PRIMARY KEY, batch_id integer);
    CREATE TABLE untouched (id integer PRIMARY KEY);
    CREATE TABLE members (org integer, who text);
    CREATE INDEX ON runs (batch_id); CREATE INDEX ON runs (blob_id); CREATE INDEX ON runs (domain_id);
    CREATE INDEX ON entries (run_id);
    CREATE INDEX ON far.notes (run_id); CREATE INDEX ON domains (latest);
    CREATE INDEX ON kept (batch_id);
    INSERT INTO batches VALUES (1, 'one', 7), (2, 'two', 7), (3, 'three', 7);
    INSERT INTO domains VALUES (1, NULL, 0);
    INSERT INTO blobs VALUES (1);
    INSERT INTO runs VALUES (1, 1, 1, 1), (2, 2, 1, NULL);
    INSERT INTO entries VALUES (1, 1);
    INSERT INTO far.notes VALUES (1, 1, 'x');
    UPDATE domains SET latest = 1;
    INSERT INTO models VALUES (1, 2, true);
    INSERT INTO licenses VALUES (1);
    INSERT INTO kept VALUES (1, 1);
    INSERT INTO members VALUES (7, 'ann');";

const POLICY: &str = "
    [things.batch]
    row = \"batches.id\"
    label = \"tag\"
    only = { \"exists (select 1 from members m where m.org = batches.org)\" = \"no\" }
    [things.run]
    row = \"runs.id\"
    [references]
    \"entries.run_id -> runs\" = \"delete\"
    \"runs.batch_id -> batches\" = \"delete\"
    \"far.notes.run_id -> runs.id\" = { set = { run_id = \"=null\", note = \"gone\" } }
    \"domains.latest -> runs\" = \"derive\"
    \"runs.blob_id -> blobs\" = \"keep\"
    \"{kept,models}.batch_id -> batches\" = \"keep\"
    [takes]
    \"runs.blob_id -> blobs\" = \"when-last\"
    [guards.active]
    of = \"batches\"
    rows = \"models m join licenses l on l.model_id = m.id\"
    link = \"m.batch_id = batches.id\"
    where = \"m.active\"
    say = \"{count} model(s)\"
    [derived.domains]
    of = \"runs.domain_id\"
    first = \"runs r where r.domain_id = domains.id order by r.id desc\"
    set.latest = { value = \"=r.id\", none = \"=null\" }
    set.n = \"=(select count(*) from runs c where c.domain_id = domains.id)\"";

/// A role that may connect, and its system.
async fn fresh(database: &TestDatabase, name: &str) -> (String, System) {
    let role = format!("{name}_{}", std::process::id());
    database.execute(&format!("CREATE ROLE {role} LOGIN")).await;
    (role.clone(), as_role(database, &role))
}

fn as_role(database: &TestDatabase, role: &str) -> System {
    let url = database.url().replace("user=postgres", &format!("user={role}"));
    assert!(url.contains(role), "{url}");
    system(POLICY, Arc::new(PostgresDatabase::connect(&url, None).expect("an address of ours")))
}

async fn drop_role(database: &TestDatabase, role: &str) {
    database
        .execute(&format!(
            "REASSIGN OWNED BY {role} TO postgres; DROP OWNED BY {role}; DROP ROLE {role}"
        ))
        .await;
}

fn root(thing: &str, id: &str) -> Root {
    Root {
        thing: ThingName::new(thing),
        key: RootKey::Id(id.into()),
        options: BTreeMap::new(),
        caller: Caller::operator(Actor::new("ann")),
    }
}

const ROOTS: [(&str, &str); 4] = [("run", "2"), ("batch", "2"), ("batch", "1"), ("batch", "3")];

/// What came of every root: how many went, and what the database denied, if it denied anything.
struct Came {
    gone: usize,
    denied: Option<String>,
}

/// Previews and deletes every root, until something is denied.
async fn every_root(system: &System) -> Came {
    let mut gone = 0;
    for (thing, id) in ROOTS {
        let preview = system.preview(&root(thing, id), Budget::default()).await;
        if let Err(error) = preview {
            return Came { gone, denied: Some(format!("{error:?}")) };
        }
        let asked = DeleteRequest { root: root(thing, id), reason: None, bound_to: None };
        match system.delete(&asked).await {
            Ok(_) => gone += 1,
            Err(DeleteError::Refused(_)) => {}
            Err(error) => return Came { gone, denied: Some(format!("{error:?}")) },
        }
    }
    // Now and then a worker forgets what was asked for and never was.
    let denied = system.forget_missing().await.err().map(|error| format!("{error:?}"));
    Came { gone, denied }
}

async fn ready() -> TestDatabase {
    let database = TestDatabase::new().await;
    database.execute(TABLES).await;
    database
}

async fn grants(database: &TestDatabase, role: &str) -> Vec<String> {
    let standing = system(POLICY, database.database()).rights(Some(role)).await;
    standing.expect("the policy fits").expect("there are roles").grants()
}

/// With exactly what is granted every root goes.
#[tokio::test]
async fn a_role_with_the_grants_deletes_every_root() {
    let database = ready().await;
    let (role, granted) = fresh(&database, "granted").await;
    let lines = grants(&database, &role).await;
    assert!(lines.iter().all(|line| line.contains(";  -- ")), "{lines:#?}");
    assert!(!lines.iter().any(|line| line.contains("untouched")), "{lines:#?}");
    database.execute(&lines.join("\n")).await;
    let findings = granted.check().await.expect("the database answers");
    assert_eq!(findings.iter().filter(|f| f.code.starts_with("C31")).count(), 0, "{findings:#?}");
    let came = every_root(&granted).await;
    assert_eq!((came.gone, came.denied), (3, None), "{lines:#?}");
    drop(granted);
    drop_role(&database, &role).await;
}

/// Without any one of them something is denied, and `check` says so.
#[tokio::test]
async fn nothing_is_granted_that_nobody_needs() {
    let mut database = ready().await;
    let (mut role, mut reduced) = fresh(&database, "reduced").await;
    let mut lines = grants(&database, &role).await;
    database.execute(&lines.join("\n")).await;
    for at in 0..lines.len() {
        // Tombstones are read and forgotten when a deletion whose process ended is gone on with.
        let is_own = |table: &str| lines[at].contains(&format!("sexton.{table} "));
        let is_tried = ["audit", "audit_head", "deletions", "holds", "migrations"];
        if lines[at].contains(" sexton.") && !is_tried.into_iter().any(is_own) {
            continue;
        }
        let revoke = lines[at].replacen("GRANT", "REVOKE", 1).replacen(" TO ", " FROM ", 1);
        database.execute(&revoke).await;
        let came = every_root(&reduced).await;
        let denied = came.denied.as_ref().is_some_and(|error| error.contains("Denied"));
        assert!(denied, "nobody needs {}: {} {:?}", lines[at], came.gone, came.denied);
        let findings = reduced.check().await.expect("the database answers");
        assert!(findings.iter().any(|f| f.code == "C310"), "{} {findings:#?}", lines[at]);
        database.execute(&lines[at]).await;
        // What is denied after the commit has no way back.
        if came.gone > 0 || lines[at].contains("sexton.") {
            drop(reduced);
            drop_role(&database, &role).await;
            database = ready().await;
            (role, reduced) = fresh(&database, "reduced").await;
            lines = grants(&database, &role).await;
            database.execute(&lines.join("\n")).await;
        }
    }
    drop(reduced);
    drop_role(&database, &role).await;
}

/// Where Sexton's own tables are not there yet, the role has to make them.
#[tokio::test]
async fn a_role_may_make_the_tables_that_are_not_there() {
    let database = TestDatabase::bare().await;
    database.execute(TABLES).await;
    let (role, made) = fresh(&database, "maker").await;
    let lines = grants(&database, &role).await;
    assert!(lines.last().is_some_and(|line| line.starts_with("GRANT CREATE ON DATABASE ")));
    database.execute(&lines.join("\n")).await;
    let came = every_root(&made).await;
    assert_eq!((came.gone, came.denied), (3, None), "{lines:#?}");
    drop(made);
    drop_role(&database, &role).await;
}

#[tokio::test]
async fn what_row_level_security_hides_is_told_before_a_deletion_fails_on_it() {
    let database = ready().await;
    let (role, hidden) = fresh(&database, "hidden").await;
    database.execute(&grants(&database, &role).await.join("\n")).await;
    database.execute("ALTER TABLE runs ENABLE ROW LEVEL SECURITY").await;
    let told = |found: Vec<Finding>| -> Vec<String> {
        let told = found.into_iter().filter(|finding| finding.code == "C311");
        told.map(|finding| finding.message).collect()
    };
    let found = told(hidden.check().await.expect("the database answers"));
    assert_eq!(
        found,
        [format!(
            "row-level security hides rows of `runs` from the role `{role}`: every statement on \
             it is refused"
        )]
    );
    let refused = hidden.preview(&root("run", "1"), Budget::default()).await;
    let denied = matches!(
        refused,
        Err(EngineError::Database(DatabaseError::Denied { .. } | DatabaseError::Statement { .. }))
    );
    assert!(denied, "{refused:?}");
    database.execute(&format!("ALTER ROLE {role} BYPASSRLS")).await;
    assert_eq!(told(hidden.check().await.expect("the database answers")), [""; 0]);
    // The owner is not held back, unless it is forced on owners too.
    database
        .execute(&format!("ALTER ROLE {role} NOBYPASSRLS; ALTER TABLE runs OWNER TO {role};"))
        .await;
    assert_eq!(told(hidden.check().await.expect("the database answers")), [""; 0]);
    database.execute("ALTER TABLE runs FORCE ROW LEVEL SECURITY").await;
    assert_eq!(told(hidden.check().await.expect("the database answers")).len(), 1);
    drop(hidden);
    drop_role(&database, &role).await;
}

#[tokio::test]
async fn sessions_that_enforce_nothing_are_told() {
    let database = ready().await;
    let (role, replica) = fresh(&database, "replica").await;
    database
        .execute(&format!(
            "ALTER ROLE {role} SUPERUSER; ALTER ROLE {role} SET session_replication_role = replica"
        ))
        .await;
    let found = replica.check().await.expect("the database answers");
    assert_eq!(found.iter().map(|f| f.code).collect::<Vec<_>>(), ["C312"], "{found:#?}");
    drop(replica);
    drop_role(&database, &role).await;
}
