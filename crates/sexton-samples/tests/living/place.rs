//! A sample system on either database, with its application's processes on it, for one test.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use sexton_core::audit::Receipt;
use sexton_core::lifecycle::State;
use sexton_core::names::{Actor, DeletionId, StoreName, ThingName};
use sexton_core::policy::Policy;
use sexton_engine::ports::Database;
use sexton_engine::{
    Caller, DeleteError, DeleteRequest, Root, RootKey, Stores, Surroundings, System,
};
use sexton_postgres::PostgresDatabase;
use sexton_samples::app::{Application, Values, id, truth};
use sexton_samples::{Sample, take_care};
use sexton_sqlite::SqliteDatabase;
use sexton_testkit::dump::Dump;
use sexton_testkit::spoken::Spoken;
use sexton_testkit::{postgres, sqlite};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Makes a test of each function for each database; each gets the sample in a place of its own.
macro_rules! on_both_databases {
    ($sample:path; $($test:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test($crate::place::Place::on_sqlite($sample()).await).await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test($crate::place::Place::on_postgres($sample()).await).await;
            })*
        }
    };
}

/// After so long a test that waits has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// A sample in a database, and its application.
pub struct Place {
    pub sample: Sample,
    pub application: Application,
    policy: String,
    database: TestDatabase,
    /// Its stores, a folder for each, where the policy has them.
    objects: Option<TempDir>,
}

enum TestDatabase {
    Sqlite(sqlite::TestDatabase),
    Postgres { database: postgres::TestDatabase, search_path: String },
}

impl Place {
    pub async fn on_sqlite(sample: Sample) -> Self {
        let database = sqlite::TestDatabase::new().await;
        let script = ["BEGIN;", sample.schema_sqlite, sample.seed_sqlite, "COMMIT;"].join("\n");
        database.execute(&script).await;
        Self::of(sample, TestDatabase::Sqlite(database))
    }

    pub async fn on_postgres(sample: Sample) -> Self {
        let database = postgres::TestDatabase::new().await;
        let script = [sample.schema_postgres, sample.seed_postgres].join("\n");
        database.execute(&script).await;
        let schema = Application::of(sample.name).unwrap().schema;
        let search_path = schema.map_or_else(String::new, |s| format!("SET search_path TO {s};\n"));
        Self::of(sample, TestDatabase::Postgres { database, search_path })
    }

    fn of(sample: Sample, database: TestDatabase) -> Self {
        let application = Application::of(sample.name).unwrap();
        let policy = without(&["work", "fence"], sample.policy);
        Self { sample, application, policy, database, objects: None }
    }

    /// Where its processes find it.
    pub fn address(&self) -> String {
        match &self.database {
            TestDatabase::Sqlite(database) => database.path().to_str().unwrap().to_owned(),
            TestDatabase::Postgres { database, .. } => database.url(),
        }
    }

    /// Starts `sexton-sample ACT SYSTEM` with these words.
    pub fn start(&self, act: &str, words: &[&str]) -> Spoken {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sexton-sample"));
        command.args([act, self.sample.name, "--database", &self.address()]).args(words);
        for (store, folder) in self.stores() {
            command.args(["--store", &format!("{store}={}", folder.display())]);
        }
        Spoken::start(&[&[act], words].concat().join(" "), &mut command)
    }

    /// Hands in so many jobs under this name.
    pub fn submit(&self, name: &str, jobs: u32, seed: u32) {
        let (jobs, seed) = (jobs.to_string(), seed.to_string());
        let words = ["--name", name, "--jobs", &jobs, "--seed", &seed];
        let (status, said) = self.start("submit", &words).ended();
        assert!(status.success(), "{said:?}");
    }

    /// Lets a worker of this role work until nothing is left, and says what it said.
    pub fn works(&self, role: &str, words: &[&str]) -> Vec<serde_json::Value> {
        let words = [&["--as", role, "--until-idle"], words].concat();
        let (status, said) = self.start("work", &words).ended();
        assert!(status.success(), "{said:?}");
        said
    }

    /// The engine with the policy.
    pub async fn system(&self) -> System {
        let (policy, database) = (self.read_policy(), self.open().await);
        let opened = self.stores().into_iter().map(|(store, folder)| {
            let opened = sexton_stores::open_late(folder.to_str().unwrap());
            (StoreName::new(store), opened.map_err(|error| error.to_string()))
        });
        let stores = Stores::of(opened);
        System::new(policy, database, Surroundings::of_this_machine(), None).with_stores(stores)
    }

