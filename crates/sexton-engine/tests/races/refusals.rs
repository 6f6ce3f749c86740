//! What becomes of an answer that cannot be noted with its deletion.

use std::sync::Arc;

use sexton_engine::DeleteError;
use sexton_testkit::interpose::Breaker;

use crate::stage::{Stage, end, found_nothing};

/// The note is not written; what is told is why nothing was deleted.
#[tokio::test]
async fn a_refusal_that_cannot_be_noted_is_told_all_the_same() {
    let stage = Stage::family().await;
    let breaker = Arc::new(Breaker::of("change_state to refused (keep)"));
    let ended = end(stage.deleting("project", "999", |on| on.watched_by(breaker))).await;
    assert!(found_nothing(&ended), "{ended:?}");
    assert_eq!(stage.ledger().await, (vec!["requested".into()], 0));

    // Whoever settles next takes it back.
    stage.end_leases().await;
    stage.system(|on| on).settle().await.expect("it can be settled");
    assert_eq!(stage.ledger().await, (vec!["withdrawn".into()], 0));
}

#[tokio::test]
async fn a_failure_that_cannot_be_noted_is_told_all_the_same() {
    let stage = Stage::family().await;
    let broken = Arc::new(Breaker::of("insert_audit (change)"));
    let unnoted = Arc::new(Breaker::of("change_state to refused (keep)"));
    let deleting = stage.deleting("project", "60", |on| on.watched_by(broken).watched_by(unnoted));
    let Err(DeleteError::Engine(error)) = end(deleting).await else { panic!("it must fail") };
    assert!(error.to_string().contains("insert_audit"), "{error}");
}
