//! Somebody reads all the time: what a deletion changes becomes visible at once, or not at all.

use sexton_testkit::interpose::{Pauser, Stops};

use crate::files::File;
use crate::stage::{Deleting, Stage, request};

/// One statement, so one snapshot: domains that point at no run or miscount their runs, and
/// cohorts that are pinned to no snapshot.
const TORN: &str = "
    SELECT CAST(
        (SELECT count(*) FROM domains
         WHERE latest_run_id <> '' AND latest_run_id NOT IN (SELECT id FROM runs))
        + (SELECT count(*) FROM domains
           WHERE run_count <> (SELECT count(*) FROM runs WHERE runs.domain_id = domains.id))
        + (SELECT count(*) FROM analysis_cohort_catalog
           WHERE default_snapshot_id NOT IN (SELECT id FROM analysis_cohort_snapshots))
        AS text)";

/// What a reader sees beside: whether the batch is there.
const RUNS: &str = "SELECT CAST(count(*) AS text) FROM runs WHERE batch_id = 'autumn-2026'";

/// Reads at every point of the deletion. Returns how often runs were seen and not seen.
async fn read_at_every_point(
    mut stops: Stops,
    mut deleting: Deleting,
    read: impl AsyncFn(&str) -> String,
) -> (usize, usize) {
    let (mut with, mut without) = (0, 0);
    loop {
        let stop = tokio::select! {
            stop = stops.next() => stop,
            ended = &mut deleting => {
                ended.expect("a deletion does not panic").expect("readers are in nobody's way");
                return (with, without);
            }
        };
        let Some(stop) = stop else { continue };
        assert_eq!(read(TORN).await, "0", "{}", stop.point);
        match read(RUNS).await.as_str() {
            "7" => with += 1,
            "0" => without += 1,
            torn => panic!("{}: a reader sees {torn} of seven runs", stop.point),
        }
        stop.go();
    }
}

#[tokio::test]
async fn a_reader_never_sees_half_of_a_deletion_on_postgres() {
    let stage = Stage::batches().await;
    let (pauser, stops) = Pauser::everywhere();
    let deleting = stage.deleting("batch", "autumn-2026", |on| on.watched_by(pauser));
    let read = async |sql: &str| stage.test.query(sql).await[0][0].clone().unwrap();
    let (with, without) = read_at_every_point(stops, deleting, read).await;
    assert!(with > 50 && without > 10, "{with} with the runs, {without} without");
}

#[tokio::test]
async fn a_reader_never_sees_half_of_a_deletion_on_sqlite() {
    let file = File::batches().await;
    let (pauser, stops) = Pauser::everywhere();
    let system = file.system(|on| on.watched_by(pauser)).await;
    let deleting: Deleting =
        tokio::spawn(async move { system.delete(&request("batch", "autumn-2026")).await });
    let read = async |sql: &str| file.test.query(sql).await[0][0].clone().unwrap();
    let (with, without) = read_at_every_point(stops, deleting, read).await;
    assert!(with > 50 && without > 10, "{with} with the runs, {without} without");
}

/// The reader's question does tell: it sees what a deletion in several transactions leaves.
#[tokio::test]
async fn a_reader_sees_a_deletion_that_comes_in_pieces() {
    for (piece, torn) in [
        ("DELETE FROM runs WHERE batch_id = 'autumn-2026'", 13),
        ("DELETE FROM analysis_cohort_snapshots WHERE batch_id = 'autumn-2026'", 1),
    ] {
        let stage = Stage::batches().await;
        stage.test.execute(piece).await;
        assert_eq!(stage.number(TORN).await, torn, "{piece}");
    }
}