    fn read_policy(&self) -> Policy {
        let (policy, findings) = sexton_core::policy::parse(&self.policy);
        assert_eq!(findings, []);
        policy.unwrap()
    }

    async fn open(&self) -> Arc<dyn Database> {
        match &self.database {
            TestDatabase::Sqlite(database) => {
                Arc::new(SqliteDatabase::open(database.path().to_str().unwrap()).await.unwrap())
            }
            TestDatabase::Postgres { database, .. } => Arc::new(
                PostgresDatabase::connect(&database.url(), self.application.schema).unwrap(),
            ),
        }
    }

    /// The same with the policy's fence over what its workers write.
    pub async fn fenced(self) -> Self {
        self.without_only(&["work"]).await
    }

    /// The same with all that the policy says.
    pub async fn whole(self) -> Self {
        self.without_only(&[]).await
    }

    /// The same with all that the policy says, of stores and objects too: a folder for each store,
    /// with what its workers upload from now on.
    pub async fn with_objects(mut self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (store, _) in self.sample.objects().buckets {
            std::fs::create_dir(folder.path().join(store)).unwrap();
        }
        self.objects = Some(folder);
        self.policy = self.sample.policy.to_owned();
        self.installed().await
    }

    /// Its stores and their folders.
    fn stores(&self) -> Vec<(&'static str, PathBuf)> {
        let Some(folder) = &self.objects else { return Vec::new() };
        let buckets = self.sample.objects().buckets.into_iter();
        buckets.map(|(store, _)| (store, folder.path().join(store))).collect()
    }

    /// The keys of a store below this folder.
    pub fn keys(&self, store: &str, below: &str) -> BTreeSet<String> {
        let root = self.objects.as_ref().unwrap().path().join(store);
        files(&root.join(below))
            .into_iter()
            .map(|file| file.strip_prefix(&root).unwrap().to_str().unwrap().to_owned())
            .collect()
    }

    /// Deletes what leaves objects to be looked for again; which deletion it is.
    pub async fn deletes_for_now(&self, root: Root) -> DeletionId {
        match self.delete(root).await {
            Err(DeleteError::Unreaped { deletion, failing, .. }) => {
                assert!(failing.is_empty(), "{failing:?}");
                deletion
            }
            other => panic!("it does not wait: {other:?}"),
        }
    }

    /// A day passes, and a worker of Sexton comes by; the deletion must be complete then.
    pub async fn a_day_later(&self, id: &DeletionId) {
        let intents = match self.database {
            TestDatabase::Sqlite(_) => "sexton_intents",
            TestDatabase::Postgres { .. } => "sexton.intents",
        };
        for _ in 0..2 {
            self.execute(&format!(
                "UPDATE {intents} SET not_before = not_before - 86400000000,
                     next_try = not_before - 86400000000, leased_until = 0"
            ))
            .await;
            self.system().await.work(&watch::channel(false).1).await.unwrap();
        }
        let status = self.system().await.status(id).await.unwrap().unwrap();
        assert_eq!(status.row.state, State::Complete, "{}", status.sentence);
    }

    /// The same with all that the policy says, but for one line: a deletion at once stops and waits
    /// for work that only a purge would wait for.
    pub async fn settled_at_once(mut self) -> Self {
        let whole = without(&[], self.sample.policy);
        let mut policy: Vec<&str> = whole.lines().collect();
        let lines = policy.len();
        policy.retain(|line| !line.starts_with("settle"));
        assert_eq!(policy.len(), lines - 1);
        self.policy = policy.join("\n");
        self.installed().await
    }

    async fn without_only(mut self, parts: &[&str]) -> Self {
        self.policy = without(parts, self.sample.policy);
        self.installed().await
    }

    async fn installed(self) -> Self {
        take_care(self.read_policy(), self.open().await).await.unwrap();
        self
    }

    /// Deletes what does not stop at hiding.
    pub async fn delete_for_good(&self, root: Root) -> Result<Receipt, DeleteError> {
        let waiting = watch::Sender::new(None);
        self.system().await.delete_for_good(&asked(root), &waiting).await
    }

