//! Work on rows that neither go nor change, found by the lines of `of`.

use sexton_core::preview::WorkFate;
use sexton_testkit::interpose::{Interposed, Pauser};

use super::place::{Place, cancel, delete, on_both_databases, preview, refusal};

on_both_databases![
    rows_that_refer_to_what_goes_are_stopped_and_waited_for,
    rows_that_what_goes_refers_to_are_stopped_and_waited_for,
    linked_work_that_never_stops_refuses_and_is_named,
    linked_rows_that_wait_are_stopped_with_the_deletion,
    who_works_on_linked_rows_is_no_part_of_what_was_confirmed,
    a_cancellation_asks_linked_rows_too,
];

/// Sends stay as they are, whatever goes: 51 and 52 are of batch 1, 61 of batch 2.
const SENDS: &str = "
    CREATE TABLE sends (id integer PRIMARY KEY, batch_id integer, status text NOT NULL,
        stopping integer NOT NULL DEFAULT 0);
    CREATE INDEX sends_batch_id ON sends (batch_id);
    INSERT INTO sends (id, batch_id, status) VALUES (51, 1, 'sending'), (52, 1, 'queued'),
        (53, 1, 'sent'), (61, 2, 'sending'), (62, 2, 'queued');
    ALTER TABLE jobs ADD COLUMN send_id integer;
    UPDATE jobs SET send_id = 61 WHERE id = 13;";

/// Lines of what stays, and the work on it.
fn sends(of: &str, wait: &str) -> String {
    format!(
        r#""sends.batch_id -> batches" = "keep"
        "jobs.send_id -> sends" = "keep"
        [work.sends]
        of = {of}
        waiting = "status = 'queued'"
        running = "status = 'sending'"
        stop = {{ waiting = {{ status = "canceled" }}, running = {{ stopping = 1 }} }}
        wait = "{wait}"
        "#
    )
}

const BY_BATCH: &str = "\"sends.batch_id\"";

async fn states(place: &Place) -> Vec<String> {
    let sql = "SELECT id || ' ' || status || ' ' || stopping AS s FROM sends ORDER BY id";
    place.column(sql).await
}

/// A worker that ends its send as soon as it is told to stop.
async fn obey(place: &Place) {
    while place.column("SELECT id FROM sends WHERE stopping = 1").await.is_empty() {
        tokio::task::yield_now().await;
    }
    // Nothing has gone while it was at work.
    assert_eq!(place.column("SELECT count(*) FROM batches").await, ["2"]);
    place.execute("UPDATE sends SET status = 'sent' WHERE stopping = 1").await;
}

async fn rows_that_refer_to_what_goes_are_stopped_and_waited_for(place: Place) {
    place.execute(SENDS).await;
    let system = place.system(&sends(BY_BATCH, "60s")).await;
    let (deleted, ()) = tokio::join!(delete(&system), obey(&place));
    deleted.expect("nothing is in the way");
    let after = ["51 sent 1", "52 canceled 0", "53 sent 0", "61 sending 0", "62 queued 0"];
    assert_eq!(states(&place).await, after);
    assert_eq!(place.column("SELECT id FROM batches").await, ["2"]);
}

async fn rows_that_what_goes_refers_to_are_stopped_and_waited_for(place: Place) {
    place.execute(SENDS).await;
    let system = place.system(&sends("[\"jobs.send_id\"]", "60s")).await;
    let (deleted, ()) = tokio::join!(delete(&system), obey(&place));
    deleted.expect("nothing is in the way");
    let after = ["51 sending 0", "52 queued 0", "53 sent 0", "61 sent 1", "62 queued 0"];
    assert_eq!(states(&place).await, after);
}

async fn linked_work_that_never_stops_refuses_and_is_named(place: Place) {
    place.execute(SENDS).await;
    let both = format!("[{BY_BATCH}, \"jobs.send_id\"]");
    let system = place.system(&sends(&both, "0s")).await;
    let refusal = refusal(delete(&system).await);
    assert_eq!(refusal.blockers[0].message, "2 row(s) of sends are still at work: 51, 61");
    assert_eq!(place.column("SELECT count(*) FROM jobs").await, ["4"]);
}

async fn linked_rows_that_wait_are_stopped_with_the_deletion(place: Place) {
    place.execute(SENDS).await;
    place.execute("UPDATE sends SET status = 'sent' WHERE id = 51").await;
    let system = place.system(&sends(BY_BATCH, "60s")).await;
    let receipt = delete(&system).await.expect("nothing is in the way");
    assert_eq!(receipt.record.changed["[work.sends]"], 1);
    let after = ["51 sent 0", "52 canceled 0", "53 sent 0", "61 sending 0", "62 queued 0"];
    assert_eq!(states(&place).await, after);
}

async fn who_works_on_linked_rows_is_no_part_of_what_was_confirmed(place: Place) {
    place.execute(SENDS).await;
    let system = place.system(&sends(BY_BATCH, "60s")).await;
    let seen = preview(&system).await;
    let [work] = seen.work.as_slice() else { panic!("{seen:?}") };
    assert_eq!((work.waiting, work.running, work.fate), (1, 1, WorkFate::Stopped));
    place.execute("DELETE FROM sends WHERE id = 53").await;
    place.execute("UPDATE sends SET status = 'sent'").await;
    assert_eq!(preview(&system).await.digest, seen.digest);
}

async fn a_cancellation_asks_linked_rows_too(place: Place) {
    place.execute(SENDS).await;
    let system = place.system(&sends(BY_BATCH, "60s")).await;
    let asked = cancel(&system).await.tables;
    assert_eq!((asked[0].stopped, asked[0].asked, asked[0].running), (1, 1, 1));
}

/// Whether a linked row can be taken once the deletion has judged.
async fn can_be_taken(with: fn(Interposed) -> Interposed) -> bool {
    let place = Place::on_postgres().await;
    place.execute(SENDS).await;
    place.execute("UPDATE sends SET status = 'sent' WHERE id = 51").await;
    place.system("").await.prepare().await.expect("nothing is in the way");
    let (pauser, mut stops) = Pauser::at("after see who is at work on sends (change)");
    let work = sends(BY_BATCH, "60s");
    let system = place.watched(&work, |on| with(on).watched_by(pauser)).await;
    let deleting = tokio::spawn(async move { delete(&system).await });
    let judged = stops.next().await.expect("it judges");
    let free = "SELECT count(*) FROM
        (SELECT 1 FROM sends WHERE id = 52 FOR NO KEY UPDATE SKIP LOCKED) s";
    let free = place.column(free).await;
    judged.go();
    deleting.await.expect("it does not panic").expect("nothing is in the way");
    free == ["1"]
}

#[tokio::test]
async fn a_linked_row_cannot_be_taken_once_the_deletion_has_judged() {
    assert!(!can_be_taken(|on| on).await);
}

#[tokio::test]
async fn without_locks_a_linked_row_is_taken_under_the_deletion() {
    assert!(can_be_taken(Interposed::unlocked).await);
}
