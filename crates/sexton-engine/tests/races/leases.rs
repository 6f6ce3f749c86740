//! A lease ends while its process still works, and somebody else settles.

use sexton_core::audit::Receipt;
use sexton_core::lifecycle::State;
use sexton_engine::{DeleteError, EngineError};
use sexton_testkit::interpose::Pauser;

use crate::stage::{Deleting, Stage, end, succeeds};

/// A deletion that stands at a point until its lease has ended and another process has settled.
/// Returns what that one settled, and how the deletion ended.
async fn settled_by_another(
    stage: &Stage,
    point: &str,
) -> (Vec<State>, Result<Receipt, DeleteError>) {
    let (pauser, mut stops) = Pauser::at(point);
    let deleting: Deleting = stage.deleting("batch", "autumn-2026", |on| on.watched_by(pauser));
    let stands = stops.next().await.expect("the deletion comes to the point");
    stage.end_leases().await;
    let settled = stage.system(|on| on).settle().await.expect("nobody is in its way");
    stands.go();
    (settled.into_iter().map(|(_, state)| state).collect(), end(deleting).await)
}

#[tokio::test]
async fn a_deletion_withdrawn_by_another_before_its_commit_changes_nothing() {
    let stage = Stage::batches().await;
    let before = stage.test.dump().await;
    let (settled, ended) =
        settled_by_another(&stage, "before change_state to committed (change)").await;
    assert_eq!(settled, [State::Withdrawn]);
    assert!(ended.is_err(), "{ended:?}");
    assert!(stage.test.dump().await == before, "rows went with a deletion that was withdrawn");
    assert_eq!(stage.ledger().await, (vec!["withdrawn".into()], 0));
}

#[tokio::test]
async fn a_deletion_completed_by_another_after_its_commit_has_one_record() {
    let stage = Stage::batches().await;
    let (settled, ended) = settled_by_another(&stage, "before look again (keep)").await;
    assert_eq!(settled, [State::Complete]);
    let receipt = ended.expect("it is complete, whoever wrote the receipt");
    assert_eq!(stage.receipts().await, [receipt]);
    assert_eq!(stage.ledger().await, (vec!["complete".into()], 1));
    assert_eq!(stage.system(|on| on).audit_verify().await.unwrap().faults, []);
}

/// Once it has begun to work, its own row is locked until its end, however long that takes.
#[tokio::test]
async fn a_deletion_at_work_is_passed_by_when_its_lease_ends() {
    let stage = Stage::batches().await;
    let (earlier, mut before_work) = Pauser::at("before begin (change)");
    let (later, mut at_work) = Pauser::at("before find the batches (change)");
    let deleting =
        stage.deleting("batch", "autumn-2026", |on| on.watched_by(earlier).watched_by(later));
    let stands = before_work.next().await.expect("the deletion begins");
    stage.end_leases().await;
    stands.go();
    let stands = at_work.next().await.expect("the deletion works");
    assert_eq!(stage.system(|on| on).settle().await.unwrap(), []);
    stands.go();
    succeeds(deleting).await;
    assert_eq!(stage.ledger().await, (vec!["complete".into()], 1));
}

/// A deletion that nobody can plan any more keeps no other from its receipt.
#[tokio::test]
async fn one_that_cannot_be_settled_keeps_no_other_from_being_settled() {
    let stage = Stage::batches().await;
    for (thing, id) in [("run", "one-off-freiburg"), ("batch", "summer-2026")] {
        let (pauser, mut stops) = Pauser::at("after commit (change)");
        let deleting = stage.deleting(thing, id, |on| on.watched_by(pauser));
        let committed = stops.next().await.expect("the deletion commits");
        deleting.abort();
        assert!(deleting.await.is_err_and(|end| end.is_cancelled()));
        drop(committed);
    }
    stage.end_leases().await;
    let without_runs = stage.without_thing("run");
    let settled = without_runs.settle().await;
    assert!(
        matches!(settled, Err(DeleteError::Engine(EngineError::UnknownThing { .. }))),
        "{settled:?}"
    );
    assert_eq!(stage.ledger().await.0, ["committed", "complete"]);
}
