//! Everything below a prefix goes, whatever the store does meanwhile.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use sexton_core::objects::{ObjectKey, Outcome, Prefix};
use sexton_engine::clear::{ClearRequest, Cleared, Effort, Spared, Stopped, clear};
use sexton_engine::ports::store::Scope;
use sexton_engine::ports::{Store, StoreError, SystemEntropy};
use sexton_stores::{FolderStore, S3Settings, S3Store};
use sexton_testkit::random::dice::Dice;
use sexton_testkit::s3::{Faults, S3Double};

use crate::application::settings;

struct Place {
    double: S3Double,
    store: Arc<dyn Store>,
}

impl Place {
    async fn with(keys: impl Iterator<Item = String>) -> Self {
        let double = S3Double::start(&["bucket"]).await.expect("a port");
        double.fill("bucket", keys, b"12345");
        let settings = settings(&double.endpoint(), "bucket");
        let attempt_timeout = Duration::from_millis(700);
        let store = Arc::new(S3Store::new(S3Settings { attempt_timeout, ..settings }));
        Self { double, store }
    }

    async fn clear(&self) -> Result<Cleared, Box<Stopped>> {
        run(&self.store, &request("p/")).await
    }

    async fn cleared(&self) -> Cleared {
        self.clear().await.expect("it goes through")
    }

    fn fail(&self, change: impl FnOnce(&mut Faults)) {
        self.double.fail(change);
    }

    fn keys(&self) -> Vec<String> {
        self.double.keys("bucket")
    }
}

fn request(prefix: &str) -> ClearRequest {
    let prefix = Prefix::new(prefix).expect("a prefix");
    ClearRequest {
        prefix,
        scope: Scope::Current,
        behind: None,
        spared: Spared::default(),
        effort: Effort::USUAL,
        gate: None,
    }
}

async fn run(store: &Arc<dyn Store>, request: &ClearRequest) -> Result<Cleared, Box<Stopped>> {
    clear(Arc::clone(store), Arc::new(SystemEntropy), request, &mut |_| {}).await
}

fn numbered(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|n| format!("p/{n:06}"))
}

#[tokio::test]
async fn d5_d6_a_prefix_goes_in_batches_of_a_thousand_and_its_neighbours_stay() {
    let neighbours = ["p", "p-copy/1", "p0", "q/1"].map(str::to_owned);
    let place = Place::with(numbered(2500).chain(neighbours.clone())).await;
    let cleared = place.cleared().await;
    assert_eq!((cleared.listed, cleared.counts.deleted, cleared.bytes), (2500, 2500, 12_500));
    assert_eq!((cleared.counts.left(), cleared.behind.as_deref()), (0, None));
    let mut batches = place.double.seen().batches;
    batches.sort_unstable();
    assert_eq!(batches, [500, 1000, 1000]);
    assert_eq!(place.keys(), neighbours);
    assert!(!cleared.found_nothing());
    assert!(place.cleared().await.found_nothing());
}

/// Where a page is shorter than a batch, or the listing is split, batches are full all the same.
#[tokio::test]
async fn d5_short_pages_become_full_batches() {
    let place = Place::with(numbered(2500)).await;
    place.fail(|faults| faults.page_max = Some(333));
    place.cleared().await;
    let mut batches = place.double.seen().batches;
    batches.sort_unstable();
    assert_eq!(batches, [500, 1000, 1000]);
    assert_eq!(place.keys(), [""; 0]);
}

#[tokio::test]
async fn keys_that_nobody_may_remove_are_told_and_the_others_go() {
    let place = Place::with(numbered(1500)).await;
    place.fail(|faults| {
        faults.denied.insert("p/000007".into());
        faults.locked.insert("p/001400".into());
    });
    let cleared = place.cleared().await;
    assert_eq!(
        (cleared.counts.deleted, cleared.counts.denied, cleared.counts.locked),
        (1498, 1, 1)
    );
    let places: BTreeSet<_> = cleared.failures.iter().map(|left| left.place.as_str()).collect();
    assert_eq!(places, BTreeSet::from(["p/000007", "p/001400"]));
    assert_eq!(place.keys(), ["p/000007", "p/001400"]);
}

