//! Jobs whose engines are at work, beside each other and afterwards.

use sexton_engine::DeleteError;
use sexton_testkit::spoken::Spoken;

use crate::place::{Place, count, root};

on_both_databases! {
    sexton_samples::transcriptions;
    t6_a_job_with_an_engine_at_work_refuses_until_it_has_ended,
    t18_an_engine_beside_one_that_failed_leaves_nothing_behind,
    t18_an_engine_that_never_checks_is_refused_by_the_fence,
    without_a_fence_an_engine_that_never_checks_leaves_an_artifact,
    t19_what_comes_after_completion_leaves_nothing_behind,
    t17_of_a_retry_and_a_deletion_the_first_wins,
    t17_a_cancelled_job_waits_for_its_engine,
}

/// Other jobs of the seed are out of the way.
fn submitted(place: &Place) -> String {
    place.works("worker", &[]);
    place.submit("winter", 1, 1);
    place.item("winter", 1)
}

async fn t6_a_job_with_an_engine_at_work_refuses_until_it_has_ended(place: Place) {
    let job = submitted(&place);
    let refused = place.delete(root("job", &job)).await;
    Place::refused(refused, "Cannot delete pending job. Use cancel instead.");
    let mut engine = place.start("work", &["--until-idle", "--step-by-step"]);
    engine.steps_to("write");
    let refused = place.delete(root("job", &job)).await;
    Place::refused(refused, "Cannot delete running job. Use cancel instead.");
    engine.runs_out();
    assert_eq!(place.left().await, 0);
    place.delete(root("job", &job)).await.unwrap();
    assert_eq!(place.mentions(&job).await, ["webhook_deliveries"; 0]);
    place.is_sound().await;
}

/// An engine about to store something of a job that has failed meanwhile: the job is terminal,
/// hence can be deleted.
async fn beside_one_that_failed(place: &Place, job: &str, words: &[&str]) -> Spoken {
    let words = [&["--worker", "a", "--until-idle", "--step-by-step"], words].concat();
    let mut first = place.start("work", &words);
    first.steps_to("finish");
    first.go();
    first.steps_to("claim");
    first.go();
    first.steps_to("write");
    let said = place.works("worker", &["--worker", "b", "--fail"]);
    assert_eq!(count(&said, "failed"), 1, "{said:?}");
    place.delete(root("job", job)).await.unwrap();
    first.go();
    first
}

async fn t18_an_engine_beside_one_that_failed_leaves_nothing_behind(place: Place) {
    let job = submitted(&place);
    let mut engine = beside_one_that_failed(&place, &job, &[]).await;
    assert_eq!(engine.says("lost")["section"], "write");
    assert_eq!(place.mentions(&job).await, [""; 0]);
    place.is_sound().await;
}

async fn t18_an_engine_that_never_checks_is_refused_by_the_fence(place: Place) {
    let place = place.fenced().await;
    let job = submitted(&place);
    let mut engine = beside_one_that_failed(&place, &job, &["--careless"]).await;
    assert_eq!(engine.says("refused")["section"], "write");
    assert_eq!(place.mentions(&job).await, [""; 0]);
    place.is_sound().await;
}

async fn without_a_fence_an_engine_that_never_checks_leaves_an_artifact(place: Place) {
    let job = submitted(&place);
    let mut engine = beside_one_that_failed(&place, &job, &["--careless"]).await;
    engine.says("wrote");
    assert_eq!(place.mentions(&job).await, ["artifact_objects"]);
}

async fn t19_what_comes_after_completion_leaves_nothing_behind(place: Place) {
    let job = submitted(&place);
    let mut engine = place.start("work", &["--until-idle", "--step-by-step"]);
    engine.says("before");
    engine.go();
    while engine.says("claimed")["stage"] != "pii_detect" {
        engine.steps_to("claim");
        engine.go();
    }
    engine.steps_to("write");
    let status = place.read("job", sexton_samples::app::Values::new().with("transcription", &job));
    assert_eq!(status.await[0].get("status"), Some("completed"));

    place.delete(root("job", &job)).await.unwrap();
    engine.go();
    assert_eq!(engine.says("lost")["section"], "write");
    assert_eq!(place.mentions(&job).await, [""; 0]);
    place.is_sound().await;
}

async fn t17_of_a_retry_and_a_deletion_the_first_wins(place: Place) {
    let job = submitted(&place);
    place.works("worker", &["--fail"]);
    let given = format!("transcription={job}");
    let retry = ["--act", "retry", "--jobs", "1", &given];
    let mut retrying = place.start("submit", &[&retry[..], &["--pause-in", "retry"]].concat());
    retrying.says("uncommitted");
    let deleting = place.deleting(root("job", &job)).await;
    retrying.go();
    retrying.says("submitted");
    Place::refused(deleting.await.unwrap(), "Cannot delete pending job. Use cancel instead.");

    place.works("worker", &["--fail"]);
    place.delete(root("job", &job)).await.unwrap();
    place.start("submit", &retry).says("skipped");
    let again = place.delete(root("job", &job)).await;
    assert!(matches!(again, Err(DeleteError::Engine(_))), "{again:?}");
    assert_eq!(place.mentions(&job).await, [""; 0]);
    place.is_sound().await;
}

async fn t17_a_cancelled_job_waits_for_its_engine(place: Place) {
    let job = submitted(&place);
    let mut engine = place.start("work", &["--until-idle", "--step-by-step"]);
    engine.steps_to("write");
    let given = format!("transcription={job}");
    let words = ["--act", "cancel", "--jobs", "1", &given];
    assert!(place.start("submit", &words).ended().0.success());
    let refused = place.delete(root("job", &job)).await;
    Place::refused(refused, "Cannot delete job while cancellation is in progress.");
    engine.runs_out();
    place.delete(root("job", &job)).await.unwrap();
    assert_eq!(place.mentions(&job).await, [""; 0]);
    place.is_sound().await;
}
