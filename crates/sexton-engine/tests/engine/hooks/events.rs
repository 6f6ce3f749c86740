//! Events: lines of the log about what was deleted, or was not.

use std::sync::Arc;

use serde_json::{Value, json};
use sexton_core::lifecycle::State;
use sexton_engine::ports::Mode;
use sexton_engine::{Budget, DeleteError, RootKey, System, commit_in};
use sexton_testkit::random::ground::Ground;

use super::log::Log;
use super::outside::Outside;
use super::{Stage, TELL, refused, request};

const EVENTS: &str = "
    [guards.pinned]
    of = \"builds\"
    rows = \"pins p\"
    link = \"p.build_id = builds.id and p.id > 100\"
    say = \"{count} pins: {names}\"
    [events.org_deleted]
    of = \"org\"
    on = \"committed\"
    fields = { id = \"{id}\", slug = \"{row.slug}\", builds = \"{rows.builds}\", by = \"{actor}\", \"none?\" = \"{rows.pins}\" }
    [events.\"build.deleted\"]
    of = \"org.builds\"
    on = \"reaped or waited\"
    where = \"is_open = 1\"
    fields = { id = \"{id}\", org = \"{project_id.org_id.slug}\" }
    [events.all_done]
    of = \"org\"
    on = \"reaped\"
    fields = { id = \"{id}\" }
    [events.pinned]
    of = \"org\"
    on = \"refused by pinned\"
    fields = { id = \"{id}\", pins = \"{count}\", names = \"{names}\", why = \"{message}\", build = \"{subject.id}\", \"called?\" = \"{subject.name}\" }
    [events.untouched]
    of = \"org\"
    on = \"refused\"
    fields = { id = \"{id}\" }
    [events.broken]
    of = \"orgs\"
    on = \"failed\"
    fields = { id = \"{id}\", what = \"{thing}\", event = \"another\" }
    ";

on_both_databases!(
    a_deletion_tells_of_itself_and_of_its_rows,
    each_of_several_roots_is_told_of,
    what_is_told_last_waits_for_calls,
    a_refusal_is_told_with_who_refuses,
    a_refusal_that_a_preview_found_is_kept_and_told_as_if_it_had_been_tried,
    a_failure_is_told,
    what_another_left_is_told_by_whoever_settles,
    a_log_that_cannot_be_written_keeps_the_deletion_open,
    without_a_log_nothing_is_stored,
);

async fn stage(ground: Ground, hooks: &str, outside: Outside) -> (Stage, Arc<Log>) {
    let log = Arc::new(Log::default());
    let stage = Stage::new(ground, &[hooks, EVENTS].concat(), outside).await;
    let logged = |system: System| system.with_log(log.clone());
    (Stage { system: logged(stage.system), ..stage }, log)
}

fn org_deleted() -> Value {
    json!({ "event": "org_deleted", "id": 1, "slug": "it's ä", "builds": 3, "by": "ada" })
}

fn build_deleted() -> Value {
    json!({ "event": "build.deleted", "id": 100, "org": "it's ä" })
}

fn all_done() -> Value {
    json!({ "event": "all_done", "id": 1 })
}

async fn a_deletion_tells_of_itself_and_of_its_rows(ground: Ground) {
    let (stage, log) = stage(ground, "", Outside::default()).await;
    let receipt = stage.delete("1").await.expect("nobody is in the way");
    assert_eq!(log.told(), [org_deleted(), build_deleted(), all_done()]);
    assert_eq!(receipt.record.events.values().sum::<u64>(), 3);
    assert_eq!(stage.count(&stage.own("intents")).await, 0);
}

async fn each_of_several_roots_is_told_of(ground: Ground) {
    let (stage, log) = stage(ground, "", Outside::default()).await;
    let mut both = request("1");
    both.root.key = RootKey::Ids(vec!["2".into(), "1".into()]);
    stage.system.delete(&both).await.expect("nobody is in the way");
    let told = log.told().into_iter().filter(|line| line["event"] == "org_deleted");
    let told: Vec<Value> = told.map(|line| json!([line["id"], line["slug"]])).collect();
    assert_eq!(told, [json!([1, "it's ä"]), json!([2, "b"])]);
}

async fn what_is_told_last_waits_for_calls(ground: Ground) {
    let outside = Outside::that_answers("tell", [refused()]);
    let (stage, log) = stage(ground, TELL, outside).await;
    assert!(matches!(stage.delete("1").await, Err(DeleteError::Unreaped { .. })));
    assert_eq!(log.told(), [org_deleted(), build_deleted()]);
    stage.outside.mend();
    stage.time_goes_by().await;
    stage.system.work(&super::never()).await.expect("it answers");
    assert_eq!(log.told(), [org_deleted(), build_deleted(), all_done()]);
    assert_eq!(stage.state().await, State::Complete);
}

async fn a_refusal_is_told_with_who_refuses(ground: Ground) {
    let (stage, log) = stage(ground, "", Outside::default()).await;
    // One pin that stays refuses; it is not the closure's, since its build is named by the guard.
    stage.write("INSERT INTO pins VALUES (700, 100)").await;
    assert!(matches!(stage.delete("1").await, Err(DeleteError::Refused(_))));
    assert_eq!(log.told(), pinned());
}

/// What is told of a deletion that a pin on the first build refuses.
fn pinned() -> [Value; 2] {
    let why = "refused: 1 pins: 700";
    [
        json!({
            "event": "pinned", "id": "1", "pins": 1, "names": "700", "why": why, "build": "100",
            "called": "first",
        }),
        json!({ "event": "untouched", "id": "1" }),
    ]
}

async fn a_refusal_that_a_preview_found_is_kept_and_told_as_if_it_had_been_tried(ground: Ground) {
    let (stage, log) = stage(ground, "", Outside::default()).await;
    stage.write("INSERT INTO pins VALUES (700, 100)").await;
    let asked = request("1");
    let preview = stage.system.preview(&asked.root, Budget::default()).await;
    let blockers = preview.expect("it is there").blockers;
    assert_eq!(log.told(), [] as [Value; 0]);
    stage.system.refuse(&asked, &blockers).await.expect("it answers");
    assert_eq!(log.told(), pinned());
    assert_eq!(stage.state().await, State::Refused);
    assert_eq!((stage.count("orgs").await, stage.count(&stage.own("audit")).await), (2, 0));
}

async fn a_failure_is_told(ground: Ground) {
    let before = [TELL, "before = true\n"].concat();
    let (stage, log) = stage(ground, &before, Outside::that_answers("tell", [refused()])).await;
    assert!(matches!(stage.delete("2").await, Err(DeleteError::Untaken { .. })));
    assert_eq!(log.told(), [json!({ "event": "broken", "id": "2", "what": "org" })]);
}

async fn what_another_left_is_told_by_whoever_settles(ground: Ground) {
    let (stage, log) = stage(ground, "", Outside::default()).await;
    stage.system.prepare().await.expect("it answers");
    let mut tx = stage.system.database().begin(Mode::Change).await.expect("it answers");
    commit_in(&stage.system, tx.as_mut(), &request("1")).await.expect("nobody is in the way");
    assert_eq!(log.told(), [] as [Value; 0]);
    tx.commit().await.expect("it answers");
    assert_eq!(stage.system.settle().await.expect("it answers").len(), 1);
    assert_eq!(log.told(), [org_deleted(), build_deleted(), all_done()]);
}

async fn a_log_that_cannot_be_written_keeps_the_deletion_open(ground: Ground) {
    let (stage, log) = stage(ground, "", Outside::default()).await;
    log.fill();
    assert!(matches!(stage.delete("1").await, Err(DeleteError::Unfinished { .. })));
    assert_eq!((stage.count("orgs").await, stage.state().await), (1, State::Committed));
    log.empty();
    let deletions = stage.own("deletions");
    stage.write(&format!("UPDATE {deletions} SET leased_until = 0")).await;
    stage.system.settle().await.expect("it answers");
    assert_eq!(log.told(), [org_deleted(), build_deleted(), all_done()]);
    assert_eq!(stage.state().await, State::Complete);
}

async fn without_a_log_nothing_is_stored(ground: Ground) {
    let stage = Stage::new(ground, EVENTS, Outside::default()).await;
    let receipt = stage.delete("1").await.expect("nobody is in the way");
    assert!(receipt.record.events.is_empty());
}