#[tokio::test]
async fn d15_keys_that_fail_or_are_not_mentioned_are_tried_again_until_they_are_gone() {
    let place = Place::with(numbered(1200)).await;
    place.fail(|faults| {
        for (key, code) in [("p/000001", "InternalError"), ("p/000002", "SlowDown")] {
            faults.failing.insert(key.into(), (3, code.into()));
        }
        faults.unmentioned.insert("p/001199".into(), 2);
    });
    let cleared = place.cleared().await;
    assert_eq!((cleared.counts.deleted, cleared.counts.left()), (1200, 0), "{cleared:?}");
    assert_eq!(place.keys(), [""; 0]);
}

#[tokio::test]
async fn what_is_never_confirmed_is_never_called_deleted() {
    let place = Place::with(numbered(3)).await;
    place.fail(|faults| _ = faults.unmentioned.insert("p/000001".into(), u32::MAX));
    let effort = Effort { attempts_max: 2, ..Effort::USUAL };
    let cleared = run(&place.store, &ClearRequest { effort, ..request("p/") }).await;
    let cleared = cleared.expect("it goes through");
    assert_eq!((cleared.counts.deleted, cleared.counts.unconfirmed), (2, 1));
    assert_eq!(cleared.failures[0].outcome, Outcome::Unconfirmed);
    assert_eq!(place.keys(), ["p/000001"]);
}

#[tokio::test]
async fn a_storm_of_refusals_is_outlasted() {
    let place = Place::with(numbered(5000)).await;
    place.fail(|faults| faults.storm = 12);
    assert_eq!(place.cleared().await.counts.deleted, 5000);
}

#[tokio::test]
async fn answers_that_are_cut_off_or_never_come_are_outlasted() {
    let place = Place::with(numbered(3000)).await;
    place.fail(|faults| {
        faults.cut = 2;
        faults.cut_listings = 1;
        faults.hanging = 1;
    });
    let cleared = place.cleared().await;
    assert_eq!((cleared.counts.gone(), cleared.counts.left()), (3000, 0), "{cleared:?}");
    assert_eq!(place.keys(), [""; 0]);
}

#[tokio::test]
async fn d17_a_store_that_is_down_or_denies_is_no_success() {
    let place = Place::with(numbered(10)).await;
    place.fail(|faults| _ = faults.denied_calls.insert("list"));
    let stopped = place.clear().await.unwrap_err();
    assert!(matches!(stopped.error, StoreError::Denied { .. }), "{stopped:?}");
    assert_eq!(stopped.cleared.behind.as_deref(), Some(""));
    place.fail(|faults| {
        faults.denied_calls.clear();
        faults.denied_calls.insert("batch");
    });
    let stopped = place.clear().await.unwrap_err();
    assert!(matches!(stopped.error, StoreError::Denied { .. }), "{stopped:?}");
    assert_eq!(place.keys().len(), 10);
    let Place { double, store } = place;
    drop(double);
    let effort = Effort { attempts_max: 2, ..Effort::USUAL };
    let stopped = run(&store, &ClearRequest { effort, ..request("p/") }).await.unwrap_err();
    assert!(matches!(stopped.error, StoreError::Unreachable { .. }), "{stopped:?}");
}

/// Killed wherever it is, another run goes on, and what was said to be done is done.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_is_killed_is_gone_on_with() {
    let place = Place::with(numbered(8000)).await;
    place.fail(|faults| faults.latency = Duration::from_millis(5));
    for batches in [1, 3] {
        let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
        let store = Arc::clone(&place.store);
        let killed = tokio::spawn(async move {
            let mut tell = |cleared: &Cleared| _ = told.send(cleared.behind.clone());
            clear(store, Arc::new(SystemEntropy), &request("p/"), &mut tell).await
        });
        let mut behind = None;
        for _ in 0..batches {
            behind = heard.recv().await.expect("it goes on").or(behind);
        }
        killed.abort();
        let behind = behind.unwrap_or_default();
        assert!(place.keys().iter().all(|key| *key > behind), "{behind}");
    }
    place.cleared().await;
    assert_eq!(place.keys(), [""; 0]);
}

#[tokio::test]
async fn what_lies_before_the_place_to_go_on_from_is_left_alone() {
    let place = Place::with(numbered(100)).await;
    let behind = Some("p/000049".to_owned());
    let cleared = run(&place.store, &ClearRequest { behind, ..request("p/") }).await;
    assert_eq!(cleared.expect("it goes through").listed, 50);
    assert_eq!(place.keys().len(), 50);
}

