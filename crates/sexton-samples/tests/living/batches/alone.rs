//! The application of `batches` by itself.

use sexton_samples::app::Values;

use crate::place::{Place, count};

on_both_databases! {
    sexton_samples::batches;
    b25_the_job_of_a_killed_worker_is_taken_over_when_its_lease_has_ended,
    b24_a_worker_that_is_asked_to_stop_ends_its_job_as_canceled,
    b23_a_canceled_job_is_never_executed,
    a_batch_is_captured_when_it_has_drained_and_not_before,
    b37_a_snapshot_that_was_purged_is_rebuilt_from_the_kept_runs,
}

async fn b25_the_job_of_a_killed_worker_is_taken_over_when_its_lease_has_ended(place: Place) {
    place.works("worker", &[]);
    place.submit("winter", 1, 1);
    let killed = place.start("work", &["--worker", "a", "--until-idle", "--die-after", "wrote:2"]);
    let (status, _) = killed.ended();
    assert!(!status.success());

    assert_eq!(count(&place.works("worker", &["--worker", "b"]), "claimed"), 0);
    place.leases_end().await;
    assert_eq!(count(&place.works("worker", &["--worker", "b"]), "done"), 1);

    let by = "SELECT count(DISTINCT args_json) FROM entries WHERE run_id = 'winter-00001'";
    assert_eq!(place.number(by).await, 1, "what the killed worker wrote is kept");
    place.is_sound().await;
}

async fn b24_a_worker_that_is_asked_to_stop_ends_its_job_as_canceled(place: Place) {
    place.works("worker", &[]);
    place.submit("winter", 1, 1);
    let mut worker = place.start("work", &["--until-idle", "--step-by-step"]);
    worker.steps_to("write");
    place.asks_to_stop().await;
    worker.go();
    worker.steps_to("cancel");
    worker.go();
    worker.says("cancelled");

    let ended = place.rows("SELECT status, error FROM runs WHERE id = 'winter-00001'").await;
    let [Some(status), Some(error)] = &ended[0][..] else { panic!("{ended:?}") };
    assert_eq!((status.as_str(), error.as_str()), ("canceled", "canceled"));
    place.is_sound().await;
}

async fn b23_a_canceled_job_is_never_executed(place: Place) {
    place.submit("winter", 2, 1);
    place
        .execute(
            "UPDATE jobs SET status = 'canceled', error = 'deleted_by_admin', progress = 100
             WHERE batch_id = 'winter'",
        )
        .await;
    let said = place.works("worker", &[]);
    assert!(said.iter().all(|event| event["batch"] != "winter"), "{said:?}");
    assert_eq!(place.number("SELECT count(*) FROM runs WHERE batch_id = 'winter'").await, 0);
}

async fn b37_a_snapshot_that_was_purged_is_rebuilt_from_the_kept_runs(place: Place) {
    place.submit("winter", 8, 3);
    place.works("worker", &[]);
    // Ghent was queued again in autumn-2026, which has its snapshots already.
    assert_eq!(count(&place.works("projector", &[]), "done"), 8 + 4 + 2);
    assert_eq!(count(&place.works("capture", &[]), "done"), 2);
    let of_cities = Values::new().with("cohort", &1).with("slug", "winter");
    let before = place.read("snapshot", of_cities.clone()).await;
    assert_eq!(before.len(), 1);
    place.is_sound().await;

    let snapshots = "SELECT id FROM analysis_cohort_snapshots WHERE batch_id = 'winter'";
    for table in ["analysis_cohort_snapshot_aggregates", "analysis_snapshot_domain_view"] {
        place.execute(&format!("DELETE FROM {table} WHERE snapshot_id IN ({snapshots})")).await;
    }
    place.execute("DELETE FROM analysis_cohort_snapshots WHERE batch_id = 'winter'").await;
    assert!(place.read("snapshot", of_cities.clone()).await.is_empty());

    assert_eq!(count(&place.works("capture", &[]), "done"), 2);
    let after = place.read("snapshot", of_cities).await;
    assert_eq!(after[0].get("payload"), before[0].get("payload"));
    assert_ne!(after[0].get("snapshot"), before[0].get("snapshot"));
    place.is_sound().await;
}

/// Of the first two domains of `cities`, one is also of another cohort.
async fn a_batch_is_captured_when_it_has_drained_and_not_before(place: Place) {
    let captured = "SELECT count(*) FROM analysis_cohort_snapshots
                    WHERE batch_id = 'winter' AND cohort_id = 1 AND status = 'captured'";
    place.submit("winter", 2, 3);
    place.execute("UPDATE jobs SET status = 'paused' WHERE id = 'winter-00002'").await;
    for role in ["worker", "projector", "capture"] {
        place.works(role, &[]);
    }
    assert_eq!(place.number(captured).await, 0, "a job is paused");
    place.execute("UPDATE jobs SET status = 'queued' WHERE id = 'winter-00002'").await;
    place.works("worker", &[]);
    place.works("capture", &[]);
    assert_eq!(place.number(captured).await, 0, "a run has no facts yet");
    place.works("projector", &[]);
    place.works("capture", &[]);
    assert_eq!(place.number(captured).await, 1);
    place.is_sound().await;
}
