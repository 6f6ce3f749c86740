use super::{finds, only};
use crate::finding::Severity;

const TABLES: &str = "domains: id int key, latest text index, runs int, grade text, \
                      sum int generated\n\
                      runs: id text key, domain_id int index";
const THING: &str = "[things.run]\nrow = \"runs.id\"\n";
const DERIVED: &str = "[derived.domains]\nof = \"runs.domain_id\"\n";
const LINE: &str = "[references]\n\"domains.latest -> runs\" = \"derive\"\n";
const SET: &str = "set.latest = \"\"\n";

fn policy(parts: &[&str]) -> String {
    parts.concat()
}

#[test]
fn a_derive_line_needs_to_be_told_how() {
    finds(TABLES, &policy(&[THING, DERIVED, SET, LINE]), &[]);
    finds(TABLES, &policy(&[THING, LINE]), &[("C112", "domains.latest -> runs")]);
    // Also where no thing leads to.
    finds(TABLES, LINE, &[("C112", "domains.latest -> runs")]);
}

#[test]
fn a_pointer_that_nothing_enforces_needs_a_new_value() {
    let other = policy(&[THING, DERIVED, "set.runs = 0\n", LINE]);
    finds(TABLES, &other, &[("C118", "domains.latest -> runs")]);
    let enforced = TABLES.replace("latest text index", "latest text null index -> runs nulls");
    finds(&enforced, &other, &[]);
}

#[test]
fn derived_columns_must_exist_and_take_their_values() {
    let set = |set: &str| policy(&[THING, DERIVED, SET, set, LINE]);
    finds(TABLES, &set("set.run = 0\n"), &[("C102", "run")]);
    finds(TABLES, &set("set.sum = 0\n"), &[("C115", "sum")]);
    finds(TABLES, &set("set.grade = \"=null\"\n"), &[("C114", "grade")]);
    let first = "first = \"runs r where r.domain_id = domains.id\"\n";
    let none =
        |none: &str| format!("{first}set.grade = {{ value = \"=r.domain_id\", none = {none} }}\n");
    finds(TABLES, &set(&none("\"=null\"")), &[("C114", "grade")]);
    finds(TABLES, &set(&none("\"\"")), &[]);
}

#[test]
fn the_derived_table_and_the_lost_column_must_exist() {
    let set = "set.runs = 0\n";
    let derived = |table: &str, of: &str| {
        policy(&[THING, &format!("[derived.{table}]\nof = \"{of}\"\n"), set])
    };
    finds(TABLES, &derived("domain", "runs.domain_id"), &[("C101", "domain")]);
    finds(
        TABLES,
        &derived("domains", "rums.domain_id"),
        &[("C119", "domains"), ("C101", "rums.domain_id")],
    );
    finds(TABLES, &derived("domains", "runs.domain"), &[("C102", "runs.domain")]);
    finds(TABLES, &derived("domains", "runs.domain_id"), &[]);
}

#[test]
fn the_lost_column_must_name_rows_of_the_derived_table() {
    let of_id = policy(&[THING, "[derived.domains]\nof = \"runs.id\"\nset.runs = 0\n"]);
    let (_, message, help) = only(TABLES, &of_id);
    assert_eq!(message, "runs.id does not name rows of `domains`");
    assert_eq!(help, "declare `\"runs.id -> domains\"` under [references]");
    // A line says so whatever the types.
    let line = "[references]\n\"runs.id -> domains.grade\" = \"keep\"\n";
    finds(TABLES, &policy(&[&of_id, line]), &[("C107", "runs.id -> domains.grade")]);
}

#[test]
fn a_table_that_nothing_derives_is_warned_of() {
    let idle = policy(&[DERIVED, SET]);
    let (severity, message, _) = only(TABLES, &idle);
    assert_eq!(severity, Severity::Warning);
    assert_eq!(message, "`domains` is never derived: no thing deletes rows of `runs`");
    finds(TABLES, &policy(&[THING, DERIVED, SET]), &[]);
}

#[test]
fn a_column_that_becomes_a_key_needs_a_line() {
    let tables = TABLES.replace("latest text index", "latest text null index");
    let derived = |first: &str, value: &str| {
        let first = format!("first = \"{first} where domain_id = domains.id\"\n");
        let set = format!("set.latest = {{ value = \"={value}\", none = \"=null\" }}\n");
        policy(&[THING, DERIVED, &first, &set])
    };
    let (severity, message, help) = only(&tables, &derived("runs r", "r.id"));
    assert_eq!(severity, Severity::Warning);
    assert_eq!(message, "`domains.latest` becomes the key of a row of `runs`, and no line says so");
    assert_eq!(help, "write \"domains.latest -> runs\" = \"derive\"");
    finds(&tables, &derived("runs", "runs.id"), &[("C125", "latest")]);
    finds(&tables, &derived("runs R", "r.ID"), &[("C125", "latest")]);
    // Other columns are values, and other sources are not read that far.
    finds(&tables, &derived("runs r", "r.domain_id"), &[]);
    finds(&tables, &derived("runs r", "max(r.id)"), &[]);
    // A line decides, whatever it says.
    finds(&tables, &policy(&[&derived("runs r", "r.id"), LINE]), &[]);
    finds(&tables, &policy(&[&derived("runs r", "r.id"), &LINE.replace("derive", "keep")]), &[]);
}
