//! The contract of `snapshots` over HTTP.

use serde_json::json;

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

on_both_databases!(sexton_samples::snapshots;
    s1_s8_a_snapshot_goes_once,
    s2_s7_who_has_not_the_feature_is_told_so,
    s3_s4_what_is_not_theirs_is_as_what_never_was,
    s5_an_artifact_that_is_no_snapshot_is_told_as_such,
    s38_an_artifact_goes_by_its_project,
    s39_staff_deletes_many_at_once_or_none,
);
