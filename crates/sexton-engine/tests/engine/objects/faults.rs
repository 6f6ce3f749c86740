//! Stores that fail, in every way that they have: nothing is said to be gone that is not, and it
//! goes once the store is well.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sexton_core::lifecycle::State;
use sexton_core::names::StoreName;
use sexton_core::objects::ObjectVersion;
use sexton_engine::Stores;
use sexton_engine::ports::{Store, StoreError};
use sexton_stores::{Credentials, S3Settings, S3Store};
use sexton_testkit::interpose::{Point, Recorder, Watcher};
use sexton_testkit::random::ground::Ground;
use sexton_testkit::s3::{Faults, S3Double};

use super::stage::{self, BELOW, Stage, all_gone, keys, object, put, request};
use super::without_one;

on_both_databases!(
    a_call_that_fails_at_any_point_is_made_good_later,
    a_key_that_cannot_go_holds_up_no_other,
    who_goes_on_begins_where_the_last_one_stopped,
    a_server_that_fails_in_any_way_loses_nothing_and_leaves_nothing,
);

/// Fails every call of one name.
pub struct Faulty {
    point: String,
    error: StoreError,
}

impl Faulty {
    /// At the point of this name; after a call it has been carried out.
    pub fn of(point: &str, error: StoreError) -> Arc<Self> {
        Arc::new(Self { point: point.to_owned(), error })
    }
}

#[async_trait]
impl Watcher for Faulty {
    async fn at(&self, _: &Point) {}

    fn store_failure(&self, point: &Point) -> Option<StoreError> {
        (point.name() == self.point).then(|| self.error.clone())
    }
}

/// A failure that asking again at once does not help.
pub fn denied() -> StoreError {
    StoreError::Denied { doing: "do that", detail: "the test denies it".into() }
}

/// Before and after every call that a deletion makes to its store.
async fn a_call_that_fails_at_any_point_is_made_good_later(ground: Ground) {
    let mut stage = Stage::new(ground, BELOW).await;
    let recorder = Arc::new(Recorder::default());
    let system = stage.another(Some(recorder.clone()));
    system.delete(&request("2")).await.expect("nobody is in the way");
    let mut points = recorder.points();
    points.sort();
    points.dedup();
    assert_eq!(points.len(), 6, "list, remove and uploads: {points:?}");
    for (n, point) in points.iter().enumerate() {
        let (project, run) = (1_000 + n, 2_000 + n);
        stage.write(&format!("INSERT INTO projects VALUES ({project}, NULL)")).await;
        stage.write(&format!("INSERT INTO runs VALUES ({run}, {project}, NULL, NULL)")).await;
        let neighbours = keys(&stage.files).await;
        put(&stage.files, &format!("runs/{run}/a"));
        put(&stage.files, &format!("runs/{run}/b/c"));
        let system = stage.another(Some(Faulty::of(point, denied())));
        let id = stage::left(system.delete(&request(&project.to_string())).await);
        let status = stage.status(&id).await;
        assert_eq!(status.row.state, State::Committed, "{point}");
        let reason = status.failing[0].reason.clone().unwrap_or_default();
        assert!(reason.contains("the test denies it"), "{point}: {reason}");
        stage.a_day_passes().await;
        stage.work().await;
        assert_eq!(keys(&stage.files).await, neighbours, "{point}");
        let gone = all_gone(&stage.receipt(&id).await);
        assert_eq!(gone.failed, 0, "{point}");
        // Of a removal that was carried out and not told, the second look finds nothing.
        let told = if point == "after remove files (store)" { 0 } else { 2 };
        assert_eq!(gone.deleted, told, "{point}");
    }
    stage.dump().await;
}

async fn a_key_that_cannot_go_holds_up_no_other(ground: Ground) {
    let stage = Stage::new(ground, BELOW).await;
    let held = ObjectVersion::current(object("runs/10/b/c"));
    stage.files.lock(held.clone());
    let mut expected = without_one(&stage).await;
    let id = stage.is_left("1").await;
    expected.insert("runs/10/b/c".to_owned());
    assert_eq!(keys(&stage.files).await, expected);
    let status = stage.status(&id).await;
    assert!(status.sentence.contains("1 promise(s) are still to be carried out"), "{status:?}");
    assert!(status.sentence.contains("runs/10/b/c: locked: it is locked"), "{status:?}");
    // A deletion that comes later is not held up either.
    stage.delete("2").await.expect("nobody is in the way");
    for _ in 0..2 {
        stage.a_day_passes().await;
        assert_eq!(stage.work().await.ended, 0);
    }
    stage.files.unlock(&held);
    stage.a_day_passes().await;
    stage.work().await;
    let gone = all_gone(&stage.receipt(&id).await);
    assert_eq!((gone.deleted, gone.failed, gone.left.len()), (6, 0, 0));
}

/// Lets two calls of one name pass, and fails the others.
struct FailsTheThird(std::sync::atomic::AtomicUsize);

