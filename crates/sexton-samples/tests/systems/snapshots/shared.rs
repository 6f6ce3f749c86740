//! Images that snapshots of a project share: gone once nobody names them, and not before.
//!
//! Its stores are in memory: what is asked here is which objects go, and when.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use sexton_core::audit::Receipt;
use sexton_core::names::{Actor, PoolName, StoreName, ThingName, Timestamp};
use sexton_core::objects::ObjectKey;
use sexton_engine::ports::store::{Listing, Scope, Start};
use sexton_engine::ports::{Clock, Database, Mode, Store, SystemClock};
use sexton_engine::{Caller, DeleteError, DeleteRequest, Root, RootKey, Stores, System};
use sexton_samples::take_care;
use sexton_stores::MemoryStore;
use sexton_testkit::interpose::{Breaker, Interposed};

use crate::place::Place;

/// A system with two stores.
struct Shared {
    place: Place,
    system: System,
    preprod: Arc<MemoryStore>,
    legacy: Arc<MemoryStore>,
    /// Whether what is written is written later than now.
    ahead: Arc<AtomicBool>,
}

fn key(key: &str) -> ObjectKey {
    ObjectKey::new(key).unwrap()
}

impl Shared {
    /// Snapshots 507, 508, 512 to 514 and 521 with their images; 507 and 508 share `b`.
    async fn of(place: Place, grace_secs: i64) -> Self {
        let mut policy = place.system().policy().clone();
        policy.pools[0].grace_secs = grace_secs;
        let database = place.system().database().clone();
        let ahead = Arc::new(AtomicBool::new(false));
        let (preprod, legacy) = (store(&ahead), store(&ahead));
        let system = take_care(policy, database.clone()).await.unwrap();
        let mut shared = Self { place, system, preprod, legacy, ahead };
        shared.system = shared.on(database).await;
        shared.names("1/5/7/manifest.json", &["a", "b"]);
        shared.names("1/5/8/manifest.json", &["b", "c"]);
        for other in ["1/5/12", "1/5/13", "1/5/14"] {
            shared.names(&format!("{other}/manifest.json"), &["d"]);
        }
        shared.names("1/6/21/manifest.json", &["a"]);
        let compared = json!({ "images": [
            { "head_hash": "c", "base_hash": "a", "diff_mask_key": "1/5/8/7/mask/1.png" },
            { "head_hash": "e", "base_hash": "b", "diff_mask_key": "elsewhere/mask.png" },
        ]});
        shared.put("1/5/8/7/comparison.json", &compared.to_string());
        for key in ["1/5/8/7/mask/1.png", "elsewhere/mask.png", "1/5/8/snapshot_head_images.json"] {
            shared.put(key, "");
        }
        for image in ["1/5/a", "1/5/b", "1/5/c", "1/5/d", "1/5/e", "1/5/unnamed", "1/6/a"] {
            shared.put(image, "");
        }
        shared
    }

    /// The engine with the same policy and stores on this database.
    async fn on(&self, database: Arc<dyn Database>) -> System {
        let opened = |name: &str, store: &Arc<MemoryStore>| {
            let store: Arc<dyn Store> = store.clone();
            (StoreName::new(name), Ok(store))
        };
        let stores = [
            opened("preprod", &self.preprod),
            opened("legacy", &self.legacy),
            opened("blobs", &store(&self.ahead)),
        ];
        let system = take_care(self.system.policy().clone(), database).await.unwrap();
        system.with_stores(Stores::of(stores))
    }

    fn put(&self, name: &str, contents: &str) {
        self.preprod.put(&key(name), contents.as_bytes());
    }

    fn names(&self, manifest: &str, hashes: &[&str]) {
        let images: Vec<_> = hashes.iter().map(|hash| json!({ "content_hash": hash })).collect();
        self.put(manifest, &json!({ "images": images }).to_string());
    }

    async fn there(&self) -> BTreeSet<String> {
        listed(self.preprod.as_ref()).await
    }

    async fn delete(&self, thing: &str, id: &str) -> Result<Receipt, DeleteError> {
        let root = Root {
            thing: ThingName::new(thing),
            key: RootKey::Id(id.to_owned()),
            options: [].into(),
            caller: Caller::operator(Actor::new("shared")),
        };
        self.system.delete(&DeleteRequest { root, reason: None, bound_to: None }).await
    }

