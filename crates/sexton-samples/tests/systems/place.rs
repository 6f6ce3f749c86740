//! A sample system on either database, with the engine on it, for one test.

use std::collections::BTreeMap;
use std::sync::Arc;

use sexton_core::audit::Receipt;
use sexton_core::names::{Actor, ThingName};
use sexton_core::plan::{Plan, Way};
use sexton_core::policy::{Options, Policy};
use sexton_core::preview::Preview;
use sexton_engine::ports::{Database, Events, SessionId};
use sexton_engine::{
    Bound, Budget, Caller, DeleteError, DeleteRequest, EngineError, FenceChange, RefusedBy, Root,
    RootKey, Stores, Surroundings, System,
};
use sexton_postgres::PostgresDatabase;
use sexton_samples::{Sample, take_care};
use sexton_sqlite::SqliteDatabase;
use sexton_testkit::dump::Dump;
use sexton_testkit::interpose::{Interposed, Watcher};
use sexton_testkit::{postgres, sqlite};
use tokio::sync::watch;

use crate::stores::TestStores;

/// Makes a test of each function for each database, with the objects of the seed beside it: in
/// folders beside SQLite, in buckets of the double beside PostgreSQL.
macro_rules! on_both_databases_with_objects {
    ($sample:path; $($test:ident),* $(,)?) => {
        mod on_sqlite_and_folders {
            $(#[tokio::test]
            async fn $test() {
                super::$test($crate::place::Place::on_sqlite_with_objects($sample()).await).await;
            })*
        }
        mod on_postgres_and_s3 {
            $(#[tokio::test]
            async fn $test() {
                super::$test($crate::place::Place::on_postgres_with_objects($sample()).await).await;
            })*
        }
    };
}

/// Makes a test of each function for each database; each gets the sample in a place of its own.
macro_rules! on_both_databases {
    ($sample:path; $($test:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $test() {
                super::$test($crate::place::Place::on_sqlite($sample()).await).await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test]
            async fn $test() {
                super::$test($crate::place::Place::on_postgres($sample()).await).await;
            })*
        }
    };
}

/// A deletion that runs.
pub type Deleting = tokio::task::JoinHandle<Result<Receipt, DeleteError>>;
/// A writer on his way: how he ends, or the server's code.
pub type Writing = tokio::task::JoinHandle<Result<(), String>>;

/// A sample in a database, and the engine with its policy.
pub struct Place {
    sample: Sample,
    database: TestDatabase,
    system: System,
    pub stores: TestStores,
    /// Whether deletions do not stop at hiding.
    is_for_good: bool,
}

enum TestDatabase {
    Sqlite(sqlite::TestDatabase),
    Postgres { database: postgres::TestDatabase, search_path: String },
}

impl Place {
    pub async fn on_sqlite(sample: Sample) -> Self {
        Self::sqlite(sample, policy_in_a_hurry(&sample), TestStores::empty(&sample)).await
    }

    /// With the objects of its seed, which are looked for as late as the policy says.
    pub async fn on_sqlite_with_objects(sample: Sample) -> Self {
        let stores = TestStores::in_folders(&sample.objects()).await;
        Self::sqlite(sample, policy(&sample), stores).await
    }

    pub async fn on_postgres(sample: Sample) -> Self {
        Self::postgresql(sample, policy_in_a_hurry(&sample), TestStores::empty(&sample)).await
    }

    /// With the objects of its seed, which are looked for as late as the policy says.
    pub async fn on_postgres_with_objects(sample: Sample) -> Self {
        let stores = TestStores::in_buckets(&sample.objects()).await;
        Self::postgresql(sample, policy(&sample), stores).await
    }

    /// With the objects of its seed, and nobody waits for late uploads.
    pub async fn in_a_hurry_with_objects(sample: Sample, is_postgres: bool) -> Self {
        let (policy, objects) = (policy_in_a_hurry(&sample), sample.objects());
        if is_postgres {
            Self::postgresql(sample, policy, TestStores::in_buckets(&objects).await).await
        } else {
            Self::sqlite(sample, policy, TestStores::in_folders(&objects).await).await
        }
    }

    async fn sqlite(sample: Sample, policy: Policy, stores: TestStores) -> Self {
        let database = sqlite::TestDatabase::new().await;
        let seed = stores.addressed(sample.seed_sqlite);
        let script = ["BEGIN;", sample.schema_sqlite, &seed, "COMMIT;"].join("\n");
        database.execute(&script).await;
        let path = database.path();
        let opened = SqliteDatabase::open(path.to_str().unwrap()).await.unwrap();
        let system = system(policy, Arc::new(opened), stores.open()).await;
        Self {
            sample,
            database: TestDatabase::Sqlite(database),
            system,
            stores,
            is_for_good: false,
        }
    }

