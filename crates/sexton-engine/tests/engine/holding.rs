//! References held as another type: what is read as a key, what is not, and by which index.

use std::collections::BTreeMap;

use sexton_core::names::{Actor, ThingName};
use sexton_core::plan::Find;
use sexton_core::policy::Options;
use sexton_core::schema::Dialect;
use sexton_core::sql::{Bind, Scalar};
use sexton_engine::ports::{Arg, Mode, Query};
use sexton_engine::{Caller, DeleteRequest, Root, RootKey, System};
use sexton_testkit::random::ground::Ground;

use crate::place::Place;

/// Texts that are read as the number 42, and some that look like it.
const READ: [&str; 6] = ["42", " 42 ", "+42", "042", "\t42\r\n", "0000000000000000000000042"];
const NOT_READ: [&str; 12] = [
    "42x",
    "",
    " ",
    "4 2",
    "0x2a",
    "42.0",
    "4.2e1",
    "４２",
    "--42",
    "\u{a0}42",
    "+",
    "99999999999999999999999999999999999999999999",
];

const ID: &str = "00000000-0000-0000-0000-00000000002a";
const READ_UUIDS: [&str; 5] = [
    ID,
    "00000000-0000-0000-0000-00000000002A",
    "0000000000000000000000000000002a",
    "{00000000-0000-0000-0000-00000000002a}",
    "0000-0000-0000-0000-0000-0000-0000-002a",
];
const NOT_READ_UUIDS: [&str; 6] = [
    "",
    "{00000000-0000-0000-0000-00000000002a",
    " 00000000-0000-0000-0000-00000000002a",
    "00000000-0000-0000-0000-00000000002",
    "g0000000-0000-0000-0000-00000000002a",
    "000-00000-0000-0000-0000-00000000002a",
];

fn policy(cast: &str) -> String {
    format!(
        "system = \"casts\"\n[things.parent]\nrow = \"parents.id\"\n[references]\n\
         \"children.held -> parents\" = {{ rule = \"unlink\", cast = \"{cast}\" }}"
    )
}

async fn delete(system: &System, id: &str) {
    let root = Root {
        thing: ThingName::new("parent"),
        key: RootKey::Id(id.to_owned()),
        options: BTreeMap::new(),
        caller: Caller::operator(Actor::new("the test")),
    };
    let request = DeleteRequest { root, reason: None, bound_to: None };
    system.delete(&request).await.expect("nothing refuses");
}

/// How many of these texts refer to the row of this id, when it is deleted.
async fn referring(
    place: &mut Place,
    types: &str,
    (id, cast): (&str, &str),
    texts: &[&str],
) -> usize {
    let quoted = |text: &&str| format!("('{text}')");
    let rows: Vec<String> = texts.iter().map(quoted).collect();
    let script = format!(
        "CREATE TABLE parents (id {types} PRIMARY KEY);
         CREATE TABLE children (held TEXT, of TEXT PRIMARY KEY);
         INSERT INTO parents VALUES ('{id}');
         INSERT INTO children (of) VALUES {};
         UPDATE children SET held = of;",
        rows.join(", ")
    );
    let system = place.renew_with(&script, &policy(cast)).await.expect("a policy that fits");
    delete(&system, id).await;
    let dump = place.ground.dump().await;
    dump["children"]
        .iter()
        .filter(|row| row.iter().any(|v| v.as_deref().is_none_or(|v| v == "NULL")))
        .count()
}

async fn what_is_read_as_a_number(ground: Ground) {
    let mut place = Place::on(ground).await;
    let big = ("42", "bigint");
    assert_eq!(referring(&mut place, "BIGINT", big, &READ).await, READ.len());
    assert_eq!(referring(&mut place, "BIGINT", big, &NOT_READ).await, 0);
    for (id, cast, expected) in [
        ("9223372036854775807", "bigint", 1),
        ("-9223372036854775808", "bigint", 1),
        ("70000", "integer", 1),
        ("70000", "smallint", 0),
    ] {
        assert_eq!(
            referring(&mut place, "BIGINT", (id, cast), &[id]).await,
            expected,
            "{id} {cast}"
        );
    }
    let beyond = ["9223372036854775808", "99999999999999999999"];
    let last = ("9223372036854775807", "bigint");
    assert_eq!(referring(&mut place, "BIGINT", last, &beyond).await, 0);
}

#[tokio::test]
async fn what_cannot_be_read_as_a_number_refers_to_nothing_on_sqlite() {
    what_is_read_as_a_number(Ground::sqlite().await).await;
}

#[tokio::test]
async fn what_cannot_be_read_as_a_number_refers_to_nothing_on_postgres() {
    what_is_read_as_a_number(Ground::postgres().await).await;
}

