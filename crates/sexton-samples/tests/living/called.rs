//! Workers that are told to stop by a call as well, which really arrives.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};
use sexton_engine::DeleteRequest;
use sexton_engine::ports::SystemClock;
use sexton_hooks::HttpCaller;
use sexton_testkit::endpoint::Endpoint;

use crate::place::{Place, count, root};

on_both_databases! {
    sexton_samples::transcriptions;
    t18_t20_an_engine_is_told_to_stop_by_a_call_before_its_job_goes,
}

/// A job that has failed while one of its engines is at work; the queue is told before the rows go
/// that each of its tasks is cancelled, the one at work first, and afterwards that the job is gone.
async fn t18_t20_an_engine_is_told_to_stop_by_a_call_before_its_job_goes(place: Place) {
    let place = place.whole().await;
    place.works("worker", &[]);
    place.submit("winter", 1, 1);
    let job = place.item("winter", 1);
    let mut engine = place.start("work", &["--worker", "a", "--until-idle", "--step-by-step"]);
    engine.steps_to("finish");
    engine.go();
    engine.steps_to("claim");
    engine.go();
    engine.steps_to("write");
    let said = place.works("worker", &["--worker", "b", "--fail"]);
    assert_eq!(count(&said, "failed"), 1, "{said:?}");
    let running = format!("SELECT id FROM tasks WHERE status = 'running' AND job_id = '{job}'");
    let task = place.rows(&running).await[0][0].clone().unwrap();

    let queue = Endpoint::that_replies([]).await;
    let address = queue.address().to_owned();
    let set = move |name: &str| (name == "REDIS_HOOK_URL").then(|| address.clone());
    let caller = HttpCaller::with_variables(Arc::new(SystemClock), Box::new(set)).unwrap();
    let system = place.system().await.with_caller(Arc::new(caller));
    let request = DeleteRequest { root: root("job", &job), reason: None, bound_to: None };
    let deleting = tokio::spawn(async move { system.delete(&request).await });

    let first = queue.has_heard(1).await.remove(0);
    let body: Value = serde_json::from_str(&first.body).unwrap();
    assert_eq!(body, json!({ "cancelled": { "job_id": job, "task_id": task } }));
    assert_eq!(first.headers["sexton-hook"], "mark-cancelled");
    // Nothing has gone, and nobody is kept from ending: the engine is asked, and stops.
    assert_eq!(place.number(&format!("SELECT count(*) FROM jobs WHERE id = '{job}'")).await, 1);
    engine.runs_out();
    let receipt = deleting.await.unwrap().unwrap();

    let heard = queue.requests();
    let keys: BTreeSet<&String> =
        heard.iter().map(|request| &request.headers["idempotency-key"]).collect();
    assert_eq!(keys.len(), heard.len(), "a call was made twice");
    let last: Value = serde_json::from_str(&heard.last().unwrap().body).unwrap();
    assert_eq!(last["deleted"]["job_id"], json!(job));
    let cancelled = heard.iter().filter(|request| request.body.contains("cancelled")).count();
    assert_eq!(Some(&(cancelled as u64)), receipt.record.removed.get("tasks"));
    assert_eq!(place.mentions(&job).await, [""; 0]);
    place.is_sound().await;
}