    async fn postgresql(sample: Sample, policy: Policy, stores: TestStores) -> Self {
        let database = postgres::TestDatabase::new().await;
        let seed = stores.addressed(sample.seed_postgres);
        let script = [sample.schema_postgres, &seed].join("\n");
        database.execute(&script).await;
        let schema = policy.schema.as_ref().map(|schema| schema.value.clone());
        let opened = PostgresDatabase::connect(&database.url(), schema.as_deref()).unwrap();
        let system = system(policy, Arc::new(opened), stores.open()).await;
        let search_path = schema.map_or_else(String::new, |s| format!("SET search_path TO {s};\n"));
        Self {
            sample,
            database: TestDatabase::Postgres { database, search_path },
            system,
            stores,
            is_for_good: false,
        }
    }

    /// The same, in which deletions do not stop at hiding.
    pub fn for_good(self) -> Self {
        Self { is_for_good: true, ..self }
    }

    /// Another program begins, with the same policy.
    pub async fn reopen(&mut self) {
        let (policy, database) = (self.system.policy().clone(), self.system.database().clone());
        self.system = system(policy, database, self.stores.open()).await;
    }

    /// Another one like it, to be changed by hand.
    pub async fn twin(&self) -> Self {
        match self.database {
            TestDatabase::Sqlite(_) => Self::on_sqlite(self.sample).await,
            TestDatabase::Postgres { .. } => Self::on_postgres(self.sample).await,
        }
    }

    /// The same with a log.
    pub fn with_log(self, log: Arc<dyn Events>) -> Self {
        Self { system: self.system.with_log(log), ..self }
    }

    pub fn is_sqlite(&self) -> bool {
        matches!(self.database, TestDatabase::Sqlite(_))
    }

    pub fn system(&self) -> &System {
        &self.system
    }

    /// The plan of a thing, with its options as they are unless somebody chooses.
    pub async fn plan(&self, thing: &str) -> Plan {
        let thing = self.system.policy().things.iter().find(|known| known.name.as_str() == thing);
        let thing = thing.unwrap();
        self.system.plan(&thing.name, &Options::defaults(thing)).await.unwrap()
    }

    /// The plan of a thing that goes so far.
    pub async fn plan_to(&self, thing: &str, way: Way) -> Plan {
        let thing = self.system.policy().things.iter().find(|known| known.name.as_str() == thing);
        let thing = thing.unwrap();
        self.system.plan_to(&thing.name, &Options::defaults(thing), way).await.unwrap()
    }

    pub async fn execute(&self, script: &str) {
        match &self.database {
            TestDatabase::Sqlite(database) => database.execute(script).await,
            TestDatabase::Postgres { database, search_path } => {
                database.execute(&format!("{search_path}{script}")).await;
            }
        }
    }

    /// Where another process finds the database.
    pub fn address(&self) -> String {
        match &self.database {
            TestDatabase::Sqlite(database) => database.path().to_str().unwrap().to_owned(),
            TestDatabase::Postgres { database, .. } => database.url(),
        }
    }

    /// Runs a script that the database may refuse; the words of the refusal.
    pub async fn try_execute(&self, script: &str) -> Result<(), String> {
        match &self.database {
            TestDatabase::Sqlite(database) => database.try_execute(script).await,
            TestDatabase::Postgres { database, search_path } => {
                database.try_execute(&format!("{search_path}{script}")).await
            }
        }
    }

    /// Expects that the fence refuses a writer.
    pub async fn refuses_writer(&self, script: &str) {
        let said = self.try_execute(script).await.expect_err(script);
        assert!(said.contains("sexton: "), "{script}: {said}");
    }

    /// The server's database, for tests in which sessions meet.
    pub fn postgres(&self) -> &postgres::TestDatabase {
        match &self.database {
            TestDatabase::Postgres { database, .. } => database,
            TestDatabase::Sqlite(_) => panic!("there is one writer in a file"),
        }
    }

    /// Takes the fence away, as if the policy had none.
    pub async fn without_fence(mut self) -> Self {
        self.system.change_fence(FenceChange::Remove).await.unwrap();
        let policy = Policy { fence: None, ..self.system.policy().clone() };
        let database = self.system.database().clone();
        let system = System::new(policy, database, Surroundings::of_this_machine(), None);
        self.system = system.with_stores(self.stores.open());
        self
    }

