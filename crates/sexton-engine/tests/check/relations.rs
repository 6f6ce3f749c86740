//! What is more, or less, than the table or the foreign key that it looks like.

use sexton_core::finding::Severity::{Error, Warning};
use sexton_core::schema::Dialect;

use crate::place::{codes, finds};

fn policy(lines: &str) -> String {
    format!("[things.run]\nrow = \"runs.id\"\n[references]\n{lines}\n")
}

const NOTES: &str = "\"notes.run_id -> runs\" = \"delete\"";

#[tokio::test]
async fn what_is_no_table_is_told_by_what_it_is() {
    let tables = "
        CREATE TABLE runs (id integer PRIMARY KEY);
        CREATE TABLE events (id integer, run_id bigint, at integer) PARTITION BY RANGE (at);
        CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (10);
        CREATE VIEW seen AS SELECT * FROM events;
        CREATE MATERIALIZED VIEW copied AS SELECT * FROM events;
        CREATE FOREIGN DATA WRAPPER nothing;
        CREATE SERVER far FOREIGN DATA WRAPPER nothing;
        CREATE FOREIGN TABLE away (id integer, run_id integer) SERVER far;";
    for (name, is, help) in [
        ("seen", "a view", "name the tables whose rows it shows"),
        ("copied", "a materialized view", "refresh it"),
        ("away", "a foreign table", "another database"),
        ("events_1", "a partition", "name `events`"),
    ] {
        let line = format!("\"{name}.run_id -> runs\" = \"delete\"");
        let found = finds(Dialect::Postgres, tables, &policy(&line)).await;
        assert_eq!((found[0].code, found[0].severity), ("C101", Error), "{found:#?}");
        assert_eq!(found[0].message, format!("`{name}` is {is}, not a table"));
        assert!(found[0].help.as_ref().unwrap().contains(help), "{found:#?}");
    }
    let tables = "CREATE TABLE runs (id integer PRIMARY KEY);
        CREATE VIEW seen AS SELECT id AS run_id FROM runs;
        CREATE VIRTUAL TABLE words USING fts5(run_id);";
    for (name, is) in [("seen", "a view"), ("words", "a virtual table")] {
        let line = format!("\"{name}.run_id -> runs\" = \"delete\"");
        let found = finds(Dialect::Sqlite, tables, &policy(&line)).await;
        assert_eq!(found[0].message, format!("`{name}` is {is}, not a table"));
    }
}

