//! Values that the database would refuse, told before anything is deleted.

use sexton_core::finding::Severity::{Error, Warning};
use sexton_core::schema::Dialect;

use crate::place::{Place, expect, finds};

const TABLES: &str = "
    CREATE TABLE runs (id integer PRIMARY KEY);
    CREATE TABLE notes (
        id integer PRIMARY KEY,
        run_id integer,
        state text NOT NULL CHECK (state IN ('open', 'done')),
        place integer NOT NULL,
        mark text,
        CONSTRAINT open_has_run CHECK (state <> 'open' OR run_id IS NOT NULL),
        UNIQUE (mark, place),
        UNIQUE (run_id, place)
    );
    CREATE INDEX notes_run ON notes (run_id);
    INSERT INTO runs VALUES (1), (2);
    INSERT INTO notes VALUES (1, 1, 'done', 7, NULL), (2, 2, 'done', 8, NULL);";

fn line(fate: &str) -> String {
    format!("[things.run]\nrow = \"runs.id\"\n[references]\n\"notes.run_id -> runs\" = {fate}\n")
}

#[tokio::test]
async fn a_constant_that_a_check_refuses_is_an_error() {
    expect(TABLES, &line("{ set = { state = \"lost\" } }"), &[("C301", Error)]).await;
    expect(TABLES, &line("{ set = { state = \"=lower('LOST')\" } }"), &[("C301", Error)]).await;
    expect(TABLES, &line("{ set = { state = \"done\", run_id = \"=null\" } }"), &[]).await;
}

#[tokio::test]
async fn what_a_check_says_of_other_columns_is_tried_on_the_rows_that_are_there() {
    let unlink = line("\"unlink\"");
    expect(TABLES, &unlink, &[]).await;
    let open = format!("{TABLES} INSERT INTO notes VALUES (3, 2, 'open', 9, NULL);");
    for dialect in crate::place::BOTH {
        let found = finds(dialect, &open, &unlink).await;
        assert_eq!(found.len(), 1, "{found:#?}");
        assert_eq!((found[0].code, found[0].severity), ("C302", Warning));
        assert_eq!(
            found[0].message,
            "`notes.run_id -> runs` would change `notes` (3) to what the CHECK `open_has_run` \
             refuses, now"
        );
    }
    // A row that refers to no row is never written to; nor is one that the line leaves out.
    let dangling = format!("{TABLES} INSERT INTO notes VALUES (3, 9, 'open', 9, NULL);");
    expect(&dangling, &unlink, &[]).await;
    expect(&open, &line("{ rule = \"unlink\", where = \"state = 'done'\" }"), &[]).await;
    // An expression over the row's own columns is tried as it is.
    let computed = line(
        "{ set = { run_id = \"=null\", state = \"=case state when 'open' then 'done' else state \
         end\" } }",
    );
    expect(&open, &computed, &[]).await;
}

#[tokio::test]
async fn two_rows_that_would_collide_are_warned_of() {
    let set = line("{ set = { mark = \"gone\" } }");
    expect(TABLES, &set, &[]).await;
    let alike = format!("{TABLES} INSERT INTO notes VALUES (3, 1, 'done', 8, NULL);");
    expect(&alike, &set, &[("C303", Warning)]).await;
    // One that has the value already stands in the way of another that gets it.
    let before = format!("{TABLES} INSERT INTO notes VALUES (3, NULL, 'done', 8, 'gone');");
    expect(&before, &set, &[("C303", Warning)]).await;
    // No two NULLs are alike.
    expect(&alike, &line("{ set = { mark = \"=null\" } }"), &[]).await;
}

#[tokio::test]
async fn one_value_in_a_column_that_is_unique_alone_is_an_error() {
    let unique = format!("{TABLES} CREATE UNIQUE INDEX alone ON notes (mark);");
    let errors = [("C192", Error)];
    expect(&unique, &line("{ set = { mark = \"gone\" } }"), &errors).await;
    expect(&unique, &line("{ set = { mark = \"='gone-' || id\" } }"), &[]).await;
    expect(&unique, &line("{ set = { mark = \"=null\" } }"), &[]).await;
    let partial = format!("{TABLES} CREATE UNIQUE INDEX alone ON notes (mark) WHERE place < 0;");
    expect(&partial, &line("{ set = { mark = \"gone\" } }"), &[]).await;
}

