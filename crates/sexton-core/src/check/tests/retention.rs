//! Rules that delete by age, against the schema.

use super::{finds, only};
use crate::finding::Severity;

const TABLES: &str = "runs: id text key, made time index, done time, state text, open bool";

fn rule(rule: &str) -> String {
    format!(
        "[things.run]\nrow = \"runs.id\"\n[things.value]\nstarts = [\"runs.state\"]\n\
         [retention.old]\n{rule}\n"
    )
}

fn finds_of(text: &str, expected: &[(&str, &str)]) {
    finds(&TABLES.replace("state text", "state text index"), &rule(text), expected);
}

#[test]
fn a_rule_of_names_that_are_there_is_well() {
    finds_of("thing = \"run\"\nage = { of = \"made\", over = \"9d\" }", &[]);
    finds_of("thing = \"run\"\nwhere = \"done < {now - 3d}\"", &[]);
    finds_of("thing = \"run\"\nage = { of = \"made\", over = \"9d\" }\norder = \"done desc\"", &[]);
}

#[test]
fn a_rule_of_names_that_are_not_there_is_told_by_each() {
    finds_of("thing = \"ran\"\nwhere = \"true\"", &[("C621", "\"ran\"")]);
    finds_of("thing = \"value\"\nwhere = \"true\"", &[("C622", "\"value\"")]);
    finds_of("thing = \"run\"\nage = { of = \"mode\", over = \"9d\" }", &[("C102", "mode")]);
    finds_of("thing = \"run\"\nwhere = \"true\"\norder = \"mode\"", &[("C102", "\"mode\"")]);
    finds_of("thing = \"run\"\nage = { of = \"open\", over = \"9d\" }", &[("C624", "open")]);
}

#[test]
fn what_is_due_without_an_index_is_told_with_the_index_that_would_serve() {
    let text = rule("thing = \"run\"\nage = { of = \"done\", over = \"9d\" }");
    let (severity, message, help) = only(&TABLES.replace("state text", "state text index"), &text);
    assert_eq!(severity, Severity::Warning);
    assert!(message.starts_with("`old` looks for due rows of `runs` by done"), "{message}");
    assert!(help.contains("(done)"), "{help}");
    finds_of(
        "thing = \"run\"\nwhere = \"done < {now}\"\norder = \"done\"",
        &[("C623", "\"done\"")],
    );
}

#[test]
fn nobody_asks_for_what_is_due() {
    for placeholder in ["{id}", "{actor}", "{tenant}", "{path.x}"] {
        let sql = format!("\"state = {placeholder}\"");
        finds_of(&format!("thing = \"run\"\nwhere = {sql}"), &[("C202", sql.trim_matches('"'))]);
    }
}
