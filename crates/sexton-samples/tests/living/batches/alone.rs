//! The application of `batches` by itself.

use sexton_samples::app::Values;

use crate::place::{Place, count};

on_both_databases! {
    sexton_samples::batches;
    three_workers_do_every_job_once,
    b25_the_job_of_a_killed_worker_is_taken_over_when_its_lease_has_ended,
    a_late_worker_is_refused_by_its_own_lease,
    b24_a_worker_that_is_asked_to_stop_ends_its_job_as_canceled,
    b23_a_canceled_job_is_never_executed,
    b37_a_snapshot_that_was_purged_is_rebuilt_from_the_kept_runs,
}

/// One of these waits in the seed already.
async fn three_workers_do_every_job_once(place: Place) {
    place.is_sound().await;
    place.submit("winter", 12, 7);
    let workers = ["a", "b", "c"]
        .map(|worker| place.start("work", &["--until-idle", "--worker", worker, "--seed", "7"]));
    let said: Vec<_> = workers.into_iter().flat_map(|worker| worker.ended().1).collect();
    assert_eq!((count(&said, "claimed"), count(&said, "done")), (13, 13));
    assert_eq!(count(&said, "lost") + count(&said, "refused"), 0, "{said:?}");

    let left = "SELECT count(*) FROM jobs WHERE status IN ('queued', 'running')";
    assert_eq!(place.number(left).await, 0);
    assert_eq!(place.number("SELECT count(*) FROM runs WHERE batch_id = 'winter'").await, 12);
    let entries = "SELECT count(*) FROM entries WHERE run_id LIKE 'winter-%'";
    assert_eq!(place.number(entries).await, 36);
    place.is_sound().await;
}

async fn b25_the_job_of_a_killed_worker_is_taken_over_when_its_lease_has_ended(place: Place) {
    place.works("worker", &[]);
    place.submit("winter", 1, 1);
    let killed = place.start("work", &["--worker", "a", "--die-after", "wrote:2"]);
    let (status, _) = killed.ended();
    assert!(!status.success());

    assert_eq!(count(&place.works("worker", &["--worker", "b"]), "claimed"), 0);
    place.leases_end("jobs").await;
    assert_eq!(count(&place.works("worker", &["--worker", "b"]), "done"), 1);

    let by = "SELECT count(DISTINCT args_json) FROM entries WHERE run_id = 'winter-00001'";
    assert_eq!(place.number(by).await, 1, "what the killed worker wrote is kept");
    place.is_sound().await;
}

async fn a_late_worker_is_refused_by_its_own_lease(place: Place) {
    place.works("worker", &[]);
    place.submit("winter", 1, 1);
    let mut late = place.start("work", &["--worker", "a", "--late", "--until-idle"]);
    late.says("late");
    place.leases_end("jobs").await;
    assert_eq!(count(&place.works("worker", &["--worker", "b"]), "done"), 1);
    late.go();
    assert_eq!(late.says("lost")["section"], "write");
    assert!(late.ended().0.success());
    place.is_sound().await;
}

async fn b24_a_worker_that_is_asked_to_stop_ends_its_job_as_canceled(place: Place) {
    place.works("worker", &[]);
    place.submit("winter", 1, 1);
    let mut worker = place.start("work", &["--until-idle", "--step-by-step"]);
    worker.steps_to("write");
    place.execute("UPDATE jobs SET cancel_requested = 1 WHERE id = 'winter-00001'").await;
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
