//! What a preview tells of changes is what its own database will do.

use std::collections::BTreeMap;
use std::sync::Arc;

use sexton_core::names::{Actor, ThingName};
use sexton_engine::ports::Database;
use sexton_engine::{Budget, Caller, Root, RootKey, Surroundings, System};
use sexton_sqlite::SqliteDatabase;
use sexton_testkit::{postgres, sqlite};

const TABLES: &str = "
    CREATE TABLE jobs (id integer PRIMARY KEY);
    CREATE TABLE notes (id integer PRIMARY KEY, job_id integer, body text, state text);
    CREATE INDEX notes_job_id ON notes (job_id);
    INSERT INTO jobs VALUES (1);
    INSERT INTO notes VALUES (1, 1, 'a', 'open');";

const POLICY: &str = "
    system = \"notes\"
    [things.job]
    row = \"jobs.id\"
    [references]
    \"notes.job_id -> jobs\".rule.set.job_id = \"=null\"
    \"notes.job_id -> jobs\".rule.set.body = { postgres = \"=left(body, 0)\", sqlite = \"=substr(body, 1, 0)\" }
    \"notes.job_id -> jobs\".rule.set.state = \"=upper(state)\"
";

async fn judge(database: Arc<dyn Database>, body: &str) {
    let (policy, findings) = sexton_core::policy::parse(POLICY);
    assert_eq!(findings, []);
    let policy = policy.expect("it has no mistakes");
    let system = System::new(policy, database, Surroundings::of_this_machine(), None);
    let root = Root {
        thing: ThingName::new("job"),
        key: RootKey::Id("1".into()),
        options: BTreeMap::new(),
        caller: Caller::operator(Actor::new("ann")),
    };
    let preview = system.preview(&root, Budget::default()).await.expect("it is there");
    let told: Vec<(&str, &str)> =
        preview.changed[0].becomes.iter().map(|(c, v)| (c.as_str(), v.as_str())).collect();
    assert_eq!(told, [("job_id", "NULL"), ("body", body), ("state", "upper(state)")]);
}

#[tokio::test]
async fn a_change_is_told_in_the_sql_of_sqlite() {
    let database = sqlite::TestDatabase::new().await;
    database.execute(TABLES).await;
    let path = database.path();
    let path = path.to_str().expect("a path is text");
    let opened = SqliteDatabase::open(path).await.expect("it opens");
    judge(Arc::new(opened), "substr(body, 1, 0)").await;
}

#[tokio::test]
async fn a_change_is_told_in_the_sql_of_postgres() {
    let database = postgres::TestDatabase::new().await;
    database.execute(TABLES).await;
    judge(database.database(), "left(body, 0)").await;
}
