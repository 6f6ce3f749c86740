//! What the S3 adapter makes of a server that fails.

use std::time::Duration;

use sexton_core::objects::{ObjectKey, ObjectVersion, Outcome};
use sexton_engine::ports::store::{Listing, Right, Scope, Start};
use sexton_engine::ports::{Store, StoreError};
use sexton_stores::{S3Settings, S3Store};
use sexton_testkit::s3::S3Double;

use crate::application::settings;

async fn double(keys: &[&str]) -> (S3Double, S3Store) {
    let double = S3Double::start(&["bucket"]).await.expect("a port");
    double.fill("bucket", keys.iter().map(|key| (*key).to_owned()), b"x");
    let settings = settings(&double.endpoint(), "bucket");
    let attempt_timeout = Duration::from_millis(500);
    let store = S3Store::new(S3Settings { attempt_timeout, ..settings });
    (double, store)
}

fn objects(keys: &[&str]) -> Vec<ObjectVersion> {
    let object = |key: &&str| ObjectVersion::current(ObjectKey::new(*key).expect("a key"));
    keys.iter().map(object).collect()
}

#[tokio::test]
async fn each_key_has_an_outcome_of_its_own() {
    let (double, store) = double(&["a", "denied", "locked", "slow", "lost"]).await;
    double.fail(|faults| {
        faults.denied.insert("denied".into());
        faults.locked.insert("locked".into());
        faults.failing.insert("slow".into(), (1, "SlowDown".into()));
        faults.unmentioned.insert("lost".into(), 1);
        faults.says_empty_versions = true;
    });
    let asked = objects(&["lost", "a", "denied", "locked", "slow"]);
    let outcomes = store.remove(&asked).await.expect("an answer");
    let [lost, gone, denied, locked, slow] = &outcomes[..] else { panic!("{outcomes:?}") };
    assert_eq!((lost, gone), (&Outcome::Unconfirmed, &Outcome::Deleted));
    assert!(matches!(denied, Outcome::Denied { reason } if reason.contains("Access Denied")));
    assert!(matches!(locked, Outcome::Locked { reason } if reason.contains("object lock")));
    assert!(matches!(slow, Outcome::Failed { reason, .. } if reason.contains("SlowDown")));
    assert_eq!(double.keys("bucket"), ["denied", "locked", "lost", "slow"]);
}

#[tokio::test]
async fn a_batch_is_sent_once_and_its_failure_told() {
    let (double, store) = double(&["a"]).await;
    let remove = async || store.remove(&objects(&["a"])).await;
    double.fail(|faults| faults.storm = 1);
    assert!(matches!(remove().await, Err(StoreError::Busy { .. })));
    assert_eq!(double.seen().requests, 1);
    double.fail(|faults| faults.hanging = 1);
    assert_eq!(remove().await, Err(StoreError::Timeout { doing: "remove objects" }));
    double.fail(|faults| _ = faults.denied_calls.insert("batch"));
    assert!(matches!(remove().await, Err(StoreError::Denied { .. })));
    assert_eq!(double.keys("bucket"), ["a"]);
    double.fail(|faults| {
        faults.denied_calls.clear();
        faults.cut = 1;
    });
    // It was carried out, but nobody has heard so.
    let cut = remove().await.unwrap_err();
    assert!(cut.is_transient(), "{cut:?}");
    assert_eq!(double.keys("bucket"), [""; 0]);
}

#[tokio::test]
async fn a_listing_that_is_cut_off_is_no_listing() {
    let (double, store) = double(&["a", "b"]).await;
    // More often than the driver tries.
    double.fail(|faults| faults.cut_listings = 10);
    let listing = Listing {
        prefix: String::new(),
        start: Start::First,
        objects_max: 1000,
        scope: Scope::Current,
        fold: false,
    };
    let cut = store.list(&listing).await.unwrap_err();
    assert!(cut.is_transient(), "{cut:?}");
    double.fail(|faults| faults.cut_listings = 0);
    assert_eq!(store.list(&listing).await.expect("a page").objects.len(), 2);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable() {
    let (double, store) = double(&[]).await;
    drop(double);
    let refused = store.remove(&objects(&["a"])).await;
    assert!(matches!(refused, Err(StoreError::Unreachable { .. })), "{refused:?}");
    let shown = refused.unwrap_err().to_string();
    assert!(!shown.contains("testtest"), "{shown}");
}

#[tokio::test]
async fn a_probe_tells_what_is_refused() {
    let (double, store) = double(&["a"]).await;
    double.fail(|faults| {
        faults.denied_calls.extend(["batch", "list"]);
        faults.knows_no_uploads = true;
    });
    let probe = store.probe().await.expect("the bucket is there");
    assert!(matches!(probe.list, Right::Refused(_)), "{probe:?}");
    assert!(matches!(probe.remove, Right::Refused(_)), "{probe:?}");
    assert_eq!(probe.uploads, Right::Unsupported);
}
