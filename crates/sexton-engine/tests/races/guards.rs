//! A row that a guard watches changes between the look and the act, or under the act.

use std::sync::Arc;

use sexton_engine::{Budget, DeleteError, RefusedBy};
use sexton_testkit::interpose::{Interposed, Pauser};

use crate::stage::{Stage, end, request, succeeds};
use crate::writers::Writing;

const JOB_STARTS: &str = "UPDATE jobs SET status = 'running' WHERE project_id = 7";

#[tokio::test]
async fn a_job_that_starts_between_look_and_act_refuses() {
    let stage = Stage::family().await;
    let before = stage.test.dump().await;
    let (pauser, mut stops) = Pauser::at("before lock for a guard jobs (change)");
    let system = Arc::new(stage.system(|on| on.watched_by(pauser)));
    let request = request("project", "7");
    let preview = system.preview(&request.root, Budget::default()).await.unwrap();
    assert_eq!(preview.blockers, []);
    let deleting = tokio::spawn(async move { system.delete(&request).await });
    let looked = stops.next().await.expect("the deletion comes to its guard");
    assert_eq!(Writing::start(&stage.test, JOB_STARTS).await.end().await, Ok(()));
    looked.go();
    match end(deleting).await {
        Err(DeleteError::Refused(refusal)) => {
            assert_eq!(refusal.by, RefusedBy::Refused);
            assert_eq!(refusal.blockers[0].message, "1 job(s) are running: 7");
        }
        other => panic!("the guard did not refuse: {other:?}"),
    }
    stage.test.execute("UPDATE jobs SET status = 'done' WHERE project_id = 7").await;
    assert!(stage.test.dump().await == before, "a refusal changed rows");
}

/// A job that wants to start once the guard has judged. Says whether it had to wait.
async fn job_starts_after_the_judgement(with: fn(Interposed) -> Interposed) -> bool {
    let stage = Stage::family().await;
    let (pauser, mut stops) = Pauser::at("before commit (change)");
    let deleting = stage.deleting("project", "7", |on| with(on).watched_by(pauser));
    let judged = stops.next().await.expect("the deletion comes to its commit");
    let starting = Writing::start(&stage.test, JOB_STARTS).await;
    let waited = starting.waits();
    judged.go();
    succeeds(deleting).await;
    assert_eq!(starting.end().await, Ok(()));
    waited
}

#[tokio::test]
async fn a_job_that_starts_after_the_judgement_waits_for_the_deletion() {
    assert!(job_starts_after_the_judgement(|on| on).await);
}

#[tokio::test]
async fn without_locks_a_job_starts_under_the_deletion() {
    assert!(!job_starts_after_the_judgement(Interposed::unlocked).await);
}