#[tokio::test]
async fn what_cannot_be_read_as_a_uuid_refers_to_nothing() {
    let mut place = Place::on(Ground::postgres().await).await;
    let cast = (ID, "uuid");
    assert_eq!(referring(&mut place, "UUID", cast, &READ_UUIDS).await, READ_UUIDS.len());
    assert_eq!(referring(&mut place, "UUID", cast, &NOT_READ_UUIDS).await, 0);
}

/// How PostgreSQL finds the rows that change, where it would rather not read whole tables.
async fn explained(script: &str, lines: &str) -> String {
    let mut place = Place::on(Ground::postgres().await).await;
    let policy =
        format!("system = \"s\"\n[things.parent]\nrow = \"parents.id\"\n[references]\n{lines}");
    let system = place.renew_with(script, &policy).await.expect("a policy that fits");
    let plan = system.plan(&ThingName::new("parent"), &Options::default()).await.expect("a plan");
    let Some(Find::Table { statement, .. }) = plan.steps.find.last() else { panic!("{plan}") };
    let arg = |bind: &Bind| match bind {
        Bind::Keys { .. } => Arg::Array([Scalar::text("7"), Scalar::text("x")].into()),
        Bind::Literal(literal) => Arg::Scalar(literal.clone()),
        _ => Arg::Scalar(Scalar::Integer(100)),
    };
    let mut tx = system.database().begin(Mode::Change).await.expect("a transaction");
    let off = "SET LOCAL enable_seqscan = off";
    tx.run(Query { label: "off", sql: off, general: false, args: Vec::new() })
        .await
        .expect("a setting");
    let sql = format!("EXPLAIN {}", statement.sql);
    let args = statement.binds.iter().map(arg).collect();
    let rows = tx
        .rows(Query { label: "explain", sql: &sql, general: statement.general, args })
        .await
        .expect("a statement");
    tx.rollback().await.expect("nothing to keep");
    rows.iter().map(|row| row[0].to_string()).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_number_cast_to_text_is_found_by_its_own_index() {
    let script = "CREATE TABLE parents (id text PRIMARY KEY);
                  CREATE TABLE children (id bigint PRIMARY KEY, held bigint);
                  CREATE INDEX children_held ON children (held);";
    let line = "\"children.held -> parents\" = { rule = \"unlink\", cast = \"text\" }";
    let told = explained(script, line).await;
    assert!(told.contains("children_held"), "{told}");
}

#[tokio::test]
async fn a_value_in_json_is_found_by_an_index_over_it() {
    let script = "CREATE TABLE parents (id bigint PRIMARY KEY);
                  CREATE TABLE children (id bigint PRIMARY KEY, held jsonb);
                  CREATE INDEX children_held ON children ((held -> 'a' ->> 'id'));";
    let told = explained(script, "\"children.held$.a.id -> parents\" = \"unlink\"").await;
    assert!(told.contains("children_held"), "{told}");
}

/// Keys that are the texts of other things than strings and numbers, at either kind of place.
async fn only_strings_and_numbers_in_json_refer(ground: Ground) {
    let json = if ground.dialect() == Dialect::Postgres { "jsonb" } else { "TEXT" };
    let mut place = Place::on(ground).await;
    for (key, document, refers) in [
        ("true", "true", false),
        ("1", "true", false),
        ("null", "null", false),
        ("{\"b\": 1}", "{\"b\": 1}", false),
        ("{\"b\":1}", "{\"b\":1}", false),
        ("[1]", "[1]", false),
        ("1", "1", true),
        ("true", "\"true\"", true),
    ] {
        let script = format!(
            "CREATE TABLE parents (id TEXT PRIMARY KEY);
             CREATE TABLE children (id INTEGER PRIMARY KEY, held {json});
             INSERT INTO parents VALUES ('{key}');
             INSERT INTO children VALUES (1, '{{\"a\": {document}}}'), (2, '{{\"ids\": [{document}]}}'),
               (3, '{document}'), (4, '[]'), (5, NULL);"
        );
        let policy = "system = \"s\"\n[things.parent]\nrow = \"parents.id\"\n[references]\n\
                      \"children.held$.a -> parents\" = \"delete\"\n\
                      \"children.held$.ids[*] -> parents\" = \"delete\"";
        let system = place.renew_with(&script, policy).await.expect("a policy that fits");
        delete(&system, key).await;
        let left = place.ground.dump().await["children"].len();
        assert_eq!(left, if refers { 3 } else { 5 }, "{key} {document}");
    }
}

#[tokio::test]
async fn only_strings_and_numbers_in_json_refer_on_sqlite() {
    only_strings_and_numbers_in_json_refer(Ground::sqlite().await).await;
}

#[tokio::test]
async fn only_strings_and_numbers_in_json_refer_on_postgres() {
    only_strings_and_numbers_in_json_refer(Ground::postgres().await).await;
}
