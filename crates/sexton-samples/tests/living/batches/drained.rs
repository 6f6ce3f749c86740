//! Batches that are deleted by the whole policy: their work is stopped and waited for first.

use sexton_engine::{DeleteError, RefusedBy};

use crate::place::{Place, count, root};

on_both_databases! {
    sexton_samples::batches;
    b24_a_deletion_waits_for_its_worker_which_ends_the_job_as_canceled,
    b25_the_job_of_a_dead_worker_is_not_waited_for,
    b26a_a_worker_that_hangs_refuses_and_the_deletion_can_be_tried_again,
    b23_b24_workers_at_full_speed_drain_and_nothing_comes_back,
}

/// One job is at work, two wait.
async fn b24_a_deletion_waits_for_its_worker_which_ends_the_job_as_canceled(place: Place) {
    let place = place.whole().await;
    place.works("worker", &[]);
    place.submit("winter", 3, 1);
    let mut worker = place.start("work", &["--until-idle", "--step-by-step"]);
    worker.steps_to("heartbeat");
    let deleting = place.deleting(root("batch", "winter")).await;
    let asked = "SELECT count(*) FROM jobs WHERE cancel_requested = 1 AND status = 'running'";
    while place.number(asked).await == 0 {
        tokio::task::yield_now().await;
    }
    let told = "SELECT count(*) FROM jobs
                WHERE status = 'canceled' AND error = 'deleted_by_admin' AND progress = 100
                  AND finished_at IS NOT NULL";
    assert_eq!(place.number(told).await, 2, "what waits is out of the queue");
    worker.go();
    worker.steps_to("cancel");
    worker.go();
    worker.says("cancelled");
    deleting.await.unwrap().unwrap();
    worker.steps_to("claim");
    worker.runs_out();
    assert_eq!(place.mentions("winter").await, [""; 0]);
    place.is_sound().await;
}

async fn b25_the_job_of_a_dead_worker_is_not_waited_for(place: Place) {
    let place = place.whole().await;
    place.works("worker", &[]);
    place.submit("winter", 2, 1);
    let killed = place.start("work", &["--until-idle", "--die-after", "wrote"]);
    assert!(!killed.ended().0.success());
    place.leases_end().await;
    place.delete(root("batch", "winter")).await.unwrap();
    assert_eq!(count(&place.works("worker", &[]), "claimed"), 0);
    assert_eq!(place.mentions("winter").await, [""; 0]);
    place.is_sound().await;
}

/// B26b: nothing but the jobs of the batch has changed when it is refused.
async fn b26a_a_worker_that_hangs_refuses_and_the_deletion_can_be_tried_again(place: Place) {
    let place = place.whole().await;
    place.works("worker", &[]);
    place.submit("winter", 3, 1);
    let mut first = place.start("work", &["--until-idle", "--die-after", "done"]);
    first.says("done");
    drop(first);
    let mut hanging = place.start("work", &["--worker", "b", "--hang"]);
    hanging.says("hanging");
    let mut before = place.dump().await;
    let refused = place.delete(root("batch", "winter")).await;
    let Err(DeleteError::Refused(refusal)) = refused else { panic!("{refused:?}") };
    assert_eq!(refusal.by, RefusedBy::Undrained);
    let mut after = place.dump().await;
    assert!(before.remove("jobs") != after.remove("jobs"));
    assert_eq!(before, after);

    hanging.kill();
    place.leases_end().await;
    place.delete(root("batch", "winter")).await.unwrap();
    assert_eq!(place.mentions("winter").await, [""; 0]);
    place.is_sound().await;
}

async fn b23_b24_workers_at_full_speed_drain_and_nothing_comes_back(place: Place) {
    let place = place.whole().await;
    place.works("worker", &[]);
    place.submit("winter", 400, 7);
    let workers = ["a", "b", "c"].map(|worker| {
        let mut worker = place.start("work", &["--until-idle", "--worker", worker, "--steps", "9"]);
        worker.says("done");
        worker
    });
    place.delete(root("batch", "winter")).await.unwrap();
    let said: Vec<_> = workers.into_iter().flat_map(|worker| worker.ended().1).collect();
    assert!(count(&said, "done") < 400, "the deletion came too late to prove anything");
    assert_eq!(count(&said, "refused"), 0, "{said:?}");
    assert_eq!(place.mentions("winter").await, [""; 0]);
    place.is_sound().await;
}
