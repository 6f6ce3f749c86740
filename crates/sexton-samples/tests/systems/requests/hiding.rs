//! The contract's lines on hiding and purging.

use std::sync::Arc;

use sexton_core::lifecycle::State;
use sexton_core::names::{Actor, DeletionId};
use sexton_core::plan::Way;
use sexton_core::policy::{Hide, Policy, Undo};
use sexton_engine::ports::Database;
use sexton_engine::{DeleteError, DeleteRequest, Purged, Restored, Root, Surroundings, System};
use sexton_testkit::dump::Dump;
use sexton_testkit::interpose::{Interposed, Pauser, Watcher};
use tokio::sync::watch;

use super::{batch, file, id};
use crate::place::Place;

on_both_databases!(
    sexton_samples::requests;
    r1_r5_a_hidden_file_cancels_its_batches_and_is_marked,
    r2_hiding_reads_nothing_of_what_hangs_below,
    r3_what_is_hidden_is_missing,
    r9_r10_r12_a_hidden_batch_takes_its_downloads_with_it,
    r15_nobody_attaches_to_what_is_hidden,
    r20_r21_a_purge_takes_what_hangs_below_and_a_second_finds_nothing,
    r20_r23_templates_go_and_results_stay,
    r22_a_chunk_is_of_a_few_rows_of_a_table,
    r29_a_purge_says_what_it_has_removed,
    r30_no_column_keeps_the_text_of_a_purged_batch_or_file,
    what_is_hidden_can_be_deleted_for_good,
    what_was_hidden_is_restored_exactly_and_alone,
    what_somebody_changed_since_is_not_restored,
    what_is_being_purged_is_not_restored,
    what_the_policy_keeps_no_undo_of_is_not_restored,
);

const OCTOBER: u8 = 1;
const RESULTS: u8 = 3;
const ERRORS: u8 = 4;
const ENDED: u8 = 1;
const UNDER_WAY: u8 = 2;

/// The file october, hidden by hand.
fn hidden_by_hand(batch_stamp: &str, file_stamp: &str) -> String {
    let (file, under_way) = (id("f1", OCTOBER), id("ba", UNDER_WAY));
    format!(
        "UPDATE batches SET cancelling_at = '{batch_stamp}', cancelled_at = '{batch_stamp}'
         WHERE id = '{under_way}';
         UPDATE batches SET file_id = NULL WHERE file_id = '{file}';
         UPDATE files SET deleted_at = '{file_stamp}', status = 'deleted', name = '',
            description = NULL
         WHERE id = '{file}';"
    )
}

pub(super) async fn stamp(place: &Place, table: &str, id: &str, column: &str) -> String {
    let asked = format!("SELECT {column} FROM {table} WHERE id = '{id}'");
    place.column(&asked).await.remove(0).unwrap()
}

async fn october_hidden_by_hand(place: &Place) -> String {
    let of_batch = stamp(place, "batches", &id("ba", UNDER_WAY), "cancelled_at").await;
    let of_file = stamp(place, "files", &id("f1", OCTOBER), "deleted_at").await;
    hidden_by_hand(&of_batch, &of_file)
}

/// The system as it is, but with chunks of this size and no pause between them.
pub(super) fn chunked(place: &Place, rows: u64) -> System {
    chunked_on(place, place.system().database().clone(), rows)
}

pub(super) fn chunked_on(place: &Place, database: Arc<dyn Database>, rows: u64) -> System {
    let mut policy: Policy = place.system().policy().clone();
    for purge in policy.things.iter_mut().filter_map(|thing| thing.purge.as_mut()) {
        (purge.chunk_rows, purge.pause_millis) = (rows, 0);
    }
    System::new(policy, database, Surroundings::of_this_machine(), None)
}

pub(super) async fn purge(system: &System) -> Purged {
    system.purge(&watch::channel(false).1).await.unwrap()
}

