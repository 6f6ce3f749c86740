//! What a case happens in: boxes of items with notes, links and objects, a clock that is moved, a
//! store in memory, and somebody outside who is told.

use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use sexton_core::names::{Actor, StoreName, ThingName, Timestamp};
use sexton_core::objects::ObjectKey;
use sexton_core::policy::{self, Policy};
use sexton_engine::ports::store::{Listing, Scope, Start};
use sexton_engine::ports::{
    Answer, Clock, Database, Entropy, HookCall, HookCaller, Store, SystemClock,
};
use sexton_engine::{Caller, Root, RootKey, Stores, Surroundings, System};
use sexton_sqlite::SqliteDatabase;
use sexton_stores::MemoryStore;
use sexton_testkit::interpose::{Interposed, InterposedStore, Watcher};
use sexton_testkit::random::dice::Dice;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Row};
use tempfile::TempDir;

/// So many boxes.
pub const BOXES: usize = 4;

const SCRIPT: &str = "
    CREATE TABLE boxes (id INTEGER PRIMARY KEY, label TEXT, deleted_at TEXT);
    CREATE TABLE items (id INTEGER PRIMARY KEY, box_id INTEGER REFERENCES boxes (id), state TEXT);
    CREATE TABLE notes (id INTEGER PRIMARY KEY, item_id INTEGER REFERENCES items (id));
    CREATE TABLE links (id INTEGER PRIMARY KEY, item_id INTEGER REFERENCES items (id));
    CREATE INDEX a ON items (box_id);
    CREATE INDEX b ON notes (item_id);
    CREATE INDEX c ON links (item_id);
    INSERT INTO boxes (id, label) VALUES (1, 'one'), (2, 'two'), (3, 'three'), (4, 'four');";

const POLICY: &str = r#"
    system = "boxes"
    [stores]
    files = "memory:"
    [things.box]
    row = "boxes.id"
    hide = { set = { deleted_at = "={now}", label = "=null" }, hidden = "deleted_at is not null", undo = "4m" }
    purge = { every = "1m", chunk = 2, pause = "1ms", root = "keep" }
    [references]
    "notes.item_id -> items" = "delete"
    "links.item_id -> items" = "unlink"
    "items.box_id -> boxes" = "delete"
    [work.items]
    running = "state = 'running'"
    settle = "before-purge"
    [objects.blobs]
    of = "items"
    store = "files"
    key = ["items/{id}"]
    look_again = "0s"
    [hooks.gone]
    of = "items"
    call = "env:GONE"
    body = { item = "{id}" }
    "#;

/// A database file with all tables, copied for each case.
pub struct Template {
    folder: TempDir,
}

impl Template {
    /// In memory where the machine has a folder there: nothing here has to outlast a power cut.
    pub async fn new() -> Self {
        let made = tempfile::Builder::new().prefix("sexton-simulation-").tempdir_in("/dev/shm");
        let folder = made.or_else(|_| tempfile::tempdir()).expect("there is room for a folder");
        let template = Self { folder };
        let path = template.path();
        let mut connection = connection(&path).await;
        let script = ["PRAGMA journal_mode = WAL;", SCRIPT].concat();
        sqlx::raw_sql(AssertSqlSafe(script)).execute(&mut connection).await.unwrap();
        let database = SqliteDatabase::open(path.to_str().unwrap()).await.unwrap();
        database.prepare_ledger().await.unwrap();
        drop(database);
        let emptied = "PRAGMA wal_checkpoint(TRUNCATE)";
        sqlx::raw_sql(emptied).execute(&mut connection).await.unwrap();
        template
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("template.db")
    }
}

async fn connection(path: &std::path::Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path).foreign_keys(true);
    options.create_if_missing(true).disable_statement_logging().connect().await.unwrap()
}

/// One case.
pub struct World {
    pub seed: u64,
    path: PathBuf,
    pub clock: Arc<Moved>,
    pub store: Arc<MemoryStore>,
    pub outside: Arc<Outside>,
    /// Boxes and items that were put into them.
    pub made: Mutex<Vec<(usize, i64)>>,
    policy: Policy,
    /// One adapter for all processes: of each that ends, its transaction is taken back.
    database: Arc<SqliteDatabase>,
    connection: tokio::sync::Mutex<SqliteConnection>,
}

/// The machine's clock, and what it was moved by.
pub struct Moved(AtomicI64);

impl Moved {
    pub fn by(&self, secs: i64) {
        self.0.fetch_add(secs * 1_000_000, Ordering::Relaxed);
    }
}

impl Clock for Moved {
    fn now(&self) -> Timestamp {
        Timestamp(SystemClock.now().0 + self.0.load(Ordering::Relaxed))
    }
}

/// Numbers in a row; nobody waits by chance.
struct Counting;

static COUNT: AtomicU64 = AtomicU64::new(1);

impl Entropy for Counting {
    fn unique(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        bytes
    }
}

