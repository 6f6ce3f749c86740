//! Those outside who are told that work is to stop: by a call, and by a line of the log.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use sexton_core::names::Timestamp;
use sexton_engine::ports::{Answer, Clock, Events, SystemClock};
use sexton_engine::{CalledHook, RefusedBy, Surroundings, System};
use sexton_testkit::interpose::Pauser;
use tokio::sync::mpsc;

use super::place::{JOBS, Place, cancel, delete, on_both_databases, refusal};
use crate::hooks::outside::Outside;
use crate::surroundings;

on_both_databases![
    a_worker_is_called_once_after_it_was_asked,
    a_call_that_is_not_taken_is_told_with_who_is_still_at_work,
    who_could_not_be_called_to_stop_is_called_again_before_the_rows_go,
    a_call_without_an_answer_delays_nothing,
    who_comes_while_it_waits_is_called_too,
    a_cancellation_calls_and_says_what_came_of_it,
    where_nobody_is_at_work_nobody_is_called_to_stop,
    who_is_asked_to_stop_is_told_of_once,
    d36_a_root_at_work_is_told_of_and_no_other,
    without_a_log_nothing_is_read_of_who_is_asked,
];

const REVOKE: &str = r#"
    [hooks.revoke]
    of = "jobs"
    where = "lease is not null"
    before = true
    call = "https://localhost/revoke"
    body = { id = "{id}" }
"#;

/// Jobs whose workers are called, and told by a column or not.
fn called(wait: &str, running: &str) -> String {
    let stop = format!("running = {{ {running} }}, hook = \"revoke\" }}");
    let jobs = JOBS.replace("WAIT", wait).replace("running = { stopping = 1 } }", &stop);
    [&jobs, REVOKE].concat()
}

fn both(wait: &str) -> String {
    called(wait, "stopping = 1")
}

fn later() -> Answer {
    Answer::Later { reason: "it answered 500".into(), after: None }
}

async fn system(place: &Place, work: &str, outside: &Arc<Outside>) -> System {
    place.system(work).await.with_caller(outside.clone())
}

async fn end_the_job(place: &Place) {
    place.execute("UPDATE jobs SET status = 'ended' WHERE id = 11").await;
}

async fn a_worker_is_called_once_after_it_was_asked(place: Place) {
    let (told, mut calls) = mpsc::channel(1);
    let outside = Arc::new(Outside { told: Some(told), ..Outside::default() });
    let system = system(&place, &both("60s"), &outside).await;
    place.take_a_job().await;
    let worker = async {
        let go = calls.recv().await.expect("the worker is called");
        // It was asked by then, and no transaction is open that would keep a writer waiting.
        let asked = "SELECT id FROM jobs WHERE stopping = 1 AND status = 'running'";
        assert_eq!(place.column(asked).await, ["11"]);
        assert_eq!(place.column("SELECT count(*) FROM batches").await, ["2"]);
        go.send(()).expect("the call waits");
        end_the_job(&place).await;
        calls.close();
    };
    let (deleted, ()) = tokio::join!(delete(&system), worker);
    deleted.expect("nothing is in the way");
    assert_eq!(outside.said(), [("revoke".to_owned(), json!({ "id": 11 }))]);
}

async fn a_call_that_is_not_taken_is_told_with_who_is_still_at_work(place: Place) {
    let outside = Arc::new(Outside::that_answers("revoke", [later()]));
    let system = system(&place, &both("0s"), &outside).await;
    place.take_a_job().await;
    let refusal = refusal(delete(&system).await);
    assert_eq!((refusal.by, refusal.has_asked), (RefusedBy::Undrained, true));
    assert_eq!(
        refusal.blockers[0].message,
        "1 row(s) of jobs are still at work: 11; hook `revoke` could not be called: \
         it answered 500"
    );
    assert_eq!(outside.keys().len(), 1);
}

async fn who_could_not_be_called_to_stop_is_called_again_before_the_rows_go(place: Place) {
    let outside = Arc::new(Outside::that_answers("revoke", [later(), Answer::Taken]));
    let system = system(&place, &both("60s"), &outside).await;
    place.take_a_job().await;
    let worker = async {
        while outside.keys().is_empty() {
            tokio::task::yield_now().await;
        }
        end_the_job(&place).await;
    };
    let (deleted, ()) = tokio::join!(delete(&system), worker);
    deleted.expect("the second call was taken");
    let keys = outside.keys();
    assert!(keys.len() == 2 && keys[0] == keys[1], "{keys:?}");
}