    /// Starts a deletion whose calls somebody watches.
    pub fn deleting(&self, root: Root, watcher: Arc<dyn Watcher>) -> Deleting {
        let database = Interposed::on(self.system.database().clone()).watched_by(watcher);
        let policy = self.system.policy().clone();
        let system = System::new(policy, Arc::new(database), Surroundings::of_this_machine(), None);
        let system = system.with_stores(self.stores.open());
        let asked = DeleteRequest { root, reason: None, bound_to: None };
        tokio::spawn(async move { system.delete(&asked).await })
    }

    /// Runs a statement in a session of its own, with an open transaction or not, until it has
    /// ended or waits. Says whether it waits, and hands on how it ends.
    pub async fn writing(&self, script: &str) -> (bool, Writing) {
        let mut session = self.postgres().session().await;
        let TestDatabase::Postgres { search_path, .. } = &self.database else { unreachable!() };
        session.execute(search_path).await;
        let number = session.query("SELECT pg_backend_pid()").await;
        let number = SessionId(number[0][0].as_ref().unwrap().parse().unwrap());
        let script = script.to_owned();
        let mut task = tokio::spawn(async move {
            let done = sqlx::raw_sql(sqlx::AssertSqlSafe(script)).execute(session.connection());
            let done = done.await.map(drop);
            done.map_err(|error| error.as_database_error().unwrap().code().unwrap().into_owned())
        });
        tokio::select! {
            ended = &mut task => (false, tokio::spawn(async move { ended.unwrap() })),
            () = self.postgres().until_blocked(number) => (true, task),
        }
    }

    /// The first column of what is asked for.
    pub async fn column(&self, sql: &str) -> Vec<Option<String>> {
        let rows = match &self.database {
            TestDatabase::Sqlite(database) => database.query(sql).await,
            TestDatabase::Postgres { database, search_path } => {
                database.query(&format!("{search_path}{sql}")).await
            }
        };
        rows.into_iter().map(|mut row| row.swap_remove(0)).collect()
    }

    /// The one number that is asked for.
    pub async fn number(&self, sql: &str) -> i64 {
        self.column(sql).await[0].as_ref().unwrap().parse().unwrap()
    }

    /// Everything in it but Sexton's own tables.
    pub async fn dump(&self) -> Dump {
        match &self.database {
            TestDatabase::Sqlite(database) => database.dump().await,
            TestDatabase::Postgres { database, .. } => database.dump().await,
        }
    }

    /// Columns of a table as a dump has them, each with whether it is of the key.
    pub async fn columns(&self, table: &str) -> Vec<(String, bool)> {
        let question = if self.is_sqlite() {
            format!(
                "SELECT (pk > 0) || name FROM pragma_table_xinfo('{table}')
                 WHERE hidden <> 1 ORDER BY cid"
            )
        } else {
            format!(
                "SELECT CASE WHEN i.indrelid IS NULL THEN 0 ELSE 1 END || a.attname
                 FROM pg_attribute a
                 LEFT JOIN pg_index i
                    ON i.indrelid = a.attrelid AND i.indisprimary AND a.attnum = ANY(i.indkey)
                 WHERE a.attrelid = '{table}'::regclass AND a.attnum > 0 AND NOT a.attisdropped
                 ORDER BY a.attnum"
            )
        };
        let said = self.column(&question).await.into_iter().flatten();
        said.map(|said| (said[1..].to_owned(), said.starts_with('1'))).collect()
    }

    /// A value of a dump, as SQL: those of SQLite are written so already.
    pub fn literal(&self, value: Option<&str>) -> String {
        match value {
            None => "NULL".to_owned(),
            Some(value) if self.is_sqlite() => value.to_owned(),
            Some(value) => format!("'{}'", value.replace('\'', "''")),
        }
    }

    /// The condition that a column has a value of a dump.
    pub fn is_value(&self, column: &str, value: Option<&str>) -> String {
        let cast = if self.is_sqlite() { "" } else { "::text" };
        format!("\"{column}\"{cast} = {}", self.literal(value))
    }

    /// Every value of Sexton's own tables.
    pub async fn own_rows(&self) -> Vec<String> {
        let (tables, row) = if self.is_sqlite() {
            ("SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'sexton%'", "*")
        } else {
            ("SELECT 'sexton.' || tablename FROM pg_tables WHERE schemaname = 'sexton'", "t::text")
        };
        let mut all = Vec::new();
        for table in self.column(tables).await.into_iter().flatten() {
            let sql = format!("SELECT {row} FROM {table} AS t");
            let rows = match &self.database {
                TestDatabase::Sqlite(database) => database.query(&sql).await,
                TestDatabase::Postgres { database, .. } => database.query(&sql).await,
            };
            all.extend(rows.into_iter().flatten().flatten());
        }
        all
    }

    pub async fn preview(&self, root: Root) -> Preview {
        self.look(&root).await.unwrap()
    }