pub(super) type PurgeUnderWay = tokio::task::JoinHandle<Result<Purged, DeleteError>>;

/// A purge whose calls somebody watches.
pub(super) fn purging(place: &Place, rows: u64, watcher: Arc<dyn Watcher>) -> PurgeUnderWay {
    let database = Interposed::on(place.system().database().clone()).watched_by(watcher);
    let system = chunked_on(place, Arc::new(database), rows);
    tokio::spawn(async move { system.purge(&watch::channel(false).1).await })
}

async fn r1_r5_a_hidden_file_cancels_its_batches_and_is_marked(place: Place) {
    let receipt = place.delete(file(OCTOBER)).await.unwrap();
    assert_eq!(receipt.record.changed["batches.file_id -> files"], 3);
    assert_eq!((receipt.rows(), receipt.record.hidden["file"]), (0, 1));
    let twin = place.twin().await;
    twin.execute(&october_hidden_by_hand(&place).await).await;
    assert_eq!(place.dump().await, twin.dump().await);
}

/// Its cost cannot grow with what it does not ask for.
async fn r2_hiding_reads_nothing_of_what_hangs_below(place: Place) {
    for thing in ["file", "batch"] {
        let plan = place.plan_to(thing, Way::Hide).await;
        let asked: Vec<String> = plan.statements().map(|s| s.table.to_string()).collect();
        assert!(!asked.is_empty());
        let only = |table: &String| ["files", "batches"].contains(&table.as_str());
        assert!(asked.iter().all(only), "{asked:?}");
        let said = plan.statements().map(|s| s.sql.as_str()).collect::<String>();
        assert!(!said.contains("\"request"), "{said}");
    }
}

async fn r3_what_is_hidden_is_missing(place: Place) {
    for root in [file(OCTOBER), batch(UNDER_WAY)] {
        place.delete(root.clone()).await.unwrap();
        place.does_not_find(root).await;
    }
    assert_eq!(place.records().await, 2);
}

async fn r9_r10_r12_a_hidden_batch_takes_its_downloads_with_it(place: Place) {
    let receipt = place.delete(batch(ENDED)).await.unwrap();
    let hidden = &receipt.record.hidden;
    assert_eq!((hidden["batch"], hidden["file"]), (1, 2));
    let (results, errors) = (id("f1", RESULTS), id("f1", ERRORS));
    let of_batch = stamp(&place, "batches", &id("ba", ENDED), "deleted_at").await;
    let of_file = stamp(&place, "files", &results, "deleted_at").await;
    let twin = place.twin().await;
    twin.execute(&format!(
        "UPDATE batches SET deleted_at = '{of_batch}', metadata = NULL, api_key = NULL
         WHERE id = '{}';
         UPDATE files SET deleted_at = '{of_file}', status = 'deleted', name = '',
            description = NULL
         WHERE id IN ('{results}', '{errors}');",
        id("ba", ENDED)
    ))
    .await;
    assert_eq!(place.dump().await, twin.dump().await);
}

async fn r15_nobody_attaches_to_what_is_hidden(place: Place) {
    place.delete(file(OCTOBER)).await.unwrap();
    place.delete(batch(UNDER_WAY)).await.unwrap();
    let template = format!(
        "INSERT INTO request_templates (id, file_id, endpoint, method, path, body, model, api_key)
         VALUES ('{}', '{}', '/v1', 'POST', '/r', 'late', 'small', 'key')",
        id("7e", 90),
        id("f1", OCTOBER)
    );
    place.refuses_writer(&template).await;
    let request = |batch: u8| {
        format!(
            "INSERT INTO requests (id, batch_id, state, model)
             VALUES ('{}', '{}', 'pending', 'm')",
            id("9e", 90),
            id("ba", batch)
        )
    };
    place.refuses_writer(&request(UNDER_WAY)).await;
    let moved = format!(
        "UPDATE requests SET batch_id = '{}' WHERE id = '{}'",
        id("ba", UNDER_WAY),
        id("9e", 10)
    );
    place.refuses_writer(&moved).await;
    // Elsewhere rows are attached as ever.
    place.execute(&request(3)).await;
}

