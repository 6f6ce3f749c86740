//! Ids that cannot be one of their thing.

use std::collections::BTreeMap;

use sexton_core::names::{Actor, ThingName};
use sexton_engine::{Budget, Caller, DeleteError, DeleteRequest, EngineError, Root, RootKey};
use sexton_testkit::random::ground::Ground;

use crate::place::Place;

/// PostgreSQL says so when it is asked for the row; a deletion may be asked for without a preview.
#[tokio::test]
async fn an_id_that_does_not_fit_its_column_is_a_bad_id_to_preview_and_deletion() {
    let mut place = Place::on(Ground::postgres().await).await;
    let script = "CREATE TABLE notes (id bigint PRIMARY KEY); INSERT INTO notes VALUES (1);";
    let policy = "system = \"notes\"\n[things.note]\nrow = \"notes.id\"";
    let system = place.renew_with(script, policy).await.unwrap();
    let root = Root {
        thing: ThingName::new("note"),
        key: RootKey::Id("one".into()),
        options: BTreeMap::new(),
        caller: Caller::operator(Actor::new("the test")),
    };
    let looked = system.preview(&root, Budget::default()).await;
    assert!(matches!(looked, Err(EngineError::BadId { .. })), "{looked:?}");
    let deleted = system.delete(&DeleteRequest { root, reason: None, bound_to: None }).await;
    assert!(matches!(deleted, Err(DeleteError::Engine(EngineError::BadId { .. }))), "{deleted:?}");
}
