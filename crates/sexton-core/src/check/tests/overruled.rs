use super::{finds, only, with_runs};
use crate::finding::Severity;

const LINE: &str = "entries.run_id -> runs";

fn tables(action: &str) -> String {
    format!("runs: id text key\nentries: id int key, run_id text null index -> runs {action}")
}

fn fate(fate: &str) -> String {
    with_runs(&format!("\"{LINE}\" = {fate}\n"))
}

#[test]
fn keeping_what_the_database_deletes_changes_or_holds_is_refused() {
    let cases = [
        ("cascade", "C150"),
        ("nulls", "C151"),
        ("defaults", "C151"),
        ("refuses", "C152"),
        ("restricts", "C152"),
    ];
    for (action, code) in cases {
        finds(&tables(action), &fate("\"keep\""), &[(code, LINE)]);
        finds(&tables(action), &fate("\"delete\""), &[]);
        finds(&tables(action), &fate("\"unlink\""), &[]);
        finds(&tables(action), &fate("\"block\""), &[]);
    }
}

#[test]
fn the_message_says_what_the_database_does() {
    let (severity, message, help) = only(&tables("cascade"), &fate("\"keep\""));
    assert_eq!(severity, Severity::Error);
    assert_eq!(
        message,
        "`entries.run_id -> runs` leaves rows of entries as they refer, but the database deletes \
         them (ON DELETE CASCADE)"
    );
    assert_eq!(help, "write \"delete\", or take the cascade out of the foreign key");
}

#[test]
fn setting_other_columns_leaves_the_reference_as_it_is() {
    let tables = tables("refuses") + ", state text";
    finds(&tables, &fate("{ set = { state = \"orphan\" } }"), &[("C152", LINE)]);
    finds(&tables, &fate("{ set = { state = \"orphan\", run_id = \"=null\" } }"), &[]);
}

#[test]
fn a_table_that_nothing_deletes_is_left_in_peace() {
    for action in ["cascade", "nulls", "refuses"] {
        finds(&tables(action), &format!("[references]\n\"{LINE}\" = \"keep\"\n"), &[]);
    }
    let unenforced = "runs: id text key\nentries: id int key, run_id text null index";
    finds(unenforced, &fate("\"keep\""), &[]);
}

#[test]
fn an_enforced_pointer_must_be_able_to_be_null_while_it_is_derived() {
    let policy = format!(
        "[derived.entries]\nof = \"runs.entry_id\"\nset.run_id = \"=null\"\n{}",
        fate("\"derive\"")
    );
    let tables = tables("refuses").replace("runs: id text key", "runs: id text key, entry_id int");
    finds(&tables, &policy, &[]);
    let policy = policy.replace("\"=null\"", "\"none\"");
    finds(&tables.replace("text null", "text"), &policy, &[("C153", LINE)]);
}

#[test]
fn rows_outside_the_condition_of_a_foreign_keys_only_line_are_warned_of() {
    let delete = "{ rule = \"delete\", where = \"id > 5\" }";
    finds(&tables("cascade"), &fate(delete), &[("C154", LINE)]);
    let both =
        format!("{}\"{LINE}.id\" = {{ rule = \"unlink\", where = \"id < 6\" }}\n", fate(delete));
    finds(&tables("cascade"), &both, &[]);
    finds("runs: id text key\nentries: id int key, run_id text index", &fate(delete), &[]);
}
