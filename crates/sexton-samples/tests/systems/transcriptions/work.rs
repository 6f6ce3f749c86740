//! Tasks in flight of a job that has ended: siblings of a failed one, and post-processing.

use sexton_engine::{DeleteError, RefusedBy};

use super::{COMPLETED, FAILED, job, job_id};
use crate::place::Place;

on_both_databases!(
    sexton_samples::transcriptions;
    t18_a_failed_job_waits_for_its_sibling_task_to_stop,
    t19_post_processing_that_does_not_stop_refuses,
    t19_tasks_that_nobody_has_begun_are_not_waited_for,
);

const LASTS: &str = "2999-01-01T00:00:00Z";

/// Puts a task of the job in this state.
async fn one_is(place: &Place, number: u8, status: &str) {
    let task = format!(
        "UPDATE tasks SET status = '{status}', lease_expires_at = '{LASTS}'
         WHERE job_id = '{}' AND stage = 'merge'",
        job_id(number)
    );
    place.execute(&task).await;
}

async fn t18_a_failed_job_waits_for_its_sibling_task_to_stop(place: Place) {
    one_is(&place, FAILED, "running").await;
    let engine = async {
        let told = "SELECT count(*) FROM tasks WHERE cancel_requested AND status = 'running'";
        while place.number(told).await == 0 {
            tokio::task::yield_now().await;
        }
        // Nothing has gone while the engine was at work.
        let there = format!("SELECT count(*) FROM jobs WHERE id = '{}'", job_id(FAILED));
        assert_eq!(place.number(&there).await, 1);
        place.execute("UPDATE tasks SET status = 'cancelled' WHERE cancel_requested").await;
    };
    let (deleted, ()) = tokio::join!(place.delete(job(FAILED)), engine);
    deleted.unwrap();
    place.does_not_find(job(FAILED)).await;
}

async fn t19_post_processing_that_does_not_stop_refuses(place: Place) {
    one_is(&place, COMPLETED, "running").await;
    let Err(DeleteError::Refused(refusal)) = place.delete(job(COMPLETED)).await else {
        panic!("it went under its engine")
    };
    assert_eq!((refusal.by, refusal.has_asked), (RefusedBy::Undrained, true));
    // The cancellation is the only trace.
    place.execute("UPDATE tasks SET cancel_requested = false").await;
    let twin = place.twin().await;
    one_is(&twin, COMPLETED, "running").await;
    assert_eq!(place.dump().await, twin.dump().await);
}

async fn t19_tasks_that_nobody_has_begun_are_not_waited_for(place: Place) {
    one_is(&place, COMPLETED, "ready").await;
    place.delete(job(COMPLETED)).await.unwrap();
    place.does_not_find(job(COMPLETED)).await;
}
