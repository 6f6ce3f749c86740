//! Work in flight: asked to stop, waited for, and refused where it does not.

mod linked;
mod place;
mod stopping;

use std::sync::Arc;
use std::time::Duration;

use sexton_core::preview::WorkFate;
use sexton_engine::RefusedBy;
use sexton_testkit::interpose::{Pauser, Recorder};
use tokio::time::Instant;

use place::{
    MAILS, OVER, Place, UNSTOPPED, batch, cancel, delete, jobs, on_both_databases, preview, refusal,
};

on_both_databases![
    where_nobody_is_at_work_one_statement_asks_so_and_nobody_is_stopped,
    a_worker_that_stops_lets_the_deletion_go_on_at_once,
    a_worker_that_never_stops_refuses_after_the_wait_and_not_before,
    the_rows_of_a_dead_worker_are_not_waited_for,
    a_deletion_that_is_refused_for_another_reason_stops_nobody,
    work_that_nobody_stops_refuses_at_once_and_changes_nothing,
    work_that_only_a_purge_waits_for_goes,
    rows_that_wait_and_stay_are_stopped_with_the_deletion,
    rows_that_stay_are_waited_for_too,
    a_cancellation_stops_and_deletes_nothing_and_does_so_once,
    a_preview_tells_who_waits_and_who_is_at_work,
    jobs_that_come_while_it_waits_are_stopped_too,
    while_it_waits_its_status_says_for_whom,
    b26d_ten_thousand_and_one_jobs_are_stopped_at_once,
];

async fn where_nobody_is_at_work_one_statement_asks_so_and_nobody_is_stopped(place: Place) {
    // Making Sexton's own tables changes the schema of the file, which begins a deletion anew.
    place.system("").await.prepare().await.expect("nothing is in the way");
    let points = async |work: &str| {
        let recorder = Arc::new(Recorder::default());
        let system = place.watched_by(work, recorder.clone()).await;
        let request = sexton_engine::DeleteRequest {
            root: batch(if work.is_empty() { "1" } else { "2" }),
            reason: None,
            bound_to: None,
        };
        system.delete(&request).await.expect("nothing is in the way");
        let points = recorder.points();
        let change = points.into_iter().filter(|point| point.contains("(change)"));
        change.filter(|point| point.starts_with("before")).collect::<Vec<_>>()
    };
    let mut without = points("").await;
    let with = points(&jobs("5s")).await;
    // Rows that are worked on are collected, which costs a statement of its own.
    let judged =
        without.iter().position(|point| point.contains("active_holds")).expect("there is one");
    without.insert(judged + 1, "before see who is at work on jobs (change)".into());
    let find = without.iter().position(|point| point.contains("find mails")).expect("there is one");
    without.insert(find, "before find jobs (change)".into());
    assert_eq!(with, without);
}

async fn a_worker_that_stops_lets_the_deletion_go_on_at_once(place: Place) {
    let system = place.system(&jobs("60s")).await;
    place.take_a_job().await;
    let began = Instant::now();
    let (deleted, ()) = tokio::join!(delete(&system), place.obey());
    let receipt = deleted.expect("nothing is in the way");
    assert!(began.elapsed() < Duration::from_secs(30), "it waited on");
    assert_eq!(receipt.record.removed["jobs"], 3);
    assert_eq!(place.column("SELECT id FROM jobs").await, ["21"]);
    assert_eq!(
        system.statuses(9).await.expect("nothing is in the way")[0].row.state.as_str(),
        "complete"
    );
}

async fn a_worker_that_never_stops_refuses_after_the_wait_and_not_before(place: Place) {
    let system = place.system(&jobs("1s")).await;
    place.take_a_job().await;
    let began = Instant::now();
    let refusal = refusal(delete(&system).await);
    let took = began.elapsed();
    assert!(took >= Duration::from_secs(1), "it refused after {took:?}");
    assert_eq!((refusal.by, refusal.has_asked), (RefusedBy::Undrained, true));
    let [blocker] = refusal.blockers.as_slice() else { panic!("{refusal:?}") };
    assert_eq!(blocker.message, "1 row(s) of jobs are still at work: 11");
    assert!(blocker.ways_out[0].starts_with("`sexton cancel batch 1`"), "{blocker:?}");
    assert_eq!(
        system.statuses(9).await.expect("nothing is in the way")[0].row.state.as_str(),
        "refused"
    );

    // But for the cancellation everything is as it was: what was done is undone by hand.
    let states = ["11 running 1", "12 canceled 0", "13 done 0", "31 queued 0", "32 sent 0"];
    assert_eq!(place.states().await, states);
    let undo = "UPDATE jobs SET stopping = 0 WHERE id = 11;
        UPDATE jobs SET status = 'paused', ended = NULL WHERE id = 12";
    place.execute(undo).await;
    let after = place.dump().await;
    let twin = match place {
        Place::Sqlite(_) => Place::on_sqlite().await,
        Place::Postgres(_) => Place::on_postgres().await,
    };
    twin.take_a_job().await;
    assert!(after == twin.dump().await, "a refusal changed more than it asked for");

    // Once the worker has gone, the same succeeds.
    place.execute("UPDATE jobs SET status = 'ended' WHERE id = 11").await;
    delete(&system).await.expect("nothing is in the way");
    assert_eq!(place.column("SELECT id FROM batches").await, ["2"]);
}

