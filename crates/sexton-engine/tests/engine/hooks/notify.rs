//! Whoever listens to the database.

use serde_json::json;
use sexton_engine::DeleteError;
use sexton_testkit::random::ground::Ground;
use sqlx::postgres::PgListener;

use super::Stage;
use super::outside::Outside;

const NOTIFY: &str = "
    [hooks.tell]
    of = \"builds\"
    call = \"notify:builds_gone\"
    body = { id = \"{id}\", name = \"{name}\" }
    ";

#[tokio::test]
async fn who_listens_is_told_with_the_commit() {
    let stage = Stage::new(Ground::postgres().await, NOTIFY, Outside::default()).await;
    let mut listener = PgListener::connect(&stage.place.ground.address()).await.unwrap();
    listener.listen("builds_gone").await.unwrap();
    let receipt = stage.delete("1").await.expect("nobody is in the way");
    let mut heard = Vec::new();
    for _ in 0..3 {
        let message = listener.recv().await.unwrap();
        heard.push(serde_json::from_str::<serde_json::Value>(message.payload()).unwrap());
    }
    assert_eq!(
        heard,
        [
            json!({ "id": 100, "name": "first" }),
            json!({ "id": 101, "name": null }),
            json!({ "id": 110, "name": "x" }),
        ]
    );
    // Nothing is stored of it, and nobody is called.
    assert!(receipt.record.promised.is_empty() && receipt.called.is_empty());
    assert_eq!(stage.outside.said(), []);
}

#[tokio::test]
async fn a_message_that_is_too_long_deletes_nothing() {
    let stage = Stage::new(Ground::postgres().await, NOTIFY, Outside::default()).await;
    stage.write("UPDATE builds SET name = repeat('x', 8000) WHERE id = 200").await;
    match stage.delete("2").await {
        Err(DeleteError::Untaken { hook, reason }) => {
            assert_eq!(hook.as_str(), "tell");
            assert!(reason.contains("NOTIFY carries 7999 at most"), "{reason}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(stage.count("builds").await, 4);
}