async fn r20_r21_a_purge_takes_what_hangs_below_and_a_second_finds_nothing(place: Place) {
    place.delete(batch(ENDED)).await.unwrap();
    let twin = place.twin().await;
    let steps = [1, 2, 3].map(|number| format!("'{}'", id("5e", number))).join(", ");
    let of_batch = stamp(&place, "batches", &id("ba", ENDED), "deleted_at").await;
    let of_file = stamp(&place, "files", &id("f1", RESULTS), "deleted_at").await;
    twin.execute(&format!(
        "UPDATE batches SET deleted_at = '{of_batch}', metadata = NULL, api_key = NULL
         WHERE id = '{0}';
         UPDATE files SET deleted_at = '{of_file}', status = 'deleted', name = '',
            description = NULL
         WHERE id IN ('{1}', '{2}');
         DELETE FROM response_steps WHERE id IN ({steps});
         DELETE FROM requests WHERE batch_id = '{0}';",
        id("ba", ENDED),
        id("f1", RESULTS),
        id("f1", ERRORS)
    ))
    .await;
    let purged = purge(place.system()).await;
    assert_eq!(purged.rows, 3 + 4);
    assert_eq!(place.dump().await, twin.dump().await);
    let ended: Vec<State> = purged.ended.iter().map(|(_, state)| *state).collect();
    assert_eq!((ended, purged.waiting), (vec![State::Complete], Vec::new()));
    assert_eq!(purge(place.system()).await, Purged::default());
    assert_eq!(place.dump().await, twin.dump().await);
}

/// Those that wait, or whose daemon is dead, can never run again, and are settled.
async fn r20_r23_templates_go_and_results_stay(place: Place) {
    let results = "SELECT id || coalesce(response_body, '-') || coalesce(error, '-')
                   FROM requests ORDER BY id";
    let before = place.column(results).await;
    place.delete(file(OCTOBER)).await.unwrap();
    let purged = purge(place.system()).await;
    assert_eq!((purged.rows, purged.waiting), (4, Vec::new()));
    assert_eq!(place.column(results).await, before);
    let settled = stamp(&place, "requests", &id("9e", 8), "canceled_at").await;
    let twin = place.twin().await;
    twin.execute(&october_hidden_by_hand(&place).await).await;
    let file = id("f1", OCTOBER);
    twin.execute(&format!(
        "UPDATE requests SET state = 'canceled', canceled_at = '{settled}'
         WHERE id IN ('{}', '{}', '{}');
         UPDATE requests SET template_id = NULL, path = NULL, body = NULL, api_key = NULL
         WHERE template_id IN (SELECT id FROM request_templates WHERE file_id = '{file}');
         DELETE FROM request_templates WHERE file_id = '{file}';",
        id("9e", 6),
        id("9e", 7),
        id("9e", 8)
    ))
    .await;
    assert_eq!(place.dump().await, twin.dump().await);
}

async fn r22_a_chunk_is_of_a_few_rows_of_a_table(place: Place) {
    place.delete(file(OCTOBER)).await.unwrap();
    let purged = purge(&chunked(&place, 3)).await;
    assert_eq!((purged.rows, purged.chunks), (4, 2));
}

async fn r29_a_purge_says_what_it_has_removed(place: Place) {
    let receipt = place.delete(batch(ENDED)).await.unwrap();
    let deletion = DeletionId::new(receipt.record.deletion);
    let status = place.system().status(&deletion).await.unwrap().unwrap();
    assert_eq!(status.row.state, State::Hidden);
    purge(&chunked(&place, 1)).await;
    let status = place.system().status(&deletion).await.unwrap().unwrap();
    assert_eq!(status.row.state, State::Complete);
    let receipt: serde_json::Value = serde_json::from_str(&status.row.receipt.unwrap()).unwrap();
    let expected = serde_json::json!({ "requests": 4, "response_steps": 3 });
    assert_eq!(receipt["purged"], expected);
}

