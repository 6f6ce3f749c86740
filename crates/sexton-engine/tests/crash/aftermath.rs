//! What must be true after a process was killed, whatever the point.

use crate::place::Rows;
use sexton_core::lifecycle::State;
use sexton_engine::{DeleteError, EngineError};
use sexton_testkit::interpose::Interposed;
use tokio::sync::watch;

use crate::child::{self, Work, request};
use crate::place::Place;
use crate::worker::{self, Stood};

/// The system's rows as the deletion found them, and without the batch.
#[derive(Clone, Copy)]
pub struct Truth<'a> {
    pub before: &'a Rows,
    pub after: &'a Rows,
}

/// What a worker changes as it stops, and a deletion as it asks it to.
const OF_WORK: [&str; 5] = ["jobs", "runs", "entries", "domains", "profiles"];

/// Judges what is left, goes on from there, and judges again. Says whether the rows were gone.
pub async fn judge(place: &dyn Place, work: Work, truth: Truth<'_>, point: &str) -> bool {
    place.until_deserted().await;
    let mut found = place.rows().await;
    let gone = found == *truth.after;
    if work.meets_a_worker() {
        // The fence holds before anybody has settled what was left.
        assert!(!gone || worker::is_fenced_off(&place.address()).await, "{point}: it came back");
        stopped(place, truth, &found, point).await;
        found = place.rows().await;
    } else {
        assert!(gone || found == *truth.before, "{point}: the rows are half gone");
    }

    place.end_leases().await;
    let database = Interposed::on(place.open().await);
    let system = work.system(database, &place.address());
    let (_never, stop) = watch::channel(false);
    system.work(&stop).await.unwrap_or_else(|error| panic!("{point}: settling failed: {error}"));
    assert!(place.rows().await == found, "{point}: settling changed rows of the system");
    let stored = system.statuses(10).await.expect("Sexton's tables are there");
    assert!(stored.len() <= 1, "{point}: {stored:?}");
    for status in stored {
        let wanted = if gone { State::Complete } else { State::Withdrawn };
        assert_eq!(status.row.state, wanted, "{point}");
        if work == Work::Tell && gone {
            let receipt = status.row.receipt.as_deref().unwrap_or_default();
            let called = "\"called\":{\"evict-cache\":{\"taken\":1}}";
            assert!(receipt.contains(called), "{point}: {receipt}");
        }
    }
    let told = child::told(&place.address());
    match work {
        Work::Call => stop_was_told(&told, gone, point),
        Work::Tell => told_once_or_twice(&told, gone, point),
        Work::Delete | Work::Settle | Work::Drain => assert_eq!(told, [], "{point}"),
    }
    let settled = system.settle().await.expect("settling again");
    assert_eq!(settled, [], "{point}: something was left to settle");
    audited(&system, usize::from(gone), point).await;

    match (system.delete(&request()).await, gone) {
        (Ok(_), false) | (Err(DeleteError::Engine(EngineError::NotFound { .. })), true) => {}
        (ended, _) => panic!("{point}: with the rows gone: {gone}, deleting again: {ended:?}"),
    }
    assert!(place.rows().await == *truth.after, "{point}: the rows after deleting again");
    audited(&system, 1, point).await;
    gone
}

/// Nothing has changed where nobody was asked, and else nothing but work. Whoever was asked stops.
async fn stopped(place: &dyn Place, truth: Truth<'_>, found: &Rows, point: &str) {
    // Of the two jobs, the one that waits was stopped with the asking.
    let is_canceled = |value: &String| value.trim_matches('\'') == "canceled";
    let is_asked = found["jobs"].iter().any(|job| job.iter().flatten().any(is_canceled));
    let stood = worker::stops_if_asked(&place.address()).await;
    if found == truth.after {
        assert_eq!(stood, Stood::Elsewhere, "{point}: the worker has its job");
        assert!(place.rows().await == *truth.after, "{point}: a worker wrote of what was gone");
    } else if is_asked {
        assert_ne!(stood, Stood::AtWork, "{point}: what waits was stopped, what runs not asked");
        let beside = |rows: &Rows| {
            let mut rows = rows.clone();
            rows.retain(|table, _| !OF_WORK.contains(&table.as_str()));
            rows
        };
        assert!(beside(found) == beside(truth.before), "{point}: more than work has changed");
    } else {
        assert_eq!(stood, Stood::AtWork, "{point}: who is not asked goes on");
        assert!(found == truth.before, "{point}: the rows are half gone");
    }
}

/// Who is told is told at least once, and by the same key each time; nobody of what is not gone.
fn told_once_or_twice(told: &[(String, String)], must: bool, point: &str) {
    assert_eq!(!told.is_empty(), must, "{point}: {told:?}");
    assert!(told.len() <= 2, "{point}: {told:?}");
    assert!(told.windows(2).all(|pair| pair[0] == pair[1]), "{point}: {told:?}");
}

/// What goes was told to stop before it went; no call is repeated by another key, nor a third time.
fn stop_was_told(told: &[(String, String)], must: bool, point: &str) {
    let revoked: Vec<_> =
        told.iter().filter(|(_, body)| body.contains("autumn-2026-ghent")).collect();
    assert!(!must || !revoked.is_empty(), "{point}: it went unasked");
    for call in told {
        let again = told.iter().filter(|other| other.1 == call.1);
        let keys: Vec<&str> = again.map(|(key, _)| key.as_str()).collect();
        assert!(keys.len() <= 2, "{point}: {told:?}");
        assert!(keys.iter().all(|key| *key == call.0), "{point}: {told:?}");
    }
}

/// So many records, each sealed, and nothing wrong with the chain.
async fn audited(system: &sexton_engine::System, records: usize, point: &str) {
    let chain = system.audit_verify().await.expect("the audit can be read");
    assert_eq!(chain.faults, [], "{point}");
    assert_eq!((chain.records, chain.unsealed), (records as u64, 0), "{point}");
}
