//! Deletions whose rows overlap, or that compute the same row anew.

use sexton_testkit::dump::Dump;
use sexton_testkit::interpose::{Interposed, Pauser};

use crate::stage::{Stage, end, found_nothing, succeeds};

const BATCH: (&str, &str) = ("batch", "autumn-2026");
const RUN: (&str, &str) = ("run", "autumn-2026-arles");
/// The snapshot of autumn-2026 to which a cohort is pinned.
const SNAPSHOT: (&str, &str) = ("snapshot", "5");

/// The rows once these have been deleted one after the other.
async fn one_by_one(roots: &[(&str, &str)]) -> Dump {
    let stage = Stage::batches().await;
    for (thing, id) in roots {
        succeeds(stage.deleting(thing, id, |on| on)).await;
    }
    stage.test.dump().await
}

/// What comes of two deletions.
struct Both {
    rows: Dump,
    first_is_well: bool,
    second_found: bool,
}

/// The first comes to its commit; the second begins and waits for it.
async fn first_then_second(
    first: (&str, &str),
    second: (&str, &str),
    with: fn(Interposed) -> Interposed,
) -> Both {
    let stage = Stage::batches().await;
    let (pauser, mut stops) = Pauser::at("before commit (change)");
    let first = stage.deleting(first.0, first.1, |on| with(on).watched_by(pauser));
    let first_stands = stops.next().await.expect("the first comes to its commit");
    let (pauser, mut stops) = Pauser::at("after begin (change)");
    let mut second = stage.deleting(second.0, second.1, |on| with(on).watched_by(pauser));
    let second_begins = stops.next().await.expect("the second begins");
    stage.go_until_blocked(second_begins, &mut second).await;
    first_stands.go();
    let first_is_well = end(first).await.is_ok();
    let ended = end(second).await;
    assert!(ended.is_ok() || found_nothing(&ended), "{ended:?}");
    let chain = stage.system(|on| on).audit_verify().await.expect("the audit can be read");
    assert_eq!(chain.faults, []);
    Both { rows: stage.test.dump().await, first_is_well, second_found: ended.is_ok() }
}

#[tokio::test]
async fn of_a_batch_and_a_part_of_it_both_end_whichever_comes_first() {
    let without_batch = one_by_one(&[BATCH]).await;
    for part in [RUN, SNAPSHOT] {
        let both = first_then_second(part, BATCH, |on| on).await;
        assert!(both.first_is_well && both.second_found, "{part:?}, then the batch");
        assert!(both.rows == without_batch, "{part:?}, then the batch");
        let both = first_then_second(BATCH, part, |on| on).await;
        assert!(both.first_is_well && !both.second_found, "the batch, then {part:?}");
        assert!(both.rows == without_batch, "the batch, then {part:?}");
    }
}

#[tokio::test]
async fn two_batches_of_the_same_domains_leave_them_as_one_after_the_other_would() {
    let summer = ("batch", "summer-2026");
    let both = first_then_second(BATCH, summer, |on| on).await;
    assert!(both.first_is_well && both.second_found);
    assert!(both.rows == one_by_one(&[BATCH, summer]).await);
}

#[tokio::test]
async fn without_locks_two_batches_of_the_same_domains_leave_them_wrong() {
    let summer = ("batch", "summer-2026");
    // The first may see, when it looks again, what the second has written by then.
    let Both { rows, second_found, .. } =
        first_then_second(BATCH, summer, Interposed::unlocked).await;
    let right = one_by_one(&[BATCH, summer]).await;
    assert!(second_found && rows["runs"] == right["runs"] && rows["domains"] != right["domains"]);
}