/// Whoever is told that items are gone; refuses and hangs up by chance, until it is well.
pub struct Outside {
    dice: Mutex<Option<Dice>>,
    /// Bodies that were taken.
    pub taken: Mutex<Vec<String>>,
}

impl Outside {
    pub fn is_well(&self) {
        *self.dice.lock().unwrap() = None;
    }
}

#[async_trait]
impl HookCaller for Outside {
    fn is_set(&self, _: &str) -> bool {
        true
    }

    async fn call(&self, call: &HookCall) -> Answer {
        let fails = self.dice.lock().unwrap().as_mut().is_some_and(|dice| dice.percent(30));
        if fails {
            return Answer::Later { reason: "not now".into(), after: None };
        }
        self.taken.lock().unwrap().push(call.body.clone());
        Answer::Taken
    }
}

impl World {
    pub async fn new(template: &Template, seed: u64) -> Self {
        let path = template.folder.path().join(format!("case{seed}.db"));
        std::fs::copy(template.path(), &path).unwrap();
        let opened = SqliteDatabase::open(path.to_str().unwrap()).await.unwrap();
        let (policy, findings) = policy::parse(POLICY);
        assert_eq!(findings, []);
        let clock = Arc::new(Moved(AtomicI64::new(0)));
        let dice = Mutex::new(Some(Dice::new(seed ^ 0xCA11)));
        Self {
            seed,
            connection: tokio::sync::Mutex::new(connection(&path).await),
            path,
            store: Arc::new(MemoryStore::new(clock.clone())),
            clock,
            outside: Arc::new(Outside { dice, taken: Mutex::default() }),
            made: Mutex::default(),
            policy: policy.unwrap(),
            database: Arc::new(opened),
        }
    }

    /// Puts an item with a note, a link and an object into a box that is there, as the application
    /// does; says whether it was.
    pub async fn makes_item(&self, number: usize, state: &str) -> bool {
        let id = i64::try_from(self.made.lock().unwrap().len() + 100).unwrap();
        let item = format!(
            "INSERT INTO items (id, box_id, state)
             SELECT {id}, id, '{state}' FROM boxes WHERE id = {number} AND deleted_at IS NULL"
        );
        if self.does(&item).await == 0 {
            return false;
        }
        self.does(&format!("INSERT INTO notes (item_id) VALUES ({id})")).await;
        self.does(&format!("INSERT INTO links (item_id) VALUES ({id})")).await;
        self.store.put(&ObjectKey::new(format!("items/{id}")).unwrap(), b"blob");
        self.made.lock().unwrap().push((number, id));
        true
    }

    /// A process: a system of its own whose calls somebody watches.
    pub fn process(&self, watcher: Option<Arc<dyn Watcher>>) -> System {
        let mut database = Interposed::on(self.database.clone());
        let mut store = InterposedStore::on(self.store.clone(), "files");
        if let Some(watcher) = watcher {
            database = database.watched_by(watcher.clone());
            store = store.watched_by(watcher);
        }
        let surroundings = Surroundings { clock: self.clock.clone(), entropy: Arc::new(Counting) };
        let store: Arc<dyn Store> = Arc::new(store);
        System::new(self.policy.clone(), Arc::new(database), surroundings, None)
            .with_stores(Stores::of([(StoreName::new("files"), Ok(store))]))
            .with_caller(self.outside.clone())
            .with_patience(std::time::Duration::ZERO)
    }

    /// What the application does, by itself a transaction; how many rows it changed.
    pub async fn does(&self, sql: &str) -> u64 {
        let mut connection = self.connection.lock().await;
        let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut *connection).await;
        done.unwrap_or_else(|error| panic!("{sql}: {error}")).rows_affected()
    }

    /// Rows, as text.
    pub async fn rows(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        let mut connection = self.connection.lock().await;
        let rows = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).fetch_all(&mut *connection).await;
        let rows = rows.unwrap_or_else(|error| panic!("{sql}: {error}"));
        let texts = |row: &sqlx::sqlite::SqliteRow| {
            (0..row.len()).map(|at| row.try_get_unchecked(at).unwrap()).collect()
        };
        rows.iter().map(texts).collect()
    }

    /// Keys of all objects.
    pub async fn objects(&self) -> Vec<String> {
        let (prefix, scope) = (String::new(), Scope::Current);
        let asked = Listing { prefix, start: Start::First, objects_max: 1_000, scope, fold: false };
        let page = self.store.list(&asked).await.unwrap();
        page.objects.iter().map(|listed| listed.object.key.as_str().to_owned()).collect()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        for end in ["", "-wal", "-shm"] {
            drop(std::fs::remove_file(format!("{}{end}", self.path.display())));
        }
    }
}

/// A box, as its operator asks for it.
pub fn root(number: usize) -> Root {
    Root {
        thing: ThingName::new("box"),
        key: RootKey::Id(number.to_string()),
        options: std::collections::BTreeMap::new(),
        caller: Caller::operator(Actor::new("ada")),
    }
}
