//! Hooks: who is told of rows that go, of what, and when.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use sexton_core::lifecycle::State;
use sexton_core::names::{Actor, ThingName};
use sexton_core::preview::{CallMoment, Count, HookCalls};
use sexton_engine::ports::{Answer, Arg, Mode, Query};
use sexton_engine::{
    Budget, Caller, DeleteError, DeleteRequest, EngineError, Root, RootKey, System, commit_in,
};
use sexton_testkit::interpose::{Interposed, Recorder};
use sexton_testkit::random::ground::Ground;
use tokio::sync::{mpsc, watch};

use crate::place::Place;
pub use log::Log;
pub use outside::Outside;

const SCRIPT: &str = "
    CREATE TABLE orgs (id INTEGER PRIMARY KEY, slug TEXT);
    CREATE TABLE projects (id INTEGER PRIMARY KEY, org_id INTEGER REFERENCES orgs (id));
    CREATE TABLE builds (id INTEGER PRIMARY KEY, project_id INTEGER REFERENCES projects (id),
        name TEXT, is_open INTEGER NOT NULL, size REAL);
    CREATE TABLE pins (id INTEGER PRIMARY KEY, build_id INTEGER);
    CREATE INDEX a ON projects (org_id);
    CREATE INDEX b ON builds (project_id);
    CREATE INDEX c ON pins (build_id);
    INSERT INTO orgs VALUES (1, 'it''s ä'), (2, 'b');
    INSERT INTO projects VALUES (10, 1), (11, 1), (20, 2);
    INSERT INTO builds VALUES (100, 10, 'first', 1, 0.5), (101, 10, NULL, 0, 2), (110, 11, 'x', 0, 1),
        (200, 20, 'y', 1, 1);
    INSERT INTO pins VALUES (7, 100);";

const LINES: &str = "
    system = \"builds\"
    [things.org]
    row = \"orgs.id\"
    [references]
    \"projects.org_id -> orgs\" = \"delete\"
    \"builds.project_id -> projects\" = \"delete\"
    \"pins.build_id -> builds\" = \"unlink\"
    ";

const TELL: &str = "
    [hooks.tell]
    of = \"builds\"
    call = \"env:TELL\"
    body = { id = \"{id}\", org = \"{project_id.org_id.slug}\" }
    ";

/// Makes a test of each function for each database.
macro_rules! on_both_databases {
    ($($test:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $test() {
                super::$test(sexton_testkit::random::ground::Ground::sqlite().await).await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test]
            async fn $test() {
                super::$test(sexton_testkit::random::ground::Ground::postgres().await).await;
            })*
        }
    };
}

mod events;
pub mod log;
mod notify;
pub mod outside;

on_both_databases!(
    somebody_is_told_of_rows_as_they_were,
    rows_are_put_together_into_calls,
    a_condition_tells_of_some_rows_and_may_name_others_that_go,
    nobody_is_told_while_an_optional_variable_is_not_set,
    a_variable_that_is_not_set_refuses_and_changes_nothing,
    a_dead_endpoint_does_not_keep_the_rows,
    a_call_is_tried_again_under_its_key,
    one_that_refuses_keeps_no_other_waiting,
    who_wants_no_more_calls_ends_them,
    a_call_before_is_made_while_the_rows_are_there,
    a_call_before_that_fails_deletes_nothing,
    a_row_that_comes_in_between_is_called_for,
    nobody_is_called_for_what_is_refused,
    inside_anothers_transaction_nobody_is_called_before,
    inside_anothers_transaction_calls_are_stored,
    a_worker_that_is_stopped_begins_no_call,
    a_preview_tells_who_will_be_called_and_how_often,
);

/// A system with these hooks, and whoever is outside.
struct Stage {
    place: Place,
    system: System,
    outside: Arc<Outside>,
}

impl Stage {
    async fn new(ground: Ground, hooks: &str, outside: Outside) -> Self {
        let mut place = Place::on(ground).await;
        let outside = Arc::new(outside);
        let policy = [LINES, hooks].concat();
        let system = place.renew_with(SCRIPT, &policy).await.expect("the database answers");
        let system = system.with_caller(outside.clone());
        Self { place, system, outside }
    }

    async fn delete(&self, org: &str) -> Result<sexton_core::audit::Receipt, DeleteError> {
        self.system.delete(&request(org)).await
    }

    async fn write(&self, sql: &str) {
        write(&self.system, sql).await;
    }

