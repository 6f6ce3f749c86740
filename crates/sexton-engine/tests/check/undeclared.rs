//! References that neither a line nor a foreign key tells of.

use sexton_core::finding::Severity::Warning;

use crate::place::{BOTH, expect, finds};

const TABLES: &str = "
    CREATE TABLE users (id integer PRIMARY KEY, name text);
    CREATE TABLE runs (id integer PRIMARY KEY, run_label text);
    CREATE TABLE notes (id integer PRIMARY KEY, run_id integer, user_id integer, note text,
        owner_id integer, owner_type text, weight integer);
    CREATE TABLE marks (id integer PRIMARY KEY, latest_run_id integer);
    INSERT INTO users VALUES (1, 'a');
    INSERT INTO runs VALUES (1, 'a'), (2, 'b'), (3, 'c');
    INSERT INTO notes VALUES (1, 1, 7, 'x', 1, 'run', 1), (2, 2, 8, 'y', 2, 'run', 2);";

const RUN: &str = "[things.run]\nrow = \"runs.id\"\n";

#[tokio::test]
async fn a_column_that_looks_like_a_reference_is_told_with_the_line_to_paste() {
    for dialect in BOTH {
        let found = finds(dialect, TABLES, RUN).await;
        assert_eq!(found.len(), 1, "{found:#?}");
        assert_eq!((found[0].code, found[0].severity), ("C320", Warning));
        assert_eq!(
            found[0].message,
            "`notes.run_id` seems to refer to `runs` (2 of its 2 values are there), and no line \
             says what happens"
        );
        let help = found[0].help.as_deref().expect("a line to paste");
        assert!(help.starts_with("\"notes.run_id -> runs\" = \"review\""), "{help}");
    }
}

#[tokio::test]
async fn a_line_answers_it_also_one_that_says_no() {
    let line = |fate: &str| format!("{RUN}[references]\n\"notes.run_id -> runs\" = \"{fate}\"\n");
    expect(TABLES, &line("keep"), &[]).await;
    let indexed = format!("{TABLES} CREATE INDEX notes_run ON notes (run_id);");
    expect(&indexed, &line("delete"), &[]).await;
    // A column that is derived is told of where it is derived.
    let derived = format!("{RUN}[derived.notes]\nof = \"runs.id\"\nset.run_id = \"=null\"\n");
    expect(TABLES, &derived, &[]).await;
    let key = TABLES.replace("run_id integer, user", "run_id integer REFERENCES runs, user");
    expect(
        &format!("{key} CREATE INDEX notes_run ON notes (run_id);"),
        &line("keep"),
        &[("C152", sexton_core::finding::Severity::Error)],
    )
    .await;
}

#[tokio::test]
async fn what_values_speak_against_is_not_told() {
    // Rows of `users` never go, values of `owner_id` are of several tables.
    let away = TABLES.replace("(1, 1, 7,", "(1, 91, 7,").replace("(2, 2, 8,", "(2, 92, 8,");
    expect(&away, RUN, &[]).await;
    // By its end alone a name is believed only with values.
    let some = format!("{away} INSERT INTO marks VALUES (1, 1), (2, 77);");
    expect(&some, RUN, &[]).await;
    let all = format!("{away} INSERT INTO marks VALUES (1, 1), (2, 2);");
    expect(&all, RUN, &[("C320", Warning)]).await;
}
