//! Rows that come late: at every point of the one transaction, somebody adds a child.

use std::collections::BTreeSet;
use std::sync::Arc;

use sexton_engine::DeleteError;
use sexton_testkit::interpose::{Interposed, Pauser, Recorder, Stop};

use crate::stage::{Deleting, Stage, end};
use crate::writers::{NO_PARENT, Writing};

/// Ids of late rows begin here.
const LATE: usize = 1_000;

/// Starts the deletion of a project and waits until it stands at the point.
async fn stop_at(
    stage: &Stage,
    project: usize,
    point: &str,
    with: impl FnOnce(Interposed) -> Interposed,
) -> (Deleting, Stop) {
    let (pauser, mut stops) = Pauser::at(point);
    let deleting =
        stage.deleting("project", &project.to_string(), |on| with(on).watched_by(pauser));
    let stop = stops.next().await.expect("the deletion comes to every point");
    (deleting, stop)
}

/// What became of late rows of one table.
#[derive(Debug, Default, PartialEq)]
struct Late {
    went_too: usize,
    refused: usize,
}

/// Adds a dataset, a file and a mark at every point, each below rows that are on their way out.
/// Returns what became of them per table, and the engine's calls that failed meanwhile.
async fn add_enforced_children(
    stage: &Stage,
    points: &[String],
    with: fn(Interposed) -> Interposed,
) -> ([Late; 3], BTreeSet<String>) {
    let mut late: [Late; 3] = Default::default();
    let mut failures = BTreeSet::new();
    for (at, point) in points.iter().enumerate() {
        let (project, id) = (at + 1, LATE + at);
        let recorder = Arc::new(Recorder::default());
        let watched = recorder.clone();
        let (deleting, stop) =
            stop_at(stage, project, point, |on| with(on).watched_by(watched)).await;
        let mut writers = Vec::new();
        for table in ["datasets", "files", "marks"] {
            let insert = format!("INSERT INTO {table} VALUES ({id}, {project})");
            writers.push(Writing::start(&stage.test, &insert).await);
        }
        stop.go();
        end(deleting).await.unwrap_or_else(|error| panic!("{point}: {error}"));
        for (late, writer) in late.iter_mut().zip(writers) {
            match writer.end().await {
                Ok(()) => late.went_too += 1,
                Err(code) if code == NO_PARENT => late.refused += 1,
                Err(code) => panic!("{point}: the writer ended with {code}"),
            }
        }
        let left = format!(
            "SELECT (SELECT count(*) FROM projects WHERE id = {project})
                + (SELECT count(*) FROM datasets WHERE id IN ({project}, {id}))
                + (SELECT count(*) FROM files WHERE id IN ({project}, {id}))
                + (SELECT count(*) FROM marks WHERE id IN ({project}, {id}))"
        );
        assert_eq!(stage.number(&left).await, 0, "{point}: rows were left");
        failures.extend(recorder.failures());
    }
    (late, failures)
}

#[tokio::test]
async fn a_late_child_of_an_enforced_reference_waits_and_is_refused_or_goes_too() {
    let stage = Stage::family().await;
    let points = stage.points_of_the_change().await;
    let (late, failures) = add_enforced_children(&stage, &points, |on| on).await;
    assert_eq!(failures, BTreeSet::new(), "the deletion had to begin anew");
    for late in &late {
        assert!(late.went_too > 0 && late.refused > 0, "{late:?}");
        assert_eq!(late.went_too + late.refused, points.len());
    }
    println!("at {} points, datasets, files and marks: {late:?}", points.len());
}

#[tokio::test]
async fn without_locks_a_late_child_of_an_enforced_reference_breaks_the_deletion() {
    let stage = Stage::family().await;
    let points = stage.points_of_the_change().await;
    let (_, failures) = add_enforced_children(&stage, &points, Interposed::unlocked).await;
    for broken in ["remove files (change)", "remove datasets (change)", "remove projects (change)"]
    {
        assert!(failures.contains(broken), "{broken} did not fail: {failures:?}");
    }
}

/// Adds a copy and a note that nothing enforces, while the deletion stands at a point. Says how
/// many rows were left in the end and whether the deletion told so.
async fn add_soft_children(stage: &Stage, project: usize, point: &str) -> (i64, bool) {
    let id = LATE + project;
    let (deleting, stop) = stop_at(stage, project, point, |on| on).await;
    for table in ["copies", "notes"] {
        let insert = format!("INSERT INTO {table} VALUES ({id}, {project})");
        let writer = Writing::start(&stage.test, &insert).await;
        assert!(!writer.waits(), "{point}: nothing makes it wait");
        assert_eq!(writer.end().await, Ok(()));
    }
    stop.go();
    let ended = end(deleting).await;
    let left = format!(
        "SELECT (SELECT count(*) FROM copies WHERE id IN ({project}, {id}))
            + (SELECT count(*) FROM notes WHERE id IN ({project}, {id}))"
    );
    let left = stage.number(&left).await;
    match ended {
        Ok(_) => (left, false),
        Err(DeleteError::Unverified { left: told, .. }) => {
            let told: u64 = told.iter().map(|(_, rows)| rows).sum();
            assert_eq!(i64::try_from(told), Ok(left), "{point}: {told} told, {left} left");
            (left, true)
        }
        Err(error) => panic!("{point}: {error}"),
    }
}

#[tokio::test]
async fn a_late_child_that_nothing_refuses_goes_too_or_is_found_afterwards() {
    let stage = Stage::family().await;
    let points = stage.points_of_the_change().await;
    let mut unverified = 0;
    for (at, point) in points.iter().enumerate() {
        let (left, told) = add_soft_children(&stage, at + 1, point).await;
        assert_eq!(told, left > 0, "{point}: {left} row(s) left");
        unverified += usize::from(told);
    }
    let complete = points.len() - unverified;
    assert!(complete > 0 && unverified > 0, "complete {complete}, unverified {unverified}");

    // What refers to nobody keeps its deletion open, however often it is looked at.
    let states =
        |reaped| [vec!["complete"; points.len() + 1 - reaped], vec!["reaped"; reaped]].concat();
    let system = stage.system(|on| on);
    stage.end_leases().await;
    assert_eq!(system.settle().await.unwrap().len(), unverified);
    assert_eq!(stage.ledger().await.0, states(unverified));
    stage
        .test
        .execute("DELETE FROM copies WHERE id >= 1000; DELETE FROM notes WHERE id >= 1000")
        .await;
    stage.end_leases().await;
    system.settle().await.unwrap();
    assert_eq!(stage.ledger().await.0, states(0));
    assert_eq!(system.audit_verify().await.unwrap().faults, []);
}
