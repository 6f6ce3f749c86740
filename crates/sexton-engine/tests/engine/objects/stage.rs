//! Rows with objects: a database, two stores in memory, and a system on them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sexton_core::audit::Receipt;
use sexton_core::lifecycle::State;
use sexton_core::names::{Actor, DeletionId, StoreName, ThingName};
use sexton_core::objects::{ObjectKey, Removed};
use sexton_engine::ports::store::{Listing, Scope, Start};
use sexton_engine::ports::{Arg, Database, Mode, Query, Store, SystemClock};
use sexton_engine::{
    Caller, DeleteError, DeleteRequest, DeletionStatus, Root, RootKey, Stores, System, Worked,
};
use sexton_stores::MemoryStore;
use sexton_testkit::dump::Dump;
use sexton_testkit::interpose::{InterposedStore, Watcher};
use sexton_testkit::random::ground::Ground;
use tokio::sync::watch;

use crate::place::Place;
use crate::surroundings;

const SCRIPT: &str = "
    CREATE TABLE projects (id INTEGER PRIMARY KEY, slug TEXT);
    CREATE TABLE runs (id INTEGER PRIMARY KEY, project_id INTEGER REFERENCES projects (id),
        name TEXT, log TEXT);
    CREATE TABLE shelves (id INTEGER PRIMARY KEY, path TEXT, other TEXT);
    CREATE INDEX a ON runs (project_id);
    INSERT INTO projects VALUES (1, 'one'), (2, 'two'), (3, 'three');
    INSERT INTO runs VALUES (10, 1, 'ten', NULL), (11, 1, 'eleven', NULL), (20, 2, 'twenty', NULL);";

const LINES: &str = "
    system = \"runs\"
    [stores]
    files = \"memory:\"
    logs = \"memory:\"
    [things.project]
    row = \"projects.id\"
    [references]
    \"runs.project_id -> projects\" = \"delete\"
    ";

