//! Manifests, masks, archives and images in two stores: what goes with a snapshot, and when.
//!
//! Images go once nobody has named them for a day; all else goes at once.

use sexton_core::lifecycle::State;
use sexton_core::objects::Removed;
use sexton_core::preview::Count;
use sexton_engine::Root;

use crate::place::{Place, root};
use crate::stored::waits_for_objects;
use crate::stores::Objects;

on_both_databases_with_objects!(
    sexton_samples::snapshots;
    s9_s10_s11_all_of_a_snapshot_goes_from_both_stores_and_is_counted_once,
    s11_a_preview_counts_each_object_once,
    s12_s14_images_that_others_name_stay_and_those_of_others_are_not_touched,
    s16_when_the_database_fails_every_object_remains,
    s17_s20_with_the_stores_down_the_rows_go_and_all_objects_when_they_are_back,
    s21_what_a_comparison_wrote_that_failed_goes_with_its_head,
    s22_an_archive_that_is_built_meanwhile_goes_too,
    s24_one_store_that_is_down_does_not_stop_the_other,
    s36_a_manifest_that_expired_stops_nothing,
    s41_a_project_takes_all_below_its_folder_and_nothing_else,
);

/// By the contents that they are the hash of.
fn image(project: &str, of: &str, place: &Place) -> (String, String) {
    let is_it = |(key, contents): &(&(String, String), &Vec<u8>)| {
        key.1.starts_with(project) && contents.as_slice() == of.as_bytes()
    };
    let objects = place.stores.objects();
    let found = objects.iter().find(is_it);
    found.unwrap_or_else(|| panic!("nobody has an image of {of}")).0.clone()
}

/// Whether it is of the snapshot 12, and not an image.
fn is_of_12(key: &str) -> bool {
    key.starts_with("1/5/12/")
        || key == "snapshot_archives/12.zip"
        || ["app-12", "size-12", "size-13-12"].iter().any(|blob| key == format!("blobs/{blob}"))
}

fn without(objects: &Objects, goes: impl Fn(&str, &str) -> bool) -> Objects {
    let mut left = objects.clone();
    left.retain(|(store, key), _| !goes(store, key));
    left
}

/// Deletes; these go at once, and of the images these when they may.
async fn deletes(
    place: &Place,
    root: Root,
    goes: impl Fn(&str) -> bool,
    images: &[&str],
) -> Removed {
    let before = place.stores.objects();
    let now = without(&before, |_, key| goes(key));
    let mut later = now.clone();
    for of in images {
        later.remove(&image("1/5/", of, place)).unwrap();
    }
    let id = waits_for_objects(place.delete(root).await);
    place.holds(&now);
    passes(place).await;
    place.holds(&later);
    let receipt = place.receipt_of(&id).await;
    let mut all = Removed::default();
    for removed in receipt.objects_gone.values().flat_map(|stores| stores.values()) {
        all.merge(removed);
    }
    let gone = (before.len() - later.len()) as u64;
    assert_eq!(all.deleted, gone, "{:?}", receipt.objects_gone);
    all
}

/// All that anybody waits for passes: what manifests name is promised with a grace of its own.
async fn passes(place: &Place) {
    for _ in 0..2 {
        place.time_passes().await;
        place.work().await;
    }
}

/// Two images of one stem share a mask. The last image is also named by 13.
async fn s9_s10_s11_all_of_a_snapshot_goes_from_both_stores_and_is_counted_once(place: Place) {
    let images = ["login, dark", "map of the harbor, dark", "timetable of October, dark"];
    let gone = deletes(&place, root("snapshot", "12"), is_of_12, &images).await;
    assert_eq!(gone.failed, 0);
}

/// Its artifacts' folders lie below the project's, and its comparisons' below those.
async fn s11_a_preview_counts_each_object_once(place: Place) {
    let (before, preview) = (place.stores.objects(), place.preview(root("project", "5")).await);
    let counts = preview.objects.iter().map(|going| going.objects);
    let told: u64 =
        counts.map(|count| if let Count::Exact(count) = count { count } else { 0 }).sum();
    let id = waits_for_objects(place.delete(root("project", "5")).await);
    passes(&place).await;
    place.receipt_of(&id).await;
    assert_eq!(told, (before.len() - place.stores.objects().len()) as u64, "{:?}", preview.objects);
}

async fn s12_s14_images_that_others_name_stay_and_those_of_others_are_not_touched(place: Place) {
    place.execute("UPDATE snapshot_metrics SET is_selective = FALSE").await;
    let login = "login, white";
    let (here, there) = (image("1/5/", login, &place), image("1/6/", login, &place));
    assert_eq!(here.1.strip_prefix("1/5/"), there.1.strip_prefix("1/6/"));
    // Of 7 the first timetable is nobody else's; 8 was compared with it.
    let of_7 = |key: &str| {
        key.starts_with("1/5/7/") || key.starts_with("1/5/8/7/") || key == "snapshot_archives/7.zip"
    };
    deletes(&place, root("snapshot", "7"), of_7, &["timetable of September"]).await;
    let of_8 = |key: &str| {
        ["1/5/8/", "1/5/12/8/", "1/5/13/8/", "1/5/14/8/"]
            .iter()
            .any(|folder| key.starts_with(folder))
    };
    let images = [login, "map of the harbor", "timetable of October", "tickets"];
    deletes(&place, root("snapshot", "8"), of_8, &images).await;
    assert!(place.stores.objects().contains_key(&there));
}

