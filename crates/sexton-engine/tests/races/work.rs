//! Workers that take jobs of a batch while it is deleted: before it judges, between its look and
//! its act, and under the act; and submitters who have not finished.

use std::sync::Arc;

use sexton_engine::{Budget, DeleteError, RefusedBy};
use sexton_testkit::interpose::{Interposed, Pauser, Recorder};

use crate::stage::{Deleting, Stage, end, request, succeeds};
use crate::writers::Writing;

const BATCH: &str = "autumn-2026";
const WAITING: &str = "autumn-2026-ghent-again";
const LATE: &str = "autumn-2026-late";
const JUDGEMENT: &str = "see who is at work on jobs";

/// What a worker does to take the job that waits.
fn take() -> String {
    format!(
        "UPDATE jobs SET status = 'running', lease_expires_at = '2999-01-01T00:00:00Z'
         WHERE id = '{WAITING}' AND status = 'queued'"
    )
}

impl Stage {
    fn deleting_batch(&self, pauser: Arc<Pauser>) -> Deleting {
        self.deleting("batch", BATCH, |on| on.watched_by(pauser))
    }

    /// A worker that takes the job, and commits.
    async fn take_the_job(&self) {
        assert_eq!(Writing::start(&self.test, &take()).await.end().await, Ok(()));
    }

    /// A worker that ends its job once it is told to: into a run of the same id.
    async fn end_when_told(&self, job: &str) {
        let told = format!("SELECT count(*) FROM jobs WHERE id = '{job}' AND cancel_requested = 1");
        while self.number(&told).await == 0 {
            tokio::task::yield_now().await;
        }
        let ended = format!(
            "INSERT INTO runs (id, domain_id, domain, batch_id, status, created_at, finished_at)
             SELECT id, domain_id, domain, batch_id, 'canceled', created_at, '2026-10-05T10:00:00Z'
             FROM jobs WHERE id = '{job}';
             DELETE FROM jobs WHERE id = '{job}'"
        );
        self.test.execute(&ended).await;
    }

    /// Nothing of the batch is left.
    async fn has_gone(&self) {
        for (table, column) in [("batches", "id"), ("jobs", "batch_id"), ("runs", "batch_id")] {
            let left = format!("SELECT count(*) FROM {table} WHERE {column} = '{BATCH}'");
            assert_eq!(self.number(&left).await, 0, "{table}");
        }
        let orphans = "SELECT count(*) FROM entries WHERE run_id NOT IN
            (SELECT id FROM runs UNION ALL SELECT id FROM jobs)";
        assert_eq!(self.number(orphans).await, 0, "entries of a job that went");
    }
}

/// B24: the worker graduates its job into a run, which goes with the batch.
#[tokio::test]
async fn b24_a_job_taken_before_the_deletion_ends_as_a_run_and_goes() {
    let stage = Stage::batches().await;
    stage.take_the_job().await;
    let system = stage.system(|on| on);
    let asked = request("batch", BATCH);
    let preview = system.preview(&asked.root, Budget::default()).await.unwrap();
    assert_eq!(preview.work[0].running, 1);
    let bound_to = preview.digest.map(sexton_engine::Bound::Digest);
    let asked = sexton_engine::DeleteRequest { bound_to, ..asked };
    let (deleted, ()) = tokio::join!(system.delete(&asked), stage.end_when_told(WAITING));
    deleted.unwrap();
    stage.has_gone().await;
}

#[tokio::test]
async fn a_job_that_is_being_taken_is_waited_for_and_then_asked_to_stop() {
    let stage = Stage::batches().await;
    let mut worker = stage.test.session().await;
    worker.execute(&["BEGIN;", &take()].concat()).await;
    let (pauser, mut stops) = Pauser::at("before find jobs (change)");
    let mut deleting = stage.deleting_batch(pauser);
    let stop = stops.next().await.expect("the deletion comes to the jobs");
    stage.go_until_blocked(stop, &mut deleting).await;
    worker.execute("COMMIT").await;
    let (ended, ()) = tokio::join!(end(deleting), stage.end_when_told(WAITING));
    ended.unwrap();
    stage.has_gone().await;
}

