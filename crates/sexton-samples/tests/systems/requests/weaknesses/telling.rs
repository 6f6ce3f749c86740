//! W17 and W19: what is told of a deletion, before it, of its failure and after it.

use std::sync::Arc;

use sexton_core::lifecycle::State;
use sexton_core::names::DeletionId;
use sexton_engine::{DeleteError, DeleteRequest, EngineError, Surroundings, System};
use sexton_testkit::interpose::{Breaker, Interposed, Pauser};

use super::{ENDED, original};
use crate::place::{Place, removed};
use crate::requests::batch;
use crate::requests::hiding::purge;

on_both_databases!(
    sexton_samples::requests;
    w17_a_database_that_fails_is_no_missing_batch,
    w19_a_deletion_is_foretold_recorded_and_proved,
);

async fn w17_a_database_that_fails_is_no_missing_batch(place: Place) {
    for call in ["begin (change)", "find the batches (change)"] {
        let database = Interposed::on(place.system().database().clone());
        let database = Arc::new(database.watched_by(Arc::new(Breaker::of(call))));
        let policy = place.system().policy().clone();
        let system = System::new(policy, database, Surroundings::of_this_machine(), None);
        let asked = DeleteRequest { root: batch(ENDED), reason: None, bound_to: None };
        let failed = system.delete(&asked).await.unwrap_err();
        let is_missing = matches!(failed, DeleteError::Engine(EngineError::NotFound { .. }));
        assert!(!is_missing, "{call}: {failed:?}");
    }
}

/// Who comes second to a deletion finds nothing, and that is no failure.
#[tokio::test]
async fn w17_a_lost_race_is_a_missing_batch() {
    let place = Place::on_postgres(sexton_samples::requests()).await;
    let (pauser, mut stops) = Pauser::at("before commit (change)");
    let first = place.deleting(batch(ENDED), pauser);
    let stop = stops.next().await.unwrap();
    let (watching, mut seconds) = Pauser::at("before find the batches (change)");
    let second = place.deleting(batch(ENDED), watching);
    let of_second = seconds.next().await.unwrap();
    let session = of_second.point.session.unwrap();
    of_second.go();
    place.postgres().until_blocked(session).await;
    stop.go();
    first.await.unwrap().unwrap();
    let lost = second.await.unwrap();
    assert!(matches!(lost, Err(DeleteError::Engine(EngineError::NotFound { .. }))), "{lost:?}");
}

async fn w19_a_deletion_is_foretold_recorded_and_proved(place: Place) {
    let original = place.twin().await.without_fence().await;
    original.execute(&original::delete_batch(ENDED)).await;
    original.execute(original::purge_plainly()).await;
    assert_eq!(original.records().await, 0);

    let before = place.dump().await;
    let preview = place.preview(batch(ENDED)).await;
    assert_eq!((place.dump().await, removed(&preview, "requests")), (before, 0));
    let receipt = place.delete(batch(ENDED)).await.unwrap();
    let id = DeletionId::new(receipt.record.deletion);
    purge(place.system()).await;
    let row = place.system().status(&id).await.unwrap().unwrap().row;
    assert_eq!(row.state, State::Complete);
    let receipt: serde_json::Value = serde_json::from_str(&row.receipt.unwrap()).unwrap();
    assert_eq!(receipt["purged"], serde_json::json!({ "requests": 4, "response_steps": 3 }));
    assert_eq!(place.records().await, 1);
}
