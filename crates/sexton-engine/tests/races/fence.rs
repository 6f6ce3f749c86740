//! Writers who come before, during and after a deletion's commit, with the fence and without it.

use sexton_engine::FenceChange;
use sexton_testkit::interpose::{Interposed, Pauser};
use sexton_testkit::postgres::TestDatabase;
use sqlx::{AssertSqlSafe, raw_sql};

use crate::stage::{Stage, end, succeeds};
use crate::writers::Writing;

/// What a writer is refused with whose parent is gone.
const GONE: &str = "SX001";
/// What a writer is refused with whose parent does not allow it.
const NOT_ALLOWED: &str = "SX002";

const COPY: &str = "INSERT INTO copies VALUES (1000, 7)";
const CLAIM: &str = "UPDATE jobs SET status = 'running' WHERE project_id = 7";

/// Rows that a late writer left, or a claim that was allowed.
const LEFT: &str = "SELECT (SELECT count(*) FROM copies WHERE dataset_id = 7)
    + (SELECT count(*) FROM jobs WHERE project_id = 7 AND status = 'running')";

/// Whether triggers stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fence {
    Stands,
    Missing,
}

async fn stage(fence: Fence) -> Stage {
    let stage = Stage::fenced(fence == Fence::Stands).await;
    if fence == Fence::Stands {
        let made = stage
            .system(|on| on)
            .change_fence(FenceChange::Install)
            .await
            .expect("nothing is in the way");
        assert!(!made.is_empty());
    }
    stage
}

/// What became of a writer, and of what he wrote.
#[derive(Debug, PartialEq)]
struct Became {
    waited: bool,
    ended: Result<(), String>,
    left: i64,
}

/// A writer whose transaction is open when the deletion begins, and commits when that waits for
/// him or has ended. Says whether the deletion waited.
async fn before_the_commit(script: &str, fence: Fence) -> Became {
    let stage = stage(fence).await;
    let mut session = stage.test.session().await;
    let begun = format!("BEGIN; {script}");
    raw_sql(AssertSqlSafe(begun))
        .execute(session.connection())
        .await
        .expect("nothing is in the way");
    let (pauser, mut stops) = Pauser::at("after begin (change)");
    let mut deleting = stage.deleting("project", "7", |on| on.watched_by(pauser));
    let stop = stops.next().await.expect("there is one");
    let of_deletion = stop.point.session.expect("there is one");
    stop.go();
    let waited = tokio::select! {
        () = stage.test.until_blocked(of_deletion) => true,
        ended = &mut deleting => {
            ended.expect("nothing is in the way").expect("nothing is in the way");
            false
        }
    };
    let ended = Writing::go_on(&stage.test, session, "COMMIT").await.end().await;
    if waited {
        // The first attempt may have given way; the next takes what was written.
        let _ = end(deleting).await.expect("nothing is in the way");
    }
    Became { waited, ended, left: stage.number(LEFT).await }
}

/// A writer who comes while the deletion stands before its commit.
async fn during_the_commit(script: &str, fence: Fence) -> Became {
    let stage = stage(fence).await;
    let (pauser, mut stops) = Pauser::at("before commit (change)");
    let deleting = stage.deleting("project", "7", |on| on.watched_by(pauser));
    let stop = stops.next().await.expect("there is one");
    let writing = Writing::start(&stage.test, script).await;
    let waited = writing.waits();
    stop.go();
    let _ = end(deleting).await;
    let ended = writing.end().await;
    Became { waited, ended, left: stage.number(LEFT).await }
}

/// A writer who comes when all is done.
async fn after_the_commit(script: &str, fence: Fence) -> Became {
    let stage = stage(fence).await;
    succeeds(stage.deleting("project", "7", |on| on)).await;
    let writing = Writing::start(&stage.test, script).await;
    let waited = writing.waits();
    Became { waited, ended: writing.end().await, left: stage.number(LEFT).await }
}

fn refused(waited: bool, code: &str) -> Became {
    Became { waited, ended: Err(code.to_owned()), left: 0 }
}

fn unhindered() -> Became {
    Became { waited: false, ended: Ok(()), left: 1 }
}

#[tokio::test]
async fn an_insert_before_the_commit_is_waited_for_and_goes_too() {
    let became = before_the_commit(COPY, Fence::Stands).await;
    assert_eq!(became, Became { waited: true, ended: Ok(()), left: 0 });
}