fn holds(dump: &Dump, canary: &str) -> bool {
    dump.values().flatten().flatten().flatten().any(|value| value.contains(canary))
}

async fn r30_no_column_keeps_the_text_of_a_purged_batch_or_file(place: Place) {
    let of_file = ["tide table", "Dr. Oduya", "harbour is closed", "without vowels", "October"];
    let of_batch = ["High water", "X-rays", "port est"];
    place.delete(file(OCTOBER)).await.unwrap();
    place.delete(batch(ENDED)).await.unwrap();
    place.delete(batch(UNDER_WAY)).await.unwrap();
    let waits: Vec<_> = of_file.iter().chain(&of_batch).collect();
    let before = place.dump().await;
    assert!(of_batch.iter().all(|canary| holds(&before, canary)));
    purge(place.system()).await;
    // The fourth batch is Ben's, and its answer stays.
    let others = format!("DELETE FROM requests WHERE batch_id = '{}'", id("ba", 4));
    place.execute(&others).await;
    let after = place.dump().await;
    let left: Vec<_> = waits.iter().filter(|canary| holds(&after, canary)).collect();
    assert_eq!(left, Vec::<&&&str>::new());
}

async fn what_is_hidden_can_be_deleted_for_good(place: Place) {
    place.delete(batch(ENDED)).await.unwrap();
    let place = place.for_good();
    place.delete(batch(ENDED)).await.unwrap();
    let there = format!("SELECT count(*) FROM batches WHERE id = '{}'", id("ba", ENDED));
    assert_eq!(place.number(&there).await, 0);
    let purged = purge(place.system()).await;
    assert_eq!((purged.rows, purged.ended.len(), purged.waiting), (0, 1, Vec::new()));
}

/// A hidden batch with this many requests more.
pub(super) async fn with_many(requests: u32) -> Place {
    let place = Place::on_postgres(sexton_samples::requests()).await;
    place
        .execute(&format!(
            "INSERT INTO requests (id, batch_id, state, model)
             SELECT ('9e000000-0000-4000-8000-' || lpad((1000 + n)::text, 12, '0'))::uuid,
                '{}', 'pending', 'm'
             FROM generate_series(1, {requests}) AS n",
            id("ba", ENDED)
        ))
        .await;
    place.delete(batch(ENDED)).await.unwrap();
    place
}

pub(super) async fn left(place: &Place) -> i64 {
    let left = format!("SELECT count(*) FROM requests WHERE batch_id = '{}'", id("ba", ENDED));
    place.number(&left).await
}

/// While one purger stands before its commit, another claims other rows, and waits for nobody (W3).
#[tokio::test]
async fn r25_r26_purgers_part_the_rows_of_one_batch_and_wait_for_nobody() {
    let place = with_many(96).await;
    let (pauser, mut stops) = Pauser::at("before commit (change)");
    let first = purging(&place, 10, pauser);
    let stop = stops.next().await.unwrap();
    let second = purge(&chunked(&place, 10)).await;
    // All but what the first has claimed.
    assert_eq!(left(&place).await, 10);
    assert_eq!((second.ended.len(), second.waiting.len()), (0, 1));
    stop.go();
    let first = first.await.unwrap().unwrap();
    assert_eq!((first.rows + second.rows, left(&place).await), (100 + 3, 0));
    assert_eq!(first.ended.len(), 1);
}

