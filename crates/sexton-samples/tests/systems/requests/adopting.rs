//! What others have left to the purge, when it comes, and what stops it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use sexton_core::audit::Act;
use sexton_core::graph;
use sexton_core::names::{Actor, ThingName, Timestamp};
use sexton_core::plan::{adopting, compile_purge};
use sexton_core::policy::{Options, Policy, RootAfter, parse};
use sexton_engine::ports::{Clock, SystemClock};
use sexton_engine::{
    DeleteRequest, HoldOn, HoldRequest, Purged, RetainRequest, Surroundings, System,
};
use sexton_testkit::interpose::{Interposed, Pauser};
use tokio::sync::watch;

use super::{batch, file, id};
use crate::place::Place;

on_both_databases!(
    sexton_samples::requests;
    r20_what_the_application_hid_is_adopted_and_purged,
    r20_what_a_deletion_has_hidden_is_not_adopted,
    r20_what_the_application_shows_again_is_not_purged,
    r20_a_hidden_row_goes_when_its_time_has_come,
    r20_rows_without_a_parent_are_garbage_where_the_policy_says_so,
    r11_work_of_a_deleted_batch_is_cancelled_at_once_if_somebody_asks,
    r27_a_worker_drains_when_its_interval_is_over_and_not_before,
    r27_a_pause_between_chunks_ends_when_somebody_stops,
    r27_who_has_paused_the_system_stops_the_purge,
    a_hold_on_what_is_hidden_stops_its_purge,
    retention_does_not_find_what_is_hidden,
);

const OCTOBER: u8 = 1;
const ENDED: u8 = 1;
const UNDER_WAY: u8 = 2;

async fn purge(system: &System) -> Purged {
    system.purge(&watch::channel(false).1).await.unwrap()
}

/// Adopts, and purges what there is then.
async fn drain(system: &System) -> Purged {
    system.adopt().await.unwrap();
    purge(system).await
}

/// A worker of another time, that drains so often.
fn worker(place: &Place, clock: &Arc<Ahead>, every_secs: i64) -> System {
    let mut policy: Policy = place.system().policy().clone();
    for purge in policy.things.iter_mut().filter_map(|thing| thing.purge.as_mut()) {
        purge.every_secs = every_secs;
    }
    let here = Surroundings { clock: clock.clone(), ..Surroundings::of_this_machine() };
    System::new(policy, place.system().database().clone(), here, None)
}

fn ledger(place: &Place, table: &str) -> String {
    format!("sexton{}{table}", if place.is_sqlite() { "_" } else { "." })
}

/// The file october and the batch that has ended, hidden by the application itself.
async fn hidden_by_the_application(place: &Place) {
    place.system().prepare().await.unwrap();
    place
        .execute(&format!(
            "UPDATE files SET deleted_at = '2026-11-01T00:00:00Z' WHERE id = '{}';
             UPDATE batches SET deleted_at = '2026-11-01T00:00:00Z' WHERE id = '{}';",
            id("f1", OCTOBER),
            id("ba", ENDED)
        ))
        .await;
}

async fn r20_what_the_application_hid_is_adopted_and_purged(place: Place) {
    hidden_by_the_application(&place).await;
    let (clock, stop) = (Arc::new(Ahead::default()), watch::channel(false).1);
    let system = worker(&place, &clock, 3_600);
    let work = async |secs| {
        clock.0.store(secs, Ordering::Relaxed);
        system.work(&stop).await.unwrap().purged
    };
    assert_eq!(work(0).await, Purged::default());
    let purged = work(3_700).await;
    assert_eq!((purged.rows, purged.ended.len(), purged.waiting), (4 + 3 + 4, 2, Vec::new()));
    let records = place.system().audit_list(100).await.unwrap();
    let told: Vec<_> = records.iter().map(|e| (e.record.act, e.record.actor.as_str())).collect();
    assert_eq!(told, [(Some(Act::Adopted), "adopted"); 2]);
    assert!(place.system().audit_verify().await.unwrap().faults.is_empty());
    let left =
        format!("SELECT count(*) FROM request_templates WHERE file_id = '{}'", id("f1", OCTOBER));
    assert_eq!(place.number(&left).await, 0);
    // The hidden rows stay, and are not found again.
    assert_eq!(work(9_000).await, Purged::default());
    assert_eq!(place.records().await, 2);
}

/// Its purge is held up by a live worker meanwhile.
async fn r20_what_a_deletion_has_hidden_is_not_adopted(place: Place) {
    let beats = if place.is_sqlite() { "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')" } else { "now()" };
    place
        .execute(&format!("UPDATE daemons SET last_heartbeat = {beats} WHERE status = 'running'"))
        .await;
    place.delete(file(OCTOBER)).await.unwrap();
    for _ in 0..2 {
        assert_eq!(drain(place.system()).await.waiting.len(), 1);
    }
    assert_eq!(place.system().statuses(100).await.unwrap().len(), 1);
}

