use super::{finds, only, with_runs};

const TABLES: &str = "runs: id text key\n\
    notes: id int key, run_id text null index, author text index, org int, state text, \
    sum int generated";

fn line(fate: &str) -> String {
    with_runs(&format!("\"notes.run_id -> runs\" = {fate}\n"))
}

#[test]
fn a_column_that_is_not_null_cannot_be_unlinked() {
    let (_, message, help) = only(TABLES, &with_runs("\"notes.author -> runs\" = \"unlink\"\n"));
    assert_eq!(message, "`notes.author -> runs` cannot be unlinked: `author` is NOT NULL");
    assert_eq!(help, "write delete, block or { set = { author = … } }");
    finds(TABLES, &line("\"unlink\""), &[]);
}

#[test]
fn of_a_composite_reference_the_column_that_may_be_null_is_offered() {
    let tables = "runs: org int key, no int key\n\
                  notes: id int key, org int, run int null, index(org,run)";
    let (_, _, help) = only(tables, "[references]\n\"notes.(org,run) -> runs\" = \"unlink\"\n");
    assert_eq!(help, "write { set = { run = \"=null\" } }");
}

#[test]
fn a_column_that_is_not_null_cannot_be_set_to_null() {
    finds(TABLES, &line("{ set = { state = \"= NULL \" } }"), &[("C114", "state")]);
    finds(TABLES, &line("{ set = { state = \"\" } }"), &[]);
    finds(TABLES, &line("{ set = { run_id = \"=null\" } }"), &[]);
}

#[test]
fn a_column_that_is_not_there_or_is_computed_cannot_be_set() {
    finds(TABLES, &line("{ set = { stat = \"\" } }"), &[("C102", "stat")]);
    finds(TABLES, &line("{ set = { sum = 0 } }"), &[("C115", "sum")]);
    finds(TABLES, &line("{ set = { org = 0 } }"), &[]);
}

fn two(first: &str, second: &str) -> String {
    let lines =
        format!("\"notes.run_id -> runs\" = {first}\n\"notes.author -> runs\" = {second}\n");
    with_runs(&lines)
}

#[test]
fn two_lines_of_one_deletion_must_not_set_a_column_to_two_values() {
    let set = |state: &str| format!("{{ set = {{ state = \"{state}\" }} }}");
    let (_, message, _) = only(TABLES, &two(&set("a"), &set("b")));
    assert_eq!(
        message,
        "`notes.run_id -> runs` and `notes.author -> runs` both change `notes.state`, and one \
         deletion can do both to one row"
    );
    let clash = [("C116", "notes.author -> runs")];
    finds(TABLES, &two(&set("a"), &set("=upper('a')")), &clash);
    finds(TABLES, &two("\"unlink\"", "{ set = { run_id = \"\" } }"), &clash);
    // The same value twice is no contradiction, however NULL is written.
    finds(TABLES, &two(&set("a"), &set("a")), &[]);
    finds(TABLES, &two("\"unlink\"", "{ set = { run_id = \"=null\" } }"), &[]);
    finds(TABLES, &two(&set("a"), "{ set = { org = 0 } }"), &[]);
}

#[test]
fn lines_whose_parents_never_go_together_do_not_contradict_each_other() {
    let tables = format!("{TABLES}\nusers: name text key");
    let policy = "[things.run]\nrow = \"runs.id\"\n[things.user]\nrow = \"users.name\"\n\
                  [references]\n\"notes.run_id -> runs\" = { set = { state = \"a\" } }\n\
                  \"notes.author -> users\" = { set = { state = \"b\" } }\n";
    finds(&tables, policy, &[]);
    let tables = tables.replace("name text key", "name text key, run_id text index");
    let policy = format!("{policy}\"users.run_id -> runs\" = \"delete\"\n");
    finds(&tables, &policy, &[("C116", "notes.author -> users")]);
}

#[test]
fn lines_of_one_column_that_are_told_apart_by_where_do_not_contradict_each_other() {
    let set = |state: &str, org: u8| {
        format!("{{ rule = {{ set = {{ state = \"{state}\" }} }}, where = \"org = {org}\" }}")
    };
    let lines = format!(
        "\"notes.run_id -> runs\" = {}\n\"notes.run_id -> runs.id\" = {}\n",
        set("a", 1),
        set("b", 2)
    );
    finds(TABLES, &with_runs(&lines), &[]);
}