/// Without the lock of its claim a purger takes the same rows, stands behind the first, and removes
/// nothing: so it was for four days (W3).
#[tokio::test]
async fn without_the_lock_a_second_purger_stands_behind_the_first() {
    let place = with_many(96).await;
    let (pauser, mut stops) = Pauser::at("before commit (change)");
    let first = purging(&place, 10, pauser);
    let stop = stops.next().await.unwrap();
    let unlocked = Interposed::on(place.system().database().clone()).unlocked();
    let second = purge(&chunked_on(&place, Arc::new(unlocked), 10)).await;
    assert_eq!((second.rows, left(&place).await), (0, 100));
    stop.go();
    first.await.unwrap().unwrap();
}

/// "Nothing claimed" is not "nothing left" (W5).
#[tokio::test]
async fn r29_what_others_hold_is_not_done() {
    let place = with_many(6).await;
    let (pauser, mut stops) = Pauser::at("before commit (change)");
    let first = purging(&place, 1_000, pauser);
    let stop = stops.next().await.unwrap();
    let held = stop.point.session.unwrap().0;
    let second = purge(&chunked(&place, 1_000)).await;
    assert_eq!((second.rows, second.ended.len(), second.waiting.len()), (0, 0, 1));
    // The first dies with all it has claimed: its rows are there, and another finds them.
    place.execute(&format!("SELECT pg_terminate_backend({held})")).await;
    stop.go();
    first.await.unwrap().unwrap_err();
    assert_eq!(left(&place).await, 10);
    let third = purge(&chunked(&place, 1_000)).await;
    assert_eq!((third.rows, third.ended.len(), left(&place).await), (10 + 3, 1, 0));
}

/// Four purgers, one of which dies in the middle: no row twice, none left (R31).
#[tokio::test]
async fn r25_r31_many_purgers_and_one_that_dies_leave_nothing_and_count_right() {
    let place = with_many(496).await;
    let (pauser, mut stops) = Pauser::at("before commit (change)");
    let dying = purging(&place, 7, pauser);
    let stop = stops.next().await.unwrap();
    let held = stop.point.session.unwrap().0;
    let others: Vec<_> = (0..3).map(|_| purging(&place, 7, Pauser::at("nowhere").0)).collect();
    place.execute(&format!("SELECT pg_terminate_backend({held})")).await;
    stop.go();
    dying.await.unwrap().unwrap_err();
    for other in others {
        other.await.unwrap().unwrap();
    }
    purge(&chunked(&place, 7)).await;
    assert_eq!(left(&place).await, 0);
    let counted = "SELECT receipt::jsonb -> 'purged' ->> 'requests' FROM sexton.deletions
                   WHERE receipt IS NOT NULL";
    assert_eq!(place.column(counted).await, [Some("500".to_owned())]);
}

/// A worker that writes a request of a template keeps the template, and waits for nobody (W4).
#[tokio::test]
async fn r32_a_row_that_a_worker_is_writing_is_left_for_later() {
    let place = Place::on_postgres(sexton_samples::requests()).await;
    let mut worker = place.postgres().session().await;
    worker
        .execute(&format!("BEGIN; UPDATE requests SET error = 'x' WHERE id = '{}'", id("9e", 1)))
        .await;
    place.delete(file(OCTOBER)).await.unwrap();
    let purged = purge(place.system()).await;
    assert_eq!((purged.rows, purged.ended.len(), purged.waiting.len()), (3, 0, 1));
    let there = "SELECT id::text FROM request_templates WHERE file_id IS NOT NULL ORDER BY id";
    assert_eq!(place.column(there).await[0], Some(id("7e", 1)));
    worker.execute("COMMIT").await;
    let purged = purge(place.system()).await;
    assert_eq!((purged.rows, purged.ended.len()), (1, 1));
}