async fn a_call_without_an_answer_delays_nothing(place: Place) {
    let (told, mut calls) = mpsc::channel(1);
    let outside = Arc::new(Outside { told: Some(told), ..Outside::default() });
    let system = system(&place, &both("60s"), &outside).await;
    place.take_a_job().await;
    let worker = async {
        let unanswered = calls.recv().await.expect("the worker is called");
        end_the_job(&place).await;
        // The call before the rows go, which the deletion does wait for.
        let go = calls.recv().await.expect("it is called again");
        assert!(unanswered.is_closed(), "the call that was not answered was broken off");
        go.send(()).expect("the call waits");
    };
    let (deleted, ()) = tokio::join!(delete(&system), worker);
    deleted.expect("nothing is in the way");
}

async fn who_comes_while_it_waits_is_called_too(place: Place) {
    let outside = Arc::new(Outside::default());
    // Nothing but the call tells a worker to stop.
    let work = called("60s", "").replace("running = {  }, ", "");
    let system = system(&place, &work, &outside).await;
    place.take_a_job().await;
    let worker = async {
        while outside.keys().is_empty() {
            tokio::task::yield_now().await;
        }
        let late = "INSERT INTO jobs (id, batch_id, status, lease)
            VALUES (14, 1, 'running', '2999-01-01T00:00:00Z')";
        place.execute(late).await;
        while outside.keys().len() < 2 {
            tokio::task::yield_now().await;
        }
        place.execute("UPDATE jobs SET status = 'ended' WHERE id IN (11, 14)").await;
    };
    let (deleted, ()) = tokio::join!(delete(&system), worker);
    deleted.expect("nothing is in the way");
    let ids: Vec<Value> = outside.said().into_iter().map(|(_, body)| body["id"].clone()).collect();
    assert_eq!(ids, [json!(11), json!(14)]);
}

async fn a_cancellation_calls_and_says_what_came_of_it(place: Place) {
    let outside = Arc::new(Outside::that_answers("revoke", [later(), Answer::Taken]));
    let system = system(&place, &both("60s"), &outside).await;
    place.take_a_job().await;
    let of = |taken, untaken, reasons: &[&str]| CalledHook {
        hook: sexton_core::names::HookName::new("revoke"),
        taken,
        untaken,
        reasons: reasons.iter().map(|&reason| reason.to_owned()).collect(),
    };
    assert_eq!(cancel(&system).await.calls, [of(0, 1, &["it answered 500"])]);
    // Asking again calls again: the rows are asked already.
    assert_eq!(cancel(&system).await.calls, [of(1, 0, &[])]);
    end_the_job(&place).await;
    assert_eq!(cancel(&system).await.calls, []);
}

async fn where_nobody_is_at_work_nobody_is_called_to_stop(place: Place) {
    let outside = Arc::new(Outside::default());
    let system = system(&place, &both("60s"), &outside).await;
    assert_eq!(cancel(&system).await.calls, []);
    delete(&system).await.expect("nothing is in the way");
    assert_eq!(outside.said(), []);
}

/// A log in memory.
#[derive(Default)]
struct Log(Mutex<Vec<Value>>);

impl Events for Log {
    fn add(&self, line: &str) -> Result<(), String> {
        let line = serde_json::from_str(line).expect("a line is JSON");
        self.0.lock().expect("nobody panics with it").push(line);
        Ok(())
    }
}

impl Log {
    /// What was told: the event and its id, and whether it names a deletion.
    fn told(&self) -> Vec<(String, Value, bool)> {
        let lines = self.0.lock().expect("nobody panics with it").clone().into_iter();
        let told = |line: Value| {
            let event = line["event"].as_str().expect("it has a name").to_owned();
            (event, line["id"].clone(), line["deletion"].is_string())
        };
        lines.map(told).collect()
    }
}

/// Things of their own that are jobs, and events of who is asked to stop.
const CANCELLED: &str = r#"
    [things.job]
    row = "jobs.id"
    [events.batch_cancelled]
    of = "batch"
    on = "cancelled"
    fields = { id = "{id}" }
    [events.job_cancelled]
    of = "jobs"
    on = "cancelled"
    fields = { id = "{id}", batch = "{batch_id}" }
    [events.job_itself]
    of = "job"
    on = "cancelled"
    fields = { id = "{id}", "lease?" = "{lease}" }
"#;

