use super::{finds, finds_in, only, with_runs};
use crate::schema::Dialect;

const TABLES: &str =
    "runs: id int key\nnotes: id int key, held text null, doc jsonb null, run_id int null index";

#[test]
fn a_cast_is_to_the_type_of_the_key() {
    let line = |cast: &str| {
        with_runs(&format!("\"notes.held -> runs\" = {{ rule = \"unlink\", cast = \"{cast}\" }}\n"))
    };
    finds(TABLES, &line("bigint"), &[("C140", "notes.held -> runs")]);
    finds(TABLES, &line("uuid"), &[("C109", "notes.held -> runs"), ("C140", "notes.held -> runs")]);
    finds(TABLES, &line("date"), &[("C109", "\"date\"")]);
}

#[test]
fn a_number_cast_to_text_has_its_index_already() {
    let tables = "runs: id text key\nnotes: id int key, run_id int null index";
    let line = "\"notes.run_id -> runs\" = { rule = \"unlink\", cast = \"text\" }\n";
    finds(tables, &with_runs(line), &[]);
}

#[test]
fn a_place_in_json_needs_json_and_stands_alone() {
    let line = |left: &str| with_runs(&format!("\"{left} -> runs\" = \"keep\"\n"));
    finds(TABLES, &line("notes.doc$.run"), &[]);
    finds(TABLES, &line("notes.held$.run"), &[("C109", "notes.held$.run -> runs")]);
    finds_in(Dialect::Sqlite, TABLES, &line("notes.held$.run"), &[]);
    let tables = "runs: id int key, n int, unique(id,n)\nnotes: id int key, doc jsonb null, n int";
    let line = with_runs("\"notes.(doc$.run,n) -> runs.(id,n)\" = \"keep\"\n");
    finds(tables, &line, &[("C109", "notes.(doc$.run,n) -> runs.(id,n)")]);
}

#[test]
fn the_index_that_would_serve_a_place_in_json_is_told() {
    let (_, message, help) =
        only(TABLES, &with_runs("\"notes.doc$.a.run -> runs\" = \"unlink\"\n"));
    assert!(message.contains("deletions read every row of `notes`"), "{message}");
    assert_eq!(help, "CREATE INDEX CONCURRENTLY ON notes ((doc -> 'a' ->> 'run'));");
    let (_, _, help) = only(TABLES, &with_runs("\"notes.doc$.runs[*] -> runs\" = \"unlink\"\n"));
    assert!(help.starts_with("no index serves this"), "{help}");
}

#[test]
fn two_lines_may_take_something_out_of_one_document_but_not_set_it_too() {
    let lines = "\"notes.doc$.a -> runs\" = \"unlink\"\n\"notes.doc$.b -> runs\" = \"unlink\"\n";
    let warned = [("C140", "notes.doc$.a -> runs")];
    finds(TABLES, &with_runs(lines), &warned);
    let set = "\"notes.run_id -> runs\" = { set = { doc = \"=null\", run_id = \"=null\" } }\n";
    let lines = format!("\"notes.doc$.a -> runs\" = \"unlink\"\n{set}");
    finds(TABLES, &with_runs(&lines), &[warned[0], ("C116", "notes.run_id -> runs")]);
}
