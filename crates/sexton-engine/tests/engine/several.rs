//! Several roots in one deletion: all of them or none, as one closure and one record.

use std::collections::BTreeMap;

use sexton_core::names::{Actor, ThingName};
use sexton_core::preview::{BlockerKind, Preview};
use sexton_engine::{
    Bound, Budget, Caller, DeleteError, DeleteRequest, EngineError, ROOTS_MAX, RefusedBy, Root,
    RootKey, System,
};
use sexton_testkit::random::ground::Ground;

use crate::place::Place;

/// Batches are values: some have a row of their own. Runs name each other, and sessions use runs.
const TABLES: &str = "
    CREATE TABLE batches (id integer PRIMARY KEY, name text, state text);
    CREATE TABLE runs (id integer PRIMARY KEY, batch integer, needs integer);
    CREATE TABLE logs (id integer PRIMARY KEY, run integer);
    CREATE TABLE sessions (id integer PRIMARY KEY, run integer, state text);
    CREATE TABLE pairs (a integer, b text, PRIMARY KEY (a, b));
    CREATE INDEX runs_batch ON runs (batch);
    CREATE INDEX runs_needs ON runs (needs);
    CREATE INDEX logs_run ON logs (run);
    CREATE INDEX sessions_run ON sessions (run);
    INSERT INTO batches VALUES (1, 'one', 'done'), (2, 'two', 'done'), (3, 'three', 'open'),
        (10, 'ten', 'done');
    INSERT INTO runs VALUES (1, 1, NULL), (2, 2, 1), (3, 3, NULL), (4, 4, NULL), (10, 10, NULL),
        (11, 10, 10), (12, 3, 10);
    INSERT INTO logs VALUES (1, 1), (2, 2), (3, 3), (4, 4), (5, 10);
    INSERT INTO sessions VALUES (1, 10, 'live'), (2, 11, 'over');
    INSERT INTO pairs VALUES (1, 'x,y'), (1, 'z'), (2, 'z');";

