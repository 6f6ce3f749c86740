//! Rows that others share, held as another type and with rows below them.

use std::collections::BTreeMap;

use sexton_core::names::{Actor, ThingName};
use sexton_engine::{Caller, DeleteRequest, Root, RootKey};
use sexton_testkit::random::ground::Ground;

use crate::place::Place;

/// Files 1 and 2 are of the first build alone, one of them by its text; 3 is shared, 4 is of nobody.
/// Every file has pieces, and one content is in two files.
const SCRIPT: &str = "
    CREATE TABLE builds (id integer PRIMARY KEY, app integer, icon text);
    CREATE TABLE files (id integer PRIMARY KEY);
    CREATE TABLE contents (id integer PRIMARY KEY);
    CREATE TABLE pieces (
        id integer PRIMARY KEY,
        file_id integer REFERENCES files ON DELETE CASCADE,
        content_id integer REFERENCES contents
    );
    INSERT INTO files VALUES (1), (2), (3), (4);
    INSERT INTO contents VALUES (10), (20), (30), (40);
    INSERT INTO pieces VALUES (1, 1, 10), (2, 1, 30), (3, 2, 20), (4, 3, 30), (5, 4, 40);
    INSERT INTO builds VALUES (1, 1, ' 2'), (2, 3, 'no icon'), (3, NULL, '3');";

const POLICY: &str = "
    system = \"builds\"
    [things.build]
    row = \"builds.id\"
    [references]
    \"builds.app -> files\" = \"block\"
    \"builds.icon -> files\" = { rule = \"block\", cast = \"bigint\" }
    \"pieces.file_id -> files\" = \"delete\"
    \"pieces.content_id -> contents\" = \"block\"
    [takes]
    \"builds.{app,icon} -> files\" = \"when-last\"
    \"pieces.content_id -> contents\" = \"when-last\"";

async fn left_after(ground: Ground, builds: &[&str]) -> [usize; 4] {
    let mut place = Place::on(ground).await;
    let system = place.renew_with(SCRIPT, POLICY).await.expect("the policy is read");
    for id in builds {
        let root = Root {
            thing: ThingName::new("build"),
            key: RootKey::Id((*id).into()),
            options: BTreeMap::new(),
            caller: Caller::operator(Actor::new("the test")),
        };
        let request = DeleteRequest { root, reason: None, bound_to: None };
        system.delete(&request).await.expect("nothing refuses it");
    }
    let dump = place.ground.dump().await;
    ["builds", "files", "pieces", "contents"].map(|table| dump[table].len())
}

#[tokio::test]
async fn a_row_is_taken_with_what_is_its_own_however_it_is_held() {
    for ground in [Ground::sqlite().await, Ground::postgres().await] {
        assert_eq!(left_after(ground, &["1"]).await, [2, 2, 2, 2]);
    }
}

/// Build 3 holds file 3 by a text as firmly as build 2 does by a number.
#[tokio::test]
async fn a_row_that_is_held_by_another_type_stays_until_the_last_goes() {
    for ground in [Ground::sqlite().await, Ground::postgres().await] {
        assert_eq!(left_after(ground, &["2"]).await, [2, 4, 5, 4]);
    }
    for ground in [Ground::sqlite().await, Ground::postgres().await] {
        assert_eq!(left_after(ground, &["2", "3"]).await, [1, 3, 4, 4]);
    }
}