async fn s16_when_the_database_fails_every_object_remains(place: Place) {
    let (rows, objects) = (place.dump().await, place.stores.objects());
    let requests = place.stores.requests();
    let broken = sexton_testkit::interpose::Breaker::of("commit (change)");
    let deleted = place.deleting(root("snapshot", "12"), std::sync::Arc::new(broken)).await;
    deleted.unwrap().unwrap_err();
    passes(&place).await;
    assert_eq!(place.dump().await, rows);
    place.holds(&objects);
    assert_eq!(place.stores.requests(), requests);
}

/// Not even what manifests name is lost: they are read when they can be.
async fn s17_s20_with_the_stores_down_the_rows_go_and_all_objects_when_they_are_back(
    mut place: Place,
) {
    let before = place.stores.objects();
    let images = ["login, dark", "map of the harbor, dark", "timetable of October, dark"];
    let images = images.map(|of| image("1/5/", of, &place).1);
    place.stores.go_down();
    place.reopen().await;
    let id = waits_for_objects(place.delete(root("snapshot", "12")).await);
    place.does_not_find(root("snapshot", "12")).await;
    let status = place.system().status(&id).await.unwrap().unwrap();
    assert_eq!(status.row.state, State::Committed);
    assert!(status.failing.iter().all(|failing| failing.reason.is_some()), "{status:?}");
    place.work().await;
    place.stores.come_back();
    place.holds(&before);
    place.reopen().await;
    place.system().retry(&id).await.unwrap();
    passes(&place).await;
    place.holds(&without(&before, |_, key| is_of_12(key) || images.iter().any(|of| of == key)));
    place.receipt_of(&id).await;
}

/// No row names its plan, its chunk and its mask.
async fn s21_what_a_comparison_wrote_that_failed_goes_with_its_head(place: Place) {
    let of_14 = |key: &str| key.starts_with("1/5/14/");
    deletes(&place, root("snapshot", "14"), of_14, &["tickets with a code"]).await;
}

async fn s22_an_archive_that_is_built_meanwhile_goes_too(place: Place) {
    let id = waits_for_objects(place.delete(root("snapshot", "12")).await);
    let late = ["snapshot_archives/12.zip", "1/5/12/8/diff/late.png", "1/5/12/manifest.json"];
    for key in late {
        place.stores.put("preprod", key).await;
    }
    place.work().await;
    let there =
        |key: &str| place.stores.objects().contains_key(&("preprod".to_owned(), key.into()));
    assert!(late.iter().all(|key| there(key)), "it is not time yet");
    passes(&place).await;
    assert!(!late.iter().any(|key| there(key)));
    assert!(there("snapshot_archives/120.zip") && there("1/5/120/manifest.json"));
    place.receipt_of(&id).await;
}

async fn s24_one_store_that_is_down_does_not_stop_the_other(mut place: Place) {
    let before = place.stores.objects();
    place.stores.one_goes_away("legacy");
    place.reopen().await;
    let id = waits_for_objects(place.delete(root("snapshot", "14")).await);
    let status = place.system().status(&id).await.unwrap().unwrap();
    assert!(!status.failing.is_empty(), "the first failure is told: {status:?}");
    place.stores.it_comes_back();
    // Below its folder nothing is left in the other store but its manifest, which waits: who knows
    // what a manifest of the store that is down names?
    let waits = |(store, key): &&(String, String)| store == "preprod" && key.starts_with("1/5/14/");
    let now = place.stores.objects();
    let left: Vec<_> = now.keys().filter(waits).map(|(_, key)| key.as_str()).collect();
    assert_eq!(left, ["1/5/14/manifest.json"]);
    place.reopen().await;
    place.system().retry(&id).await.unwrap();
    passes(&place).await;
    let ticket = image_of(&before, "tickets with a code");
    place.holds(&without(&before, |_, key| key.starts_with("1/5/14/") || key == ticket));
    place.receipt_of(&id).await;
}

fn image_of(objects: &Objects, of: &str) -> String {
    let found = objects.iter().find(|(_, contents)| contents.as_slice() == of.as_bytes());
    found.unwrap().0.1.clone()
}

/// The store's own expiry was faster: what is not there is gone.
async fn s36_a_manifest_that_expired_stops_nothing(place: Place) {
    let expired = ["1/5/12/manifest.json", "1/5/12/8/comparison.json", "snapshot_archives/12.zip"];
    place.stores.lose("preprod", &expired).await;
    let gone = deletes(&place, root("snapshot", "12"), is_of_12, &[]).await;
    assert_eq!(gone.failed, 0);
}

async fn s41_a_project_takes_all_below_its_folder_and_nothing_else(place: Place) {
    let blobs = ["app-12", "app-shared", "app-13", "icon", "size-12", "size-13", "size-13-12"];
    let goes = |key: &str| {
        key.starts_with("1/5/")
            || ["snapshot_archives/12.zip", "snapshot_archives/7.zip"].contains(&key)
            || blobs.iter().any(|blob| key == format!("blobs/{blob}"))
    };
    deletes(&place, root("project", "5"), goes, &[]).await;
}
