use super::{finds, only, with_runs};
use crate::finding::Severity;

const TABLES: &str = "runs: id text key\nentries: id int key, run_id text null index";

/// The help for a foreign key from `entries.run_id` with this action.
fn line_for(action: &str) -> String {
    let tables = format!("runs: id text key\nentries: id int key, run_id text -> runs {action}");
    let (severity, message, help) = only(&tables, "");
    assert_eq!(severity, Severity::Error);
    assert_eq!(message, "no line says what happens through the foreign key entries.run_id -> runs");
    help
}

#[test]
fn a_foreign_key_without_a_line_is_told_with_the_line_to_paste() {
    assert_eq!(line_for("cascade"), "\"entries.run_id -> runs\" = \"delete\"");
    assert_eq!(line_for("nulls"), "\"entries.run_id -> runs\" = \"unlink\"");
    assert_eq!(
        line_for("defaults"),
        "\"entries.run_id -> runs\" = { set = { run_id = … } }   # the default of the column"
    );
    for action in ["refuses", "restricts"] {
        let help = line_for(action);
        assert!(help.starts_with("\"entries.run_id -> runs\" = \"review\"   # decide: "), "{help}");
        assert!(help.contains("\"delete\"") && help.contains("\"block\""), "{help}");
    }
}

#[test]
fn the_line_to_paste_names_what_is_not_the_primary_key_and_quotes_odd_names() {
    let tables = "runs: id text key, no int unique\n\
                  entries: id int key, run_no int -> runs.no cascade";
    let (_, _, help) = only(tables, "");
    assert_eq!(help, "\"entries.run_no -> runs.no\" = \"delete\"");

    let tables = "run-log: id text key\nentries: id int key, run_id text -> run-log cascade";
    let (_, _, help) = only(tables, "");
    assert_eq!(help, "'entries.run_id -> \"run-log\"' = \"delete\"");

    let tables = "runs: org int key, no int key\n\
                  entries: id int key, org int, run int, fk(org,run) -> runs(org,no) cascade";
    let (_, _, help) = only(tables, "");
    assert_eq!(help, "\"entries.(org,run) -> runs\" = \"delete\"");
}

#[test]
fn a_line_covers_its_foreign_key_however_it_is_written() {
    let tables = "runs: org int key, no int key\n\
                  entries: id int key, org int, run int, fk(run,org) -> runs(no,org) cascade";
    for line in ["(org,run) -> runs", "(org,run) -> runs.(org,no)", "(run,org) -> runs.(no,org)"] {
        finds(tables, &format!("[references]\n\"entries.{line}\" = \"delete\"\n"), &[]);
    }
    // The same columns the other way round refer to something else.
    let policy = "[references]\n\"entries.(run,org) -> runs\" = \"delete\"\n";
    finds(tables, policy, &[("C130", "")]);
}

#[test]
fn a_line_that_is_wrong_in_another_way_still_covers_its_foreign_key() {
    let tables = "runs: id text key\nentries: id int key, run_id text index -> runs cascade";
    let line = "\"entries.run_id -> runs\" = { rule = \"delete\", where = { sqlite = \"x\" } }\n";
    finds(tables, &with_runs(line), &[("C105", "{ sqlite = \"x\" }")]);
}

#[test]
fn two_equal_foreign_keys_need_one_line() {
    let key = "fk(run_id) -> runs(id) cascade";
    let tables = format!("runs: id text key\nentries: id int key, run_id text, {key}, {key}");
    finds(&tables, "", &[("C130", "")]);
}

#[test]
fn two_lines_for_one_reference_are_refused_however_they_are_written() {
    let two = |second: &str| {
        with_runs(&format!("\"entries.run_id -> runs\" = \"delete\"\n{second} = \"unlink\"\n"))
    };
    finds(TABLES, &two("\"entries.run_id -> runs.id\""), &[("C131", "entries.run_id -> runs.id")]);

    let tables = "runs: a int key, b int key\nentries: id int key, x int, y int, index(x,y)";
    let policy = "[references]\n\"entries.(x,y) -> runs\" = \"delete\"\n\
                  \"entries.(y,x) -> runs.(b,a)\" = \"delete\"\n";
    finds(tables, policy, &[("C131", "entries.(y,x) -> runs.(b,a)")]);
}

#[test]
fn lines_with_different_conditions_or_parents_are_two_references() {
    let lines = "\"entries.run_id -> runs\" = { rule = \"delete\", where = \"id > 5\" }\n\
                 \"entries.run_id -> runs.id\" = { rule = \"unlink\", where = \"id <= 5\" }\n\
                 \"entries.run_id -> jobs\" = \"delete\"\n";
    finds(&format!("{TABLES}\njobs: id text key"), &with_runs(lines), &[]);
}

#[test]
fn a_line_that_nobody_has_decided_is_refused_even_where_no_thing_leads() {
    let policy = "[references]\n\"entries.run_id -> runs\" = \"review\"\n";
    finds(TABLES, policy, &[("C110", "entries.run_id -> runs")]);
    finds(TABLES, &policy.replace("review", "keep"), &[]);
}
