//! Lines of the log about what becomes of a snapshot's objects.

use serde_json::{Value, json};

use crate::place::{Place, root};
use crate::stored::waits_for_objects;
use crate::told::logged;

on_both_databases_with_objects!(
    sexton_samples::snapshots;
    s29_what_went_is_counted_once_all_is_done,
    s19_s29_a_comparison_that_cannot_be_read_is_told_with_its_head,
    s29_a_manifest_that_cannot_be_read_is_told_with_its_artifact,
    s17_s29_a_key_that_fails_is_told_by_itself,
);

const COMPLETED: &str = "preprod.cleanup.objectstore_delete_completed";
const FAILED: &str = "preprod.cleanup.objectstore_delete_failed";
const COMPARISON: &str = "preprod.cleanup.comparison_manifest_read_failed";
const MANIFEST: &str = "preprod.cleanup.snapshot_objectstore_key_collection_failed";

async fn passes(place: &Place) {
    for _ in 0..2 {
        place.time_passes().await;
        place.work().await;
    }
}

async fn s29_what_went_is_counted_once_all_is_done(place: Place) {
    let (place, log) = logged(place);
    let before = place.stores.objects().len();
    let id = waits_for_objects(place.delete(root("artifact", "12")).await);
    assert_eq!(log.of(COMPLETED), [] as [Value; 0], "images wait for their grace");
    passes(&place).await;
    place.receipt_of(&id).await;
    let [completed] = &log.of(COMPLETED)[..] else { panic!("it is told once") };
    let gone = (before - place.stores.objects().len()) as u64;
    assert_eq!(completed["artifacts_deleted"], 1);
    let deleted = completed["keys_deleted"].as_u64().unwrap();
    // S3 says of what is not there any more that it is deleted: two rules may both have asked.
    assert!(deleted == gone || !place.is_sqlite() && deleted > gone, "{completed}, {gone} went");
    assert!(completed["keys_total"].as_u64().unwrap() >= deleted, "{completed}");
    assert!(
        log.of(FAILED).is_empty() && log.of(COMPARISON).is_empty() && log.of(MANIFEST).is_empty()
    );
}

async fn s19_s29_a_comparison_that_cannot_be_read_is_told_with_its_head(place: Place) {
    let (place, log) = logged(place);
    let key = "1/5/12/8/comparison.json";
    place.stores.put("preprod", key).await;
    waits_for_objects(place.delete(root("snapshot", "12")).await);
    passes(&place).await;
    assert_eq!(log.of(COMPARISON), [json!({ "key": key, "artifact_id": 12 })]);
    assert_eq!(log.of(MANIFEST), [] as [Value; 0]);
    assert!(!place.stores.objects().contains_key(&("preprod".to_owned(), key.to_owned())));
}

async fn s29_a_manifest_that_cannot_be_read_is_told_with_its_artifact(place: Place) {
    let (place, log) = logged(place);
    let key = "1/5/12/manifest.json";
    place.stores.put("preprod", key).await;
    waits_for_objects(place.delete(root("snapshot", "12")).await);
    passes(&place).await;
    assert_eq!(log.of(MANIFEST), [json!({ "key": key, "artifact_id": 12 })]);
    assert_eq!(log.of(COMPARISON), [] as [Value; 0]);
}

/// Of the artifact, as its line is of artifacts.
async fn s17_s29_a_key_that_fails_is_told_by_itself(place: Place) {
    let (place, log) = logged(place);
    // Only a server can keep one object of several.
    let Some(double) = place.stores.double() else { return };
    let key = "snapshot_archives/12.zip";
    double.fail(|faults| _ = faults.denied.insert(key.to_owned()));
    waits_for_objects(place.delete(root("artifact", "12")).await);
    for _ in 0..2 {
        passes(&place).await;
        assert_eq!(log.of(FAILED), [json!({ "key": key })]);
    }
}