/// The warnings are not only words: the deletion does fail.
#[tokio::test]
async fn what_is_told_comes_true() {
    let open = format!("{TABLES} INSERT INTO notes VALUES (3, 2, 'open', 9, NULL);");
    for dialect in crate::place::BOTH {
        let place = Place::on(dialect, &open).await;
        let system = place.system(&line("\"unlink\"")).await;
        let root = |id: &str| sexton_engine::Root {
            thing: sexton_core::names::ThingName::new("run"),
            key: sexton_engine::RootKey::Id(id.into()),
            options: std::collections::BTreeMap::new(),
            caller: sexton_engine::Caller::operator(sexton_core::names::Actor::new("ann")),
        };
        let asked =
            |id| sexton_engine::DeleteRequest { root: root(id), reason: None, bound_to: None };
        assert!(system.delete(&asked("1")).await.is_ok());
        let refused = system.delete(&asked("2")).await;
        assert!(format!("{refused:?}").contains("open_has_run"), "{refused:?}");
    }
}

#[tokio::test]
async fn a_collation_makes_no_false_alarm_in_sqlite() {
    let tables = TABLES.replace("state text NOT NULL", "state text COLLATE NOCASE NOT NULL");
    let found = finds(Dialect::Sqlite, &tables, &line("{ set = { state = \"DONE\" } }")).await;
    assert_eq!(found, []);
    let found = finds(Dialect::Sqlite, &tables, &line("{ set = { state = \"lost\" } }")).await;
    assert_eq!(found.len(), 1, "{found:#?}");
}

#[tokio::test]
async fn what_a_type_does_not_take_is_told_by_postgres() {
    let tables = "
        CREATE TYPE mood AS ENUM ('sad', 'fine');
        CREATE DOMAIN share AS integer CHECK (VALUE BETWEEN 0 AND 100);
        CREATE TABLE runs (id integer PRIMARY KEY);
        CREATE TABLE notes (id integer PRIMARY KEY, run_id integer REFERENCES runs, mood mood,
            share share, word varchar(5), code char(3), mail varchar(20) NOT NULL,
            short varchar(8) NOT NULL, big varchar(99) NOT NULL);
        CREATE INDEX notes_run ON notes (run_id);
        INSERT INTO runs VALUES (1);
        INSERT INTO notes VALUES (1, 1, NULL, NULL, NULL, NULL, 'a', 'b', 'c');";
    let set = |what: &str| line(&format!("{{ set = {{ run_id = \"=null\", {what} }} }}"));
    for (policy, expected) in [
        (set("mood = \"angry\""), vec!["C301"]),
        (set("mood = \"fine\", share = 5, word = \"12345\", code = \"ab\""), vec![]),
        (set("share = 101"), vec!["C301"]),
        (set("word = \"123456\""), vec!["C193"]),
        (set("word = \"12345  \""), vec![]),
        (line("{ anonymize = [\"run_id\", \"mail\", \"big\"] }"), vec![]),
        (line("{ anonymize = [\"run_id\", \"short\"] }"), vec!["C193"]),
    ] {
        let found = finds(Dialect::Postgres, tables, &policy).await;
        let codes: Vec<&str> = found.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, expected, "{policy}\n{found:#?}");
    }
    let long = format!(
        "{tables} INSERT INTO notes (id, run_id, mail, short, big)
        VALUES (1234567890, 1, 'a', 'b', 'c');"
    );
    let mail = line("{ anonymize = [\"run_id\", \"mail\"] }");
    let found = finds(Dialect::Postgres, &long, &mail).await;
    assert_eq!((found[0].code, found[0].severity), ("C304", Warning), "{found:#?}");
    assert!(found[0].message.contains("1234567890"), "{found:#?}");
}
