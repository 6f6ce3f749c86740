//! Builds that are being uploaded and compared.

use crate::place::{Place, count, root};

on_both_databases! {
    sexton_samples::snapshots;
    s31_a_comparison_whose_head_was_deleted_leaves_nothing_behind,
    s31_a_comparison_whose_base_was_deleted_leaves_nothing_behind,
    s32_a_comparison_that_waits_for_a_deleted_artifact_ends_cleanly,
    s30_an_upload_whose_artifact_was_deleted_makes_no_snapshot,
    s31_a_deletion_at_once_does_not_wait_for_comparisons,
    s31_a_deletion_that_is_told_to_waits_for_comparisons_of_both_sides,
    s31_a_cancellation_ends_comparisons_and_deletes_nothing,
}

/// Two builds, one compared with the other; says which artifacts they are.
async fn two_builds(place: &Place) -> [String; 2] {
    place.works("worker", &[]);
    place.submit("winter", 2, 1);
    let artifacts = place.rows("SELECT id FROM artifacts WHERE id > 31 ORDER BY id").await;
    [artifacts[0][0].clone().unwrap(), artifacts[1][0].clone().unwrap()]
}

async fn s31_a_comparison_whose_head_was_deleted_leaves_nothing_behind(place: Place) {
    let [_, head] = two_builds(&place).await;
    is_lost_under_the_deletion_of(&place, &head).await;
}

async fn s31_a_comparison_whose_base_was_deleted_leaves_nothing_behind(place: Place) {
    let [base, head] = two_builds(&place).await;
    is_lost_under_the_deletion_of(&place, &base).await;
    let stays = format!("SELECT count(*) FROM snapshot_metrics WHERE artifact_id = {head}");
    assert_eq!(place.number(&stays).await, 1);
}

async fn is_lost_under_the_deletion_of(place: &Place, artifact: &str) {
    let before = place.number("SELECT count(*) FROM snapshot_comparisons").await;
    let mut worker = place.start("work", &["--until-idle", "--step-by-step"]);
    worker.steps_to("finish");
    place.delete(root("snapshot", artifact)).await.unwrap();
    worker.go();
    assert_eq!(worker.says("lost")["section"], "finish");
    let after = place.number("SELECT count(*) FROM snapshot_comparisons").await;
    assert_eq!(after, before - 1);
    place.is_sound().await;
}

async fn s32_a_comparison_that_waits_for_a_deleted_artifact_ends_cleanly(place: Place) {
    let [_, head] = two_builds(&place).await;
    let mut worker = place.start("work", &["--until-idle", "--step-by-step"]);
    worker.steps_to("claim");
    place.delete(root("snapshot", &head)).await.unwrap();
    let before = place.dump().await;
    worker.runs_out();
    assert_eq!(place.dump().await, before);
    assert_eq!(count(&place.works("worker", &[]), "claimed"), 0);
}

async fn s30_an_upload_whose_artifact_was_deleted_makes_no_snapshot(place: Place) {
    place.works("worker", &[]);
    let words = ["--name", "winter", "--jobs", "1", "--step-by-step"];
    let mut upload = place.start("submit", &words);
    upload.steps_to("snapshot");
    let artifact = place.number("SELECT max(id) FROM artifacts").await.to_string();
    place.delete(root("artifact", &artifact)).await.unwrap();
    let before = place.dump().await;
    upload.go();
    assert_eq!(upload.says("skipped")["section"], "snapshot");
    assert!(upload.ended().0.success());
    assert_eq!(place.dump().await, before);
}

const ASKED: &str =
    "SELECT count(*) FROM snapshot_comparisons WHERE cancel_requested AND state = 1";

/// The policy lets only a purge wait. What its worker does then finds nothing.
async fn s31_a_deletion_at_once_does_not_wait_for_comparisons(place: Place) {
    let place = place.whole().await;
    let [_, head] = two_builds(&place).await;
    let mut worker = place.start("work", &["--until-idle", "--step-by-step"]);
    worker.steps_to("write");
    let before = place.number("SELECT count(*) FROM snapshot_comparisons").await;
    place.delete(root("snapshot", &head)).await.unwrap();
    worker.go();
    assert_eq!(worker.says("lost")["section"], "write");
    let after = place.number("SELECT count(*) FROM snapshot_comparisons").await;
    assert_eq!(after, before - 1);
    place.is_sound().await;
}

async fn s31_a_deletion_that_is_told_to_waits_for_comparisons_of_both_sides(place: Place) {
    let place = place.settled_at_once().await;
    place.works("worker", &[]);
    for (name, side) in [("winter", 0), ("spring", 1)] {
        place.submit(name, 2, 1);
        let sides = "SELECT a.id FROM artifacts a
                     JOIN commit_comparisons c ON c.id = a.commit_comparison_id";
        let sides = format!("{sides} WHERE c.head_sha LIKE '{name}-%' ORDER BY a.id");
        let artifact = place.rows(&sides).await[side][0].clone().unwrap();
        let mut worker = place.start("work", &["--until-idle", "--step-by-step"]);
        worker.steps_to("heartbeat");
        let deleting = place.deleting(root("snapshot", &artifact)).await;
        place.until(ASKED, 1).await;
        assert!(!deleting.is_finished(), "it did not wait");
        worker.go();
        worker.steps_to("cancel");
        worker.go();
        worker.says("cancelled");
        deleting.await.unwrap().unwrap();
        worker.steps_to("claim");
        worker.runs_out();
        assert_eq!(place.rows(&sides).await.len(), 1);
        place.is_sound().await;
    }
}

/// One is at work, one waits.
async fn s31_a_cancellation_ends_comparisons_and_deletes_nothing(place: Place) {
    let place = place.whole().await;
    place.works("worker", &[]);
    place.submit("winter", 3, 1);
    let middle = place.rows("SELECT id FROM artifacts WHERE id > 31 ORDER BY id").await;
    let middle = middle[1][0].clone().unwrap();
    let mut worker = place.start("work", &["--until-idle", "--step-by-step"]);
    worker.steps_to("heartbeat");
    let artifacts = place.number("SELECT count(*) FROM artifacts").await;
    assert_eq!(place.cancel(root("snapshot", &middle)).await, (1, 1));
    worker.go();
    worker.steps_to("cancel");
    worker.go();
    worker.says("cancelled");
    worker.steps_to("claim");
    worker.runs_out();
    let cancelled = "SELECT count(*) FROM snapshot_comparisons WHERE state = 3 AND error_code = 2";
    assert_eq!(place.number(cancelled).await, 2);
    assert_eq!(place.number("SELECT count(*) FROM artifacts").await, artifacts);
    place.is_sound().await;
}