#[tokio::test]
async fn without_the_fence_an_insert_before_the_commit_is_left() {
    assert_eq!(before_the_commit(COPY, Fence::Missing).await, unhindered());
}

#[tokio::test]
async fn an_insert_during_the_commit_waits_and_is_refused() {
    assert_eq!(during_the_commit(COPY, Fence::Stands).await, refused(true, GONE));
}

#[tokio::test]
async fn without_the_fence_an_insert_during_the_commit_is_left() {
    assert_eq!(during_the_commit(COPY, Fence::Missing).await, unhindered());
}

#[tokio::test]
async fn an_insert_after_the_commit_is_refused() {
    assert_eq!(after_the_commit(COPY, Fence::Stands).await, refused(false, GONE));
}

#[tokio::test]
async fn without_the_fence_an_insert_after_the_commit_is_left() {
    assert_eq!(after_the_commit(COPY, Fence::Missing).await, unhindered());
}

/// It commits first: so it may.
#[tokio::test]
async fn r14_a_claim_before_the_commit_is_waited_for() {
    let became = before_the_commit(CLAIM, Fence::Stands).await;
    assert_eq!(became, Became { waited: true, ended: Ok(()), left: 1 });
}

#[tokio::test]
async fn without_the_fence_a_claim_commits_after_the_deletion() {
    assert_eq!(before_the_commit(CLAIM, Fence::Missing).await, unhindered());
}

#[tokio::test]
async fn r14_a_claim_during_the_commit_waits_and_is_refused() {
    assert_eq!(during_the_commit(CLAIM, Fence::Stands).await, refused(true, NOT_ALLOWED));
}

#[tokio::test]
async fn without_the_fence_a_claim_during_the_commit_is_allowed() {
    assert_eq!(during_the_commit(CLAIM, Fence::Missing).await, unhindered());
}

#[tokio::test]
async fn r14_a_claim_after_the_commit_is_refused() {
    assert_eq!(after_the_commit(CLAIM, Fence::Stands).await, refused(false, NOT_ALLOWED));
}

#[tokio::test]
async fn without_the_fence_a_claim_after_the_commit_is_allowed() {
    assert_eq!(after_the_commit(CLAIM, Fence::Missing).await, unhindered());
}

/// A copy whose dataset is not committed yet: its writer finds no dataset to lock, so the lock of
/// the key is all that the deletion meets. Says whether the deletion waited, and what was left.
async fn below_a_row_that_is_not_there_yet(with: fn(Interposed) -> Interposed) -> (bool, i64) {
    let stage = stage(Fence::Stands).await;
    let mut late = stage.test.session().await;
    let insert = "BEGIN; INSERT INTO copies VALUES (1001, 61)";
    raw_sql(insert).execute(late.connection()).await.expect("nothing is in the way");
    stage.test.execute("INSERT INTO datasets VALUES (61, 7)").await;
    let (pauser, mut stops) = Pauser::at("after begin (change)");
    let mut deleting = stage.deleting("project", "7", |on| with(on).watched_by(pauser));
    let stop = stops.next().await.expect("there is one");
    let of_deletion = stop.point.session.expect("there is one");
    stop.go();
    let waited = tokio::select! {
        () = stage.test.until_blocked(of_deletion) => true,
        _ = &mut deleting => false,
    };
    Writing::go_on(&stage.test, late, "COMMIT").await.end().await.expect("nothing is in the way");
    if waited {
        succeeds(deleting).await;
    }
    (waited, stage.number("SELECT count(*) FROM copies WHERE dataset_id = 61").await)
}

#[tokio::test]
async fn a_writer_below_a_row_that_is_not_there_yet_is_waited_for() {
    assert_eq!(below_a_row_that_is_not_there_yet(|on| on).await, (true, 0));
}

#[tokio::test]
async fn without_locks_a_writer_below_a_row_that_is_not_there_yet_leaves_his() {
    assert_eq!(below_a_row_that_is_not_there_yet(Interposed::unlocked).await, (false, 1));
}

async fn ends(test: &TestDatabase, script: &str) -> Result<(), String> {
    Writing::start(test, script).await.end().await
}

