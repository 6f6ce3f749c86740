//! The server ends the deletion's session, at every point of the one transaction.

use sexton_core::lifecycle::State;
use sexton_engine::ports::DatabaseError;
use sexton_engine::{DeleteError, EngineError};
use sexton_testkit::interpose::Pauser;

use crate::stage::{Stage, end, found_nothing, request};

/// Ends the session of the deletion that stands at a point, and returns how the deletion ended.
async fn cut_off(stage: &Stage, project: &str, point: &str) -> Result<(), DeleteError> {
    let (pauser, mut stops) = Pauser::at(point);
    let deleting = stage.deleting("project", project, |on| on.watched_by(pauser));
    let stands = stops.next().await.expect("the deletion comes to every point");
    let session = stands.point.session.expect("the server numbers its sessions").0;
    let cut = format!("SELECT pg_terminate_backend({session}, 60000)");
    assert_eq!(stage.test.query(&cut).await, [[Some("t".to_owned())]], "{point}");
    stands.go();
    end(deleting).await.map(drop)
}

#[tokio::test]
async fn a_deletion_cut_off_at_any_point_has_changed_nothing_and_says_so() {
    let stage = Stage::family().await;
    let points = stage.points_of_the_change().await;
    let system = stage.system(|on| on);
    let mut uncertain = 0;
    let inside = points
        .iter()
        .filter(|point| !point.starts_with("before begin") && !point.starts_with("after commit"));
    for (at, point) in inside.enumerate() {
        let project = (at + 1).to_string();
        let before = stage.test.dump().await;
        match cut_off(&stage, &project, point).await {
            Err(DeleteError::Uncertain { .. }) => uncertain += 1,
            Err(DeleteError::Engine(EngineError::Database(DatabaseError::Lost(_)))) => {}
            other => panic!("{point}: {other:?}"),
        }
        assert!(stage.test.dump().await == before, "{point}: rows have changed");
        stage.end_leases().await;
        let settled = system.settle().await.expect("others work on");
        assert!(
            settled.iter().all(|(_, state)| *state == State::Withdrawn),
            "{point}: {settled:?}"
        );
        system.delete(&request("project", &project)).await.expect("a new session deletes it");
    }
    // Only an answer to COMMIT that does not come leaves open what has happened.
    assert_eq!(uncertain, 2, "after the last statement, and before the commit");
    let again = system.delete(&request("project", "1")).await;
    assert!(found_nothing(&again), "{again:?}");
    assert_eq!(system.audit_verify().await.unwrap().faults, []);
}
