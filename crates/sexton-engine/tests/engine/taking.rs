//! Rows that are taken by rows that were taken: each table is the last of an alphabet, so that one
//! pass over them in order finds one step only.

use std::collections::BTreeMap;

use sexton_core::names::{Actor, ThingName};
use sexton_engine::{Caller, DeleteRequest, Root, RootKey};
use sexton_testkit::random::ground::Ground;

use crate::place::Place;

const SCRIPT: &str = "
    CREATE TABLE snapshots (id TEXT PRIMARY KEY);
    CREATE TABLE images (id TEXT PRIMARY KEY, snapshot_id TEXT, blob TEXT);
    CREATE TABLE blobs (hash TEXT PRIMARY KEY, pack TEXT, twin TEXT);
    CREATE TABLE archives (id TEXT PRIMARY KEY, shelf TEXT);
    CREATE TABLE aisles (id TEXT PRIMARY KEY);
    INSERT INTO snapshots VALUES ('1'), ('2');
    INSERT INTO images VALUES ('a', '1', 'x'), ('b', '1', 'y'), ('c', '2', 'y'), ('d', '2', 'one');
    INSERT INTO blobs VALUES ('x', 'p', NULL), ('y', 'q', NULL), ('one', NULL, 'two'),
      ('two', NULL, 'one');
    INSERT INTO archives VALUES ('p', 's'), ('q', 's');
    INSERT INTO aisles VALUES ('s');";

const POLICY: &str = "
    system = \"shared\"
    [things.snapshot]
    row = \"snapshots.id\"
    [references]
    \"images.snapshot_id -> snapshots\" = \"delete\"
    [takes]
    \"images.blob -> blobs\" = \"when-last\"
    \"blobs.twin -> blobs\" = \"when-last\"
    \"blobs.pack -> archives\" = \"when-last\"
    \"archives.shelf -> aisles\" = \"when-last\"";

/// What is left of blobs, archives and aisles after a snapshot went.
async fn left(place: &mut Place, system: &sexton_engine::System, id: &str) -> Vec<String> {
    let root = Root {
        thing: ThingName::new("snapshot"),
        key: RootKey::Id(id.to_owned()),
        options: BTreeMap::new(),
        caller: Caller::operator(Actor::new("the test")),
    };
    let request = DeleteRequest { root, reason: None, bound_to: None };
    system.delete(&request).await.expect("nothing refuses");
    let dump = place.ground.dump().await;
    let keys = ["blobs", "archives", "aisles"].into_iter().flat_map(|table| dump[table].clone());
    let keys = keys.map(|mut row| row.swap_remove(0).unwrap_or_default());
    keys.map(|key| key.trim_matches('\'').to_owned()).collect()
}

async fn what_is_taken_takes_more(ground: Ground) {
    let mut place = Place::on(ground).await;
    let system = place.renew_with(SCRIPT, POLICY).await.expect("a policy that fits");
    // The blob takes its pack; the other pack keeps their shelf.
    assert_eq!(left(&mut place, &system, "1").await, ["one", "two", "y", "q", "s"]);
    // Now the shelf goes too. Two blobs that refer to each other keep each other.
    assert_eq!(left(&mut place, &system, "2").await, ["one", "two"]);
}

#[tokio::test]
async fn what_is_taken_takes_more_until_nothing_is_the_last_on_sqlite() {
    what_is_taken_takes_more(Ground::sqlite().await).await;
}

#[tokio::test]
async fn what_is_taken_takes_more_until_nothing_is_the_last_on_postgres() {
    what_is_taken_takes_more(Ground::postgres().await).await;
}