/// A live worker at a request is waited for; nobody writes behind its back.
#[tokio::test]
async fn r32_a_request_that_runs_keeps_its_template_until_it_has_ended() {
    let place = Place::on_postgres(sexton_samples::requests()).await;
    place.execute("UPDATE daemons SET last_heartbeat = now() WHERE status = 'running'").await;
    place.delete(file(OCTOBER)).await.unwrap();
    // One at a time: a claim that takes the one that stays again and again would take no other.
    let purged = purge(&chunked(&place, 1)).await;
    assert_eq!((purged.rows, purged.waiting.len()), (3, 1));
    let running =
        format!("SELECT state || template_id::text FROM requests WHERE id = '{}'", id("9e", 6));
    let expected = ["processing".to_owned(), id("7e", 2)].concat();
    assert_eq!(place.column(&running).await, [Some(expected)]);
    place
        .execute(&format!(
            "UPDATE requests SET state = 'canceled', canceled_at = now() WHERE id = '{}'",
            id("9e", 6)
        ))
        .await;
    let purged = purge(place.system()).await;
    assert_eq!((purged.rows, purged.ended.len()), (1, 1));
}

/// With a chunk held open, claims and reads go on unhindered.
#[tokio::test]
async fn r32_a_chunk_keeps_no_claim_and_no_read_waiting() {
    let place = Place::on_postgres(sexton_samples::requests()).await;
    place.delete(file(OCTOBER)).await.unwrap();
    let (pauser, mut stops) = Pauser::at("before commit (change)");
    let first = purging(&place, 1_000, pauser);
    let stop = stops.next().await.unwrap();
    let mut session = place.postgres().session().await;
    session.execute("SET lock_timeout = '1ms'").await;
    session
        .execute(&format!(
            "UPDATE requests SET state = 'claimed', daemon_id = '{}', claimed_at = now()
             WHERE id = (SELECT r.id FROM requests r JOIN batches b ON b.id = r.batch_id
                         WHERE r.state = 'pending' AND b.cancelling_at IS NULL
                         ORDER BY r.id LIMIT 1 FOR UPDATE OF r SKIP LOCKED)",
            id("da", 1)
        ))
        .await;
    for read in [
        "SELECT count(*) FROM requests",
        "SELECT count(*) FROM batches WHERE deleted_at IS NULL",
        "SELECT count(*) FROM request_templates",
        "SELECT count(*) FROM files",
    ] {
        session.execute(read).await;
    }
    let waiting = "SELECT count(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
    assert_eq!(place.number(waiting).await, 0);
    stop.go();
    first.await.unwrap().unwrap();
}

/// A worker counts a late answer in the batch that is being purged.
#[tokio::test]
async fn r32_a_late_answer_is_counted_while_its_batch_is_purged() {
    let place = with_many(6).await;
    let (pauser, mut stops) = Pauser::at("before commit (change)");
    let first = purging(&place, 5, pauser);
    let stop = stops.next().await.unwrap();
    let mut worker = place.postgres().session().await;
    worker.execute("SET lock_timeout = '1ms'").await;
    worker
        .execute(&format!(
            "BEGIN; UPDATE batches SET completed_requests = completed_requests + 1
             WHERE id = '{}'",
            id("ba", ENDED)
        ))
        .await;
    // And while he has not committed, the purge goes on.
    let second = purge(&chunked(&place, 5)).await;
    assert!(second.rows > 0);
    worker.execute("COMMIT").await;
    stop.go();
    first.await.unwrap().unwrap();
    assert_eq!(left(&place).await, 0);
}

/// A writer who was faster than the hide is waited for, and his row is purged.
#[tokio::test]
async fn r15_a_writer_under_way_is_waited_for_and_his_row_is_purged() {
    let place = Place::on_postgres(sexton_samples::requests()).await;
    let mut writer = place.postgres().session().await;
    writer
        .execute(&format!(
            "BEGIN; INSERT INTO requests (id, batch_id, state, model)
             VALUES ('{}', '{}', 'pending', 'm')",
            id("9e", 91),
            id("ba", ENDED)
        ))
        .await;
    let (pauser, mut stops) = Pauser::at("before find the batches (change)");
    let deleting = place.deleting(batch(ENDED), pauser);
    let stop = stops.next().await.unwrap();
    let of_deletion = stop.point.session.unwrap();
    stop.go();
    place.postgres().until_blocked(of_deletion).await;
    writer.execute("COMMIT").await;
    deleting.await.unwrap().unwrap();
    let purged = purge(place.system()).await;
    assert_eq!((purged.rows, left(&place).await), (4 + 3 + 1, 0));
}