    /// Purges what is hidden; how many rows went.
    pub async fn purge(&self) -> u64 {
        let purged = self.system().await.purge(&watch::channel(false).1).await;
        purged.unwrap().rows
    }

    pub async fn delete(&self, root: Root) -> Result<Receipt, DeleteError> {
        self.system().await.delete(&asked(root)).await
    }

    /// A deletion under way.
    pub async fn deleting(&self, root: Root) -> JoinHandle<Result<Receipt, DeleteError>> {
        let system = self.system().await;
        tokio::spawn(async move { system.delete(&asked(root)).await })
    }

    /// Asks the work of a root to stop, and no more; says how many rows were stopped, and how many
    /// asked.
    pub async fn cancel(&self, root: Root) -> (u64, u64) {
        let told = self.system().await.cancel(&root).await.unwrap();
        let [table] = &told.tables[..] else { panic!("{told:?}") };
        (table.stopped, table.asked)
    }

    /// Expects a refusal with a sentence that begins so.
    pub fn refused(ended: Result<Receipt, DeleteError>, said: &str) {
        let Err(DeleteError::Refused(refusal)) = ended else { panic!("{ended:?}") };
        let messages: Vec<String> = refusal.blockers.into_iter().map(|b| b.message).collect();
        assert!(messages.iter().any(|message| message.starts_with(said)), "{messages:?}");
    }

    /// Everything in it but Sexton's own tables.
    pub async fn dump(&self) -> Dump {
        match &self.database {
            TestDatabase::Sqlite(database) => database.dump().await,
            TestDatabase::Postgres { database, .. } => database.dump().await,
        }
    }

    /// The tables in which this text stands anywhere.
    pub async fn mentions(&self, text: &str) -> Vec<String> {
        let holds = |row: &Vec<Option<String>>| row.iter().flatten().any(|v| v.contains(text));
        let dump = self.dump().await;
        dump.into_iter().filter(|(_, rows)| rows.iter().any(holds)).map(|(name, _)| name).collect()
    }

    /// The id that the application gives to the job of this number of what it was handed in.
    pub fn item(&self, name: &str, n: u32) -> String {
        id(&[self.sample.name, name, &n.to_string()])
    }

    /// What the application reads under this name.
    pub async fn read(&self, name: &str, values: Values) -> Vec<Values> {
        let mut client = self.application.open(&self.address()).await.unwrap();
        client.read(&format!("read.{name}"), &values).await.unwrap()
    }

    pub async fn execute(&self, script: &str) {
        self.rows(script).await;
    }

    pub async fn rows(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        match &self.database {
            TestDatabase::Sqlite(database) => database.query(sql).await,
            TestDatabase::Postgres { database, search_path } => {
                database.query(&format!("{search_path}{sql}")).await
            }
        }
    }

    /// The one number that is asked for.
    pub async fn number(&self, sql: &str) -> i64 {
        self.rows(sql).await[0][0].as_ref().unwrap().parse().unwrap()
    }

