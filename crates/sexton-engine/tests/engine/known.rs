//! Mistakes that random cases found once, each in its smallest form.

use sexton_core::names::{Actor, ThingName};
use sexton_engine::{Budget, DeleteRequest, Root, RootKey};
use sexton_testkit::random::ground::Ground;

use crate::place::Place;

fn root(thing: &str, id: &str) -> Root {
    Root {
        thing: ThingName::new(thing),
        key: RootKey::Id(id.into()),
        tenant: None,
        actor: Actor::new("the test"),
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