/// The same, in which what is hidden can be restored for an hour.
fn undoable(place: &Place) -> System {
    let mut policy: Policy = place.system().policy().clone();
    for thing in &mut policy.things {
        if let Some(Hide::Row(hide)) = &mut thing.hide {
            hide.undo = Undo::Secs(3_600);
        }
    }
    let database = place.system().database().clone();
    System::new(policy, database, Surroundings::of_this_machine(), None)
}

async fn hides(system: &System, root: Root) -> DeletionId {
    let asked = DeleteRequest { root, reason: None, bound_to: None };
    DeletionId::new(system.delete(&asked).await.unwrap().record.deletion)
}

async fn restores(system: &System, id: &DeletionId) -> Restored {
    system.restore(id, &Actor::new("ada")).await.unwrap().unwrap()
}

/// A file that was hidden before by another deletion stays hidden.
async fn what_was_hidden_is_restored_exactly_and_alone(place: Place) {
    let system = undoable(&place);
    hides(&system, file(ERRORS)).await;
    let before = place.dump().await;
    for root in [file(OCTOBER), batch(ENDED), batch(UNDER_WAY)] {
        let id = hides(&system, root.clone()).await;
        assert_ne!(place.dump().await, before);
        assert_eq!(purge(&system).await.rows, 0);
        let restored = restores(&system, &id).await;
        assert!(matches!(restored, Restored::Rows(rows) if rows > 0), "{restored:?}");
        assert_eq!(place.dump().await, before, "{root:?}");
        let again = restores(&system, &id).await;
        assert!(matches!(again, Restored::Refused(_)), "{again:?}");
    }
}

async fn what_somebody_changed_since_is_not_restored(place: Place) {
    let system = undoable(&place);
    let id = hides(&system, file(OCTOBER)).await;
    let renamed =
        format!("UPDATE files SET name = 'kept' WHERE id = '{}'", self::id("f1", OCTOBER));
    place.execute(&renamed).await;
    let before = place.dump().await;
    let refused = restores(&system, &id).await;
    assert!(matches!(refused, Restored::Refused(_)), "{refused:?}");
    assert_eq!(place.dump().await, before);
}

async fn what_is_being_purged_is_not_restored(place: Place) {
    let system = undoable(&place);
    let id = hides(&system, batch(ENDED)).await;
    let due = if place.is_sqlite() { "sexton_hidden" } else { "sexton.hidden" };
    place.execute(&format!("UPDATE {due} SET due = 0")).await;
    let kept = if place.is_sqlite() { "sexton_undo" } else { "sexton.undo" };
    let kept = format!("SELECT count(*) FROM {kept}");
    assert!(place.number(&kept).await > 0);
    assert_eq!(purge(&system).await.rows, 4 + 3);
    // Old values go when the purge begins.
    assert_eq!(place.number(&kept).await, 0);
    let refused = restores(&system, &id).await;
    assert!(matches!(refused, Restored::Refused(_)), "{refused:?}");
}

/// Old values may be what was to be forgotten.
async fn what_the_policy_keeps_no_undo_of_is_not_restored(place: Place) {
    let id = hides(place.system(), batch(ENDED)).await;
    let refused = restores(place.system(), &id).await;
    assert!(matches!(refused, Restored::Refused(_)), "{refused:?}");
    let kept = if place.is_sqlite() { "sexton_undo" } else { "sexton.undo" };
    assert_eq!(place.number(&format!("SELECT count(*) FROM {kept}")).await, 0);
}