async fn the_rows_of_a_dead_worker_are_not_waited_for(place: Place) {
    let system = place.system(&jobs("60s")).await;
    place.take_a_job().await;
    place.execute(&format!("UPDATE jobs SET lease = '{OVER}' WHERE id = 11")).await;
    let began = Instant::now();
    delete(&system).await.expect("nothing is in the way");
    assert!(began.elapsed() < Duration::from_secs(30), "it waited for the dead");
    assert_eq!(place.column("SELECT id FROM jobs").await, ["21"]);
}

async fn a_deletion_that_is_refused_for_another_reason_stops_nobody(place: Place) {
    let system = place.system(&jobs("5s")).await;
    place.take_a_job().await;
    place.execute("UPDATE batches SET held = 1 WHERE id = 1").await;
    let before = place.dump().await;
    let refusal = refusal(delete(&system).await);
    assert_eq!((refusal.by, refusal.has_asked), (RefusedBy::Refused, false));
    assert!(place.dump().await == before, "a refusal asked workers to stop");
}

async fn work_that_nobody_stops_refuses_at_once_and_changes_nothing(place: Place) {
    let system = place.system(UNSTOPPED).await;
    place.take_a_job().await;
    let before = place.dump().await;
    assert_eq!(preview(&system).await.blockers[0].name, "work.jobs");
    let refusal = refusal(delete(&system).await);
    assert_eq!((refusal.by, refusal.has_asked), (RefusedBy::Undrained, false));
    assert!(refusal.blockers[0].ways_out[0].starts_with("wait until they are done"));
    assert!(place.dump().await == before, "a refusal changed rows");
    place.execute("UPDATE jobs SET status = 'ended' WHERE id = 11").await;
    delete(&system).await.expect("nothing is in the way");
}

async fn work_that_only_a_purge_waits_for_goes(place: Place) {
    let work = jobs("60s") + "settle = \"before-purge\"\n";
    let system = place.system(&work).await;
    place.take_a_job().await;
    assert_eq!(preview(&system).await.work[0].fate, WorkFate::NotAwaited);
    delete(&system).await.expect("nothing is in the way");
    assert_eq!(place.column("SELECT id FROM jobs").await, ["21"]);
}

async fn rows_that_wait_and_stay_are_stopped_with_the_deletion(place: Place) {
    let system = place.system(MAILS).await;
    let receipt = delete(&system).await.expect("nothing is in the way");
    assert_eq!(receipt.record.changed["[work.mails]"], 1);
    assert_eq!(place.states().await, ["31 canceled 0", "32 sent 0"]);
    assert_eq!(place.column("SELECT status FROM mails WHERE id = 41").await, ["queued"]);
}

async fn rows_that_stay_are_waited_for_too(place: Place) {
    let system = place.system(MAILS).await;
    place.execute("UPDATE mails SET status = 'sending' WHERE id = 31").await;
    let worker = async {
        while place.column("SELECT id FROM mails WHERE stopping = 1").await.is_empty() {
            tokio::task::yield_now().await;
        }
        // Nothing has gone while it was at work.
        assert_eq!(place.column("SELECT count(*) FROM batches").await, ["2"]);
        place.execute("UPDATE mails SET status = 'sent' WHERE id = 31").await;
    };
    let (deleted, ()) = tokio::join!(delete(&system), worker);
    deleted.expect("nothing is in the way");
    assert_eq!(place.states().await, ["31 sent 1", "32 sent 0"]);
}

