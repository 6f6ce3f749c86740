use super::{finds, only};
use crate::finding::Severity;

const TABLES: &str = "runs: id int key\nusers: id int key\n\
    notes: id int key, run_id int null index, user_id int null index, state text, kind text";

fn policy(lines: &str) -> String {
    format!(
        "[things.user]\nrow = \"users.id\"\n[references]\n\"runs.id -> users\" = \"delete\"\n{lines}"
    )
}

const RUNS: &str = "\"notes.run_id -> runs\" = { rule = \"delete\", where = \"state = 'done'\" }\n";

fn users(set: &str) -> String {
    policy(&format!("{RUNS}\"notes.user_id -> users\" = {{ set = {{ {set} }} }}\n"))
}

#[test]
fn an_effect_that_writes_what_another_line_asks_is_named() {
    let (severity, message, help) = only(TABLES, &users("user_id = \"=null\", state = \"done\""));
    assert_eq!(severity, Severity::Warning);
    assert_eq!(
        message,
        "`notes.user_id -> users` writes `notes.state`, which the `where` of `notes.run_id -> runs` \
         asks: a row may meet it only afterwards, and would be taken for one that was left"
    );
    assert_eq!(help, "ask a column that no deletion writes, or let it set `run_id` too");
}

#[test]
fn an_effect_on_other_columns_is_fine() {
    finds(TABLES, &users("user_id = \"=null\", kind = \"done\""), &[]);
}

#[test]
fn an_effect_that_writes_the_reference_too_is_fine() {
    finds(TABLES, &users("user_id = \"=null\", state = \"done\", run_id = \"=null\""), &[]);
}

#[test]
fn a_line_may_write_what_its_own_condition_asks() {
    let own = "\"notes.run_id -> runs\" = { rule = { set = { run_id = \"=null\", state = \"x\" } }, \
               where = \"state = 'done'\" }\n";
    finds(TABLES, &policy(own), &[]);
}

#[test]
fn an_enforced_line_is_not_looked_for_and_fine() {
    let tables = TABLES.replace("run_id int null index", "run_id int null index -> runs");
    let lines = "\"notes.run_id -> runs.id\" = \"unlink\"\n";
    let both = format!("{}{lines}", users("user_id = \"=null\", state = \"done\""));
    finds(&tables, &both, &[]);
}

#[test]
fn a_derivation_that_writes_what_another_line_asks_is_named() {
    let tables = format!("{TABLES}\nmarks: id int key, note_id int index, user_id int index");
    let lines = format!(
        "{RUNS}\"notes.user_id -> users\" = \"keep\"\n\"marks.note_id -> notes\" = \"keep\"\n\
         \"marks.user_id -> users\" = \"delete\"\n\
         [derived.notes]\nof = \"marks.note_id\"\nset.state = \"=upper(kind)\"\n"
    );
    finds(&tables, &policy(&lines), &[("C155", "notes")]);
}
