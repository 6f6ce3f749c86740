//! What a preview can foretell of derived rows, and what it says where it cannot.

use std::sync::Arc;

use sexton_core::names::{Actor, ThingName};
use sexton_core::preview::{After, DerivedRows};
use sexton_engine::{Budget, Caller, Root, RootKey, Surroundings, System};
use sexton_sqlite::SqliteDatabase;
use sexton_testkit::{postgres, sqlite};

const TABLES: &str = "
    CREATE TABLE owners (id integer PRIMARY KEY, last text, total numeric(5,1), seen text);
    CREATE TABLE batches (id integer PRIMARY KEY);
    CREATE TABLE runs (id integer PRIMARY KEY, owner_id integer, batch_id integer, name text);
    CREATE INDEX runs_owner_id ON runs (owner_id);
    CREATE INDEX runs_batch_id ON runs (batch_id);
    CREATE VIEW latest_runs AS SELECT * FROM runs;
    INSERT INTO owners VALUES (1, 'b', 2, NULL);
    INSERT INTO batches VALUES (1);
    INSERT INTO runs VALUES (1, 1, NULL, 'a'), (2, 1, 1, 'b');";

const POLICY: &str = "
    system = \"owners\"
    [things.batch]
    row = \"batches.id\"
    [references]
    \"runs.batch_id -> batches\" = \"delete\"
    \"runs.owner_id -> owners\" = \"keep\"
    [derived.owners]
    of = \"runs.owner_id\"
    first = \"runs r where r.owner_id = owners.id order by r.id desc\"
    set.last = { value = \"=r.name\", none = \"none\" }
    set.total = \"=(select count(*) * 1.25 from runs c where c.owner_id = owners.id)\"
";

/// What is foretold of the one owner, with one word of policy and tables exchanged for another.
async fn on_sqlite((from, to): (&str, &str), more: &str) -> DerivedRows {
    let database = sqlite::TestDatabase::new().await;
    database.execute(TABLES).await;
    database.execute(more).await;
    let path = database.path();
    let path = path.to_str().expect("a path is text");
    let opened = SqliteDatabase::open(path).await.expect("it opens");
    foretold(&POLICY.replace(from, to), Arc::new(opened)).await
}

async fn on_postgres((from, to): (&str, &str), more: &str) -> DerivedRows {
    let database = postgres::TestDatabase::new().await;
    database.execute(TABLES).await;
    database.execute(more).await;
    foretold(&POLICY.replace(from, to), database.database()).await
}

async fn foretold(policy: &str, database: Arc<dyn sexton_engine::ports::Database>) -> DerivedRows {
    let (policy, findings) = sexton_core::policy::parse(policy);
    assert_eq!(findings, []);
    let policy = policy.expect("it has no mistakes");
    let system = System::new(policy, database, Surroundings::of_this_machine(), None);
    let root = Root {
        thing: ThingName::new("batch"),
        key: RootKey::Id("1".into()),
        options: std::collections::BTreeMap::new(),
        caller: Caller::operator(Actor::new("ann")),
    };
    system.preview(&root, Budget::default()).await.expect("it is there").derived.remove(0)
}

fn value(text: &str) -> After {
    After::Value(Some(text.into()))
}

fn reasons(shown: &DerivedRows) -> Vec<(&str, &str)> {
    shown.untold.iter().map(|untold| (untold.column.as_str(), untold.why.as_str())).collect()
}

const AS_IT_IS: (&str, &str) = ("", "");

#[tokio::test]
async fn what_is_foretold_is_in_the_form_of_its_column() {
    // The column holds one digit behind the point; SQLite's numbers have no such limit.
    let shown = on_postgres(AS_IT_IS, "").await;
    assert_eq!(shown.samples[0].after, [value("a"), value("1.3")]);
    let shown = on_sqlite(AS_IT_IS, "").await;
    assert_eq!(shown.samples[0].after, [value("a"), value("1.25")]);
    let whole = ("* 1.25", "* 2.0");
    assert_eq!(on_sqlite(whole, "").await.samples[0].after, [value("a"), value("2")]);
}

#[tokio::test]
async fn what_stands_for_none_is_foretold() {
    let shown = on_sqlite(AS_IT_IS, "UPDATE runs SET batch_id = 1").await;
    assert_eq!(shown.samples[0].after, [value("none"), value("0")]);
    let shown = on_postgres(AS_IT_IS, "UPDATE runs SET batch_id = 1").await;
    assert_eq!(shown.samples[0].after, [value("none"), value("0.0")]);
}

#[tokio::test]
async fn a_table_named_with_its_schema_is_not_foretold() {
    let shown = on_postgres(("\"runs r", "\"public.runs r"), "").await;
    assert_eq!(shown.samples[0].after, [After::Untold, value("1.3")]);
    let why = "it names `public.runs` with its schema, so it sees the rows that go";
    assert_eq!(reasons(&shown), [("last", why)]);
    let shown = on_sqlite(("\"runs r", "\"main.runs r"), "").await;
    let why = "it names `main.runs` with its schema, so it sees the rows that go";
    assert_eq!(reasons(&shown), [("last", why)]);
}

#[tokio::test]
async fn what_is_read_through_a_view_is_not_foretold() {
    let through = ("\"runs r", "\"latest_runs r");
    for shown in [on_sqlite(through, "").await, on_postgres(through, "").await] {
        assert_eq!(shown.samples[0].after[0], After::Untold);
        let why = "it reads through `latest_runs`, and what that reads is not known";
        assert_eq!(reasons(&shown), [("last", why)]);
    }
}

#[tokio::test]
async fn what_is_read_through_a_function_is_not_foretold() {
    let function = "CREATE FUNCTION named(integer) RETURNS text LANGUAGE sql STABLE
                    AS 'SELECT max(name) FROM runs WHERE owner_id = $1'";
    let shown = on_postgres(("=r.name", "=named(owners.id)"), function).await;
    let why = "it reads through `named`, and what that reads is not known";
    assert_eq!(reasons(&shown), [("last", why)]);
}

#[tokio::test]
async fn a_value_of_the_moment_is_not_foretold() {
    let now = ("=r.name", "={now}");
    for shown in [on_sqlite(now, "").await, on_postgres(now, "").await] {
        assert_eq!(reasons(&shown), [("last", "its value depends on the moment, or on chance")]);
    }
}

#[tokio::test]
async fn what_reads_its_own_table_is_not_foretold() {
    let own = ("=(select count(*) * 1.25 from runs", "=(select count(*) from owners o, runs");
    for shown in [on_sqlite(own, "").await, on_postgres(own, "").await] {
        let why = "it reads other rows of `owners`, which may change with it";
        assert_eq!(reasons(&shown), [("total", why)]);
    }
}

#[tokio::test]
async fn where_triggers_fire_nothing_is_foretold() {
    let trigger = "CREATE TRIGGER noted AFTER DELETE ON runs
                   BEGIN UPDATE runs SET name = 'z'; END";
    let shown = on_sqlite(AS_IT_IS, trigger).await;
    let why = "triggers of `runs` fire, and what they do is not known";
    assert_eq!(reasons(&shown), [("last", why), ("total", why)]);
}

#[tokio::test]
async fn what_the_database_cannot_read_before_is_not_foretold() {
    let shown = on_sqlite(("order by r.id", "order by r.rowid"), "").await;
    assert_eq!(shown.samples[0].after, [After::Untold, After::Untold]);
    assert!(shown.untold[0].why.starts_with("it could not be read: "), "{shown:?}");
    let shown = on_postgres(("order by r.id", "order by r.ctid"), "").await;
    assert!(shown.untold[0].why.starts_with("it could not be read: "), "{shown:?}");
}
