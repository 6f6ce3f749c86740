//! Several roots at once: whoever asks for them, and in whatever order, locks them in one order.

use sexton_engine::DeleteError;
use sexton_testkit::interpose::{Interposed, Pauser};

use crate::stage::{Deleting, Stage, end, found_nothing, succeeds};

const FIRST: &str = "autumn-2026-arles";
const SECOND: &str = "autumn-2026-bergen";
/// A value without a row of its own.
const LOST: &str = "lost-2026";

/// Two deletions of the same roots, the second in another order and begun while the first is
/// about to commit. Returns how the second ended.
async fn in_other_orders(
    thing: &str,
    ids: [&str; 2],
    with: fn(Interposed) -> Interposed,
) -> Result<sexton_core::audit::Receipt, DeleteError> {
    let stage = Stage::batches().await;
    let (pauser, mut stops) = Pauser::at("before commit (change)");
    let first = stage.deleting_all(thing, &ids, |on| with(on).watched_by(pauser));
    let first_stands = stops.next().await.expect("the first comes to its commit");
    let (pauser, mut stops) = Pauser::at("after begin (change)");
    let ids = [ids[1], ids[0]];
    let mut second = stage.deleting_all(thing, &ids, |on| with(on).watched_by(pauser));
    let second_begins = stops.next().await.expect("the second begins");
    stage.go_until_blocked(second_begins, &mut second).await;
    first_stands.go();
    end(first).await.expect("the first has nobody in its way");
    let ended = end(second).await;
    assert_eq!(stage.ledger().await.1, 1, "one record");
    ended
}

#[tokio::test]
async fn of_two_deletions_of_rows_in_other_orders_the_second_waits_and_finds_nothing() {
    let second = in_other_orders("run", [FIRST, SECOND], |on| on).await;
    assert!(found_nothing(&second), "{second:?}");
}

#[tokio::test]
async fn of_two_deletions_of_values_in_other_orders_the_second_waits_and_finds_nothing() {
    let second = in_other_orders("batch", ["autumn-2026", LOST], |on| on).await;
    assert!(found_nothing(&second), "{second:?}");
}

#[tokio::test]
async fn without_locks_the_second_deletion_of_the_same_values_fails_halfway() {
    let second = in_other_orders("batch", ["autumn-2026", LOST], Interposed::unlocked).await;
    assert!(second.is_err() && !found_nothing(&second), "{second:?}");
}

/// A deletion of both that waits, because somebody holds one of them.
async fn waiting_for(stage: &Stage, thing: &str, ids: [&str; 2], hold: &str) -> Waiting {
    let mut holder = stage.test.session().await;
    holder.execute("BEGIN").await;
    holder.execute(hold).await;
    let (pauser, mut stops) = Pauser::at("after begin (change)");
    let mut deleting =
        stage.deleting_all(thing, &ids, |on| Interposed::patient(on).watched_by(pauser));
    let begins = stops.next().await.expect("the deletion begins");
    stage.go_until_blocked(begins, &mut deleting).await;
    Waiting { holder, deleting }
}

struct Waiting {
    holder: sexton_testkit::postgres::TestSession,
    deleting: Deleting,
}

impl Waiting {
    async fn go(mut self) {
        self.holder.execute("ROLLBACK").await;
        succeeds(self.deleting).await;
    }
}

/// Keys are in the order of their text, and 10 comes before 9; in the table, it comes after.
#[tokio::test]
async fn rows_are_locked_in_the_order_of_their_keys() {
    for (held, other, is_free) in [(10, 9, true), (9, 10, false)] {
        let stage = Stage::family().await;
        let hold = format!("SELECT 1 FROM projects WHERE id = {held} FOR UPDATE");
        let ids = ["project 9", "project 10"];
        let waiting = waiting_for(&stage, "named-project", ids, &hold).await;
        let look =
            format!("SELECT 1::text FROM projects WHERE id = {other} FOR UPDATE SKIP LOCKED");
        assert_eq!(stage.test.query(&look).await.len(), usize::from(is_free), "{held} is held");
        waiting.go().await;
    }
}

#[tokio::test]
async fn values_are_locked_in_the_order_of_their_names() {
    let key = |value: &str| format!("hashtextextended('sexton:batches:batch:{value}', 0)");
    let ids = [LOST, "autumn-2026"];
    for (held, other, is_free) in [(ids[1], ids[0], "true"), (ids[0], ids[1], "false")] {
        let stage = Stage::batches().await;
        let hold = format!("SELECT pg_advisory_xact_lock({})", key(held));
        let waiting = waiting_for(&stage, "batch", ids, &hold).await;
        let look = format!("SELECT pg_try_advisory_xact_lock({})::text", key(other));
        let free = stage.test.query(&look).await;
        assert_eq!(free, [[Some(is_free.to_owned())]], "{held} is held");
        waiting.go().await;
    }
}