#[tokio::test]
async fn a_job_that_is_taken_between_look_and_act_is_asked_to_stop() {
    let stage = Stage::batches().await;
    let (pauser, mut stops) = Pauser::at("before find jobs (change)");
    let deleting = stage.deleting_batch(pauser);
    let stop = stops.next().await.expect("the deletion comes to the jobs");
    stage.take_the_job().await;
    stop.go();
    let (ended, ()) = tokio::join!(end(deleting), stage.end_when_told(WAITING));
    ended.unwrap();
    stage.has_gone().await;
}

/// A job that is taken once the deletion has judged. Says whether its worker had to wait.
async fn taken_after_the_judgement(with: fn(Interposed) -> Interposed) -> bool {
    let stage = Stage::batches().await;
    let (pauser, mut stops) = Pauser::at(&format!("after {JUDGEMENT} (change)"));
    let deleting = stage.deleting("batch", BATCH, |on| with(on).watched_by(pauser));
    let judged = stops.next().await.expect("the deletion judges");
    let taking = Writing::start(&stage.test, &take()).await;
    let waited = taking.waits();
    judged.go();
    succeeds(deleting).await;
    assert_eq!(taking.end().await, Ok(()));
    stage.has_gone().await;
    waited
}

#[tokio::test]
async fn a_job_cannot_be_taken_once_the_deletion_has_judged() {
    assert!(taken_after_the_judgement(|on| on).await);
}

#[tokio::test]
async fn without_locks_a_job_is_taken_under_the_deletion() {
    assert!(!taken_after_the_judgement(Interposed::unlocked).await);
}

/// A job that comes, and is taken at once, when all others have stopped already. Says whether
/// its worker was told before it went.
async fn taken_after_the_drain(with: fn(Interposed) -> Interposed) -> bool {
    let stage = Stage::batches().await;
    stage.take_the_job().await;
    let (pauser, mut stops) = Pauser::at("after change_state to drained (keep)");
    let recorder = Arc::new(Recorder::default());
    let watching = recorder.clone();
    let deleting =
        stage.deleting("batch", BATCH, |on| with(on).watched_by(pauser).watched_by(watching));
    stage.end_when_told(WAITING).await;
    let drained = stops.next().await.expect("the work has stopped");
    let late = format!(
        "INSERT INTO jobs (id, domain_id, domain, batch_id, status, created_at, lease_expires_at)
         SELECT '{LATE}', id, name, '{BATCH}', 'running', '2026-10-05T09:00:00Z',
             '2999-01-01T00:00:00Z' FROM domains LIMIT 1"
    );
    stage.test.execute(&late).await;
    drained.go();
    let told = format!("SELECT count(*) FROM jobs WHERE id = '{LATE}' AND cancel_requested = 1");
    let gone = format!("SELECT count(*) FROM batches WHERE id = '{BATCH}'");
    let was_told = loop {
        if stage.number(&told).await == 1 {
            break true;
        }
        if stage.number(&gone).await == 0 {
            break false;
        }
        tokio::task::yield_now().await;
    };
    if was_told {
        stage.end_when_told(LATE).await;
    }
    succeeds(deleting).await;
    stage.has_gone().await;
    was_told
}

/// Blinds the change as soon as the work has stopped.
fn blind(on: Interposed) -> Interposed {
    on.blind_after(JUDGEMENT, "after change_state to drained (keep)")
}

#[tokio::test]
async fn b26c_a_job_that_comes_after_the_wait_is_waited_for_as_well() {
    assert!(taken_after_the_drain(|on| on).await);
}

#[tokio::test]
async fn without_the_second_judgement_a_job_goes_under_its_worker() {
    assert!(!taken_after_the_drain(blind).await);
}