#[tokio::test]
async fn versions_and_markers_go_where_they_are_asked_for() {
    let place = Place::with(std::iter::empty()).await;
    place.double.keep_versions("bucket");
    for _ in 0..3 {
        place.double.fill("bucket", numbered(700), b"12345");
    }
    let hidden = place.cleared().await;
    assert_eq!((hidden.counts.hidden, hidden.bytes), (700, 0));
    place.fail(|faults| faults.page_max = Some(333));
    let request = ClearRequest { scope: Scope::Versions, ..request("p/") };
    let cleared = run(&place.store, &request).await.expect("it goes through");
    assert_eq!((cleared.counts.deleted, cleared.bytes), (2800, 10_500), "{cleared:?}");
    assert!(run(&place.store, &request).await.expect("it goes through").found_nothing());
}

#[tokio::test]
async fn unfinished_uploads_go_too_where_there_are_any() {
    let place = Place::with(numbered(1)).await;
    let settings = settings(&place.double.endpoint(), "bucket");
    for key in ["p/upload", "p-upload"] {
        let store = S3Store::new(settings.clone());
        let begin = store.client().create_multipart_upload().bucket("bucket").key(key);
        begin.send().await.expect("an upload");
    }
    assert_eq!(place.cleared().await.uploads.deleted, 1);
    assert!(place.cleared().await.found_nothing());
    place.fail(|faults| faults.knows_no_uploads = true);
    assert!(place.cleared().await.knows_no_uploads);
}

/// A listing that goes on for long is split, and still every key is listed once.
#[tokio::test]
async fn a_long_listing_is_split_without_a_gap_or_an_overlap() {
    let mut most_at_once = 0;
    for seed in 1..=8 {
        println!("seed {seed}");
        let mut dice = Dice::new(seed);
        let alphabets = ["01", "0123456789", "0123456789abcdef", "aB-_/ü~", "xyz/.npy"];
        let letters: Vec<char> = dice.pick(&alphabets).chars().collect();
        let length = dice.between(3, 12);
        let draw = |_| {
            let text: String = (0..dice.between(1, length)).map(|_| *dice.pick(&letters)).collect();
            format!("p/{text}")
        };
        let keys: BTreeSet<String> = (0..3000).map(draw).collect();
        let count = keys.len();
        let place = Place::with(keys.into_iter().chain(["p".into(), "p0".into()])).await;
        place.fail(|faults| {
            faults.page_max = Some(37);
            faults.latency = Duration::from_millis(1);
        });
        let cleared = place.cleared().await;
        assert_eq!((cleared.listed, cleared.counts.deleted), (count as u64, count as u64));
        assert_eq!(place.keys(), ["p", "p0"]);
        most_at_once = most_at_once.max(place.double.seen().listings_at_once);
    }
    assert!(most_at_once >= 4, "{most_at_once}");
}

#[tokio::test]
async fn no_more_batches_are_under_way_than_allowed() {
    let place = Place::with(numbered(20_000)).await;
    place.fail(|faults| faults.latency = Duration::from_millis(10));
    let effort = Effort { removals_max: 3, ..Effort::USUAL };
    let cleared = run(&place.store, &ClearRequest { effort, ..request("p/") }).await;
    assert_eq!(cleared.expect("it goes through").counts.deleted, 20_000);
    assert_eq!(place.double.seen().batches_at_once, 3);
}

#[tokio::test]
async fn a_folder_is_cleared_and_what_is_in_the_way_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = FolderStore::open(folder.path()).expect("the folder");
    let key = |text: String| ObjectKey::new(text).expect("a key");
    for n in 0..2500 {
        store.put(&key(format!("p/{}/{n}", n % 7)), b"12345").expect("a file");
    }
    store.put(&key("p-copy/1".into()), b"").expect("a file");
    std::os::unix::fs::symlink("/etc", folder.path().join("p/link")).expect("a link");
    let store: Arc<dyn Store> = Arc::new(store);
    let cleared = run(&store, &request("p/")).await.expect("it goes through");
    assert_eq!((cleared.counts.deleted, cleared.bytes), (2500, 12_500));
    assert_eq!((cleared.counts.unreadable, cleared.failures[0].place.as_str()), (1, "p/link"));
    std::fs::remove_file(folder.path().join("p/link")).expect("the link");
    assert!(run(&store, &request("p/")).await.expect("it goes through").found_nothing());
    assert!(folder.path().join("p-copy/1").exists());
}
