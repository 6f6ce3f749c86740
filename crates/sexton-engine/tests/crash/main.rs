//! A process that is killed, at whatever point of a deletion: all or nothing is gone, and
//! whoever comes next finishes it.
//!
//! The process killed is this test binary itself, started once more with `child::entry` as its
//! only test. It gets SIGKILL at one point, so it can tell nobody and clean up nothing.

mod aftermath;
mod child;
mod place;
mod sweep;

use std::sync::Arc;

use child::Work;
use place::{OnPostgres, OnSqlite, Place};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_killed_at_any_point_is_whole_or_undone_on_postgres() {
    let lanes: [Arc<dyn Place>; 2] =
        [Arc::new(OnPostgres::new().await), Arc::new(OnPostgres::new().await)];
    sweep::every_point(lanes, Work::Delete).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_killed_at_any_point_is_whole_or_undone_on_sqlite() {
    let lanes: [Arc<dyn Place>; 2] =
        [Arc::new(OnSqlite::new().await), Arc::new(OnSqlite::new().await)];
    sweep::every_point(lanes, Work::Delete).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_settling_killed_at_any_point_is_taken_up_again_on_postgres() {
    let lanes: [Arc<dyn Place>; 2] =
        [Arc::new(OnPostgres::new().await), Arc::new(OnPostgres::new().await)];
    sweep::every_point(lanes, Work::Settle).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_settling_killed_at_any_point_is_taken_up_again_on_sqlite() {
    let lanes: [Arc<dyn Place>; 2] =
        [Arc::new(OnSqlite::new().await), Arc::new(OnSqlite::new().await)];
    sweep::every_point(lanes, Work::Settle).await;
}
