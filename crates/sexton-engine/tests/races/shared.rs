//! Two deletions that share a row: neither may leave it for the other.

use sexton_testkit::interpose::{Interposed, Pauser};

use crate::stage::{Stage, succeeds};

impl Stage {
    async fn blobs(&self) -> Vec<String> {
        let rows = self.test.query("SELECT hash FROM blobs ORDER BY hash").await;
        rows.into_iter().flatten().flatten().collect()
    }
}

#[tokio::test]
async fn a_row_that_others_share_stays_and_the_last_takes_it() {
    let stage = Stage::shared().await;
    let receipt = succeeds(stage.deleting("snapshot", "1", |on| on)).await;
    assert_eq!(receipt.record.removed["blobs"], 1);
    assert_eq!(stage.blobs().await, ["of nobody", "own 2", "shared"]);
    succeeds(stage.deleting("snapshot", "2", |on| on)).await;
    assert_eq!(stage.blobs().await, ["of nobody"]);
}

#[tokio::test]
async fn of_two_deletions_that_share_a_row_the_second_waits_and_takes_it() {
    let stage = Stage::shared().await;
    let (pauser, mut stops) = Pauser::at("before commit (change)");
    let first = stage.deleting("snapshot", "1", |on| on.watched_by(pauser));
    let first_stands = stops.next().await.expect("the first comes to its commit");
    let (pauser, mut stops) = Pauser::at("before take blobs (change)");
    let mut second = stage.deleting("snapshot", "2", |on| on.watched_by(pauser));
    let second_counts = stops.next().await.expect("the second comes to what it may take");
    stage.go_until_blocked(second_counts, &mut second).await;
    first_stands.go();
    succeeds(first).await;
    succeeds(second).await;
    assert_eq!(stage.blobs().await, ["of nobody"]);
}

#[tokio::test]
async fn without_locks_two_deletions_leave_the_row_for_each_other() {
    let stage = Stage::shared().await;
    let (pauser, mut stops) = Pauser::at("before commit (change)");
    let first = stage.deleting("snapshot", "1", |on| Interposed::unlocked(on).watched_by(pauser));
    let first_stands = stops.next().await.expect("the first comes to its commit");
    succeeds(stage.deleting("snapshot", "2", Interposed::unlocked)).await;
    first_stands.go();
    succeeds(first).await;
    assert_eq!(stage.blobs().await, ["of nobody", "shared"]);
}
