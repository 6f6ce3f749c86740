//! What anonymizing writes: by type, without collisions, the same each time.

use std::collections::BTreeMap;

use sexton_core::names::{Actor, ThingName};
use sexton_core::schema::Dialect;
use sexton_engine::{Caller, DeleteRequest, Root, RootKey, System};
use sexton_testkit::random::ground::Ground;

use crate::place::Place;

const LINE: &str = "\"notes.of -> people\" = { anonymize = [";

async fn delete(system: &System, id: &str) {
    let root = Root {
        thing: ThingName::new("person"),
        key: RootKey::Id(id.to_owned()),
        options: BTreeMap::new(),
        caller: Caller::operator(Actor::new("the test")),
    };
    let request = DeleteRequest { root, reason: None, bound_to: None };
    system.delete(&request).await.expect("nothing refuses");
}

fn policy(columns: &str) -> String {
    format!(
        "system = \"s\"\n[things.person]\nrow = \"people.id\"\n[references]\n{LINE}{columns}] }}"
    )
}

/// What the columns of row # become, the handle left out.
const ON_POSTGRES: &str = "anonymized-'#','it''s,'|0|0|false|\\x|1970-01-01 00:00:00+00|\
     1970-01-01|00:00:00|{}|NULL";
const ON_SQLITE: &str = "'anonymized-#,''it''''s,'''|0|0.0|0|X''|'1970-01-01T00:00:00Z'|\
     '1970-01-01T00:00:00Z'|'1970-01-01T00:00:00Z'|'{}'|NULL";

/// A column of every kind, none of which may be NULL; then rows of two people.
fn script(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgres => {
            "CREATE TABLE people (id bigint PRIMARY KEY);
             CREATE TABLE notes (
                a bigint NOT NULL, b text NOT NULL, of bigint,
                mail varchar(40) NOT NULL UNIQUE, handle uuid NOT NULL UNIQUE,
                age integer NOT NULL, score numeric NOT NULL, known boolean NOT NULL,
                face bytea NOT NULL, seen timestamptz NOT NULL, born date NOT NULL,
                rose time NOT NULL, extras jsonb NOT NULL, nick text UNIQUE,
                PRIMARY KEY (a, b));
             INSERT INTO people VALUES (1), (2);
             INSERT INTO notes SELECT n, 'it''s,', n % 2 + 1, n || '@x', gen_random_uuid(), 40, 1.5,
                true, 'x', now(), now(), '12:00', '{\"a\": 1}', n || 'nick'
             FROM generate_series(1, 4) AS n;"
        }
        Dialect::Sqlite => {
            "CREATE TABLE people (id INTEGER PRIMARY KEY);
             CREATE TABLE notes (
                a INTEGER NOT NULL, b TEXT NOT NULL, of INTEGER,
                mail TEXT NOT NULL UNIQUE, handle UUID NOT NULL UNIQUE,
                age INTEGER NOT NULL, score REAL NOT NULL, known BOOLEAN NOT NULL,
                face BLOB NOT NULL, seen TIMESTAMP NOT NULL, born DATE NOT NULL,
                rose TIME NOT NULL, extras JSON NOT NULL, nick TEXT UNIQUE,
                PRIMARY KEY (a, b));
             INSERT INTO people VALUES (1), (2);
             WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 4)
             INSERT INTO notes SELECT n, 'it''s,', n % 2 + 1, n || '@x', 'u' || n, 40, 1.5,
                1, x'01', '2020-01-01', '2020-01-01', '12:00', '{\"a\": 1}', n || 'nick' FROM s;"
        }
    }
}

async fn every_kind_is_anonymized(ground: Ground) {
    let columns = "\"mail\", \"handle\", \"age\", \"score\", \"known\", \"face\", \"seen\", \
                   \"born\", \"rose\", \"extras\", \"nick\"";
    let (dialect, mut place) = (ground.dialect(), Place::on(ground).await);
    let system = place.renew_with(script(dialect), &policy(columns)).await.expect("it fits");
    delete(&system, "1").await;
    let once = place.ground.dump().await["notes"].clone();
    let mine = |row: &&Vec<Option<String>>| row[2].as_deref() == Some("1");
    let (anonymized, others): (Vec<_>, Vec<_>) = once.iter().partition(mine);
    assert_eq!((anonymized.len(), others.len()), (2, 2), "{once:#?}");
    let mut handles = std::collections::BTreeSet::new();
    let wanted = match dialect {
        Dialect::Postgres => ON_POSTGRES,
        Dialect::Sqlite => ON_SQLITE,
    };
    for row in &anonymized {
        let number = row[0].as_deref().expect("a key");
        let mut told: Vec<&str> = row[3..].iter().map(|v| v.as_deref().unwrap_or("NULL")).collect();
        let handle = told.remove(1);
        assert!(!handle.starts_with("'u") && handles.insert(handle), "{handle}");
        assert_eq!(told.join("|"), wanted.replace('#', number));
    }
    // Again, of the same rows: they are what they were.
    let again = "UPDATE notes SET of = 2 WHERE of = 1";
    let mut tx = system.database().begin(sexton_engine::ports::Mode::Keep).await.expect("a start");
    let query = sexton_engine::ports::Query {
        label: "again",
        sql: again,
        general: false,
        args: Vec::new(),
    };
    tx.run(query).await.expect("they refer to another");
    tx.commit().await.expect("an end");
    delete(&system, "2").await;
    let twice = place.ground.dump().await["notes"].clone();
    for row in anonymized {
        let mut row = row.clone();
        row[2] = Some("2".into());
        assert!(twice.contains(&row), "{row:#?}\n{twice:#?}");
    }
}

#[tokio::test]
async fn every_kind_is_anonymized_without_collisions_and_repeatably_on_sqlite() {
    every_kind_is_anonymized(Ground::sqlite().await).await;
}

#[tokio::test]
async fn every_kind_is_anonymized_without_collisions_and_repeatably_on_postgres() {
    every_kind_is_anonymized(Ground::postgres().await).await;
}