async fn who_is_asked_to_stop_is_told_of_once(place: Place) {
    let log = Arc::new(Log::default());
    let work = [JOBS.replace("WAIT", "60s").as_str(), CANCELLED].concat();
    let system = place.system(&work).await.with_log(log.clone());
    place.take_a_job().await;
    cancel(&system).await;
    let told = [
        ("batch_cancelled".to_owned(), json!(1), false),
        ("job_cancelled".to_owned(), json!(11), false),
    ];
    let mut said = log.told();
    said.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(said, told);
    // Asked already: nothing more to tell of, whoever asks.
    cancel(&system).await;
    assert_eq!(log.told().len(), 2);
    let late = "INSERT INTO jobs (id, batch_id, status) VALUES (14, 1, 'running')";
    place.execute(late).await;
    let worker = async {
        while log.told().len() < 4 {
            tokio::task::yield_now().await;
        }
        place.execute("UPDATE jobs SET status = 'ended' WHERE batch_id = 1").await;
    };
    let (deleted, ()) = tokio::join!(delete(&system), worker);
    deleted.expect("nothing is in the way");
    let mut said = log.told().split_off(2);
    said.sort_by(|one, other| one.0.cmp(&other.0));
    let told = [
        ("batch_cancelled".to_owned(), json!(1), true),
        ("job_cancelled".to_owned(), json!(14), true),
    ];
    assert_eq!(said, told);
}

async fn d36_a_root_at_work_is_told_of_and_no_other(place: Place) {
    let log = Arc::new(Log::default());
    let work = [JOBS.replace("WAIT", "60s").as_str(), CANCELLED].concat();
    let system = place.system(&work).await.with_log(log.clone());
    place.take_a_job().await;
    let mut root = super::place::batch("");
    root.thing = sexton_core::names::ThingName::new("job");
    root.key = sexton_engine::RootKey::Ids(vec!["11".into(), "12".into()]);
    system.cancel(&root).await.expect("nothing is in the way");
    let mut said = log.told();
    said.sort_by(|one, other| one.0.cmp(&other.0));
    let told = [
        ("job_cancelled".to_owned(), json!(11), false),
        ("job_itself".to_owned(), json!(11), false),
    ];
    assert_eq!(said, told);
}

async fn without_a_log_nothing_is_read_of_who_is_asked(place: Place) {
    let recorder = Arc::new(sexton_testkit::interpose::Recorder::default());
    let work = [JOBS.replace("WAIT", "0s").as_str(), CANCELLED].concat();
    let system = place.watched_by(&work, recorder.clone()).await;
    place.take_a_job().await;
    cancel(&system).await;
    let points = recorder.points();
    assert!(!points.iter().any(|point| point.contains("for the event")), "{points:#?}");
}

/// The machine's clock, moved on by hand.
struct Moved(Mutex<i64>);

impl Clock for Moved {
    fn now(&self) -> Timestamp {
        Timestamp(SystemClock.now().0 + *self.0.lock().expect("nobody panics with it"))
    }
}

#[tokio::test]
async fn a_deletion_keeps_its_lease_while_it_waits_for_calls() {
    let place = Place::on_postgres().await;
    let (told, mut calls) = mpsc::channel(1);
    let outside = Arc::new(Outside { told: Some(told), ..Outside::default() });
    let clock = Arc::new(Moved(Mutex::new(0)));
    let (pauser, mut stops) = Pauser::at("after wait_on (keep)");
    let surroundings = Surroundings { clock: clock.clone(), ..surroundings::of_a_test() };
    let work = both("0s");
    let deleting = place.watched_in(&work, surroundings, |on| on.watched_by(pauser)).await;
    let deleting = deleting.with_caller(outside.clone());
    // Its lease has ended, so nobody is at work on it; but the call comes before it goes.
    let dead = "UPDATE jobs SET lease = '2020-01-01T00:00:00Z' WHERE id = 11";
    place.execute(dead).await;
    let deleting = tokio::spawn(async move { delete(&deleting).await });
    let go = calls.recv().await.expect("somebody is called before");
    let until = || place.column("SELECT leased_until::text FROM sexton.deletions");
    place.execute("UPDATE sexton.deletions SET leased_until = 0").await;
    *clock.0.lock().expect("nobody panics with it") = 20_000_000;
    stops.next().await.expect("the lease is renewed").go();
    while until().await == ["0"] {
        tokio::task::yield_now().await;
    }
    let said = place.column("SELECT note FROM sexton.deletions").await;
    assert_eq!(said, [r#"{"waiting_on":"calls of revoke"}"#]);
    go.send(()).expect("the call waits");
    drop(stops);
    deleting.await.expect("it does not panic").expect("nothing is in the way");
}
