//! Holds that are put while deletions are under way, and deletions that come while they are put.

use sexton_core::names::{Actor, ThingName};
use sexton_engine::ports::Hold;
use sexton_engine::{DeleteError, EngineError, HoldError, HoldOn, HoldRequest, RefusedBy};
use sexton_testkit::interpose::{Interposed, Pauser};
use tokio::task::JoinHandle;

use crate::stage::{Stage, end, request, succeeds};

const RUN: &str = "autumn-2026-arles";
const BATCH: &str = "autumn-2026";

type Putting = JoinHandle<Result<Hold, HoldError>>;

fn on_root(thing: &str, id: &str) -> HoldOn {
    HoldOn::Root(request(thing, id).root)
}

fn on_condition(thing: &str, text: &str) -> HoldOn {
    HoldOn::Condition { thing: ThingName::new(thing), text: text.to_owned() }
}

/// Starts putting a hold in a system of its own.
fn putting(stage: &Stage, on: HoldOn, with: impl FnOnce(Interposed) -> Interposed) -> Putting {
    let system = stage.system(with);
    let request = HoldRequest {
        on,
        case: None,
        reason: "a lawsuit".into(),
        actor: Actor::new("eve"),
        until: None,
    };
    tokio::spawn(async move { system.put_hold(&request).await })
}

/// A hold is put while a deletion stands between its judgement and its commit. Returns how both
/// ended, and whether the hold stood before the rows were gone.
async fn put_too_late(
    on: HoldOn,
    with: fn(Interposed) -> Interposed,
) -> (Result<Hold, HoldError>, bool) {
    let stage = Stage::batches().await;
    let (pauser, mut stops) = Pauser::at("before commit (change)");
    let deleting = stage.deleting("batch", BATCH, |on| on.watched_by(pauser));
    let about_to_commit = stops.next().await.expect("the deletion comes to its commit");
    let (pauser, mut stops) = Pauser::at("after begin (change)");
    let mut hold = putting(&stage, on, |on| with(on).watched_by(pauser));
    let begun = stops.next().await.expect("the hold begins");
    let session = begun.point.session.expect("the server numbers its sessions");
    begun.go();
    let early = tokio::select! {
        () = stage.test.until_blocked(session) => None,
        ended = &mut hold => Some(ended.expect("it does not panic")),
    };
    drop(stops);
    about_to_commit.go();
    succeeds(deleting).await;
    match early {
        Some(ended) => (ended, true),
        None => (hold.await.expect("it does not panic"), false),
    }
}

fn finds_nothing(ended: &Result<Hold, HoldError>) -> bool {
    let missing = |error: &HoldError| {
        matches!(error, HoldError::Engine(DeleteError::Engine(EngineError::NotFound { .. })))
    };
    ended.as_ref().err().is_some_and(missing)
}

#[tokio::test]
async fn a_hold_on_a_root_waits_for_its_deletion_and_finds_nothing() {
    for (thing, id) in [("batch", BATCH), ("run", RUN)] {
        let (ended, was_early) = put_too_late(on_root(thing, id), |on| on).await;
        assert!(finds_nothing(&ended) && !was_early, "{thing}: {ended:?}");
    }
}

#[tokio::test]
async fn without_locks_a_hold_on_a_root_is_passed_by() {
    let (ended, was_early) = put_too_late(on_root("batch", BATCH), Interposed::unlocked).await;
    assert!(ended.is_ok() && was_early, "{ended:?}");
}

#[tokio::test]
async fn a_hold_on_a_condition_waits_for_who_has_judged() {
    let on = on_condition("run", "batch_id = 'autumn-2026'");
    let (ended, was_early) = put_too_late(on, |on| on).await;
    assert!(ended.is_ok() && !was_early, "{ended:?}");
}

#[tokio::test]
async fn without_locks_a_hold_on_a_condition_is_passed_by() {
    let on = on_condition("run", "batch_id = 'autumn-2026'");
    let (ended, was_early) = put_too_late(on, Interposed::unlocked).await;
    assert!(ended.is_ok() && was_early, "{ended:?}");
}

/// A deletion comes while a hold is about to commit.
async fn comes_while_it_is_put(on: HoldOn) {
    let stage = Stage::batches().await;
    let (pauser, mut stops) = Pauser::at("before commit (change)");
    let hold = putting(&stage, on, |on| on.watched_by(pauser));
    let about_to_commit = stops.next().await.expect("the hold comes to its commit");
    let (pauser, mut stops) = Pauser::at("after begin (change)");
    let mut deleting = stage.deleting("batch", BATCH, |on| on.watched_by(pauser));
    let begun = stops.next().await.expect("the deletion begins");
    stage.go_until_blocked(begun, &mut deleting).await;
    drop(stops);
    about_to_commit.go();
    hold.await.expect("it does not panic").expect("nobody is in its way");
    match end(deleting).await {
        Err(DeleteError::Refused(refusal)) => assert_eq!(refusal.by, RefusedBy::Held),
        other => panic!("the hold was passed by: {other:?}"),
    }
}

#[tokio::test]
async fn a_deletion_waits_for_a_hold_that_is_being_put_and_is_refused() {
    comes_while_it_is_put(on_root("batch", BATCH)).await;
    comes_while_it_is_put(on_root("run", RUN)).await;
    comes_while_it_is_put(on_condition("run", "batch_id = 'autumn-2026'")).await;
}
