//! A database, a store in memory whose clock a test moves, and a system on both.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use sexton_core::names::{Actor, StoreName, Timestamp};
use sexton_core::objects::ObjectKey;
use sexton_core::policy;
use sexton_core::schema::Dialect;
use sexton_core::sweep::{InStore, SweepReport};
use sexton_engine::ports::store::{Listing, Scope, Start};
use sexton_engine::ports::{Clock, Database, Store, SystemEntropy};
use sexton_engine::{ReclaimRequest, Reclaimed, Stores, Surroundings, SweepRequest, System};
use sexton_postgres::PostgresDatabase;
use sexton_sqlite::SqliteDatabase;
use sexton_stores::MemoryStore;
use sexton_testkit::random::ground::Ground;

/// A clock that stands until it is moved.
pub struct Hands(AtomicI64);

impl Hands {
    pub fn move_on(&self, secs: i64) {
        self.0.fetch_add(secs * 1_000_000, Ordering::Relaxed);
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
}

pub struct World {
    pub ground: Ground,
    pub database: Arc<dyn Database>,
    pub system: System,
    pub store: Arc<MemoryStore>,
    pub clock: Arc<Hands>,
}

pub const HOUR: i64 = 3_600;

pub async fn grounds() -> [Ground; 2] {
    [Ground::sqlite().await, Ground::postgres().await]
}

impl World {
    pub async fn on(ground: Ground, script: &str, policy: &str) -> Self {
        let clock = Arc::new(Hands(AtomicI64::new(1_800_000_000_000_000)));
        let store = Arc::new(MemoryStore::new(Arc::clone(&clock) as Arc<dyn Clock>));
        let opened = Arc::clone(&store) as Arc<dyn Store>;
        Self::with(ground, script, policy, (opened, store), clock).await
    }

    /// The same with whatever stands before the store.
    pub async fn with(
        mut ground: Ground,
        script: &str,
        policy: &str,
        (opened, store): (Arc<dyn Store>, Arc<MemoryStore>),
        clock: Arc<Hands>,
    ) -> Self {
        ground.renew(script).await;
        let database = open(&ground).await;
        let system = system(policy, Arc::clone(&database), opened, &clock);
        Self { ground, database, system, store, clock }
    }

    pub fn put(&self, key: &str) {
        self.store.put(&ObjectKey::new(key).expect("a key"), key.as_bytes());
    }

    pub async fn keys(&self) -> Vec<String> {
        let listing = Listing {
            prefix: String::new(),
            start: Start::First,
            objects_max: 1_000,
            scope: Scope::Current,
            fold: false,
        };
        let page = self.store.list(&listing).await.expect("it is in memory");
        page.objects.iter().map(|listed| listed.object.key.as_str().to_owned()).collect()
    }

    pub async fn execute(&mut self, sql: &str) {
        self.ground.execute(sql).await;
    }

    pub async fn sweep(&self) -> InStore {
        let report = self.system.sweep(&request(None), &mut |_| {}).await.expect("it is compared");
        only(report)
    }

    pub async fn reclaim(&self, older_than: Option<i64>) -> (InStore, Reclaimed) {
        let request = ReclaimRequest {
            sweep: request(older_than),
            actor: Actor::new("the test"),
            reason: None,
            percent_max: 50,
        };
        let (report, mut gone) =
            self.system.reclaim(&request, &mut |_| {}).await.expect("it is compared");
        (only(report), gone.remove(0))
    }
}

pub fn clock() -> Arc<Hands> {
    Arc::new(Hands(AtomicI64::new(1_800_000_000_000_000)))
}

pub fn system(
    policy: &str,
    database: Arc<dyn Database>,
    store: Arc<dyn Store>,
    clock: &Arc<Hands>,
) -> System {
    let (read, findings) = policy::parse(policy);
    let read = read.unwrap_or_else(|| panic!("the policy is not read: {findings:#?}"));
    let clock = Arc::clone(clock) as Arc<dyn Clock>;
    let surroundings = Surroundings { clock, entropy: Arc::new(SystemEntropy) };
    let stores = Stores::of([(StoreName::new("files"), Ok(store))]);
    System::new(read, database, surroundings, None).with_stores(stores)
}

fn request(older_than_secs: Option<i64>) -> SweepRequest {
    SweepRequest { stores: Vec::new(), older_than_secs }
}

fn only(mut report: SweepReport) -> InStore {
    assert_eq!(report.stores.len(), 1);
    report.stores.remove(0)
}

pub async fn open(ground: &Ground) -> Arc<dyn Database> {
    let address = ground.address();
    match ground.dialect() {
        Dialect::Postgres => {
            Arc::new(PostgresDatabase::connect(&address, None).expect("an address"))
        }
        Dialect::Sqlite => Arc::new(SqliteDatabase::open(&address).await.expect("it opens")),
    }
}

pub fn samples(found: &InStore) -> Vec<&str> {
    let mut keys: Vec<&str> = found
        .by_rule
        .iter()
        .flat_map(|of| of.samples.iter().map(|seen| seen.key.as_str()))
        .collect();
    keys.sort_unstable();
    keys
}