/// The server keeps copies of a foreign key for each partition: nobody has to write them down.
#[tokio::test]
async fn a_partitioned_table_has_one_line_until_a_part_of_it_is_detached() {
    let tables = "
        CREATE TABLE runs (id integer PRIMARY KEY);
        CREATE TABLE notes (id integer, at integer, run_id integer REFERENCES runs,
            PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
        CREATE INDEX ON notes (run_id);
        CREATE TABLE notes_1 PARTITION OF notes FOR VALUES FROM (0) TO (10);
        CREATE TABLE notes_2 PARTITION OF notes FOR VALUES FROM (10) TO (20);
        CREATE TABLE marks (id integer PRIMARY KEY, note integer, at integer,
            FOREIGN KEY (note, at) REFERENCES notes);
        CREATE INDEX ON marks (note, at);";
    let lines = policy(&format!("{NOTES}\n\"marks.(note,at) -> notes\" = \"unlink\""));
    assert_eq!(finds(Dialect::Postgres, tables, &lines).await, []);
    let detached = format!("{tables} ALTER TABLE notes DETACH PARTITION notes_2;");
    let found = finds(Dialect::Postgres, &detached, &lines).await;
    assert_eq!(codes(&found), [("C130", Error)], "{found:#?}");
    assert!(found[0].message.contains("notes_2.run_id -> runs"), "{found:#?}");
}

#[tokio::test]
async fn a_foreign_key_that_does_not_vouch_for_every_row_is_told() {
    let tables = "
        CREATE TABLE runs (id integer PRIMARY KEY);
        CREATE TABLE notes (id integer PRIMARY KEY, run_id integer);
        CREATE INDEX notes_run ON notes (run_id);
        INSERT INTO runs VALUES (1);
        INSERT INTO notes VALUES (1, 1), (2, 7);
        ALTER TABLE notes ADD CONSTRAINT held FOREIGN KEY (run_id) REFERENCES runs NOT VALID;";
    let found = finds(Dialect::Postgres, tables, &policy(NOTES)).await;
    assert_eq!(codes(&found), [("C190", Warning), ("C305", Warning)], "{found:#?}");
    assert!(found[0].help.as_ref().unwrap().contains("VALIDATE CONSTRAINT held;"), "{found:#?}");
    assert!(found[1].message.contains("the row 2 of `notes`"), "{found:#?}");
    let mended = format!(
        "{tables} DELETE FROM notes WHERE id = 2;
        ALTER TABLE notes VALIDATE CONSTRAINT held;"
    );
    assert_eq!(finds(Dialect::Postgres, &mended, &policy(NOTES)).await, []);
    let off = format!("{mended} ALTER TABLE notes DISABLE TRIGGER ALL;");
    let found = finds(Dialect::Postgres, &off, &policy(NOTES)).await;
    assert_eq!(codes(&found), [("C190", Warning)], "{found:#?}");
}

#[tokio::test]
async fn rows_that_an_application_left_without_their_parent_are_told_in_sqlite() {
    let tables = "
        PRAGMA foreign_keys = OFF;
        CREATE TABLE runs (id integer PRIMARY KEY);
        CREATE TABLE notes (id integer PRIMARY KEY, run_id integer REFERENCES runs);
        CREATE INDEX notes_run ON notes (run_id);
        INSERT INTO runs VALUES (1);
        INSERT INTO notes VALUES (1, 1), (2, NULL);";
    assert_eq!(finds(Dialect::Sqlite, tables, &policy(NOTES)).await, []);
    let lost = format!("{tables} INSERT INTO notes VALUES (3, 7);");
    let found = finds(Dialect::Sqlite, &lost, &policy(NOTES)).await;
    assert_eq!(codes(&found), [("C305", Warning)], "{found:#?}");
    assert!(found[0].message.contains("the row 3 of `notes`"), "{found:#?}");
}

#[tokio::test]
async fn tables_that_inherit_are_told() {
    let tables = "
        CREATE TABLE runs (id integer PRIMARY KEY);
        CREATE TABLE old_runs () INHERITS (runs);";
    let found = finds(Dialect::Postgres, tables, &policy("")).await;
    assert_eq!(codes(&found), [("C191", Warning)], "{found:#?}");
    assert!(found[0].message.contains("`old_runs`"), "{found:#?}");
}

#[tokio::test]
async fn a_strict_table_takes_only_its_own_types() {
    let tables = "
        CREATE TABLE runs (id integer PRIMARY KEY);
        CREATE TABLE notes (id integer PRIMARY KEY, run_id integer, place integer, mark text,
            raw blob) STRICT;
        CREATE INDEX notes_run ON notes (run_id);";
    let loose = tables.replace(" STRICT", "");
    for (set, expected) in [
        ("place = \"none\"", vec![("C194", Error)]),
        ("place = 1.5", vec![("C194", Error)]),
        ("raw = 1", vec![("C194", Error)]),
        ("place = \"7\", mark = 5", vec![]),
        ("place = 2.0", vec![]),
    ] {
        let line = format!("\"notes.run_id -> runs\" = {{ set = {{ {set} }} }}");
        let found = finds(Dialect::Sqlite, tables, &policy(&line)).await;
        assert_eq!(codes(&found), expected, "{set} {found:#?}");
        assert_eq!(finds(Dialect::Sqlite, &loose, &policy(&line)).await, [], "{set}");
    }
}

#[tokio::test]
async fn anonymizing_fires_triggers_too() {
    let tables = "
        CREATE TABLE runs (id integer PRIMARY KEY);
        CREATE TABLE notes (id integer PRIMARY KEY, run_id integer, mark text);
        CREATE INDEX notes_run ON notes (run_id);
        CREATE TRIGGER tells AFTER UPDATE ON notes BEGIN SELECT 1; END;";
    let line = "\"notes.run_id -> runs\" = { anonymize = [\"run_id\", \"mark\"] }";
    let found = finds(Dialect::Sqlite, tables, &policy(line)).await;
    assert_eq!(codes(&found), [("C160", Warning)], "{found:#?}");
}