/// Between two chunks the application has changed its mind.
async fn r20_what_the_application_shows_again_is_not_purged(place: Place) {
    hidden_by_the_application(&place).await;
    let hidden = ledger(&place, "hidden");
    let mut policy: Policy = place.system().policy().clone();
    for thing in &mut policy.things {
        if let Some(sexton_core::policy::Hide::Row(hide)) = &mut thing.hide {
            hide.undo = sexton_core::policy::Undo::Secs(3_600);
        }
    }
    let here = Surroundings::of_this_machine();
    let system = System::new(policy, place.system().database().clone(), here, None);
    assert_eq!(drain(&system).await, Purged::default());
    assert_eq!(place.number(&format!("SELECT count(*) FROM {hidden}")).await, 2);
    place.execute("UPDATE files SET deleted_at = NULL; UPDATE batches SET deleted_at = NULL").await;
    let before = place.dump().await;
    place.execute(&format!("UPDATE {hidden} SET due = 0")).await;
    assert_eq!(drain(&system).await.rows, 0);
    assert_eq!(place.dump().await, before);
}

/// Batch and template of the fourteenth request are gone; so is the file of the eighth template.
async fn r20_rows_without_a_parent_are_garbage_where_the_policy_says_so(place: Place) {
    place.system().prepare().await.unwrap();
    assert_eq!(drain(place.system()).await, Purged::default());
    let mut policy: Policy = place.system().policy().clone();
    for line in &mut policy.references {
        line.orphans = ["requests.batch_id -> batches", "request_templates.file_id -> files"]
            .contains(&line.text.as_str());
    }
    let here = Surroundings::of_this_machine();
    let system = System::new(policy, place.system().database().clone(), here, None);
    let codes: Vec<_> = system.check().await.unwrap().iter().map(|found| found.code).collect();
    assert_eq!(codes, ["C609", "C609"]);
    let twin = place.twin().await;
    twin.execute(&format!(
        "DELETE FROM response_steps WHERE id = '{}';
         DELETE FROM requests WHERE id = '{}';
         DELETE FROM request_templates WHERE id = '{}';",
        id("5e", 5),
        id("9e", 14),
        id("7e", 8)
    ))
    .await;
    let purged = drain(&system).await;
    assert_eq!((purged.rows, purged.ended.len(), purged.waiting), (3, 2, Vec::new()));
    assert_eq!(place.dump().await, twin.dump().await);
    assert_eq!(drain(&system).await, Purged::default());
    let records = system.audit_list(100).await.unwrap();
    let roots: Vec<&str> =
        records.iter().flat_map(|e| e.record.roots.all()).map(|r| &**r).collect();
    assert_eq!(roots, ["rows without a file", "rows without a batch"]);
}

/// It is hidden: whoever cancels reaches it all the same.
async fn r11_work_of_a_deleted_batch_is_cancelled_at_once_if_somebody_asks(place: Place) {
    place.delete(batch(UNDER_WAY)).await.unwrap();
    let waiting = format!(
        "SELECT count(*) FROM requests WHERE batch_id = '{}' AND state = 'pending'",
        id("ba", UNDER_WAY)
    );
    assert_eq!(place.number(&waiting).await, 1);
    let cancelled = place.system().cancel(&batch(UNDER_WAY)).await.unwrap();
    // One waits; the daemons of two others are dead.
    let stopped: u64 = cancelled.tables.iter().map(|table| table.stopped).sum();
    assert_eq!(stopped, 3);
    assert_eq!(place.number(&waiting).await, 0);
}

/// The machine's clock, so many seconds ahead.
#[derive(Default)]
struct Ahead(AtomicI64);

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus_secs(self.0.load(Ordering::Relaxed))
    }
}

async fn r27_a_worker_drains_when_its_interval_is_over_and_not_before(place: Place) {
    place.delete(batch(ENDED)).await.unwrap();
    let clock = Arc::new(Ahead::default());
    let stop = watch::channel(false).1;
    let (hourly, never) = (worker(&place, &clock, 3_600), worker(&place, &clock, 0));
    for (secs, rows) in [(0, 0), (3_000, 0), (3_700, 3 + 4), (3_800, 0)] {
        clock.0.store(secs, Ordering::Relaxed);
        assert_eq!(never.work(&stop).await.unwrap().purged, Purged::default());
        assert_eq!(hourly.work(&stop).await.unwrap().purged.rows, rows, "after {secs} s");
    }
}

