//! Batches that are deleted while their workers are at it.

use crate::place::{Place, root};

on_both_databases! {
    sexton_samples::batches;
    b24_a_worker_whose_batch_was_deleted_writes_nothing_more,
    b20_workers_of_other_batches_go_on_and_nothing_of_theirs_is_lost,
}

/// Wherever the worker stands, its next statement finds that the job is not its own any more.
async fn b24_a_worker_whose_batch_was_deleted_writes_nothing_more(place: Place) {
    place.works("worker", &[]);
    for (n, part) in ["start", "heartbeat", "write", "finish"].into_iter().enumerate() {
        let name = format!("winter{n}");
        place.submit(&name, 1, 1);
        let mut worker = place.start("work", &["--until-idle", "--step-by-step"]);
        worker.steps_to(part);
        place.delete(root("batch", &name)).await.unwrap();
        worker.go();
        assert_eq!(worker.says("lost")["section"], part);
        worker.steps_to("claim");
        worker.runs_out();
        assert_eq!(place.mentions(&name).await, [""; 0]);
        place.is_sound().await;
    }
}

async fn b20_workers_of_other_batches_go_on_and_nothing_of_theirs_is_lost(place: Place) {
    place.works("worker", &[]);
    place.submit("spare", 8, 1);
    place.execute("UPDATE jobs SET status = 'paused' WHERE batch_id = 'spare'").await;
    place.submit("winter", 40, 7);
    let workers = ["a", "b", "c"].map(|worker| {
        let mut worker = place.start("work", &["--until-idle", "--worker", worker]);
        worker.says("done");
        worker
    });
    // Of the same domains.
    for batch in ["spare", "autumn-2026", "summer-2026"] {
        place.delete(root("batch", batch)).await.unwrap();
    }
    for worker in workers {
        let (status, said) = worker.ended();
        assert!(status.success(), "{said:?}");
        assert_eq!(crate::place::count(&said, "lost"), 0, "{said:?}");
        assert_eq!(crate::place::count(&said, "refused"), 0, "{said:?}");
    }
    assert_eq!(place.number("SELECT count(*) FROM runs WHERE batch_id = 'winter'").await, 40);
    place.is_sound().await;
}