    /// Deletes, and says what went of the first store.
    async fn gone(&self, thing: &str, id: &str) -> Vec<String> {
        let before = self.there().await;
        self.delete(thing, id).await.unwrap();
        let after = self.there().await;
        assert_eq!(after.difference(&before).next(), None);
        before.difference(&after).cloned().collect()
    }
}

/// The machine's clock, or one that is an hour ahead.
struct Ahead(Arc<AtomicBool>);

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        let hours = i64::from(self.0.load(Ordering::Relaxed));
        SystemClock.now().plus_secs(hours * 3_600)
    }
}

fn store(ahead: &Arc<AtomicBool>) -> Arc<MemoryStore> {
    Arc::new(MemoryStore::new(Arc::new(Ahead(Arc::clone(ahead)))))
}

async fn listed(store: &dyn Store) -> BTreeSet<String> {
    let listing = Listing {
        prefix: String::new(),
        start: Start::First,
        objects_max: 10_000,
        scope: Scope::Current,
        fold: false,
    };
    let page = store.list(&listing).await.unwrap();
    page.objects.into_iter().map(|listed| listed.object.key.as_str().to_owned()).collect()
}

/// `b` is named by another snapshot, `a` by a comparison that goes too; `1/6/a` is another project's.
async fn s10_s12_s13_s14_an_image_goes_with_the_last_that_names_it(place: Place) {
    let shared = Shared::of(place, 0).await;
    // Nobody rebuilds a selective snapshot from it here.
    shared.place.execute("UPDATE snapshot_metrics SET is_selective = FALSE").await;
    let gone = shared.gone("artifact", "7").await;
    let expected = [
        "1/5/7/manifest.json",
        "1/5/8/7/comparison.json",
        "1/5/8/7/mask/1.png",
        "1/5/a",
        "1/5/e",
        "elsewhere/mask.png",
    ];
    assert_eq!(gone, expected);
    let gone = shared.gone("artifact", "8").await;
    let expected = ["1/5/8/manifest.json", "1/5/8/snapshot_head_images.json", "1/5/b", "1/5/c"];
    assert_eq!(gone, expected);
}

async fn s18_s19_a_manifest_that_is_missing_or_unreadable_stops_nothing(place: Place) {
    let shared = Shared::of(place, 0).await;
    shared.place.execute("UPDATE snapshot_metrics SET is_selective = FALSE").await;
    shared.put("1/5/8/7/comparison.json", "{ not JSON");
    shared.legacy.put(&key("1/5/7/manifest.json"), b"{\"images\": [{\"content_hash\": \"e\"}]}");
    let receipt = shared.delete("artifact", "7").await.unwrap();
    let left = &receipt.objects_gone["comparison"][&StoreName::new("preprod")].left;
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(left[0].reason.starts_with("unreadable manifest"), "{left:?}");
    let there = shared.there().await;
    assert!(!there.contains("1/5/8/7/comparison.json"), "its own key goes all the same");
    // The mask that only the manifest knew is not found; that below the prefix is.
    assert!(there.contains("elsewhere/mask.png") && !there.contains("1/5/8/7/mask/1.png"));
    assert!(!there.contains("1/5/a") && !there.contains("1/5/e") && there.contains("1/5/b"));
    assert_eq!(listed(shared.legacy.as_ref()).await, BTreeSet::new());
}

/// Whoever cannot be read may name anything, so nothing that is shared goes.
async fn s13_an_owner_that_cannot_be_read_keeps_all_images(place: Place) {
    let shared = Shared::of(place, 0).await;
    shared.place.execute("UPDATE snapshot_metrics SET is_selective = FALSE").await;
    shared.put("1/5/8/manifest.json", "{ not JSON");
    let unreaped = shared.delete("artifact", "7").await.unwrap_err();
    let DeleteError::Unreaped { failing, .. } = unreaped else { panic!("{unreaped}") };
    let reasons: Vec<&str> = failing.iter().filter_map(|one| one.reason.as_deref()).collect();
    assert!(reasons.iter().any(|reason| reason.contains("1/5/8/manifest.json")), "{reasons:?}");
    let there = shared.there().await;
    assert!(["1/5/a", "1/5/b", "1/5/c", "1/5/e"].iter().all(|image| there.contains(*image)));
}