/// What refuses may come true after the deletion has judged it for the first time.
#[tokio::test]
async fn what_refuses_before_work_is_asked_to_stop_leaves_it_at_work() {
    let stage = Stage::batches().await;
    stage.take_the_job().await;
    let system = stage.system(|on| on);
    system.prepare().await.unwrap();
    let before = stage.test.dump().await;
    let (pauser, mut stops) = Pauser::at("before wait_on (change)");
    let deleting = stage.deleting_batch(pauser);
    let about_to_ask = stops.next().await.expect("somebody is at work");
    stage
        .test
        .execute(&format!(
            "INSERT INTO sexton.holds (system, thing, root, reason, placed_by, placed_at)
             VALUES ('batches', 'batch', '{BATCH}', 'a lawsuit', 'eve', 1)"
        ))
        .await;
    about_to_ask.go();
    match end(deleting).await {
        Err(DeleteError::Refused(refusal)) => {
            assert_eq!((refusal.by, refusal.has_asked), (RefusedBy::Held, false));
        }
        other => panic!("the hold did not refuse: {other:?}"),
    }
    assert!(stage.test.dump().await == before, "a refusal asked workers to stop");
}

/// A process that dies at a point of its wait leaves nothing but the cancellation.
async fn dies_while_it_waits(point: &str, ends_first: bool) {
    let stage = Stage::batches().await;
    stage.take_the_job().await;
    let (pauser, mut stops) = Pauser::at(point);
    let deleting = stage.deleting_batch(pauser);
    if ends_first {
        stage.end_when_told(WAITING).await;
    }
    let pause = stops.next().await.expect("the deletion comes to the point");
    deleting.abort();
    assert!(deleting.await.is_err_and(|end| end.is_cancelled()));
    drop(pause);
    stage.end_leases().await;
    let system = stage.system(|on| on);
    let settled = system.settle().await.expect("nothing is in the way");
    let [(id, ended)] = settled.as_slice() else { panic!("{settled:?}") };
    assert_eq!(ended.as_str(), "withdrawn");
    let said =
        system.status(id).await.expect("nothing is in the way").expect("there is one").sentence;
    assert!(said.contains("work in flight had been asked to stop"), "{said}");
    assert_eq!(stage.number("SELECT count(*) FROM batches WHERE id = 'autumn-2026'").await, 1);
    // Asking again goes on from there.
    let again = stage.deleting("batch", BATCH, |on| on);
    if !ends_first {
        stage.end_when_told(WAITING).await;
    }
    succeeds(again).await;
    stage.has_gone().await;
}

#[tokio::test]
async fn a_deletion_whose_process_ends_while_it_waits_is_withdrawn() {
    dies_while_it_waits("after wait_on (keep)", false).await;
}

#[tokio::test]
async fn a_deletion_whose_process_ends_once_work_has_stopped_is_withdrawn() {
    dies_while_it_waits("after change_state to drained (keep)", true).await;
}

/// Somebody who settles takes a deletion over whose lease ended while it waited.
#[tokio::test]
async fn a_deletion_withdrawn_by_another_while_it_waits_changes_nothing_more() {
    let stage = Stage::batches().await;
    stage.take_the_job().await;
    let (pauser, mut stops) = Pauser::at(&format!("before {JUDGEMENT} (look)"));
    let deleting = stage.deleting_batch(pauser);
    let stop = stops.next().await.expect("it waits");
    stage.end_leases().await;
    assert_eq!(stage.system(|on| on).settle().await.unwrap().len(), 1);
    stop.go();
    stage.end_when_told(WAITING).await;
    let ended = end(deleting).await;
    assert!(ended.is_err(), "{ended:?}");
    assert_eq!(stage.number("SELECT count(*) FROM batches WHERE id = 'autumn-2026'").await, 1);
    assert_eq!(stage.ledger().await, (vec!["withdrawn".into()], 0));
}