    /// Waits until a question has this number for an answer.
    pub async fn until(&self, sql: &str, number: i64) {
        let answered = async {
            while self.number(sql).await != number {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, answered).await.unwrap_or_else(|_| panic!("never: {sql}"));
    }

    /// The clock passes the end of all leases.
    pub async fn leases_end(&self) {
        let sql = match self.sample.name {
            "batches" => "UPDATE jobs SET lease_expires_at = {} WHERE lease_expires_at IS NOT NULL",
            "datasets" => {
                "UPDATE training_jobs SET lease_expires_at = {} WHERE lease_expires_at IS NOT NULL"
            }
            "transcriptions" => {
                "UPDATE tasks SET lease_expires_at = {} WHERE lease_expires_at IS NOT NULL"
            }
            "snapshots" => {
                "UPDATE snapshot_comparisons SET lease_expires_at = {}
                 WHERE lease_expires_at IS NOT NULL"
            }
            // Here it is the daemon that is held by its heart-beat.
            _ => "UPDATE daemons SET last_heartbeat = {}",
        };
        self.execute(&sql.replace("{}", "'2026-01-01T00:00:00Z'")).await;
    }

    /// Somebody asks everything that runs to stop, as the application would.
    pub async fn asks_to_stop(&self) {
        let yes = if self.is_sqlite() { "1" } else { "true" };
        let sql = match self.sample.name {
            "batches" => "UPDATE jobs SET cancel_requested = 1 WHERE status = 'running'",
            "datasets" => "UPDATE training_jobs SET cancel_requested = {} WHERE status = 'running'",
            "transcriptions" => "UPDATE tasks SET cancel_requested = {} WHERE status = 'running'",
            "snapshots" => "UPDATE snapshot_comparisons SET cancel_requested = {} WHERE state = 1",
            _ => {
                "UPDATE batches SET cancelling_at = '2026-10-09T00:00:00Z',
                                    cancelled_at = '2026-10-09T00:00:00Z'"
            }
        };
        self.execute(&sql.replace("{}", yes)).await;
    }

    /// How much waits or runs that a worker has claimed or may claim.
    pub async fn left(&self) -> i64 {
        self.number(match self.sample.name {
            "batches" => "SELECT count(*) FROM jobs WHERE status IN ('queued', 'running')",
            "datasets" => {
                "SELECT count(*) FROM training_jobs
                 WHERE job_type = 'synthetic_generation' AND status IN ('pending', 'queued', 'running')"
            }
            "transcriptions" => {
                "SELECT count(*) FROM tasks t JOIN jobs j ON j.id = t.job_id
                 WHERE j.display_name LIKE 'winter %' AND t.status IN ('pending', 'ready', 'running')"
            }
            "snapshots" => "SELECT count(*) FROM snapshot_comparisons WHERE state IN (0, 1)",
            _ => {
                "SELECT count(*) FROM requests r JOIN batches b ON b.id = r.batch_id
                 WHERE b.cancelling_at IS NULL AND r.state IN ('pending', 'claimed', 'processing')"
            }
        })
        .await
    }

    fn is_sqlite(&self) -> bool {
        matches!(self.database, TestDatabase::Sqlite(_))
    }

    /// Expects that the application's rows agree with each other.
    pub async fn is_sound(&self) {
        for (sentence, sql) in truth::of(self.sample.name) {
            let against = self.rows(sql).await;
            assert!(against.is_empty(), "{sentence}: not so for {against:?}");
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// How many events of this kind there are.
pub fn count(said: &[serde_json::Value], what: &str) -> usize {
    said.iter().filter(|event| event["event"] == what).count()
}

/// The deletion of a root.
pub fn asked(root: Root) -> DeleteRequest {
    DeleteRequest { root, reason: None, bound_to: None }
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

/// Nothing is in a store unless a test asks for it: what its workers write are rows. Nobody asks
/// over HTTP, so what is answered there is left out with what it counts.
const LEFT_OUT: [&str; 6] = ["stores", "pools", "objects", "routes", "replies", "lists"];

/// The policy without these parts of it: what holds all the same.
fn without(parts: &[&str], policy: &str) -> String {
    let begins = policy.match_indices("\n[").map(|(at, _)| at + 1);
    let begins: Vec<usize> = std::iter::once(0).chain(begins).chain([policy.len()]).collect();
    let sections: Vec<&str> = begins.windows(2).map(|at| &policy[at[0]..at[1]]).collect();
    let name = |section: &str| {
        let header = section.strip_prefix('[').and_then(|section| section.split(']').next());
        header.unwrap_or_default().to_owned()
    };
    // A thing that takes nothing but objects is none without them, and nothing is told of it.
    let takes_objects = |section: &&&str| {
        name(section).starts_with("things.")
            && section.lines().any(|line| line.starts_with("removes"))
    };
    let partial: Vec<String> = sections.iter().filter(takes_objects).map(|s| name(s)).collect();
    let is_kept = |section: &&&str| {
        let name = name(section);
        let part = name.split('.').next().unwrap_or_default();
        let is_of = |thing: &str| {
            let of = section.lines().find_map(|line| line.strip_prefix("of ")).unwrap_or_default();
            of.contains(&format!("\"{}\"", thing.trim_start_matches("things.")))
        };
        !parts.contains(&part)
            && !LEFT_OUT.contains(&part)
            && !partial.contains(&name)
            && !partial.iter().any(|thing| is_of(thing))
    };
    sections.iter().filter(is_kept).copied().collect()
}