const POLICY: &str = "
    system = \"runs\"
    [things.batch]
    row = \"batches.id\"
    starts = [\"runs.batch\"]
    label = \"name\"
    refuse = { \"state = 'open'\" = \"{id} ({row.name}) is open\" }
    [things.run]
    row = \"runs.id\"
    [things.pair]
    row = \"pairs.(a,b)\"
    [things.odd]
    row = \"logs.id\"
    refuse = { \"id > {id}\" = \"odd\" }
    [references]
    \"runs.batch -> batches\" = \"delete\"
    \"runs.needs -> runs\" = \"block\"
    \"logs.run -> runs\" = \"delete\"
    \"sessions.run -> runs\" = \"keep\"
    [guards.live]
    of = \"runs\"
    rows = \"sessions s\"
    link = \"s.run = runs.id\"
    where = \"s.state = 'live'\"
    say = \"run {subject.id} is used by session {names}\"
";

fn root(thing: &str, ids: &[&str]) -> Root {
    Root {
        thing: ThingName::new(thing),
        key: RootKey::Ids(ids.iter().map(|&id| id.to_owned()).collect()),
        options: BTreeMap::new(),
        caller: Caller::operator(Actor::new("ann")),
    }
}

fn request(thing: &str, ids: &[&str]) -> DeleteRequest {
    DeleteRequest { root: root(thing, ids), reason: None, bound_to: None }
}

async fn system(place: &mut Place) -> System {
    place.renew_with(TABLES, POLICY).await.expect("the policy is read")
}

async fn preview(system: &System, thing: &str, ids: &[&str]) -> Preview {
    let preview = system.preview(&root(thing, ids), Budget::default()).await;
    preview.unwrap_or_else(|error| panic!("{thing} {ids:?}: {error}"))
}

/// Every refusal changes nothing at all.
async fn refused(place: &mut Place, system: &System, thing: &str, ids: &[&str]) -> DeleteError {
    let before = place.ground.dump().await;
    let ended = system.delete(&request(thing, ids)).await;
    assert!(place.ground.dump().await == before, "{thing} {ids:?} changed rows");
    match ended {
        Err(error) => error,
        Ok(receipt) => panic!("{thing} {ids:?} went: {receipt:?}"),
    }
}

async fn several_go_together(ground: Ground) {
    let mut place = Place::on(ground).await;
    let system = system(&mut place).await;
    // The run 2 needs the run 1: alone, the batch 1 is refused; together, they go. The batch 4 is
    // a value without a row, and 02 is 2 once more.
    let ids = ["4", "02", "1", "2"];
    let alone = preview(&system, "batch", &["1"]).await;
    assert_eq!(alone.blockers.len(), 1, "{alone:?}");
    let shown = preview(&system, "batch", &ids).await;
    assert_eq!(shown.blockers, []);
    let roots: Vec<_> =
        shown.roots.all().iter().map(|root| (root.id.as_str(), root.label.as_deref())).collect();
    assert_eq!(roots, [("1", Some("one")), ("2", Some("two")), ("4", None)]);
    assert!(shown.warnings.iter().any(|said| said.ends_with("goes: 4")), "{:?}", shown.warnings);
    let bound = Bound::Digest(shown.digest.clone().expect("it has a digest"));
    let bound = DeleteRequest { bound_to: Some(bound), ..request("batch", &ids) };
    let receipt = system.delete(&bound).await.expect("nothing refuses");
    assert_eq!(receipt.record.roots.all(), ["02", "1", "2", "4"]);
    assert_eq!(Some(&receipt.record.digest), shown.digest.as_ref());
    let removed: Vec<_> =
        receipt.record.removed.iter().map(|(table, rows)| (table.as_str(), *rows)).collect();
    assert_eq!(removed, [("batches", 2), ("logs", 3), ("runs", 3)]);
    let [stored] = &system.statuses(10).await.expect("it can be asked")[..] else {
        panic!("one deletion")
    };
    assert_eq!(stored.row.roots, receipt.record.roots);
    assert_eq!(system.audit_list(10).await.expect("it can be read").len(), 1);
    assert_eq!(system.audit_verify().await.expect("it can be read").faults, []);
    // Their values were looked for again: a row that comes late is found by the next look.
    assert!(receipt.looked_at > 0);
}

async fn one_missing_is_all_missing(ground: Ground) {
    let mut place = Place::on(ground).await;
    let system = system(&mut place).await;
    let ended = refused(&mut place, &system, "batch", &["1", "77", "2", "4", "99"]).await;
    let DeleteError::Engine(EngineError::NotFound { ids, .. }) = &ended else {
        panic!("{ended:?}");
    };
    assert_eq!(ids, &["77", "99"]);
    assert_eq!(ended.to_string(), "there is no batch `77`, `99`");
    let missed = system.preview(&root("run", &["1", "5", "2"]), Budget::default()).await;
    let Err(EngineError::NotFound { ids, .. }) = missed else { panic!("{missed:?}") };
    assert_eq!(ids, ["5"]);
}

async fn composite_keys_go_together(ground: Ground) {
    let mut place = Place::on(ground).await;
    let system = system(&mut place).await;
    let ended = refused(&mut place, &system, "pair", &["2,z", "2,y"]).await;
    let DeleteError::Engine(EngineError::NotFound { ids, .. }) = &ended else {
        panic!("{ended:?}");
    };
    assert_eq!(ids, &["2,y"]);
    let receipt =
        system.delete(&request("pair", &["2,z", "1,x\\,y"])).await.expect("both are there");
    assert_eq!(receipt.record.removed["pairs"], 2);
    let bad = refused(&mut place, &system, "pair", &["1,z", "7"]).await;
    let DeleteError::Engine(EngineError::BadId { ids, .. }) = &bad else { panic!("{bad:?}") };
    assert_eq!(ids, &["7"]);
}

async fn blockers_say_for_which_root(ground: Ground) {
    let mut place = Place::on(ground).await;
    let system = system(&mut place).await;
    let ids = ["1", "3", "10", "4"];
    let shown = preview(&system, "batch", &ids).await;
    let told: Vec<_> = shown
        .blockers
        .iter()
        .map(|blocker| (blocker.kind, blocker.message.as_str(), blocker.roots.concat()))
        .collect();
    let block = "1 row(s) of runs still refer to it (runs.needs -> runs): 2";
    assert_eq!(
        told,
        [
            (BlockerKind::State, "3 (three) is open", "3".into()),
            // The runs 11 and 12 need the run 10, but they go with the batches 10 and 3.
            (BlockerKind::Reference, block, "1".into()),
            (BlockerKind::Guard, "run 10 is used by session 1", "10".into()),
        ]
    );
    let ended = refused(&mut place, &system, "batch", &ids).await;
    let DeleteError::Refused(refusal) = ended else { panic!("{ended:?}") };
    assert_eq!(refusal.by, RefusedBy::Refused);
    assert_eq!(refusal.blockers, shown.blockers);
    // Of one there is nothing to tell.
    let one = preview(&system, "batch", &["3"]).await;
    assert!(one.blockers.iter().all(|blocker| blocker.roots.is_empty()), "{:?}", one.blockers);
}

async fn too_many_and_none_are_refused(ground: Ground) {
    let mut place = Place::on(ground).await;
    let system = system(&mut place).await;
    let many: Vec<String> = (0..=ROOTS_MAX).map(|id| id.to_string()).collect();
    let mut asked = root("run", &[]);
    let none = system.preview(&asked, Budget::default()).await;
    assert!(matches!(none, Err(EngineError::BadId { .. })), "{none:?}");
    asked.key = RootKey::Ids(many.clone());
    let above = system.preview(&asked, Budget::default()).await;
    assert!(matches!(above, Err(EngineError::TooManyRoots { count: 1_001 })), "{above:?}");
    // As many as fit, each of them twice: they are looked for.
    asked.key = RootKey::Ids([&many[..ROOTS_MAX], &many[..ROOTS_MAX]].concat());
    let all = system.preview(&asked, Budget::default()).await;
    let Err(EngineError::NotFound { ids, .. }) = all else { panic!("{all:?}") };
    assert_eq!(ids.len(), ROOTS_MAX - 7);
    // SQL that says `{id}` speaks of one.
    let ended = refused(&mut place, &system, "odd", &["1", "2"]).await;
    assert!(ended.to_string().contains("only one odd can be asked for at a time"), "{ended}");
    system.delete(&request("odd", &["1"])).await.expect("one is one");
}

macro_rules! on_both {
    ($($name:ident: $sqlite:ident, $postgres:ident;)+) => {$(
        #[tokio::test]
        async fn $sqlite() {
            $name(Ground::sqlite().await).await;
        }

        #[tokio::test]
        async fn $postgres() {
            $name(Ground::postgres().await).await;
        }
    )+};
}

on_both! {
    several_go_together: several_roots_go_together_on_sqlite, several_roots_go_together_on_postgres;
    one_missing_is_all_missing: one_missing_root_is_named_and_none_goes_on_sqlite,
        one_missing_root_is_named_and_none_goes_on_postgres;
    composite_keys_go_together: roots_of_composite_keys_go_together_on_sqlite,
        roots_of_composite_keys_go_together_on_postgres;
    blockers_say_for_which_root: a_blocker_says_for_which_root_on_sqlite,
        a_blocker_says_for_which_root_on_postgres;
    too_many_and_none_are_refused: too_many_roots_are_refused_on_sqlite,
        too_many_roots_are_refused_on_postgres;
}
