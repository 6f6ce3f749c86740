//! The contract of `snapshots` over HTTP.

use serde_json::json;
use sexton_testkit::s3::Faults;

use crate::place::{Asker, Place, with_roles};

const BATCH: &str = "/api/0/internal/preprod-artifact/batch-delete/";

fn ada() -> Asker {
    with_roles("101", &["preprod"], Some("1"))
}

fn staff() -> Asker {
    with_roles("104", &["staff", "preprod"], None)
}

fn snapshot(org: &str, id: &str) -> String {
    format!("/api/0/organizations/{org}/preprodartifacts/snapshots/{id}/")
}

fn artifact(project: &str, id: &str) -> String {
    format!("/api/0/projects/harbor/{project}/preprodartifacts/{id}/delete/")
}

async fn s1_s8_a_snapshot_goes_once(place: Place) {
    place.ask(&ada(), "DELETE", &snapshot("harbor", "12"), "").await.is(204, "");
    for table in ["snapshot_metrics", "size_metrics", "installables", "comparison_approvals"] {
        assert_eq!(place.count(table, "artifact_id = 12").await, 0, "{table}");
    }
    let missing = "{\"detail\":\"Snapshot not found\"}";
    place.ask(&ada(), "DELETE", &snapshot("harbor", "12"), "").await.is(404, missing);
}

async fn s2_s7_who_has_not_the_feature_is_told_so(place: Place) {
    let other = with_roles("101", &["operator"], Some("1"));
    let told = place.ask(&other, "DELETE", &snapshot("harbor", "12"), "").await;
    told.is(403, "{\"detail\":\"Feature not enabled\"}");
    let told = place.ask(&other, "DELETE", &artifact("ferry-ios", "13"), "").await;
    told.is(403, "{\"error\":\"Feature not enabled\"}");
    assert_eq!(place.count("artifacts", "id IN (12, 13)").await, 2);
}

async fn s3_s4_what_is_not_theirs_is_as_what_never_was(place: Place) {
    let before = place.dump().await;
    let never = place.ask(&ada(), "DELETE", &snapshot("harbor", "99999"), "").await;
    never.is(404, "{\"detail\":\"Snapshot not found\"}");
    let ben = with_roles("102", &["preprod"], Some("1"));
    for (asker, org, id) in [
        (&ada(), "harbor", "twelve"),
        (&ada(), "meadow", "12"),
        (&ada(), "meadow", "31"),
        (&ada(), "nowhere", "12"),
        // Of the organization, and not of the project.
        (&ben, "harbor", "12"),
    ] {
        let told = place.ask(asker, "DELETE", &snapshot(org, id), "").await;
        assert_eq!(told, never, "{org} {id}");
    }
    assert_eq!(
        place
            .ask(&ada(), "DELETE", &snapshot("harbor", "12").replace("12/", "12"), "")
            .await
            .status,
        404
    );
    assert_eq!(place.dump().await, before);
    place.ask(&staff(), "DELETE", &snapshot("harbor", "12"), "").await.is(204, "");
}

async fn s5_an_artifact_that_is_no_snapshot_is_told_as_such(place: Place) {
    let before = place.dump().await;
    let told = place.ask(&ada(), "DELETE", &snapshot("harbor", "15"), "").await;
    told.is(400, "{\"detail\":\"Artifact is not a snapshot\"}");
    assert_eq!(place.dump().await, before);
}

async fn s38_an_artifact_goes_by_its_project(place: Place) {
    let missing = "{\"error\":\"Artifact not found\"}";
    place.ask(&ada(), "DELETE", &artifact("ferry-android", "12"), "").await.is(404, missing);
    place.ask(&ada(), "DELETE", &artifact("none", "12"), "").await.is(404, missing);
    let files = place.count("files", "1 = 1").await;
    let told = place.ask(&ada(), "DELETE", &artifact("ferry-ios", "12"), "").await;
    let files = files - place.count("files", "1 = 1").await;
    told.is(
        200,
        &format!(
            "{{\"success\":true,\"message\":\"Artifact 12 deleted\",\"artifact_id\":\"12\",\
             \"files_deleted_count\":{files},\"size_metrics_deleted\":1,\"installable_artifacts_deleted\":2}}"
        ),
    );
}

