//! Jobs whose engines are at work, beside each other and afterwards.

use sexton_engine::DeleteError;
use sexton_samples::app::Values;
use sexton_testkit::spoken::Spoken;

use crate::place::{Place, asked, count, root};

on_both_databases! {
    sexton_samples::transcriptions;
    t6_a_job_with_an_engine_at_work_refuses_until_it_has_ended,
    t18_an_engine_beside_one_that_failed_leaves_nothing_behind,
    t18_an_engine_that_never_checks_is_refused_by_the_fence,
    without_a_fence_an_engine_that_never_checks_leaves_an_artifact,
    t19_what_comes_after_completion_leaves_nothing_behind,
    t17_of_a_retry_and_a_deletion_the_first_wins,
    t17_a_cancelled_job_waits_for_its_engine,
    t18_a_deletion_stops_the_engine_beside_one_that_failed_and_waits_for_it,
    t19_a_deletion_stops_what_comes_after_completion_and_waits_for_it,
    t17_a_retry_while_a_deletion_waits_refuses_it,
    t18_engines_at_full_speed_drain_and_nothing_comes_back,
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
fn beside_one_that_failed(place: &Place, part: &str, words: &[&str]) -> Spoken {
    let words = [&["--worker", "a", "--until-idle", "--step-by-step"], words].concat();
    let mut first = place.start("work", &words);
    first.steps_to("finish");
    first.go();
    first.steps_to("claim");
    first.go();
    first.steps_to(part);
    let said = place.works("worker", &["--worker", "b", "--fail"]);
    assert_eq!(count(&said, "failed"), 1, "{said:?}");
    first
}

/// The deletion comes when the engine is about to store something.
async fn cut_by_a_deletion(place: &Place, job: &str, words: &[&str]) -> Spoken {
    let mut first = beside_one_that_failed(place, "write", words);
    place.delete(root("job", job)).await.unwrap();
    first.go();
    first
}

async fn t18_an_engine_beside_one_that_failed_leaves_nothing_behind(place: Place) {
    let job = submitted(&place);
    let mut engine = cut_by_a_deletion(&place, &job, &[]).await;
    assert_eq!(engine.says("lost")["section"], "write");
    assert_eq!(place.mentions(&job).await, [""; 0]);
    place.is_sound().await;
}

async fn t18_an_engine_that_never_checks_is_refused_by_the_fence(place: Place) {
    let place = place.fenced().await;
    let job = submitted(&place);
    let mut engine = cut_by_a_deletion(&place, &job, &["--careless"]).await;
    assert_eq!(engine.says("refused")["section"], "write");
    assert_eq!(place.mentions(&job).await, [""; 0]);
    place.is_sound().await;
}

async fn without_a_fence_an_engine_that_never_checks_leaves_an_artifact(place: Place) {
    let job = submitted(&place);
    let mut engine = cut_by_a_deletion(&place, &job, &["--careless"]).await;
    engine.says("wrote");
    assert_eq!(place.mentions(&job).await, ["artifact_objects"]);
}

/// An engine that looks for personal data in a job that has completed, about to run this part.
async fn after_completion(place: &Place, job: &str, part: &str) -> Spoken {
    let mut engine = place.start("work", &["--until-idle", "--step-by-step"]);
    engine.says("before");
    engine.go();
    while engine.says("claimed")["stage"] != "pii_detect" {
        engine.steps_to("claim");
        engine.go();
    }
    engine.steps_to(part);
    let status = place.read("job", Values::new().with("transcription", job)).await;
    assert_eq!(status[0].get("status"), Some("completed"));
    engine
}

async fn t19_what_comes_after_completion_leaves_nothing_behind(place: Place) {
    let job = submitted(&place);
    let mut engine = after_completion(&place, &job, "write").await;
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

const ASKED: &str = "SELECT count(*) FROM tasks WHERE cancel_requested AND status = 'running'";

/// The engine finds at its next heart-beat that it is to stop; only then is anything gone.
async fn is_drained(place: &Place, job: &str, mut engine: Spoken) {
    let deleting = place.deleting(root("job", job)).await;
    place.until(ASKED, 1).await;
    assert!(!deleting.is_finished(), "it did not wait");
    engine.go();
    engine.steps_to("cancel");
    engine.go();
    engine.says("cancelled");
    deleting.await.unwrap().unwrap();
    engine.steps_to("claim");
    engine.runs_out();
    assert_eq!(place.mentions(job).await, [""; 0]);
    place.is_sound().await;
}

async fn t18_a_deletion_stops_the_engine_beside_one_that_failed_and_waits_for_it(place: Place) {
    let place = place.whole().await;
    let job = submitted(&place);
    let engine = beside_one_that_failed(&place, "heartbeat", &[]);
    is_drained(&place, &job, engine).await;
}

/// Its delivery stays, without the data of the job.
async fn t19_a_deletion_stops_what_comes_after_completion_and_waits_for_it(place: Place) {
    let place = place.whole().await;
    let deliveries = place.number("SELECT count(*) FROM webhook_deliveries").await;
    let job = submitted(&place);
    let engine = after_completion(&place, &job, "heartbeat").await;
    is_drained(&place, &job, engine).await;
    let after = place.number("SELECT count(*) FROM webhook_deliveries").await;
    assert_eq!(after, deliveries + 1);
}

async fn t17_a_retry_while_a_deletion_waits_refuses_it(place: Place) {
    let place = place.whole().await;
    let job = submitted(&place);
    let mut engine = beside_one_that_failed(&place, "heartbeat", &[]);
    let deleting = place.deleting(root("job", &job)).await;
    place.until(ASKED, 1).await;
    let given = format!("transcription={job}");
    let retry = ["--act", "retry", "--jobs", "1", &given];
    place.start("submit", &retry).says("submitted");
    engine.go();
    engine.steps_to("cancel");
    engine.go();
    engine.says("cancelled");
    Place::refused(deleting.await.unwrap(), "Cannot delete pending job. Use cancel instead.");
    assert!(!place.mentions(&job).await.is_empty());
    place.is_sound().await;
}

/// Each job is asked for until it is terminal. One of the engines fails, so that jobs are terminal
/// while others are at work.
async fn t18_engines_at_full_speed_drain_and_nothing_comes_back(place: Place) {
    let place = place.whole().await;
    place.works("worker", &[]);
    place.submit("winter", 12, 7);
    let engines: [&[&str]; 3] =
        [&["--worker", "a"], &["--worker", "b"], &["--worker", "c", "--fail"]];
    let engines = engines.map(|words| {
        let words = [&["--until-idle", "--steps", "9", "--pace", "10"], words].concat();
        let mut engine = place.start("work", &words);
        engine.says("wrote");
        engine
    });
    let system = place.system().await;
    for n in 1..=12 {
        let job = place.item("winter", n);
        loop {
            match system.delete(&asked(root("job", &job))).await {
                Ok(_) => break,
                Err(DeleteError::Refused(_)) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
        assert_eq!(place.mentions(&job).await, [""; 0]);
    }
    let said: Vec<_> = engines.into_iter().flat_map(|engine| engine.ended().1).collect();
    assert!(count(&said, "failed") > 0, "no job failed: {said:?}");
    assert_eq!(count(&said, "refused") + count(&said, "lost"), 0, "{said:?}");
    assert_eq!(place.mentions("winter ").await, [""; 0]);
    place.is_sound().await;
}
