//! The row of a root that had none comes while what carries its value goes.

use sexton_engine::DeleteError;
use sexton_testkit::interpose::Pauser;

use crate::stage::{Stage, end};

#[tokio::test]
async fn a_root_row_that_comes_late_is_found_afterwards() {
    let stage = Stage::batches().await;
    let (pauser, mut stops) = Pauser::at("after find the batches (change)");
    let deleting = stage.deleting("batch", "lost-2026", |on| on.watched_by(pauser));
    let looked = stops.next().await.expect("the deletion looks for its row");
    stage.test.execute("INSERT INTO batches (id, created_at) VALUES ('lost-2026', 'now')").await;
    looked.go();
    match end(deleting).await {
        Err(DeleteError::Unverified { left, .. }) => {
            assert_eq!(left, [("batches still holds the root's value".to_owned(), 1)]);
        }
        other => panic!("the row was not found: {other:?}"),
    }
    assert_eq!(stage.ledger().await, (vec!["reaped".into()], 1));
}
