//! A worker ends a run of a domain while a deletion is about to compute that domain anew.

use sexton_testkit::interpose::{Interposed, Pauser};

use crate::stage::{Stage, succeeds};
use crate::writers::Writing;

/// A new run of Bergen, which the worker also enters at its domain.
const RUN_ENDS: &str = "
    BEGIN;
    INSERT INTO runs (id, domain_id, domain, status, created_at, finished_at, worst_level, score)
        SELECT 'late', id, name, 'succeeded', '2026-11-01', '2026-11-01', 'INFO', 100
        FROM domains WHERE name = 'bergen.example';
    UPDATE domains
        SET latest_run_id = 'late', latest_run_at = '2026-11-01', latest_score = 100,
            run_count = run_count + 1
        WHERE name = 'bergen.example';";

/// Domains whose count or latest run is not what the runs say.
const WRONG: &str = "
    SELECT count(*)
    FROM domains AS d
    WHERE d.run_count <> (SELECT count(*) FROM runs AS r WHERE r.domain_id = d.id)
       OR d.latest_run_id <> COALESCE((
            SELECT r.id FROM runs AS r
            WHERE r.domain_id = d.id AND r.status IN ('succeeded', 'failed')
            ORDER BY r.finished_at DESC, r.id DESC LIMIT 1), '')";

/// The deletion waits for the worker, who then commits. Returns how many domains are wrong.
async fn worker_commits_while_waited_for(with: fn(Interposed) -> Interposed) -> i64 {
    let stage = Stage::batches().await;
    assert_eq!(stage.number(WRONG).await, 0);
    let mut worker = stage.test.session().await;
    worker.execute(RUN_ENDS).await;
    let (pauser, mut stops) = Pauser::at("after begin (change)");
    let mut deleting = stage.deleting("batch", "autumn-2026", |on| with(on).watched_by(pauser));
    let begins = stops.next().await.expect("the deletion begins");
    stage.go_until_blocked(begins, &mut deleting).await;
    worker.execute("COMMIT").await;
    succeeds(deleting).await;
    assert_eq!(stage.number("SELECT count(*) FROM runs WHERE id = 'late'").await, 1);
    stage.number(WRONG).await
}

#[tokio::test]
async fn a_run_that_ends_while_its_domain_is_waited_for_is_counted() {
    assert_eq!(worker_commits_while_waited_for(|on| on).await, 0);
}

#[tokio::test]
async fn without_locks_a_run_that_ends_while_its_domain_is_waited_for_is_lost() {
    assert_eq!(worker_commits_while_waited_for(Interposed::unlocked).await, 1);
}

/// The other way round: the worker comes while the deletion holds the domain.
#[tokio::test]
async fn a_run_that_ends_while_the_deletion_holds_its_domain_waits_and_is_counted() {
    let stage = Stage::batches().await;
    let (pauser, mut stops) = Pauser::at("before commit (change)");
    let deleting = stage.deleting("batch", "autumn-2026", |on| on.watched_by(pauser));
    let stands = stops.next().await.expect("the deletion comes to its commit");
    let worker = Writing::start(&stage.test, &[RUN_ENDS, "COMMIT"].concat()).await;
    assert!(worker.waits());
    stands.go();
    succeeds(deleting).await;
    assert_eq!(worker.end().await, Ok(()));
    assert_eq!(stage.number(WRONG).await, 0);
}