/// All below each run's own prefix.
pub const BELOW: &str = "
    [objects.files]
    of = \"runs\"
    store = \"files\"
    prefix = [\"runs/{id}/\"]
    ";

/// A manifest of each run, which names masks.
pub const MANIFESTS: &str = "
    [objects.manifests]
    of = \"runs\"
    store = \"logs\"
    manifest = { key = \"{name}.json\", removes = [\"$.masks[*]\"] }
    ";

/// A system whose runs have objects.
pub struct Stage {
    place: Place,
    policy: String,
    pub files: Arc<MemoryStore>,
    pub logs: Arc<MemoryStore>,
    pub system: System,
}

impl Stage {
    /// With these rules, and objects of the runs 10, 11 and 20 and beside them.
    pub async fn new(ground: Ground, rules: &str) -> Self {
        let memory = MemoryStore::new(Arc::new(SystemClock));
        Self::with_files(ground, rules, memory).await
    }

    /// The same with this store of files.
    pub async fn with_files(ground: Ground, rules: &str, files: MemoryStore) -> Self {
        let mut place = Place::on(ground).await;
        let policy = [LINES, rules].concat();
        let system = place.renew_with(SCRIPT, &policy).await.expect("the database answers");
        let logs = Arc::new(MemoryStore::new(Arc::new(SystemClock)));
        let mut stage = Self { place, policy, files: Arc::new(files), logs, system };
        stage.fill();
        stage.system = stage.another(None);
        stage
    }

    fn fill(&self) {
        for run in ["10", "11", "20"] {
            for name in ["a", "b/c", "d e+ä%"] {
                put(&self.files, &format!("runs/{run}/{name}"));
            }
        }
        for name in ["runs/10", "runs/100/a", "runs/1/a", "runs/README"] {
            put(&self.files, name);
        }
    }

    /// Another program on the same database and stores, whose calls to the stores are watched.
    pub fn another(&self, watcher: Option<Arc<dyn Watcher>>) -> System {
        self.on(self.system.database().clone(), watcher)
    }

    /// The same on this way to the database.
    pub fn on(&self, database: Arc<dyn Database>, watcher: Option<Arc<dyn Watcher>>) -> System {
        let interposed = |store: &Arc<MemoryStore>, name: &str, watcher: Option<_>| {
            let store = InterposedStore::on(store.clone(), name);
            let store = store.with_root(&format!("memory://{name}/"));
            let store = match watcher {
                Some(watcher) => store.watched_by(watcher),
                None => store,
            };
            (StoreName::new(name), Ok(Arc::new(store) as Arc<dyn Store>))
        };
        let files = interposed(&self.files, "files", watcher.clone());
        let stores = [files, interposed(&self.logs, "logs", watcher)];
        self.with_stores(database, Stores::of(stores))
    }

    /// The same with these stores.
    pub fn with_stores(&self, database: Arc<dyn Database>, stores: Stores) -> System {
        let (policy, findings) = sexton_core::policy::parse(&self.policy);
        let policy = policy.unwrap_or_else(|| panic!("{findings:?}"));
        System::new(policy, database, surroundings::of_a_test(), None).with_stores(stores)
    }

    pub async fn delete(&self, project: &str) -> Result<Receipt, DeleteError> {
        self.system.delete(&request(project)).await
    }

    /// Deletes a project whose objects cannot all go at once; which deletion it is.
    pub async fn is_left(&self, project: &str) -> DeletionId {
        left(self.delete(project).await)
    }

    pub async fn work(&self) -> Worked {
        self.system.work(&watch::channel(false).1).await.expect("the database answers")
    }

    /// The receipt of a deletion that is complete by now.
    pub async fn receipt(&self, id: &DeletionId) -> Receipt {
        let status = self.status(id).await;
        assert_eq!(status.row.state, State::Complete, "{}", status.sentence);
        serde_json::from_str(&status.row.receipt.expect("it is complete")).expect("it is a receipt")
    }

    pub async fn status(&self, id: &DeletionId) -> DeletionStatus {
        self.system.status(id).await.expect("it answers").expect("it is there")
    }

    pub async fn write(&self, sql: &str) {
        let mut tx = self.system.database().begin(Mode::Keep).await.expect("it answers");
        let query = Query { label: "write", sql, general: false, args: Vec::<Arg>::new() };
        tx.run(query).await.expect("it answers");
        tx.commit().await.expect("it answers");
    }

    pub async fn dump(&mut self) -> Dump {
        self.place.ground.dump().await
    }

    /// One of Sexton's own tables.
    pub fn own(&self, table: &str) -> String {
        match self.place.ground.dialect() {
            sexton_core::schema::Dialect::Postgres => format!("sexton.{table}"),
            sexton_core::schema::Dialect::Sqlite => format!("sexton_{table}"),
        }
    }

    /// How many rows one of Sexton's own tables has.
    pub async fn stored(&self, table: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM {}", self.own(table));
        let mut tx = self.system.database().begin(Mode::Keep).await.expect("it answers");
        let query = Query { label: "count", sql: &sql, general: false, args: Vec::<Arg>::new() };
        let rows = tx.rows(query).await.expect("it answers");
        tx.rollback().await.expect("it answers");
        rows[0][0].as_integer().expect("it is a count")
    }

    /// A day passes: whatever is promised is due, and nobody holds it any more.
    pub async fn a_day_passes(&self) {
        let intents = self.own("intents");
        self.write(&format!(
            "UPDATE {intents} SET not_before = not_before - 86400000000,
                next_try = not_before - 86400000000, leased_until = 0"
        ))
        .await;
    }
}

pub fn request(project: &str) -> DeleteRequest {
    let root = Root {
        thing: ThingName::new("project"),
        key: RootKey::Id(project.into()),
        options: BTreeMap::new(),
        caller: Caller::operator(Actor::new("ada")),
    };
    DeleteRequest { root, reason: None, bound_to: None }
}

/// Expects that the rows are gone and promises are left; of which deletion.
pub fn left(deleted: Result<Receipt, DeleteError>) -> DeletionId {
    match deleted {
        Err(DeleteError::Unreaped { deletion, .. }) => deletion,
        other => panic!("nothing is left: {other:?}"),
    }
}

pub fn put(store: &MemoryStore, key: &str) {
    store.put(&object(key), key.as_bytes());
}

pub fn object(key: &str) -> ObjectKey {
    ObjectKey::new(key).expect("it is a key")
}

/// The keys that a store holds.
pub async fn keys(store: &MemoryStore) -> BTreeSet<String> {
    listed(store, Scope::Current).await.into_iter().collect()
}

/// The keys of all versions and markers.
pub async fn versions(store: &MemoryStore) -> Vec<String> {
    listed(store, Scope::Versions).await
}

async fn listed(store: &MemoryStore, scope: Scope) -> Vec<String> {
    let (mut found, mut start) = (Vec::new(), Start::First);
    loop {
        let prefix = String::new();
        let listing = Listing { prefix, start, objects_max: 1000, scope, fold: false };
        let page = store.list(&listing).await.expect("it is in memory");
        found.extend(page.objects.iter().map(|listed| listed.object.key.as_str().to_owned()));
        match page.next {
            Some(next) => start = Start::At(next),
            None => return found,
        }
    }
}

/// What came of the objects of all rules and stores.
pub fn all_gone(receipt: &Receipt) -> Removed {
    let mut all = Removed::default();
    for removed in receipt.objects_gone.values().flat_map(|stores| stores.values()) {
        all.merge(removed);
    }
    all
}
