//! What random cases found once, each in its smallest form.

use sexton_core::names::{Actor, ThingName};
use sexton_engine::{Budget, Caller, DeleteRequest, Root, RootKey};
use sexton_testkit::random::ground::{Ground, Verdict};

use crate::place::Place;

fn root(thing: &str, id: &str) -> Root {
    Root {
        thing: ThingName::new(thing),
        key: RootKey::Id(id.into()),
        options: std::collections::BTreeMap::new(),
        caller: Caller::operator(Actor::new("the test")),
    }
}

/// A reference column that starts the deletion finds what refers to the root; rows of the root's
/// own table that start it too have rows of their own that refer to them.
#[tokio::test]
async fn a_start_in_the_roots_own_table_takes_what_refers_to_it() {
    let mut place = Place::on(Ground::sqlite().await).await;
    let script = "
        CREATE TABLE keys (id TEXT PRIMARY KEY, origin TEXT);
        CREATE TABLE uses (id INTEGER PRIMARY KEY, key TEXT);
        INSERT INTO keys VALUES ('copy', 'first');
        INSERT INTO uses VALUES (1, 'first'), (2, 'copy'), (3, 'other');";
    let policy = "
        system = \"keys\"
        [things.key]
        row = \"keys.id\"
        starts = [\"uses.key\", \"keys.origin\"]
        [references]
        \"uses.key -> keys\" = \"delete\"";
    let system = place.renew_with(script, policy).await.unwrap();
    let root = root("key", "first");
    let receipt =
        system.delete(&DeleteRequest { root, reason: None, bound_to: None }).await.unwrap();
    assert_eq!(receipt.rows(), 3);
    let dump = place.ground.dump().await;
    assert_eq!(dump["uses"], [[Some("3".into()), Some("'other'".into())]]);
}

/// SQLite joins bytes to text as if they were text.
#[tokio::test]
async fn a_row_that_blocks_is_named_though_its_key_holds_bytes() {
    let mut place = Place::on(Ground::sqlite().await).await;
    let script = "
        CREATE TABLE parents (id INTEGER PRIMARY KEY);
        CREATE TABLE children (
            a BLOB NOT NULL, b TEXT NOT NULL, parent INTEGER REFERENCES parents, PRIMARY KEY (a, b)
        );
        INSERT INTO parents VALUES (1);
        INSERT INTO children VALUES (X'ff00', 'b', 1);";
    let policy = "
        system = \"bytes\"
        [things.parent]
        row = \"parents.id\"
        [references]
        \"children.parent -> parents\" = \"block\"";
    let system = place.renew_with(script, policy).await.unwrap();
    let preview = system.preview(&root("parent", "1"), Budget::default()).await.unwrap();
    assert_eq!(preview.blockers[0].names, ["x'ff00',b"]);
}

/// Rows that hold each other by RESTRICT go together where the line says so: SQLite judges
/// RESTRICT at the end of a transaction that defers its foreign keys.
#[tokio::test]
async fn a_circle_of_rows_held_by_restrict_goes_in_sqlite() {
    let mut place = Place::on(Ground::sqlite().await).await;
    let script = "
        PRAGMA foreign_keys = OFF;
        CREATE TABLE links (
            id INTEGER PRIMARY KEY,
            next INTEGER NOT NULL REFERENCES links ON DELETE RESTRICT,
            other INTEGER REFERENCES links ON DELETE RESTRICT
        );
        INSERT INTO links VALUES (1, 3, 1), (2, 1, NULL), (3, 2, 1), (4, 4, NULL);
        PRAGMA foreign_keys = ON;";
    let policy = "
        system = \"links\"
        [things.link]
        row = \"links.id\"
        [references]
        \"links.next -> links\" = \"delete\"
        \"links.other -> links\" = \"block\"";
    let system = place.renew_with(script, policy).await.unwrap();
    let refused = place.ground.judge("DELETE FROM links WHERE id IN (1, 2, 3)").await;
    assert!(matches!(refused, Verdict::Refused(_)), "{refused:?}");
    let root = root("link", "2");
    let receipt =
        system.delete(&DeleteRequest { root, reason: None, bound_to: None }).await.unwrap();
    assert_eq!(receipt.rows(), 3);
    let left = place.ground.dump().await;
    assert_eq!(left["links"], [["4", "4", "NULL"].map(|value| Some(value.to_owned()))]);
}
