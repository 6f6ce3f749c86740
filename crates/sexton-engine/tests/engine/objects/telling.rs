//! Events about objects: what has become of them, and what fails of them, each told once.

use std::sync::Arc;

use serde_json::{Value, json};
use sexton_core::lifecycle::State;
use sexton_core::objects::ObjectVersion;
use sexton_engine::ports::{Mode, StoreError};
use sexton_engine::{System, commit_in};
use sexton_testkit::random::ground::Ground;

use super::faults::{Faulty, denied};
use super::stage::{self, BELOW, MANIFESTS, Stage, object, put, request};
use crate::hooks::Log;

on_both_databases!(
    what_has_become_of_objects_is_told_once_they_are_gone,
    with_nothing_to_reap_it_is_told_at_the_commit,
    what_was_waited_for_is_told_when_nobody_waits_any_more,
    a_key_that_fails_is_told_once_however_often_it_is_tried,
    a_store_that_fails_is_told_once,
    an_unreadable_manifest_is_told_of_its_own_row,
    what_a_full_log_did_not_take_is_told_later,
    lines_of_a_dead_process_are_told_by_whoever_settles,
    two_rows_that_say_the_same_of_a_failure_say_it_once,
);

const EVENTS: &str = "
    [events.done]
    of = \"project\"
    on = \"reaped\"
    fields = { id = \"{id}\", gone = \"{objects.deleted}\", bytes = \"{objects.bytes}\", all = \"{objects.all_gone}\" }
    [events.waited]
    of = \"project\"
    on = \"reaped or waited\"
    fields = { slug = \"{row.slug}\", gone = \"{objects.deleted} of {objects.total}\", left = \"{objects.failed}\", \"open?\" = \"{objects.pending}\", all = \"{objects.all_gone}\" }
    ";

const FAILING: &str = "
    [events.key]
    of = \"runs\"
    on = \"key failed\"
    fields = { key = \"{key}\", why = \"{error_type}\" }
    [events.keys]
    of = \"project\"
    on = \"key failed\"
    fields = { id = \"{id}\", gone = \"{objects.deleted}\", left = \"{count}\" }
    [events.down]
    of = \"project\"
    on = \"store failed\"
    fields = { error = \"{error}\", why = \"{error_type}\" }
    ";

const UNREAD: &str = "
    [events.unread]
    of = \"runs\"
    on = \"manifest unreadable\"
    fields = { key = \"{key}\", run = \"{id}\", why = \"{error_type}\" }
    [events.unread_project]
    of = \"project\"
    on = \"manifest unreadable\"
    fields = { key = \"{key}\" }
    ";

async fn stage(ground: Ground, rules: &[&str]) -> (Stage, Arc<Log>) {
    let log = Arc::new(Log::default());
    let mut stage = Stage::new(ground, &rules.concat()).await;
    stage.system = logged(stage.another(None), &log);
    (stage, log)
}

fn logged(system: System, log: &Arc<Log>) -> System {
    system.with_log(log.clone())
}

fn done(gone: u64, bytes: u64) -> Value {
    json!({ "event": "done", "id": 1, "gone": gone, "bytes": bytes, "all": true })
}

fn waited(gone: &str, left: u64, all: bool) -> Value {
    json!({ "event": "waited", "slug": "one", "gone": gone, "left": left, "all": all })
}

/// So many bytes the six objects of the first project have: each holds its own name.
const BYTES: u64 = 2 * (9 + 11 + 15);

async fn what_has_become_of_objects_is_told_once_they_are_gone(ground: Ground) {
    let (stage, log) = stage(ground, &[BELOW, EVENTS, FAILING]).await;
    stage.delete("1").await.expect("nobody is in the way");
    assert_eq!(log.told(), [waited("6 of 6", 0, true), done(6, BYTES)]);
    let left = stage.stored("intents").await;
    assert_eq!(left, 0, "what did not fail is forgotten");
}

async fn with_nothing_to_reap_it_is_told_at_the_commit(ground: Ground) {
    let (stage, log) = stage(ground, &[BELOW, EVENTS]).await;
    stage.delete("3").await.expect("nobody is in the way");
    let mut expected = waited("0 of 0", 0, true);
    expected["slug"] = "three".into();
    assert_eq!(log.told()[0], expected);
    assert_eq!(log.told().len(), 2);
}

async fn what_was_waited_for_is_told_when_nobody_waits_any_more(ground: Ground) {
    let (stage, log) = stage(ground, &[BELOW, EVENTS]).await;
    let held = ObjectVersion::current(object("runs/10/b/c"));
    stage.files.lock(held.clone());
    let id = stage.is_left("1").await;
    assert_eq!(log.told(), [waited("5 of 6", 1, false)]);
    for _ in 0..2 {
        stage.a_day_passes().await;
        stage.work().await;
    }
    assert_eq!(log.told().len(), 1);
    stage.files.unlock(&held);
    stage.a_day_passes().await;
    stage.work().await;
    stage.receipt(&id).await;
    assert_eq!(log.told(), [waited("5 of 6", 1, false), done(6, BYTES)]);
}

async fn a_key_that_fails_is_told_once_however_often_it_is_tried(ground: Ground) {
    let (stage, log) = stage(ground, &[BELOW, FAILING]).await;
    let held = ["runs/10/a", "runs/10/b/c"].map(|key| ObjectVersion::current(object(key)));
    for key in &held {
        stage.files.lock(key.clone());
    }
    let id = stage.is_left("1").await;
    let key = |key: &str| json!({ "event": "key", "key": key, "why": "locked" });
    let keys = json!({ "event": "keys", "id": 1, "gone": 4, "left": 2 });
    let told = log.told();
    let mut expected = vec![key("runs/10/a"), key("runs/10/b/c"), keys];
    // Two promises are carried out side by side: how many are gone when one fails is by chance.
    assert_eq!(told.len(), 3, "{told:?}");
    assert_eq!(told[..2], expected[..2]);
    expected[2]["gone"] = told[2]["gone"].clone();
    assert_eq!(told, expected);
    for _ in 0..2 {
        stage.a_day_passes().await;
        stage.work().await;
        assert_eq!(log.told(), expected, "it is known by now");
    }
    // One that fails later is told as well.
    let late = ObjectVersion::current(object("runs/10/late"));
    put(&stage.files, "runs/10/late");
    stage.files.lock(late.clone());
    stage.a_day_passes().await;
    stage.work().await;
    expected.push(key("runs/10/late"));
    assert_eq!(log.told(), expected);
    held.iter().chain([&late]).for_each(|held| stage.files.unlock(held));
    stage.a_day_passes().await;
    stage.work().await;
    stage.receipt(&id).await;
    assert_eq!(log.told(), expected);
}

async fn a_store_that_fails_is_told_once(ground: Ground) {
    let (stage, log) = stage(ground, &[BELOW, FAILING]).await;
    let down = |error: StoreError| Faulty::of("before list files (store)", error);
    let system = logged(stage.another(Some(down(denied()))), &log);
    let id = stage::left(system.delete(&request("1")).await);
    let error = denied().to_string();
    let expected = [json!({ "event": "down", "error": error, "why": "denied" })];
    assert_eq!(log.told(), expected);
    let timeout = StoreError::Timeout { doing: "list" };
    let system = logged(stage.another(Some(down(timeout))), &log);
    stage.a_day_passes().await;
    system.work(&tokio::sync::watch::channel(false).1).await.expect("it answers");
    assert_eq!(log.told(), expected);
    stage.a_day_passes().await;
    stage.work().await;
    stage.receipt(&id).await;
    assert_eq!(log.told(), expected);
}

async fn an_unreadable_manifest_is_told_of_its_own_row(ground: Ground) {
    let (stage, log) = stage(ground, &[MANIFESTS, UNREAD]).await;
    stage.logs.put(&object("ten.json"), b"{}");
    stage.logs.put(&object("eleven.json"), b"no JSON");
    stage.delete("1").await.expect("an unreadable manifest goes all the same");
    let expected = [
        json!({ "event": "unread", "key": "eleven.json", "run": 11, "why": "unreadable" }),
        json!({ "event": "unread_project", "key": "eleven.json" }),
    ];
    assert_eq!(log.told(), expected);
}

async fn what_a_full_log_did_not_take_is_told_later(ground: Ground) {
    let (stage, log) = stage(ground, &[BELOW, EVENTS, FAILING]).await;
    stage.files.lock(ObjectVersion::current(object("runs/10/a")));
    log.fill();
    stage.delete("1").await.expect_err("the log is full");
    assert_eq!(log.told(), [] as [Value; 0]);
    log.empty();
    stage.a_day_passes().await;
    stage.write(&format!("UPDATE {} SET leased_until = 0", stage.own("deletions"))).await;
    stage.work().await;
    let told: Vec<Value> = log.told().into_iter().map(|line| line["event"].clone()).collect();
    assert_eq!(told, ["key", "keys"], "who waited is gone, and nobody holds the deletion");
    stage.files.unlock(&ObjectVersion::current(object("runs/10/a")));
    stage.a_day_passes().await;
    stage.work().await;
    let told: Vec<Value> = log.told().into_iter().map(|line| line["event"].clone()).collect();
    assert_eq!(told, ["key", "keys", "waited", "done"]);
}

async fn lines_of_a_dead_process_are_told_by_whoever_settles(ground: Ground) {
    let (stage, log) = stage(ground, &[BELOW, EVENTS]).await;
    stage.system.prepare().await.expect("it answers");
    let mut tx = stage.system.database().begin(Mode::Change).await.expect("it answers");
    commit_in(&stage.system, tx.as_mut(), &request("1")).await.expect("nobody is in the way");
    tx.commit().await.expect("it answers");
    assert_eq!(log.told(), [] as [Value; 0]);
    let worked = stage.work().await;
    assert!(worked.settled.iter().all(|(_, state)| *state == State::Complete), "{worked:?}");
    assert_eq!(log.told(), [waited("6 of 6", 0, true), done(6, BYTES)]);
}

async fn two_rows_that_say_the_same_of_a_failure_say_it_once(ground: Ground) {
    let events = "
        [events.slow]
        of = \"runs\"
        on = \"store failed\"
        fields = { why = \"{error_type}\" }
        [events.run]
        of = \"runs\"
        on = \"store failed\"
        fields = { id = \"{id}\" }
        ";
    let (stage, log) = stage(ground, &[BELOW, events]).await;
    let down = Faulty::of("before list files (store)", denied());
    let system = logged(stage.another(Some(down)), &log);
    stage::left(system.delete(&request("1")).await);
    let mut told = log.told();
    told.sort_by_key(Value::to_string);
    let run = |id: u64| json!({ "event": "run", "id": id });
    assert_eq!(told, [run(10), run(11), json!({ "event": "slow", "why": "denied" })]);
}
