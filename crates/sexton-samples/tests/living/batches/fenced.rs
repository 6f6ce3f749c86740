//! Batches that are deleted while everything goes on that could bring them back, with a fence.
//!
//! What each does without a fence stands beside it, so that no proof is empty.

use sexton_testkit::spoken::Spoken;

use crate::place::{Place, count, root};

on_both_databases! {
    sexton_samples::batches;
    b26c_a_submission_under_way_does_not_bring_the_batch_back,
    without_a_fence_a_submission_under_way_brings_the_batch_back,
    b24_a_worker_that_never_checks_writes_no_entries,
    w6_the_projector_writes_no_facts_of_a_run_that_is_gone,
    without_a_fence_the_projector_writes_facts_of_a_run_that_is_gone,
    a_batch_that_is_gone_is_not_captured,
    nothing_comes_back_whoever_is_at_work_seed_1,
    nothing_comes_back_whoever_is_at_work_seed_2,
    nothing_comes_back_whoever_is_at_work_seed_3,
}

/// Two of its jobs are in; a third, and the batch's own row, come after the deletion.
async fn submission_cut_by_a_deletion(place: &Place) -> Vec<serde_json::Value> {
    let words = ["--name", "winter", "--jobs", "3", "--step-by-step"];
    let mut submission = place.start("submit", &words);
    for _ in 0..2 {
        submission.says("before");
        submission.go();
        submission.says("submitted");
    }
    submission.says("before");
    place.delete(root("batch", "winter")).await.unwrap();
    submission.runs_out();
    submission.ended().1
}

async fn b26c_a_submission_under_way_does_not_bring_the_batch_back(place: Place) {
    let place = place.fenced().await;
    let said = submission_cut_by_a_deletion(&place).await;
    assert_eq!((count(&said, "submitted"), count(&said, "refused")), (2, 2), "{said:?}");
    assert_eq!(place.mentions("winter").await, [""; 0]);
    place.is_sound().await;
}

async fn without_a_fence_a_submission_under_way_brings_the_batch_back(place: Place) {
    let said = submission_cut_by_a_deletion(&place).await;
    assert_eq!(count(&said, "submitted"), 4, "{said:?}");
    assert_eq!(place.mentions("winter").await, ["batches", "jobs"]);
}

async fn b24_a_worker_that_never_checks_writes_no_entries(place: Place) {
    let place = place.fenced().await;
    place.works("worker", &[]);
    place.submit("winter", 1, 1);
    let mut worker = place.start("work", &["--until-idle", "--careless", "--step-by-step"]);
    worker.steps_to("write");
    worker.go();
    worker.steps_to("write");
    place.delete(root("batch", "winter")).await.unwrap();
    worker.go();
    assert_eq!(worker.says("refused")["section"], "write");
    worker.steps_to("claim");
    worker.runs_out();
    assert_eq!(place.mentions("winter").await, [""; 0]);
    place.is_sound().await;
}

/// It has read a run of the batch, and knows nothing of what happens to it then.
async fn projector_cut_by_a_deletion(place: &Place) -> Spoken {
    place.works("worker", &[]);
    place.works("projector", &[]);
    place.submit("winter", 1, 1);
    place.works("worker", &[]);
    let words = ["--as", "projector", "--until-idle", "--step-by-step"];
    let mut projector = place.start("work", &words);
    projector.steps_to("write");
    place.delete(root("batch", "winter")).await.unwrap();
    projector.go();
    projector
}

async fn w6_the_projector_writes_no_facts_of_a_run_that_is_gone(place: Place) {
    let place = place.fenced().await;
    let mut projector = projector_cut_by_a_deletion(&place).await;
    assert_eq!(projector.says("refused")["section"], "write");
    projector.steps_to("claim");
    projector.runs_out();
    assert_eq!(place.mentions("winter").await, [""; 0]);
    place.is_sound().await;
}

async fn without_a_fence_the_projector_writes_facts_of_a_run_that_is_gone(place: Place) {
    let mut projector = projector_cut_by_a_deletion(&place).await;
    projector.says("wrote");
    assert!(!place.mentions("winter").await.is_empty());
}

async fn a_batch_that_is_gone_is_not_captured(place: Place) {
    let place = place.fenced().await;
    place.submit("winter", 2, 1);
    place.works("worker", &[]);
    place.works("projector", &[]);
    let mut capture = place.start("work", &["--as", "capture", "--until-idle", "--step-by-step"]);
    capture.steps_to("write");
    place.delete(root("batch", "winter")).await.unwrap();
    capture.go();
    assert_eq!(capture.says("refused")["section"], "write");
    capture.steps_to("claim");
    capture.runs_out();
    // The projector remembers, on purpose.
    assert_eq!(place.mentions("winter").await, ["analysis_projection_state"]);
    place.is_sound().await;
}

async fn nothing_comes_back_whoever_is_at_work_seed_1(place: Place) {
    nothing_comes_back(place, 1).await;
}

async fn nothing_comes_back_whoever_is_at_work_seed_2(place: Place) {
    nothing_comes_back(place, 2).await;
}

async fn nothing_comes_back_whoever_is_at_work_seed_3(place: Place) {
    nothing_comes_back(place, 3).await;
}

/// Three workers of whom one never checks, the projector, the capture, and two submissions, of
/// which one is of a batch that is deleted again and again until it is no more.
async fn nothing_comes_back(place: Place, seed: u32) {
    let place = place.fenced().await;
    let seed = seed.to_string();
    place.submit("spare", 6, 1);
    let roles: [(&str, &[&str]); 5] = [
        ("worker", &["--worker", "a"]),
        ("worker", &["--worker", "b"]),
        ("worker", &["--worker", "c", "--careless"]),
        ("projector", &[]),
        ("capture", &[]),
    ];
    let mut workers: Vec<Spoken> = roles
        .into_iter()
        .map(|(role, words)| {
            place.start("work", &[&["--as", role, "--seed", &seed], words].concat())
        })
        .collect();
    let winter = ["--name", "winter", "--jobs", "30", "--seed", &seed];
    let mut winter = place.start("submit", &winter);
    let summer = place.start("submit", &["--name", "summer", "--jobs", "10", "--seed", &seed]);
    winter.says("submitted");
    workers[0].says("done");
    for batch in ["winter", "spare", "winter", "autumn-2026"] {
        // By now there may be nothing of it.
        let _ = place.delete(root("batch", batch)).await;
    }
    let _ = winter.ended();
    assert!(summer.ended().0.success());
    for worker in &mut workers {
        worker.says("idle");
    }
    while place.left().await > 0 {
        place.works("worker", &[]);
    }
    for batch in ["winter-", "spare-", "autumn-2026-"] {
        let left = place.mentions(batch).await;
        assert!(left.iter().all(|table| table == "analysis_projection_state"), "{batch}: {left:?}");
    }
    assert_eq!(place.number("SELECT count(*) FROM runs WHERE batch_id = 'summer'").await, 10);
    drop(workers);
    place.is_sound().await;
}