async fn a_cancellation_stops_and_deletes_nothing_and_does_so_once(place: Place) {
    let system = place.system(&jobs("5s")).await;
    place.take_a_job().await;
    let first = cancel(&system).await.tables;
    let counts = first.iter().map(|rows| (rows.table.as_str(), rows.stopped, rows.asked));
    assert_eq!(counts.collect::<Vec<_>>(), [("jobs", 1, 1)]);
    assert_eq!(first[0].running, 1);
    let states = ["11 running 1", "12 canceled 0", "13 done 0", "31 queued 0", "32 sent 0"];
    assert_eq!(place.states().await, states);
    assert_eq!(place.column("SELECT status FROM jobs WHERE id = 21").await, ["queued"]);
    let before = place.dump().await;
    let again = cancel(&system).await.tables;
    assert_eq!((again[0].stopped, again[0].asked, again[0].running), (0, 0, 1));
    assert!(place.dump().await == before, "a second cancellation changed rows");
    // Nothing was deleted, so nothing is kept of it.
    assert_eq!(system.statuses(9).await.expect("nothing is in the way"), []);
}

async fn a_preview_tells_who_waits_and_who_is_at_work(place: Place) {
    let system = place.system(&jobs("7s")).await;
    let work = preview(&system).await.work;
    assert_eq!((work[0].waiting, work[0].running, work[0].fate), (2, 0, WorkFate::Idle));
    place.take_a_job().await;
    let dead = format!("UPDATE jobs SET status = 'running', lease = '{OVER}' WHERE id = 12");
    place.execute(&dead).await;
    let before = place.dump().await;
    let seen = preview(&system).await;
    let [work] = seen.work.as_slice() else { panic!("{seen:?}") };
    assert_eq!((work.table.as_str(), work.waiting, work.running, work.dead), ("jobs", 0, 1, 1));
    assert_eq!((work.fate, work.wait_secs), (WorkFate::Stopped, 7));
    assert_eq!(work.asked, [("stopping".to_owned(), "1".to_owned())]);
    assert_eq!(seen.blockers, []);
    assert!(place.dump().await == before, "a preview stopped somebody");
}

async fn jobs_that_come_while_it_waits_are_stopped_too(place: Place) {
    let system = place.system(&jobs("60s")).await;
    place.take_a_job().await;
    let submitter = async {
        while place.column("SELECT id FROM jobs WHERE stopping = 1").await.is_empty() {
            tokio::task::yield_now().await;
        }
        let late = "INSERT INTO jobs (id, batch_id, status) VALUES (14, 1, 'queued')";
        place.execute(late).await;
        while place.column("SELECT status FROM jobs WHERE id = 14").await != ["canceled"] {
            tokio::task::yield_now().await;
        }
        place.execute("UPDATE jobs SET status = 'ended' WHERE id = 11").await;
    };
    // What came late is no difference to what was confirmed: it was compared before the wait.
    let (deleted, ()) = tokio::join!(delete(&system), submitter);
    deleted.expect("nothing is in the way");
    assert_eq!(place.column("SELECT id FROM jobs").await, ["21"]);
}

async fn while_it_waits_its_status_says_for_whom(place: Place) {
    place.take_a_job().await;
    let (pauser, mut stops) = Pauser::at("after wait_on (keep)");
    let deleting = place.watched_by(&jobs("60s"), pauser).await;
    let deleting = tokio::spawn(async move { delete(&deleting).await });
    let noted = stops.next().await.expect("it notes what it waits for");
    noted.go();
    let system = place.system(&jobs("60s")).await;
    let said = loop {
        let said = system.statuses(9).await.expect("nothing is in the way").remove(0).sentence;
        if !said.contains("work in flight") {
            break said;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(said, "waits for work on 1 row(s) of jobs to stop: 11");
    place.execute("UPDATE jobs SET status = 'ended' WHERE id = 11").await;
    deleting.await.expect("nothing is in the way").expect("nothing is in the way");
}

async fn b26d_ten_thousand_and_one_jobs_are_stopped_at_once(place: Place) {
    let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10001)
        INSERT INTO jobs (id, batch_id, status) SELECT 1000 + i, 1, 'queued' FROM n";
    place.execute(many).await;
    let system = place.system(&jobs("60s")).await;
    assert_eq!(cancel(&system).await.tables[0].stopped, 10_003);
    let waiting = "SELECT count(*) FROM jobs WHERE batch_id = 1 AND status = 'queued'";
    assert_eq!(place.column(waiting).await, ["0"]);
    place.execute("UPDATE jobs SET status = 'queued' WHERE id > 1000").await;
    place.take_a_job().await;
    let (deleted, ()) = tokio::join!(delete(&system), place.obey());
    assert_eq!(deleted.expect("nothing is in the way").record.removed["jobs"], 10_004);
}
