//! Others hold what the deletion needs and need what it holds: the deletion gives way.

use std::sync::Arc;

use sexton_engine::DeleteError;
use sexton_testkit::interpose::{Interposed, Pauser, Recorder};

use crate::stage::{Stage, end, succeeds};
use crate::writers::{DEADLOCK, Writing, Written, number_of};

/// A worker holds a domain and wants a run; the deletion holds the run and wants the domain.
/// Returns how the worker ended, and how often the deletion began.
async fn opposite_order(with: fn(Interposed) -> Interposed) -> (Written, usize) {
    let stage = Stage::batches().await;
    let mut worker = stage.test.session().await;
    worker.execute("BEGIN; UPDATE domains SET created_at = 'held' WHERE id = 1").await;
    let recorder = Arc::new(Recorder::default());
    let (pauser, mut stops) = Pauser::at("after find runs (change)");
    let watched = recorder.clone();
    let deleting = stage
        .deleting("batch", "autumn-2026", |on| with(on).watched_by(watched).watched_by(pauser));
    let holds_runs = stops.next().await.expect("the deletion locks its runs");
    let wants = "UPDATE runs SET error = 'held' WHERE id = 'autumn-2026-arles'; COMMIT";
    let worker = Writing::go_on(&stage.test, worker, wants).await;
    assert!(worker.waits());
    holds_runs.go();
    let ended = worker.end().await;
    succeeds(deleting).await;
    let committed = stage.number("SELECT count(*) FROM domains WHERE created_at = 'held'").await;
    assert_eq!(committed, i64::from(ended.is_ok()));
    assert_eq!(stage.ledger().await, (vec!["complete".into()], 1));
    (ended, recorder.count("before begin (change)"))
}

#[tokio::test]
async fn in_a_deadlock_the_deletion_gives_way_and_the_worker_commits() {
    let (worked, begun) = opposite_order(|on| on).await;
    assert_eq!(worked, Ok(()));
    assert!(begun > 1, "the deletion did not meet the worker");
}

#[tokio::test]
async fn in_a_deadlock_with_a_deletion_that_never_gives_way_the_worker_loses() {
    let (worked, _) = opposite_order(Interposed::patient).await;
    assert_eq!(worked, Err(DEADLOCK.into()));
}

#[tokio::test]
async fn a_worker_who_never_ends_makes_the_deletion_busy_and_is_named() {
    let stage = Stage::batches().await;
    let before = stage.test.dump().await;
    let mut worker = stage.test.session().await;
    let number = number_of(&mut worker).await;
    worker.execute("BEGIN").await;
    worker.execute("UPDATE domains SET created_at = 'held' WHERE id = 1").await;
    let recorder = Arc::new(Recorder::default());
    let watched = recorder.clone();
    let ended = end(stage.deleting("batch", "autumn-2026", |on| on.watched_by(watched))).await;
    let Err(DeleteError::Busy { attempts, blockers, last }) = ended else {
        panic!("it ended otherwise: {ended:?}")
    };
    assert_eq!((attempts, recorder.count("before begin (change)")), (5, 5));
    assert_eq!(recorder.failures(), ["find domains (change)"; 5]);
    let named = format!("pid {} (", number.0);
    assert!(blockers.len() == 1 && blockers[0].starts_with(&named), "{blockers:?}");
    assert!(blockers[0].ends_with(": UPDATE domains …"), "{blockers:?}");
    assert!(last.contains("find domains"), "{last}");
    worker.execute("ROLLBACK").await;
    assert!(stage.test.dump().await == before);
    assert_eq!(stage.ledger().await, (vec!["refused".into()], 0));
}