#[async_trait]
impl Watcher for FailsTheThird {
    async fn at(&self, _: &Point) {}

    fn store_failure(&self, point: &Point) -> Option<StoreError> {
        let counts = point.name() == "before remove files (store)";
        let before =
            if counts { self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed) } else { 0 };
        (before >= 2).then(denied)
    }
}

async fn who_goes_on_begins_where_the_last_one_stopped(ground: Ground) {
    let stage = Stage::new(ground, BELOW).await;
    for n in 0..5_000 {
        put(&stage.files, &format!("runs/20/{n:04}"));
    }
    let others: Vec<String> = keys(&stage.files).await.into_iter().collect();
    let others = others.into_iter().filter(|key| !key.starts_with("runs/20/")).collect();
    let failing = stage.another(Some(Arc::new(FailsTheThird(0.into()))));
    let id = stage::left(failing.delete(&request("2")).await);
    let gone_first = 5_003 + 10 - keys(&stage.files).await.len();
    assert_eq!(gone_first, 2_000);
    // What comes before the place to go on from is found by the listing of all.
    put(&stage.files, "runs/20/0000");
    stage.a_day_passes().await;
    let recorder = Arc::new(Recorder::default());
    let system = stage.another(Some(recorder.clone()));
    system.work(&tokio::sync::watch::channel(false).1).await.expect("it answers");
    assert_eq!(keys(&stage.files).await, others);
    let gone = all_gone(&stage.receipt(&id).await);
    assert_eq!((gone.deleted, gone.failed), (5_004, 0));
}

/// How a server fails, and how it is mended.
type Failing = (&'static str, fn(&mut Faults));

const FAILURES: [Failing; 8] = [
    ("503 to everything for a while", |faults| faults.storm = 4),
    ("SlowDown for a key", |faults| {
        faults.failing.insert("runs/10/a".into(), (2, "SlowDown".into()));
    }),
    ("InternalError for a key", |faults| {
        faults.failing.insert("runs/11/a".into(), (2, "InternalError".into()));
    }),
    ("a key is missing from the answer", |faults| {
        faults.unmentioned.insert("runs/10/b/c".into(), 1);
    }),
    ("AccessDenied for a key", |faults| _ = faults.denied.insert("runs/10/a".into())),
    ("listing is denied", |faults| _ = faults.denied_calls.insert("list")),
    ("listings are cut off", |faults| faults.cut_listings = 4),
    ("carried out, and then the connection is cut", |faults| faults.cut = 2),
];

async fn a_server_that_fails_in_any_way_loses_nothing_and_leaves_nothing(ground: Ground) {
    let stage = Stage::new(ground, BELOW).await;
    let double = S3Double::start(&["bucket"]).await.expect("a port");
    let system = |user: &str| {
        let store = bucket(&double, user);
        let stores = [(StoreName::new("files"), Ok(store))];
        stage.with_stores(stage.system.database().clone(), Stores::of(stores))
    };
    let all = ["runs/10/a", "runs/10/b/c", "runs/11/a", "runs/10", "runs/100/a", "runs/20/a"];
    let rest: BTreeMap<_, _> =
        all[3..].iter().map(|key| ((*key).to_owned(), b"x".to_vec())).collect();
    let never = tokio::sync::watch::channel(false).1;
    for (what, fail) in FAILURES.iter().copied().chain([("other credentials", none as fn(&mut _))])
    {
        double.fill("bucket", all.iter().map(|key| (*key).to_owned()), b"x");
        double.fail(fail);
        let user = if what == "other credentials" { "somebody" } else { "test" };
        let deleted = system(user).delete(&request("1")).await;
        if let Err(error) = deleted {
            let id = stage::left(Err(error));
            let status = stage.status(&id).await;
            assert_eq!(status.row.state, State::Committed, "{what}");
            assert!(status.failing.iter().any(|one| one.reason.is_some()), "{what}: {status:?}");
            double.fail(|faults| *faults = Faults::default());
            stage.a_day_passes().await;
            system("test").work(&never).await.expect("it answers");
            assert_eq!(all_gone(&stage.receipt(&id).await).failed, 0, "{what}");
        }
        double.fail(|faults| *faults = Faults::default());
        assert_eq!(double.objects("bucket"), rest, "{what}");
        stage.write("INSERT INTO projects VALUES (1, NULL)").await;
        stage.write("INSERT INTO runs VALUES (10, 1, NULL, NULL), (11, 1, NULL, NULL)").await;
    }
}

fn none(_: &mut Faults) {}

fn bucket(double: &S3Double, user: &str) -> Arc<dyn Store> {
    Arc::new(S3Store::new(S3Settings {
        bucket: "bucket".into(),
        endpoint: Some(double.endpoint()),
        region: "us-east-1".into(),
        path_style: true,
        credentials: Credentials::new(user, "testtest"),
        attempt_timeout: Duration::from_secs(5),
    }))
}
