//! A process that is killed, at whatever point of a deletion: all or nothing is gone, and
//! whoever comes next finishes it.
//!
//! The process killed is this test binary itself, started once more with `child::entry` as its
//! only test. It gets SIGKILL at one point, so it can tell nobody and clean up nothing.

mod aftermath;
mod child;
mod place;
mod sweep;
mod worker;

use std::sync::Arc;

use child::Work;
use place::{Journal, OnPostgres, OnSqlite, Place};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_killed_at_any_point_is_whole_or_undone_on_postgres() {
    let lanes: [Arc<dyn Place>; 2] =
        [Arc::new(OnPostgres::new().await), Arc::new(OnPostgres::new().await)];
    sweep::points(lanes, Work::Delete, |_| true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_killed_at_any_point_is_whole_or_undone_on_sqlite() {
    let lanes: [Arc<dyn Place>; 2] =
        [Arc::new(OnSqlite::new(Journal::Log).await), Arc::new(OnSqlite::new(Journal::Log).await)];
    sweep::points(lanes, Work::Delete, |_| true).await;
}

/// Where there is no log, the next one who opens the file takes half a change back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_killed_at_any_point_is_whole_or_undone_on_sqlite_without_a_log() {
    let lanes: [Arc<dyn Place>; 2] = [
        Arc::new(OnSqlite::new(Journal::Rollback).await),
        Arc::new(OnSqlite::new(Journal::Rollback).await),
    ];
    sweep::points(lanes, Work::Delete, |point| point.ends_with("(change)")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_settling_killed_at_any_point_is_taken_up_again_on_postgres() {
    let lanes: [Arc<dyn Place>; 2] =
        [Arc::new(OnPostgres::new().await), Arc::new(OnPostgres::new().await)];
    sweep::points(lanes, Work::Settle, |_| true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_settling_killed_at_any_point_is_taken_up_again_on_sqlite() {
    let lanes: [Arc<dyn Place>; 2] =
        [Arc::new(OnSqlite::new(Journal::Log).await), Arc::new(OnSqlite::new(Journal::Log).await)];
    sweep::points(lanes, Work::Settle, |_| true).await;
}

/// Where a promise is stored, and everything from the commit on. What comes before is the same
/// without calls.
fn is_about_calls(point: &str) -> bool {
    point.contains("intents") || point.contains("commit") || point.ends_with("(keep)")
}

/// Kills also between a call and the note that it was taken: it is made again, by the same key.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promised_call_is_made_whatever_the_point_of_a_kill_on_postgres() {
    let lanes: [Arc<dyn Place>; 2] =
        [Arc::new(OnPostgres::new().await), Arc::new(OnPostgres::new().await)];
    sweep::points(lanes, Work::Tell, is_about_calls).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promised_call_is_made_whatever_the_point_of_a_kill_on_sqlite() {
    let lanes: [Arc<dyn Place>; 2] =
        [Arc::new(OnSqlite::new(Journal::Log).await), Arc::new(OnSqlite::new(Journal::Log).await)];
    sweep::points(lanes, Work::Tell, is_about_calls).await;
}

/// Nothing happens between the end of a call and the beginning of the next.
fn is_an_end(point: &str) -> bool {
    point.starts_with("after")
}

/// The triggers of the whole policy are there, a worker is at work on one job, and another waits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_killed_while_it_stops_a_worker_is_whole_or_withdrawn_on_postgres() {
    let lanes: [Arc<dyn Place>; 2] =
        [Arc::new(OnPostgres::new().await), Arc::new(OnPostgres::new().await)];
    sweep::points(lanes, Work::Drain, is_an_end).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_killed_while_it_stops_a_worker_is_whole_or_withdrawn_on_sqlite() {
    let lanes: [Arc<dyn Place>; 2] =
        [Arc::new(OnSqlite::new(Journal::Log).await), Arc::new(OnSqlite::new(Journal::Log).await)];
    sweep::points(lanes, Work::Drain, is_an_end).await;
}

/// Whoever is called as work stops was told before the rows went; rows that stay are stopped with
/// what goes or not at all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_killed_while_it_calls_a_worker_is_whole_or_withdrawn_on_postgres() {
    let lanes: [Arc<dyn Place>; 2] =
        [Arc::new(OnPostgres::new().await), Arc::new(OnPostgres::new().await)];
    sweep::points(lanes, Work::Call, is_an_end).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_killed_while_it_calls_a_worker_is_whole_or_withdrawn_on_sqlite() {
    let lanes: [Arc<dyn Place>; 2] =
        [Arc::new(OnSqlite::new(Journal::Log).await), Arc::new(OnSqlite::new(Journal::Log).await)];
    sweep::points(lanes, Work::Call, is_an_end).await;
}
