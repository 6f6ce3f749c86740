//! What is said of S3, tried on a real server too, in turn because it takes long to start.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_sdk_s3::types::{
    BucketVersioningStatus, ObjectLockLegalHoldStatus, VersioningConfiguration,
};
use sexton_core::objects::{ObjectKey, ObjectVersion, Outcome, Prefix, VersionId};
use sexton_engine::clear::{ClearRequest, Effort, Spared, clear};
use sexton_engine::ports::store::{Locks, Right, Scope, Versions};
use sexton_engine::ports::{Store, StoreError, SystemEntropy};
use sexton_stores::{Credentials, S3Settings, S3Store};
use sexton_testkit::conformance::stores::StoreSubject;
use sexton_testkit::rados::RadosGateway;

use crate::application::{on_bucket, settings};

struct Buckets {
    endpoint: String,
    made: AtomicU32,
}

impl Buckets {
    async fn fresh(&self, keeps_versions: bool, has_locks: bool) -> S3Store {
        let name = format!("bucket-{}", self.made.fetch_add(1, Ordering::Relaxed));
        let store = S3Store::new(settings(&self.endpoint, &name));
        let made = store.client().create_bucket().bucket(&name);
        let made = made.set_object_lock_enabled_for_bucket(has_locks.then_some(true));
        made.send().await.expect("the server makes a bucket");
        if keeps_versions {
            let kept = VersioningConfiguration::builder();
            let kept = kept.status(BucketVersioningStatus::Enabled).build();
            let set = store.client().put_bucket_versioning().bucket(&name);
            let set = set.versioning_configuration(kept).send().await;
            set.expect("the server keeps versions");
        }
        store
    }

    async fn subject(&self, keeps_versions: bool) -> StoreSubject {
        let store = self.fresh(keeps_versions, false).await;
        on_bucket(&self.endpoint, store.bucket())
    }
}

fn key(text: &str) -> ObjectKey {
    ObjectKey::new(text).expect("a key")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_server_bears_every_promise() {
    let Some(server) = RadosGateway::start("every promise of stores on a real S3 server") else {
        return;
    };
    let buckets = Buckets { endpoint: server.endpoint(), made: AtomicU32::new(0) };
    let plain = async || buckets.subject(false).await;
    sexton_testkit::store_conformance_suite!(in_turn plain);
    let with_versions = async || buckets.subject(true).await;
    sexton_testkit::store_conformance_suite!(versions_in_turn with_versions);
    a_lock_is_told_from_a_denial(&buckets).await;
    a_denied_key_is_told_and_the_others_go(&buckets).await;
    strangers_and_missing_buckets_are_told_apart(&buckets).await;
    three_batches_of_a_prefix_go_with_all_versions(&buckets).await;
}

async fn a_lock_is_told_from_a_denial(buckets: &Buckets) {
    let store = buckets.fresh(true, true).await;
    let put = store.client().put_object().bucket(store.bucket()).key("held");
    let put = put.object_lock_legal_hold_status(ObjectLockLegalHoldStatus::On);
    let held = put.body(b"kept".to_vec().into()).send().await.expect("the server holds it");
    let probe = store.probe().await.expect("a bucket");
    assert_eq!((probe.versions, probe.locks), (Versions::On, Locks::On));
    assert_eq!((probe.list, probe.remove), (Right::Granted, Right::Granted));
    let version = held.version_id().and_then(VersionId::told);
    let held = ObjectVersion { key: key("held"), version };
    let outcomes = store.remove(&[held]).await.expect("an answer");
    assert!(matches!(outcomes[..], [Outcome::Locked { .. }]), "{outcomes:?}");
}

async fn a_denied_key_is_told_and_the_others_go(buckets: &Buckets) {
    let store = buckets.fresh(false, false).await;
    let policy = format!(
        r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "Deny", "Principal": "*",
            "Action": ["s3:DeleteObject"], "Resource": ["arn:aws:s3:::{}/d/kept"]}}]}}"#,
        store.bucket()
    );
    let set = store.client().put_bucket_policy().bucket(store.bucket()).policy(policy);
    set.send().await.expect("the server takes the policy");
    let keys = ["d/1", "d/kept", "d/2"].map(key);
    for key in &keys {
        store.put(key, b"x".to_vec()).await.expect("the server takes it");
    }
    let objects = keys.map(ObjectVersion::current);
    let outcomes = store.remove(&objects).await.expect("an answer");
    let [Outcome::Deleted, Outcome::Denied { .. }, Outcome::Deleted] = &outcomes[..] else {
        panic!("{outcomes:?}");
    };
    assert!(store.head(&objects[1]).await.expect("an answer").is_some());
    assert!(store.head(&objects[0]).await.expect("an answer").is_none());
}

async fn strangers_and_missing_buckets_are_told_apart(buckets: &Buckets) {
    let there = buckets.fresh(false, false).await;
    let credentials = Credentials::new("test", "wrong");
    let stranger = S3Settings { credentials, ..settings(&buckets.endpoint, there.bucket()) };
    let stranger = S3Store::new(stranger);
    let refused = stranger.remove(&[ObjectVersion::current(key("a"))]).await;
    assert!(matches!(refused, Err(StoreError::Denied { .. })), "{refused:?}");
    let nowhere = S3Store::new(settings(&buckets.endpoint, "never-made"));
    let refused = nowhere.probe().await;
    assert!(matches!(refused, Err(StoreError::Missing(_))), "{refused:?}");
}

async fn three_batches_of_a_prefix_go_with_all_versions(buckets: &Buckets) {
    let store = Arc::new(buckets.fresh(true, false).await);
    for n in 0..1250 {
        let key = key(&format!("set/1/{n:05}"));
        store.put(&key, b"x".to_vec()).await.expect("the server takes it");
    }
    let all: Vec<_> =
        (0..1000).map(|n| ObjectVersion::current(key(&format!("set/1/{n:05}")))).collect();
    // A marker over each of a thousand, beside their versions.
    store.remove(&all).await.expect("an answer");
    store.put(&key("set/1-copy"), b"x".to_vec()).await.expect("the server takes it");
    let request = ClearRequest {
        prefix: Prefix::new("set/1/").expect("a prefix"),
        scope: Scope::Versions,
        behind: None,
        spared: Spared::default(),
        effort: Effort::USUAL,
        gate: None,
    };
    let run = async || {
        let store: Arc<dyn Store> = Arc::clone(&store) as _;
        clear(store, Arc::new(SystemEntropy), &request, &mut |_| {}).await
    };
    let cleared = run().await.expect("it goes through");
    assert_eq!((cleared.listed, cleared.counts.deleted), (2250, 2250), "{cleared:?}");
    assert!(run().await.expect("it goes through").found_nothing());
    let stays = ObjectVersion::current(key("set/1-copy"));
    assert!(store.head(&stays).await.expect("an answer").is_some());
}