/// What an uploader has pinned stays, and so does what was written after the deletion.
async fn s30_what_is_pinned_or_written_anew_stays(place: Place) {
    let shared = Shared::of(place, 0).await;
    shared.place.execute("UPDATE snapshot_metrics SET is_selective = FALSE").await;
    shared.system.prepare().await.unwrap();
    let mut tx = shared.system.database().begin(Mode::Keep).await.unwrap();
    let system = &shared.system.policy().system;
    tx.pin(system, &PoolName::new("images"), "1/5/a", 3_600).await.unwrap();
    tx.commit().await.unwrap();
    shared.ahead.store(true, Ordering::Relaxed);
    shared.put("1/5/e", "anew");
    let receipt = shared.delete("artifact", "7").await.unwrap();
    assert_eq!(receipt.objects_gone["manifest"][&StoreName::new("preprod")].spared, 2);
    let there = shared.there().await;
    assert!(["1/5/a", "1/5/b", "1/5/e"].iter().all(|image| there.contains(*image)), "{there:?}");
    // The pin is of this pool only, and of this key.
    shared.delete("artifact", "8").await.unwrap();
    let there = shared.there().await;
    assert!(there.contains("1/5/a") && !there.contains("1/5/b") && !there.contains("1/5/c"));
}

/// The database fails whenever what a manifest names is to be promised: nothing is lost by it.
async fn s16_what_a_manifest_names_is_promised_before_it_goes(place: Place) {
    let mut shared = Shared::of(place, 0).await;
    shared.place.execute("UPDATE snapshot_metrics SET is_selective = FALSE").await;
    let whole = shared.system.database().clone();
    let broken = Breaker::of("insert_intents (keep)");
    let broken = Interposed::on(whole.clone()).watched_by(Arc::new(broken));
    shared.system = shared.on(Arc::new(broken)).await;
    let before = shared.there().await;
    let unreaped = shared.delete("artifact", "7").await.unwrap_err();
    let DeleteError::Unreaped { deletion, failing, .. } = unreaped else { panic!("{unreaped}") };
    assert!(!failing.is_empty());
    let mut waits = before.clone();
    waits.remove("1/5/8/7/mask/1.png");
    assert_eq!(shared.there().await, waits, "manifests stay, and what only they name");
    shared.system = shared.on(whole).await;
    // Prefixes wait for the manifests in them, which are read beside them.
    for _ in 0..3 {
        shared.system.retry(&deletion).await.unwrap();
    }
    let after = shared.there().await;
    let gone: Vec<&String> = before.difference(&after).collect();
    assert_eq!(
        gone,
        [
            "1/5/7/manifest.json",
            "1/5/8/7/comparison.json",
            "1/5/8/7/mask/1.png",
            "1/5/a",
            "1/5/e",
            "elsewhere/mask.png",
        ]
    );
}

/// Where the project goes, all below it goes, and no manifest is read.
async fn s41_a_project_takes_its_images_without_reading_a_manifest(place: Place) {
    let shared = Shared::of(place, 86_400).await;
    shared.put("1/5/8/manifest.json", "{ not JSON");
    let gone = shared.gone("project", "5").await;
    assert!(gone.iter().all(|key| key.starts_with("1/5/")), "{gone:?}");
    let there = shared.there().await;
    assert_eq!(
        there.iter().map(String::as_str).collect::<Vec<_>>(),
        ["1/6/21/manifest.json", "1/6/a", "elsewhere/mask.png"]
    );
}

on_both_databases!(sexton_samples::snapshots;
    s10_s12_s13_s14_an_image_goes_with_the_last_that_names_it,
    s18_s19_a_manifest_that_is_missing_or_unreadable_stops_nothing,
    s13_an_owner_that_cannot_be_read_keeps_all_images,
    s30_what_is_pinned_or_written_anew_stays,
    s16_what_a_manifest_names_is_promised_before_it_goes,
    s41_a_project_takes_its_images_without_reading_a_manifest,
);