    async fn look(&self, root: &Root) -> Result<Preview, EngineError> {
        if self.is_for_good {
            self.system.preview_for_good(root, Budget::default()).await
        } else {
            self.system.preview(root, Budget::default()).await
        }
    }

    async fn carry_out(&self, asked: &DeleteRequest) -> Result<Receipt, DeleteError> {
        if self.is_for_good {
            self.system.delete_for_good(asked, &watch::Sender::new(None)).await
        } else {
            self.system.delete(asked).await
        }
    }

    /// Deletes what was previewed, as a person does.
    pub async fn delete(&self, root: Root) -> Result<Receipt, DeleteError> {
        let preview = self.look(&root).await?;
        let bound_to = preview.digest.map(Bound::Digest);
        self.carry_out(&DeleteRequest { root, reason: None, bound_to }).await
    }

    /// Deletes, and expects that exactly what the script does by hand has happened.
    pub async fn deletes_what_this_does(&self, root: Root, by_hand: &str) -> Receipt {
        let twin = self.twin().await;
        twin.execute(by_hand).await;
        let receipt = self.delete(root).await.unwrap();
        assert_eq!(self.dump().await, twin.dump().await);
        receipt
    }

    /// Expects a refusal that says so, the same in preview and deletion, and changes nothing.
    pub async fn refuses(&self, root: Root, by: RefusedBy, said: &str) {
        let before = self.dump().await;
        let foretold: Vec<String> =
            self.preview(root.clone()).await.blockers.into_iter().map(|b| b.message).collect();
        let refused = self.delete(root).await;
        let Err(DeleteError::Refused(refusal)) = refused else { panic!("{refused:?}") };
        let messages: Vec<String> = refusal.blockers.into_iter().map(|b| b.message).collect();
        assert_eq!((refusal.by, &messages), (by, &vec![said.to_owned()]));
        assert_eq!(foretold, messages);
        assert_eq!(self.dump().await, before);
    }

    /// Expects that there is no such thing, for preview and deletion, and changes nothing.
    pub async fn does_not_find(&self, root: Root) {
        let before = self.dump().await;
        let previewed = self.look(&root).await;
        let asked = DeleteRequest { root, reason: None, bound_to: None };
        let deleted = self.carry_out(&asked).await;
        assert!(matches!(previewed, Err(EngineError::NotFound { .. })), "{previewed:?}");
        assert!(
            matches!(deleted, Err(DeleteError::Engine(EngineError::NotFound { .. }))),
            "{deleted:?}"
        );
        assert_eq!(self.dump().await, before);
    }

    /// How many records the audit has.
    pub async fn records(&self) -> usize {
        self.system.audit_list(100).await.unwrap().len()
    }
}

/// A root, as the operator of the database asks for it.
pub fn root(thing: &str, id: &str) -> Root {
    Root {
        thing: ThingName::new(thing),
        key: RootKey::Id(id.into()),
        options: BTreeMap::new(),
        caller: Caller::operator(Actor::new("ada")),
    }
}

/// The same root, with this option chosen.
pub fn with(option: &str, root: Root) -> Root {
    choosing(option, "true", root)
}

/// The same root, with this option refused.
pub fn without(option: &str, root: Root) -> Root {
    choosing(option, "false", root)
}

/// The same root, with this said of an option.
pub fn choosing(option: &str, choice: &str, root: Root) -> Root {
    Root { options: BTreeMap::from([(option.to_owned(), choice.to_owned())]), ..root }
}

/// Rows that a preview takes of a table, which must be exact.
pub fn removed(preview: &Preview, table: &str) -> u64 {
    use sexton_core::preview::Count::Exact;
    let rows = preview.removed.iter().find(|removed| removed.table.ends_with(table));
    match rows.map(|removed| removed.rows) {
        None => 0,
        Some(Exact(rows)) => rows,
        Some(other) => panic!("{other:?} is not exact"),
    }
}

/// The engine, with the fence that the policy asks for.
async fn system(policy: Policy, database: Arc<dyn Database>, stores: Stores) -> System {
    take_care(policy, database).await.unwrap().with_stores(stores)
}

/// The sample's policy, but nobody waits for late uploads, nor for clients that found a shared
/// object: a deletion is complete when it returns.
fn policy_in_a_hurry(sample: &Sample) -> Policy {
    let mut policy = policy(sample);
    policy.objects.iter_mut().for_each(|rule| rule.look_again_secs = 0);
    policy.pools.iter_mut().for_each(|pool| pool.grace_secs = 0);
    policy
}

fn policy(sample: &Sample) -> Policy {
    sample.read_policy().unwrap()
}