    async fn count(&self, table: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        let mut tx = self.system.database().begin(Mode::Keep).await.expect("it answers");
        let query = Query { label: "count", sql: &sql, general: false, args: Vec::<Arg>::new() };
        let rows = tx.rows(query).await.expect("it answers");
        tx.rollback().await.expect("it answers");
        rows[0][0].as_integer().expect("a count is a number")
    }

    /// What was said by one hook.
    fn said(&self, hook: &str) -> Vec<Value> {
        let said = self.outside.said().into_iter();
        said.filter(|(by, _)| by == hook).map(|(_, body)| body).collect()
    }

    /// The name of one of Sexton's own tables here.
    fn own(&self, table: &str) -> String {
        match self.place.ground.dialect() {
            sexton_core::schema::Dialect::Postgres => format!("sexton.{table}"),
            sexton_core::schema::Dialect::Sqlite => format!("sexton_{table}"),
        }
    }

    /// Lets whatever failed be due now.
    async fn time_goes_by(&self) {
        let table = self.own("intents");
        self.write(&format!("UPDATE {table} SET next_try = not_before")).await;
    }

    async fn state(&self) -> State {
        self.system.statuses(1).await.expect("it answers")[0].row.state
    }
}

async fn write(system: &System, sql: &str) {
    let mut tx = system.database().begin(Mode::Keep).await.expect("it answers");
    let query = Query { label: "write", sql, general: false, args: Vec::<Arg>::new() };
    tx.run(query).await.expect("it answers");
    tx.commit().await.expect("it answers");
}

fn request(org: &str) -> DeleteRequest {
    let root = Root {
        thing: ThingName::new("org"),
        key: RootKey::Id(org.into()),
        options: BTreeMap::new(),
        caller: Caller::operator(Actor::new("ada")),
    };
    DeleteRequest { root, reason: None, bound_to: None }
}

fn refused() -> Answer {
    Answer::Refused { reason: "it answered 404".into() }
}

fn later() -> Answer {
    Answer::Later { reason: "it answered 500".into(), after: None }
}

/// A receiver of `stop` that never says so.
fn never() -> watch::Receiver<bool> {
    watch::channel(false).1
}