#[tokio::test]
async fn ids_of_things_that_are_gone_are_not_used_again() {
    let stage = stage(Fence::Stands).await;
    stage.test.execute("INSERT INTO datasets VALUES (100, 1)").await;
    succeeds(stage.deleting("project", "7", |on| on)).await;
    let again = "INSERT INTO files VALUES (7, 100)";
    assert_eq!(ends(&stage.test, again).await, Err(GONE.to_owned()));
    assert_eq!(ends(&stage.test, "INSERT INTO files VALUES (700, 100)").await, Ok(()));
    let renamed = "UPDATE files SET id = 7 WHERE id = 700";
    assert_eq!(ends(&stage.test, renamed).await, Err(GONE.to_owned()));
    assert_eq!(ends(&stage.test, "UPDATE files SET id = 701 WHERE id = 700").await, Ok(()));
}

/// Only what a writer attaches anew is judged, and only what is remembered refuses.
#[tokio::test]
async fn what_never_was_and_what_is_null_and_what_was_before_is_let_be() {
    let stage = stage(Fence::Stands).await;
    stage.test.execute("INSERT INTO copies VALUES (1002, 999, NULL), (1010, 8, 7)").await;
    succeeds(stage.deleting("project", "7", |on| on)).await;
    for allowed in [
        "INSERT INTO copies VALUES (1003, 998)",
        "INSERT INTO copies SELECT n, 8 FROM generate_series(2000, 2999) AS n",
        "UPDATE jobs SET status = 'done' WHERE project_id = 7",
        "UPDATE copies SET dataset_id = 9 WHERE id = 1002",
        "UPDATE copies SET dataset_id = 9 WHERE id = 1010",
        "UPDATE copies SET dataset_id = 10, project_id = NULL WHERE id = 1010",
    ] {
        assert_eq!(ends(&stage.test, allowed).await, Ok(()), "{allowed}");
    }
    for refused in [
        "UPDATE copies SET dataset_id = 7 WHERE id = 1002",
        "UPDATE copies SET project_id = 7 WHERE id = 1010",
        "UPDATE copies SET dataset_id = 11, project_id = 7 WHERE id = 1010",
        "INSERT INTO copies VALUES (1004, 8), (1005, 7)",
        "INSERT INTO notes VALUES (1006, 7)",
        "INSERT INTO jobs VALUES (1007, 7, 'queued')",
    ] {
        assert_eq!(ends(&stage.test, refused).await, Err(GONE.to_owned()), "{refused}");
    }
    assert_eq!(stage.number("SELECT count(*) FROM copies WHERE id = 1004").await, 0);
}

/// Roles that write see neither the parents nor Sexton's tables.
#[tokio::test]
async fn a_role_that_may_only_insert_is_fenced_all_the_same() {
    let stage = stage(Fence::Stands).await;
    succeeds(stage.deleting("project", "7", |on| on)).await;
    let writer = "SET ROLE pg_monitor;";
    stage.test.execute("GRANT INSERT ON copies TO pg_monitor").await;
    let refused = format!("{writer} {COPY}");
    assert_eq!(ends(&stage.test, &refused).await, Err(GONE.to_owned()));
    let allowed = format!("{writer} INSERT INTO copies VALUES (1008, 8)");
    assert_eq!(ends(&stage.test, &allowed).await, Ok(()));
}

#[tokio::test]
async fn a_fence_without_its_memory_refuses_and_says_so() {
    let stage = stage(Fence::Stands).await;
    stage.test.execute("DROP TABLE sexton.fenced").await;
    let below_none = "INSERT INTO copies VALUES (1009, 999)";
    assert_eq!(ends(&stage.test, below_none).await, Err("SX003".to_owned()));
    assert_eq!(ends(&stage.test, "INSERT INTO copies VALUES (1009, 8)").await, Ok(()));
}

/// Moves what is stored, as if the time had passed in which writers may be late.
async fn later(stage: &Stage) {
    stage.test.execute("UPDATE sexton.deletions SET changed_at = changed_at - 3600000000").await;
}

