//! Ids that cannot be one of their thing.

use std::collections::BTreeMap;

use sexton_core::names::{Actor, ThingName};
use sexton_engine::{Budget, Caller, DeleteError, DeleteRequest, EngineError, Root, RootKey};
use sexton_testkit::random::ground::Ground;

use crate::place::Place;

/// A table for each kind of key of which a database can say what is none, and the row of one.
const TABLES: &str = "
    CREATE TABLE notes (id bigint PRIMARY KEY);
    CREATE TABLE jobs (id uuid PRIMARY KEY);
    CREATE TABLE pairs (a integer, b text, PRIMARY KEY (a, b));
    CREATE TABLE names (id text PRIMARY KEY);
    INSERT INTO notes VALUES (1);";

const POLICY: &str = "
    system = \"notes\"
    [things.note]
    row = \"notes.id\"
    [things.job]
    row = \"jobs.id\"
    [things.pair]
    row = \"pairs.(a,b)\"
    [things.name]
    row = \"names.id\"";

fn root(thing: &str, key: RootKey) -> Root {
    Root {
        thing: ThingName::new(thing),
        key,
        options: BTreeMap::new(),
        caller: Caller::operator(Actor::new("the test")),
    }
}

/// PostgreSQL says so when it is asked for the row; in SQLite it is judged once there is none. A
/// deletion may be asked for without a preview.
async fn a_bad_id(ground: Ground) {
    let mut place = Place::on(ground).await;
    let system = place.renew_with(TABLES, POLICY).await.expect("the policy is read");
    for (thing, id, is_bad) in [
        ("note", "one", true),
        ("note", "1 or 1 = 1", true),
        ("note", "7", false),
        ("job", "7", true),
        ("job", "10b00000-0000-4000-8000-000000000001", false),
        ("pair", "one,two", true),
        ("pair", "1,two", false),
        ("name", "anything", false),
    ] {
        let root = root(thing, RootKey::Id(id.into()));
        let looked = system.preview(&root, Budget::default()).await;
        let Err(looked) = looked else { panic!("{thing} {id} is there") };
        let asked = DeleteRequest { root, reason: None, bound_to: None };
        let Err(DeleteError::Engine(deleted)) = system.delete(&asked).await else {
            panic!("{thing} {id} is there")
        };
        for error in [looked, deleted] {
            match error {
                EngineError::BadId { ids, .. } if is_bad => assert_eq!(ids, [id]),
                EngineError::NotFound { ids, .. } if !is_bad => assert_eq!(ids, [id]),
                other => panic!("{thing} {id}: {other:?}"),
            }
        }
    }
    let kept = system.statuses(20).await.expect("it can be asked");
    let notes: Vec<String> = kept.into_iter().filter_map(|one| one.row.note).collect();
    let count = |outcome: &str| notes.iter().filter(|note| note.contains(outcome)).count();
    assert_eq!((count("\"bad-id\""), count("\"missing\"")), (4, 4));
    // Of several, one that can be none outweighs one that is not there.
    let several = root("note", RootKey::Ids(vec!["7".into(), "1".into(), "one".into()]));
    let bad = system.preview(&several, Budget::default()).await;
    assert!(matches!(bad, Err(EngineError::BadId { .. })), "{bad:?}");
}

#[tokio::test]
async fn an_id_that_does_not_fit_its_column_is_a_bad_id_on_postgres() {
    a_bad_id(Ground::postgres().await).await;
}

#[tokio::test]
async fn an_id_that_does_not_fit_its_column_is_a_bad_id_on_sqlite() {
    a_bad_id(Ground::sqlite().await).await;
}

/// A column of SQLite may hold what its type does not say.
#[tokio::test]
async fn what_is_there_has_no_bad_id_on_sqlite() {
    let mut place = Place::on(Ground::sqlite().await).await;
    let script = [TABLES, "INSERT INTO notes VALUES ('one');"].concat();
    let system = place.renew_with(&script, POLICY).await.expect("the policy is read");
    let root = root("note", RootKey::Id("one".into()));
    let asked = DeleteRequest { root, reason: None, bound_to: None };
    system.delete(&asked).await.expect("it is there");
}