async fn somebody_is_told_of_rows_as_they_were(ground: Ground) {
    let hook = "
        [hooks.tell]
        of = \"builds\"
        call = \"env:TELL\"
        body = { id = \"{id}\", name = \"{name}\", path = \"{project_id.org_id.slug}/{id}\", none = \"{name}!\",
            \"gone?\" = \"{name}\", open = \"{is_open|bool}\", size = \"{size}\", by = \"{actor}\", what = \"{thing}\", n = 1 }";
    let stage = Stage::new(ground, hook, Outside::default()).await;
    let receipt = stage.delete("1").await.expect("nobody is in the way");
    let said = stage.said("tell");
    let of = |id: u64, name: Value, open: bool, size: Value| {
        let none = name.as_str().map(|name| format!("{name}!"));
        let mut said = json!({
            "id": id, "name": name, "path": format!("it's ä/{id}"), "none": none, "gone": name,
            "open": open, "size": size, "by": "ada", "what": "org", "n": 1,
        });
        if name.is_null() {
            said.as_object_mut().expect("it is a table").shift_remove("gone");
        }
        said
    };
    let sized = |size: &Value| size.as_f64();
    let mut sorted = said.clone();
    sorted.sort_by_key(|body| body["id"].as_u64());
    for (found, expected) in sorted.iter().zip([
        of(100, "first".into(), true, json!(0.5)),
        of(101, Value::Null, false, json!(2.0)),
        of(110, "x".into(), false, json!(1.0)),
    ]) {
        let without = |body: &Value| {
            let mut body = body.clone();
            body.as_object_mut().expect("it is a table").shift_remove("size");
            body
        };
        assert_eq!(without(found), without(&expected));
        assert_eq!(sized(&found["size"]), sized(&expected["size"]));
    }
    assert_eq!(said.len(), 3);
    assert_eq!(receipt.record.promised, BTreeMap::from([("tell".to_owned(), 3)]));
    let taken = BTreeMap::from([("taken".to_owned(), 3)]);
    assert_eq!(receipt.called, BTreeMap::from([("tell".to_owned(), taken)]));
    assert_eq!(stage.state().await, State::Complete);
    assert_eq!(stage.system.audit_verify().await.expect("it answers").faults, []);
}

async fn rows_are_put_together_into_calls(ground: Ground) {
    let hook = "
        [hooks.tell]
        of = \"builds\"
        call = \"env:TELL\"
        body = \"{id}\"
        batch = { by = \"{project_id}\", max = 2 }";
    let stage = Stage::new(ground, hook, Outside::default()).await;
    stage.write("INSERT INTO builds VALUES (102, 10, 'third', 0, 1)").await;
    stage.delete("1").await.expect("nobody is in the way");
    let mut said = stage.said("tell");
    said.sort_by_key(|body| body[0].as_u64());
    assert_eq!(said, [json!([100, 101]), json!([102]), json!([110])]);
}

async fn a_condition_tells_of_some_rows_and_may_name_others_that_go(ground: Ground) {
    let hooks = "
        [hooks.open]
        of = \"builds\"
        where = \"is_open = 1 and project_id in ({going.projects})\"
        call = \"env:TELL\"
        body = \"{id}\"
        [hooks.kept]
        of = \"builds\"
        where = \"id not in ({going.builds}) or project_id in ({going.pins})\"
        call = \"env:TELL\"
        body = \"{id}\"";
    let stage = Stage::new(ground, hooks, Outside::default()).await;
    stage.delete("1").await.expect("nobody is in the way");
    assert_eq!(stage.outside.said(), [("open".to_owned(), json!(100))]);
}

async fn nobody_is_told_while_an_optional_variable_is_not_set(ground: Ground) {
    let outside = Outside { unset: vec!["TELL"], ..Outside::default() };
    let hooks = TELL.replace("env:TELL", "env:TELL?");
    let mut stage = Stage::new(ground, &hooks, outside).await;
    let recorder = Arc::new(Recorder::default());
    let watched = Interposed::on(stage.system.database().clone()).watched_by(recorder.clone());
    let surroundings = crate::surroundings::of_a_test();
    let policy = stage.system.policy().clone();
    stage.system = System::new(policy, Arc::new(watched), surroundings, None)
        .with_caller(stage.outside.clone());
    stage.delete("1").await.expect("nobody is in the way");
    assert_eq!(stage.outside.said(), []);
    assert_eq!(stage.state().await, State::Complete);
    // Nothing is asked for what is not promised.
    let points = recorder.points();
    let asked = points.iter().filter(|point| point.contains("intent") || point.contains("hook"));
    assert_eq!(asked.filter(|point| !point.contains("(look)")).count(), 0, "{points:#?}");
}

async fn a_variable_that_is_not_set_refuses_and_changes_nothing(ground: Ground) {
    let outside = Outside { unset: vec!["TELL"], ..Outside::default() };
    let stage = Stage::new(ground, TELL, outside).await;
    match stage.delete("1").await {
        Err(DeleteError::Engine(EngineError::Policy(findings))) => {
            assert_eq!(findings.iter().map(|finding| finding.code).collect::<Vec<_>>(), ["C199"]);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(stage.count("builds").await, 4);
    let told = stage.system.check().await.expect("it answers");
    assert!(told.iter().any(|finding| finding.code == "C199"), "{told:?}");
}

async fn a_dead_endpoint_does_not_keep_the_rows(ground: Ground) {
    let stage = Stage::new(ground, TELL, Outside::that_answers("tell", [refused()])).await;
    let (open, failing) = match stage.delete("2").await {
        Err(DeleteError::Unreaped { open, failing, .. }) => (open, failing),
        other => panic!("{other:?}"),
    };
    assert_eq!((open, failing.len()), (1, 1));
    assert_eq!(failing[0].reason.as_deref(), Some("it answered 404"));
    assert_eq!((stage.count("orgs").await, stage.count("builds").await), (1, 3));
    assert_eq!(stage.state().await, State::Committed);

    // What is not due is left alone, and nobody calls it complete.
    let worked = stage.system.work(&never()).await.expect("it answers");
    assert_eq!((worked.ended, worked.settled), (0, vec![]));
    assert_eq!(stage.system.settle().await.expect("it answers"), []);
    assert_eq!(stage.state().await, State::Committed);

    stage.outside.mend();
    stage.time_goes_by().await;
    let worked = stage.system.work(&never()).await.expect("it answers");
    assert_eq!((worked.ended, worked.settled.len()), (1, 1));
    assert_eq!(stage.state().await, State::Complete);
    let keys = stage.outside.keys();
    assert!(keys.len() == 2 && keys[0] == keys[1], "{keys:?}");
    let latest = stage.system.statuses(1).await.expect("it answers");
    let receipt = latest[0].row.receipt.as_deref().expect("it is complete");
    assert!(receipt.contains("\"called\":{\"tell\":{\"taken\":1}}"), "{receipt}");
}

async fn a_call_is_tried_again_under_its_key(ground: Ground) {
    let answers = [later(), Answer::Taken];
    let stage = Stage::new(ground, TELL, Outside::that_answers("tell", answers)).await;
    stage.delete("2").await.expect("the second try is taken");
    let keys = stage.outside.keys();
    assert!(keys.len() == 2 && keys[0] == keys[1], "{keys:?}");
    let said = stage.said("tell");
    assert_eq!(said[0], said[1]);
}

async fn one_that_refuses_keeps_no_other_waiting(ground: Ground) {
    let hooks = [TELL, &TELL.replace("hooks.tell", "hooks.poison")].concat();
    let stage = Stage::new(ground, &hooks, Outside::that_answers("poison", [refused()])).await;
    stage.write("INSERT INTO builds SELECT id + 1000, 20, 'many', 0, 1 FROM builds").await;
    match stage.delete("2").await {
        Err(DeleteError::Unreaped { open, failing, .. }) => {
            assert_eq!(open, 5);
            assert!(failing.iter().all(|call| call.rule == "poison"), "{failing:?}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(stage.said("tell").len(), 5);
}

async fn who_wants_no_more_calls_ends_them(ground: Ground) {
    let stage = Stage::new(ground, TELL, Outside::that_answers("tell", [Answer::Gone])).await;
    let receipt = stage.delete("2").await.expect("410 ends a call");
    let gone = BTreeMap::from([("gone".to_owned(), 1)]);
    assert_eq!(receipt.called, BTreeMap::from([("tell".to_owned(), gone)]));
}

async fn a_preview_tells_who_will_be_called_and_how_often(ground: Ground) {
    let other = |name: &str, more: &str| [&TELL.replace("hooks.tell", name), more].concat();
    let hooks = [
        before(),
        other("hooks.open", "where = \"is_open = 1\"\n"),
        other("hooks.batched", "batch = { by = \"{project_id.org_id}\", max = 2 }\n"),
        other("hooks.apart", "batch = { by = \"{project_id}\", max = 2 }\nwhere = \"id > 100\"\n"),
        other("hooks.nobody", "where = \"id > 1000\"\n"),
        other("hooks.unset", "").replace("env:TELL", "env:UNSET?"),
    ];
    let outside = Outside { unset: vec!["UNSET"], ..Outside::default() };
    let stage = Stage::new(ground, &hooks.concat(), outside).await;
    stage.write("INSERT INTO builds SELECT id + 2, 10, 'more', 0, 1 FROM builds").await;
    let before = stage.count("builds").await;
    let preview = stage.system.preview(&request("1").root, Budget::default()).await;
    let calls = preview.expect("it is there").calls;
    assert_eq!((stage.count("builds").await, stage.outside.said().len()), (before, 0));
    let told = |calls: &HookCalls| match calls.calls {
        Count::Exact(times) => (calls.hook.clone(), calls.when, times),
        other => panic!("{other:?}"),
    };
    let told: Vec<_> = calls.iter().map(told).collect();
    stage.delete("1").await.expect("nobody is in the way");
    let made = |hook: &str, when| {
        (hook.to_owned(), when, u64::try_from(stage.said(hook).len()).expect("they are few"))
    };
    let expected = [
        made("tell", CallMoment::Before),
        made("open", CallMoment::After),
        made("batched", CallMoment::After),
        made("apart", CallMoment::After),
    ];
    assert_eq!(told, expected);
    let times: Vec<u64> = expected.iter().map(|(.., times)| *times).collect();
    assert_eq!(times, [7, 1, 4, 4]);
}

fn before() -> String {
    [TELL, "before = true\n"].concat()
}

async fn a_call_before_is_made_while_the_rows_are_there(ground: Ground) {
    let (told, mut calls) = mpsc::channel(1);
    let outside = Outside { told: Some(told), ..Outside::default() };
    let stage = Arc::new(Stage::new(ground, &before(), outside).await);
    let deleting = tokio::spawn({
        let stage = stage.clone();
        async move { stage.delete("2").await }
    });
    let go = calls.recv().await.expect("somebody is called");
    assert_eq!((stage.count("builds").await, stage.count("orgs").await), (4, 2));
    go.send(()).expect("the call waits");
    let receipt = deleting.await.expect("no panic").expect("the call was taken");
    assert_eq!(stage.count("builds").await, 3);
    assert_eq!(stage.said("tell").len(), 1);
    // Nothing was stored of it.
    assert_eq!((receipt.record.promised.len(), receipt.called.len()), (0, 0));
}

async fn a_call_before_that_fails_deletes_nothing(ground: Ground) {
    let stage = Stage::new(ground, &before(), Outside::that_answers("tell", [later()])).await;
    match stage.delete("1").await {
        Err(DeleteError::Untaken { hook, reason }) => {
            assert_eq!((hook.as_str(), reason.as_str()), ("tell", "it answered 500"));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!((stage.count("builds").await, stage.count("orgs").await), (4, 2));
    assert_eq!(stage.state().await, State::Refused);
    // No second try: the person who asked decides.
    assert!(stage.outside.calls.lock().expect("nobody panics with it").len() <= 3);
}

async fn a_row_that_comes_in_between_is_called_for(ground: Ground) {
    let (told, mut calls) = mpsc::channel(1);
    let outside = Outside { told: Some(told), ..Outside::default() };
    let stage = Arc::new(Stage::new(ground, &before(), outside).await);
    let deleting = tokio::spawn({
        let stage = stage.clone();
        async move { stage.delete("2").await }
    });
    let first = calls.recv().await.expect("somebody is called");
    stage.write("INSERT INTO builds VALUES (201, 20, 'late', 0, 1)").await;
    first.send(()).expect("the call waits");
    let second = calls.recv().await.expect("the late row is called for");
    assert_eq!(stage.count("builds").await, 5);
    second.send(()).expect("the call waits");
    deleting.await.expect("no panic").expect("both calls were taken");
    let ids: Vec<Value> = stage.said("tell").iter().map(|body| body["id"].clone()).collect();
    assert_eq!(ids, [json!(200), json!(201)]);
    assert_eq!(stage.count("builds").await, 3);
}

async fn nobody_is_called_for_what_is_refused(ground: Ground) {
    let hooks =
        [before(), "[things.held]\nlike = \"org\"\nrefuse = { \"1 = 1\" = \"Never.\" }".into()];
    let stage = Stage::new(ground, &hooks.concat(), Outside::default()).await;
    let mut held = request("1");
    held.root.thing = ThingName::new("held");
    assert!(matches!(stage.system.delete(&held).await, Err(DeleteError::Refused(_))));
    assert_eq!(stage.outside.said(), []);
}

async fn inside_anothers_transaction_nobody_is_called_before(ground: Ground) {
    let stage = Stage::new(ground, &before(), Outside::default()).await;
    stage.system.prepare().await.expect("it answers");
    let mut tx = stage.system.database().begin(Mode::Change).await.expect("it answers");
    let refused = commit_in(&stage.system, tx.as_mut(), &request("1")).await;
    tx.rollback().await.expect("it answers");
    assert!(matches!(refused, Err(DeleteError::Untaken { .. })), "{refused:?}");
    assert_eq!(stage.outside.said(), []);
}

async fn inside_anothers_transaction_calls_are_stored(ground: Ground) {
    let stage = Stage::new(ground, TELL, Outside::default()).await;
    stage.system.prepare().await.expect("it answers");
    let mut tx = stage.system.database().begin(Mode::Change).await.expect("it answers");
    let committed = commit_in(&stage.system, tx.as_mut(), &request("1")).await;
    assert_eq!(committed.expect("nobody is in the way").promised, 3);
    tx.commit().await.expect("it answers");
    assert_eq!(stage.outside.said(), []);
    let worked = stage.system.work(&never()).await.expect("it answers");
    assert_eq!((worked.ended, worked.settled.len()), (3, 1));
    assert_eq!(stage.state().await, State::Complete);
}

async fn a_worker_that_is_stopped_begins_no_call(ground: Ground) {
    let stage = Stage::new(ground, TELL, Outside::that_answers("tell", [refused()])).await;
    assert!(matches!(stage.delete("2").await, Err(DeleteError::Unreaped { .. })));
    stage.time_goes_by().await;
    let (_stopping, stop) = watch::channel(true);
    let worked = stage.system.work(&stop).await.expect("it answers");
    assert_eq!(worked, sexton_engine::Worked::default());
    assert_eq!(stage.outside.keys().len(), 1);
}