/// What a late look finds stays told, and the tombstones stay, until it is gone.
#[tokio::test]
async fn what_came_late_is_told_until_it_is_gone() {
    let stage = stage(Fence::Missing).await;
    let kept = "SELECT count(*) FROM sexton.tombstones";
    succeeds(stage.deleting("project", "7", |on| on)).await;
    stage.test.execute(COPY).await;
    let system = stage.system(|on| on);
    let said = async || system.statuses(1).await.unwrap().remove(0).sentence;

    system.settle().await.unwrap();
    assert_eq!(said().await, "looked at again: nothing is left", "its time is not over");
    later(&stage).await;
    system.settle().await.unwrap();
    let late = "complete, but rows came late that refer to what is gone: \
                1 row(s) by copies.dataset_id -> datasets";
    assert_eq!(said().await, late);
    assert!(stage.number(kept).await > 0);

    stage.test.execute("DELETE FROM copies WHERE id = 1000").await;
    system.settle().await.unwrap();
    assert_eq!(said().await, "looked at again: nothing is left");
    assert_eq!(stage.number(kept).await, 0);
}

#[tokio::test]
async fn a_fence_forgets_when_nobody_can_be_late_any_more() {
    let stage = stage(Fence::Stands).await;
    succeeds(stage.deleting("project", "7", |on| on)).await;
    let system = stage.system(|on| on);
    let remembered = "SELECT count(*) FROM sexton.fenced";
    assert_eq!(stage.number(remembered).await, 4, "project, dataset, file and copy");
    system.settle().await.unwrap();
    assert_eq!(stage.number(remembered).await, 4);
    later(&stage).await;
    system.settle().await.unwrap();
    assert_eq!(stage.number(remembered).await, 0);
}

/// The row of a batch that comes after its jobs: the lock of its id is all that there is to meet.
async fn a_row_that_comes_late(with: fn(Interposed) -> Interposed) -> (bool, Result<(), String>) {
    let stage = Stage::fenced_batches().await;
    let (pauser, mut stops) = Pauser::at("after find the batches (change)");
    let deleting = stage.deleting("batch", "lost-2026", |on| with(on).watched_by(pauser));
    let stop = stops.next().await.expect("there is one");
    let late = "INSERT INTO batches (id, created_at) VALUES ('lost-2026', 'now')";
    let writing = Writing::start(&stage.test, late).await;
    let waited = writing.waits();
    stop.go();
    let _ = end(deleting).await;
    (waited, writing.end().await)
}

#[tokio::test]
async fn a_root_row_that_comes_late_waits_and_is_refused() {
    assert_eq!(a_row_that_comes_late(|on| on).await, (true, Err(GONE.to_owned())));
}

#[tokio::test]
async fn without_locks_a_root_row_that_comes_late_is_written() {
    assert_eq!(a_row_that_comes_late(Interposed::unlocked).await, (false, Ok(())));
}

/// A claim under way that a project allows, while the work of the project is asked to stop. Says
/// whether the asking waited for the claim, and what a claim after it is answered.
async fn a_claim_while_work_is_stopped(
    with: fn(Interposed) -> Interposed,
) -> (bool, Result<(), String>) {
    let stage = Stage::closing().await;
    let mut claim = stage.test.session().await;
    let begun = format!("BEGIN; {CLAIM}");
    raw_sql(AssertSqlSafe(begun)).execute(claim.connection()).await.expect("it is allowed");
    let (pauser, mut stops) = Pauser::at("after begin (change)");
    let system = stage.system(|on| with(on).watched_by(pauser));
    let root = crate::stage::request("project", "7").root;
    let mut cancelling = tokio::spawn(async move { system.cancel(&root).await });
    let stop = stops.next().await.expect("there is one");
    let session = stop.point.session.expect("there is one");
    stop.go();
    let waited = tokio::select! {
        () = stage.test.until_blocked(session) => true,
        _ = &mut cancelling => false,
    };
    Writing::go_on(&stage.test, claim, "COMMIT").await.end().await.expect("nothing is in the way");
    if waited {
        let asked = cancelling.await.expect("it does not panic").expect("the claim has ended");
        assert_eq!(asked.tables[0].asked, 1);
    }
    stage.test.execute("UPDATE jobs SET status = 'done' WHERE project_id = 7").await;
    (waited, ends(&stage.test, CLAIM).await)
}

#[tokio::test]
async fn work_is_stopped_after_the_claims_that_it_allowed_and_before_all_others() {
    assert_eq!(a_claim_while_work_is_stopped(|on| on).await, (true, Err(NOT_ALLOWED.to_owned())));
}

#[tokio::test]
async fn without_locks_work_is_stopped_under_a_claim_that_it_allowed() {
    let became = a_claim_while_work_is_stopped(Interposed::unlocked).await;
    assert_eq!(became, (false, Err(NOT_ALLOWED.to_owned())));
}
