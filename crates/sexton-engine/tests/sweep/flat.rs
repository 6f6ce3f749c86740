//! However much there is, no more than a few pages and parts are in mind at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use sexton_core::objects::{ObjectKey, ObjectVersion, Outcome};
use sexton_engine::ports::store::{
    Contents, Listed, Listing, Page, Probe, Upload, UploadCursor, UploadPage,
};
use sexton_engine::ports::{Clock, Store, StoreError};
use sexton_stores::MemoryStore;
use sexton_testkit::interpose::{Interposed, Point, Watcher};
use sexton_testkit::random::ground::Ground;
use tokio::sync::Notify;

use crate::world::{World, clock, grounds, system};

/// A store of small pages, which counts those that were listed, and may stop before one of them.
struct Counted {
    inner: Arc<MemoryStore>,
    listed: AtomicUsize,
    stops_at: usize,
    stopped: Notify,
}

#[async_trait]
impl Store for Counted {
    fn address(&self) -> String {
        self.inner.address()
    }
    fn root(&self) -> String {
        self.inner.root()
    }
    fn page_max(&self) -> usize {
        10
    }
    fn listings_max(&self) -> usize {
        1
    }
    async fn list(&self, asked: &Listing) -> Result<Page, StoreError> {
        if self.listed.fetch_add(1, Ordering::SeqCst) == self.stops_at {
            self.stopped.notify_one();
            return std::future::pending().await;
        }
        // Somebody else's turn: a store is never as fast as this one.
        tokio::task::yield_now().await;
        self.inner.list(asked).await
    }
    async fn head(&self, object: &ObjectVersion) -> Result<Option<Listed>, StoreError> {
        self.inner.head(object).await
    }
    async fn get(&self, key: &ObjectKey, bytes_max: u64) -> Result<Contents, StoreError> {
        self.inner.get(key, bytes_max).await
    }
    async fn remove(&self, objects: &[ObjectVersion]) -> Result<Vec<Outcome>, StoreError> {
        self.inner.remove(objects).await
    }
    async fn uploads(
        &self,
        prefix: &str,
        after: Option<&UploadCursor>,
    ) -> Result<UploadPage, StoreError> {
        self.inner.uploads(prefix, after).await
    }
    async fn abort(&self, upload: &Upload) -> Result<Outcome, StoreError> {
        self.inner.abort(upload).await
    }
    async fn probe(&self) -> Result<Probe, StoreError> {
        self.inner.probe().await
    }
}

const POLICY: &str = r#"
system = "flat"
[stores]
files = "memory:"
[things.run]
row = "runs.id"
[objects.run]
of = "runs"
store = "files"
prefix = "runs/{id}/"
"#;

async fn world(ground: Ground, stops_at: usize) -> (World, Arc<Counted>) {
    let clock = clock();
    let inner = Arc::new(MemoryStore::new(Arc::clone(&clock) as Arc<dyn Clock>));
    for number in 0..2_000 {
        inner.put(&ObjectKey::new(format!("runs/{number:04}/x")).expect("a key"), b"x");
    }
    let (listed, stopped) = (AtomicUsize::new(0), Notify::new());
    let store = Arc::new(Counted { inner: Arc::clone(&inner), listed, stops_at, stopped });
    let script = "CREATE TABLE runs (id text PRIMARY KEY);
        INSERT INTO runs WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 19999)
        SELECT substr('0000' || i, length('0000' || i) - 3) || CASE WHEN i > 9999 THEN 'b' ELSE '' END
        FROM n;";
    let opened = Arc::clone(&store) as Arc<dyn Store>;
    (World::with(ground, script, POLICY, (opened, inner), clock).await, store)
}

/// A page is listed only while fewer than three wait to be judged.
#[tokio::test]
async fn pages_are_listed_as_they_are_judged() {
    for ground in grounds().await {
        let (world, store) = world(ground, usize::MAX).await;
        let (mut judged, mut most) = (0, 0);
        let mut progress = |_: &sexton_core::sweep::InStore| {
            judged += 1;
            most = most.max(store.listed.load(Ordering::SeqCst) - judged);
        };
        let request = sexton_engine::SweepRequest::default();
        let report = world.system.sweep(&request, &mut progress).await.expect("it is compared");
        assert_eq!(report.stores[0].named.objects, 2_000, "{report:?}");
        assert_eq!(judged, 200);
        assert!((1..=3).contains(&most), "{most} pages were in mind at once");
    }
}

/// Notes when all names have been read.
#[derive(Default)]
struct AllRead(AtomicBool);

#[async_trait]
impl Watcher for AllRead {
    async fn at(&self, point: &Point) {
        if point.name().starts_with("after read the names of objects") {
            self.0.store(true, Ordering::SeqCst);
        }
    }
}

/// While the store is slow, the database waits: a thousand of its 20 000 names are needed.
#[tokio::test]
async fn names_are_read_as_they_are_needed() {
    for ground in grounds().await {
        let (world, store) = world(ground, 100).await;
        let all_read = Arc::new(AllRead::default());
        let watcher = Arc::clone(&all_read) as Arc<dyn Watcher>;
        let database = Interposed::on(Arc::clone(&world.database)).watched_by(watcher);
        let opened = Arc::clone(&store) as Arc<dyn Store>;
        let system = system(POLICY, Arc::new(database), opened, &world.clock);
        let request = sexton_engine::SweepRequest::default();
        let mut untold = |_: &sexton_core::sweep::InStore| {};
        tokio::select! {
            _ = system.sweep(&request, &mut untold) => panic!("the store never answers"),
            () = store.stopped.notified() => {}
        }
        assert!(!all_read.0.load(Ordering::SeqCst), "20 000 names are in mind");
    }
}