/// The pause would last a minute.
async fn r27_a_pause_between_chunks_ends_when_somebody_stops(place: Place) {
    place.delete(batch(ENDED)).await.unwrap();
    let mut policy: Policy = place.system().policy().clone();
    for purge in policy.things.iter_mut().filter_map(|thing| thing.purge.as_mut()) {
        (purge.chunk_rows, purge.pause_millis) = (1, 60_000);
    }
    let (pauser, mut stops) = Pauser::at("after commit (change)");
    let database = Interposed::on(place.system().database().clone()).watched_by(pauser);
    let here = Surroundings::of_this_machine();
    let system = System::new(policy, Arc::new(database), here, None);
    let (stop, stopped) = watch::channel(false);
    let purging = tokio::spawn(async move { system.purge(&stopped).await });
    let first = stops.next().await.unwrap();
    drop(stops);
    first.go();
    stop.send(true).unwrap();
    let purged = tokio::time::timeout(Duration::from_secs(20), purging).await;
    let purged = purged.unwrap().unwrap().unwrap();
    assert_eq!((purged.chunks, purged.ended.len()), (1, 0));
}

async fn r27_who_has_paused_the_system_stops_the_purge(place: Place) {
    place.delete(batch(ENDED)).await.unwrap();
    let eve = Actor::new("eve");
    assert!(place.system().pause(None, &eve, "a move").await.unwrap());
    assert_eq!(purge(place.system()).await, Purged::default());
    assert!(place.system().resume(None, &eve, "it is over").await.unwrap());
    assert_eq!(purge(place.system()).await.rows, 3 + 4);
}

/// A lawsuit that begins after the hide.
async fn a_hold_on_what_is_hidden_stops_its_purge(place: Place) {
    place.delete(batch(ENDED)).await.unwrap();
    let lawsuit = HoldRequest {
        on: HoldOn::Root(batch(ENDED)),
        case: None,
        reason: "a lawsuit".into(),
        actor: Actor::new("eve"),
        until: None,
    };
    let hold = place.system().put_hold(&lawsuit).await.unwrap();
    let before = place.dump().await;
    let purged = purge(place.system()).await;
    let [(_, why)] = purged.waiting.as_slice() else { panic!("{purged:?}") };
    assert!(why.contains("held"), "{why}");
    assert_eq!(place.dump().await, before);
    place.system().release_hold(hold.id, &Actor::new("eve"), "over").await.unwrap();
    assert_eq!(purge(place.system()).await.rows, 3 + 4);
}

async fn retention_does_not_find_what_is_hidden(place: Place) {
    let text = include_str!("../../../../../systems/requests/policy.toml");
    let rule =
        "\n[retention.old]\nthing = \"file\"\nwhere = \"purpose = 'batch'\"\norder = \"name\"\n";
    let (policy, findings) = parse(&[text, rule].concat());
    assert_eq!(findings, []);
    let here = Surroundings::of_this_machine();
    let system = System::new(policy.unwrap(), place.system().database().clone(), here, None);
    let rule = RetainRequest {
        rule: sexton_core::names::RetentionName::new("old"),
        older_than_secs: None,
        limit: None,
        actor: Actor::new("ada"),
    };
    assert_eq!(system.look_at_retention(&rule, 0).await.unwrap().due, Some(2));
    let asked = DeleteRequest { root: file(OCTOBER), reason: None, bound_to: None };
    system.delete(&asked).await.unwrap();
    assert_eq!(system.look_at_retention(&rule, 0).await.unwrap().due, Some(1));
    let done = system.retain(&rule, &mut |_| {}).await.unwrap();
    assert_eq!((done.deleted, done.refused), (1, 0));
    let again = system.retain(&rule, &mut |_| {}).await.unwrap();
    assert_eq!((again.deleted, again.refused), (0, 0));
}

/// Somebody is silent in the middle of a chunk: it is taken back, and another purger goes on.
#[tokio::test]
async fn r28_a_chunk_that_hangs_is_taken_back_and_holds_up_nobody() {
    let place = Place::on_postgres(sexton_samples::requests()).await;
    place.delete(batch(ENDED)).await.unwrap();
    let (pauser, mut stops) = Pauser::at("before insert_purged (change)");
    let database = Interposed::on(place.system().database().clone()).watched_by(pauser);
    let policy = place.system().policy().clone();
    let system = System::new(policy, Arc::new(database), Surroundings::of_this_machine(), None);
    let system = system.with_chunk_time(Duration::from_secs(1));
    let purging = tokio::spawn(async move { purge(&system).await });
    let stop = stops.next().await.unwrap();
    let purged = tokio::time::timeout(Duration::from_secs(20), purging).await.unwrap().unwrap();
    assert_eq!((purged.rows, purged.ended.len(), purged.waiting.len()), (0, 0, 1));
    drop(stop);
    let left = format!("SELECT count(*) FROM requests WHERE batch_id = '{}'", id("ba", ENDED));
    assert_eq!(place.number(&left).await, 4);
    assert_eq!(purge(place.system()).await.rows, 3 + 4);
}

