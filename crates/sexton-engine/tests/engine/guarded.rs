//! What a guard's sentence says of its subject: the rows that it keeps, not the root.

use std::collections::BTreeMap;
use std::sync::Arc;

use sexton_core::names::{Actor, ThingName};
use sexton_engine::ports::Database;
use sexton_engine::{Budget, Caller, Root, RootKey, Surroundings, System};
use sexton_sqlite::SqliteDatabase;
use sexton_testkit::{postgres, sqlite};

const TABLES: &str = "
    CREATE TABLE jobs (id integer PRIMARY KEY, title text NOT NULL);
    CREATE TABLE albums (id integer PRIMARY KEY, name text NOT NULL, job_id integer, shelf text);
    CREATE TABLE readers (id integer PRIMARY KEY, name text NOT NULL, album_id integer);
    CREATE INDEX albums_job_id ON albums (job_id);
    CREATE INDEX readers_album_id ON readers (album_id);
    INSERT INTO jobs VALUES (1, 'both'), (2, 'one');
    INSERT INTO albums VALUES (11, 'winter', 1, 'top'), (12, 'autumn', 1, 'top'),
        (13, 'spring', 1, 'low'), (21, 'summer', 2, 'low');
    INSERT INTO readers VALUES (1, 'ada', 11), (2, 'ben', 11), (3, 'cleo', 12), (4, 'ada', 21);";

const POLICY: &str = "
    system = \"albums\"
    [things.job]
    row = \"jobs.id\"
    label = \"title\"
    [things.album]
    row = \"albums.id\"
    label = \"name\"
    [references]
    \"albums.job_id -> jobs\" = \"delete\"
    \"readers.album_id -> albums\" = \"keep\"
    [guards.read]
    of = \"albums\"
    rows = \"readers r\"
    link = \"r.album_id = albums.id\"
    name = \"r.name\"
    say = \"'{subject.label}' ({subject.shelf}, {subject.id}) in {row.label}: {count}\"
";

async fn judge(database: Arc<dyn Database>) {
    let (policy, findings) = sexton_core::policy::parse(POLICY);
    assert_eq!(findings, []);
    let policy = policy.expect("it has no mistakes");
    let system = System::new(policy, database, Surroundings::of_this_machine(), None);
    for (thing, id, said) in [
        ("job", "1", "'autumn, winter' (top, 12, 11) in both: 3"),
        ("job", "2", "'summer' (low, 21) in one: 1"),
        ("album", "11", "'winter' (top, 11) in winter: 2"),
    ] {
        let root = Root {
            thing: ThingName::new(thing),
            key: RootKey::Id(id.into()),
            options: BTreeMap::new(),
            caller: Caller::operator(Actor::new("ann")),
        };
        let preview = system.preview(&root, Budget::default()).await.expect("it is there");
        let messages: Vec<&str> = preview.blockers.iter().map(|b| b.message.as_str()).collect();
        assert_eq!(messages, [said]);
    }
}

#[tokio::test]
async fn a_guard_names_the_rows_that_it_keeps_on_sqlite() {
    let database = sqlite::TestDatabase::new().await;
    database.execute(TABLES).await;
    let path = database.path();
    let path = path.to_str().expect("a path is text");
    judge(Arc::new(SqliteDatabase::open(path).await.expect("it opens"))).await;
}

#[tokio::test]
async fn a_guard_names_the_rows_that_it_keeps_on_postgres() {
    let database = postgres::TestDatabase::new().await;
    database.execute(TABLES).await;
    judge(database.database()).await;
}