async fn s39_staff_deletes_many_at_once_or_none(place: Place) {
    let before = place.dump().await;
    let many = (0..101).map(|id| id.to_string()).collect::<Vec<_>>().join(",");
    let many = format!("{{\"preprod_artifact_ids\":[{many}]}}");
    for sent in [
        "",
        "not json",
        "[12]",
        "{}",
        "{\"preprod_artifact_ids\":[]}",
        "{\"preprod_artifact_ids\":12}",
        "{\"preprod_artifact_ids\":[\"twelve\"]}",
        "{\"preprod_artifact_ids\":[\"12\"]}",
        "{\"preprod_artifact_ids\":[1.5]}",
        "{\"preprod_artifact_ids\":[true]}",
        &many,
    ] {
        let told = place.ask(&staff(), "DELETE", BATCH, sent).await;
        assert_eq!(told.status, 400, "{sent}: {}", told.body);
        assert!(told.json()["error"].as_str().is_some_and(|error| !error.is_empty()), "{sent}");
    }
    let nobodys = "{\"preprod_artifact_ids\":[99998,99999]}";
    let none = place.ask(&staff(), "DELETE", BATCH, nobodys).await;
    none.is(404, "{\"error\":\"No artifacts found\"}");
    let some = "{\"preprod_artifact_ids\":[12,99999,21,12]}";
    place.ask(&ada(), "DELETE", BATCH, some).await.is(403, "{\"error\":\"Staff only\"}");
    assert_eq!(place.dump().await, before);
    let told = place.ask(&staff(), "DELETE", BATCH, some).await;
    assert_eq!(told.status, 200, "{}", told.body);
    let told = told.json();
    assert_eq!(told["success"], json!(true));
    assert_eq!(told["message"], json!("2 artifacts deleted"));
    assert_eq!(told["artifact_ids"], json!([12, 21]));
    assert_eq!(told["artifacts_deleted"], json!(2));
    assert_eq!(told["installable_artifacts_deleted"], json!(3));
    assert_eq!(place.count("artifacts", "id IN (12, 21)").await, 0);
}

/// Of the keys, those that are not of the snapshot 12; images wait for a day.
fn without_12(keys: Vec<String>) -> Vec<String> {
    let of_12 = |key: &String| key.starts_with("1/5/12/") || key == "snapshot_archives/12.zip";
    keys.into_iter().filter(|key| !of_12(key)).collect()
}

async fn s9_s10_s12_all_of_a_snapshot_goes_and_images_that_others_name_stay(place: Place) {
    let expected = ["preprod", "legacy"].map(|store| without_12(place.keys(store)));
    assert_ne!(expected[0], place.keys("preprod"));
    place.ask(&ada(), "DELETE", &snapshot("harbor", "12"), "").await.is(204, "");
    place.settled().await;
    assert_eq!(["preprod", "legacy"].map(|store| place.keys(store)), expected);
}

async fn s16_when_the_database_fails_every_object_remains(place: Place) {
    let (before, keys) = (place.dump().await, place.keys("preprod"));
    place.break_table("artifacts").await;
    let told = place.ask(&ada(), "DELETE", &snapshot("harbor", "12"), "").await;
    told.is(500, "{\"detail\":\"Internal error deleting snapshot.\"}");
    let told = place.ask(&ada(), "DELETE", &artifact("ferry-ios", "12"), "").await;
    told.is(500, "{\"success\":false,\"error\":\"Internal error deleting artifact.\"}");
    place.mend_table("artifacts").await;
    place.settled().await;
    assert_eq!((place.dump().await, place.keys("preprod")), (before, keys));
}

async fn s17_s20_a_store_that_fails_stops_no_deletion_and_loses_no_key(place: Place) {
    let expected = ["preprod", "legacy"].map(|store| without_12(place.keys(store)));
    let keys = place.keys("preprod");
    place.fail("preprod", |faults| faults.storm = u32::MAX);
    let told = place.ask(&ada(), "DELETE", &snapshot("harbor", "12"), "").await;
    told.is(204, "");
    place.settled().await;
    assert_eq!(place.count("artifacts", "id = 12").await, 0);
    assert_eq!(place.keys("preprod"), keys);
    place.fail("preprod", |faults| *faults = Faults::default());
    // What a manifest names goes first, and then the manifest.
    for _ in 0..2 {
        assert_eq!(place.retry(&told).await.status, 200);
    }
    assert_eq!(["preprod", "legacy"].map(|store| place.keys(store)), expected);
}

async fn s17_one_key_that_fails_does_not_stop_the_others(place: Place) {
    let denied = "snapshot_archives/12.zip".to_owned();
    let mut expected = without_12(place.keys("preprod"));
    assert!(place.keys("preprod").contains(&denied));
    place.fail("preprod", |faults| {
        faults.denied.insert(denied.clone());
    });
    let told = place.ask(&ada(), "DELETE", &snapshot("harbor", "12"), "").await;
    told.is(204, "");
    place.settled().await;
    expected.push(denied);
    expected.sort();
    assert_eq!(place.keys("preprod"), expected);
    place.fail("preprod", |faults| *faults = Faults::default());
    assert_eq!(place.retry(&told).await.status, 200);
    expected.retain(|key| key != "snapshot_archives/12.zip");
    assert_eq!(place.keys("preprod"), expected);
}

on_postgres_and_s3!(sexton_samples::snapshots;
    s9_s10_s12_all_of_a_snapshot_goes_and_images_that_others_name_stay,
    s16_when_the_database_fails_every_object_remains,
    s17_one_key_that_fails_does_not_stop_the_others,
    s17_s20_a_store_that_fails_stops_no_deletion_and_loses_no_key,
    s38_an_artifact_goes_by_its_project,
    s39_staff_deletes_many_at_once_or_none,
);

on_both_databases!(sexton_samples::snapshots;
    s1_s8_a_snapshot_goes_once,
    s2_s7_who_has_not_the_feature_is_told_so,
    s3_s4_what_is_not_theirs_is_as_what_never_was,
    s5_an_artifact_that_is_no_snapshot_is_told_as_such,
    s38_an_artifact_goes_by_its_project,
    s39_staff_deletes_many_at_once_or_none,
);