/// The lock stands right below the limit and above every row that is read: in a subquery the database
/// would not skip what others have locked (W3).
#[tokio::test]
async fn r25_the_claim_locks_what_it_returns_and_nothing_else() {
    let place = Place::on_postgres(sexton_samples::requests()).await;
    let policy = place.system().policy();
    let schema = place.system().database().schema().await.unwrap();
    let (graph, _) = graph::resolve(policy, &schema);
    for thing in ["file", "batch"] {
        let thing = ThingName::new(thing);
        let plans = compile_purge(policy, &schema, &graph, &thing, &Options::default()).unwrap();
        assert!(!plans.is_empty());
        for plan in plans {
            let claim = plan.claim.unwrap().statement;
            let nulls = vec!["NULL"; claim.binds.len()].join(", ");
            let mut session = place.postgres().session().await;
            session.execute("SET plan_cache_mode = force_generic_plan").await;
            session.execute(&format!("PREPARE claim AS {}{}", claim.sql, claim.lock)).await;
            let lines = session.query(&format!("EXPLAIN EXECUTE claim({nulls})")).await;
            let lines: Vec<String> =
                lines.into_iter().map(|mut row| row.remove(0).unwrap()).collect();
            let said = lines.join("\n");
            assert!(lines[0].starts_with("Limit"), "{said}");
            assert!(lines[1].trim_start().starts_with("->  LockRows"), "{said}");
            assert_eq!(said.matches("LockRows").count(), 1, "{said}");
        }
    }
}

/// Among many rows that live and many that were purged long ago, it reads hidden ones only.
#[tokio::test]
async fn r20_hidden_roots_are_found_by_an_index() {
    let place = Place::on_postgres(sexton_samples::requests()).await;
    place
        .execute(
            "INSERT INTO files (id, name, deleted_at)
             SELECT ('f1000000-0000-4000-8000-' || lpad((1000 + n)::text, 12, '0'))::uuid, 'long',
                CASE WHEN n % 100 = 0 THEN now() END
             FROM generate_series(1, 50000) AS n;
             INSERT INTO request_templates (id, file_id, endpoint, method, path, body, model, api_key)
             SELECT ('7e000000-0000-4000-8000-' || lpad((1000 + n)::text, 12, '0'))::uuid,
                ('f1000000-0000-4000-8000-' || lpad((1000 + n)::text, 12, '0'))::uuid,
                '/v1', 'POST', '/r', '{}', 'small', 'key'
             FROM generate_series(1, 50000) AS n WHERE n % 100 <> 0;
             ANALYZE files; ANALYZE request_templates;",
        )
        .await;
    let policy = place.system().policy();
    let schema = place.system().database().schema().await.unwrap();
    let (graph, _) = graph::resolve(policy, &schema);
    let adopting = adopting(policy, &schema, &graph, &ThingName::new("file")).unwrap();
    let mut session = place.postgres().session().await;
    session.execute(&format!("PREPARE look AS {}", adopting.statement.sql)).await;
    let lines = session.query("EXPLAIN EXECUTE look(1000)").await;
    let lines: Vec<String> = lines.into_iter().map(|mut row| row.remove(0).unwrap()).collect();
    let said = lines.join("\n");
    assert!(said.contains("files_hidden") && !said.contains("Seq Scan"), "{said}");
}

/// A policy of its own: the hidden row goes an hour after it was hidden.
async fn r20_a_hidden_row_goes_when_its_time_has_come(place: Place) {
    place.delete(batch(ENDED)).await.unwrap();
    let clock = Arc::new(Ahead::default());
    let mut policy: Policy = place.system().policy().clone();
    for purge in policy.things.iter_mut().filter_map(|thing| thing.purge.as_mut()) {
        purge.root = RootAfter::GoesAfter(3_600);
    }
    let here = Surroundings { clock: clock.clone(), ..Surroundings::of_this_machine() };
    let system = System::new(policy, place.system().database().clone(), here, None);
    let there = format!("SELECT count(*) FROM batches WHERE id = '{}'", id("ba", ENDED));
    let purged = purge(&system).await;
    assert_eq!((purged.rows, purged.ended.len(), purged.waiting.len()), (3 + 4, 0, 1));
    assert_eq!(place.number(&there).await, 1);
    clock.0.store(3_700, Ordering::Relaxed);
    let purged = purge(&system).await;
    assert_eq!((purged.ended.len(), place.number(&there).await), (1, 0));
}
