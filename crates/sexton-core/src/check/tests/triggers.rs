use super::{finds, only, with_runs};
use crate::finding::Severity;

const DELETE: &str = "\"entries.run_id -> runs\" = \"delete\"\n";

fn entries(more: &str) -> String {
    format!("runs: id text key\nentries: id int key, run_id text null index, {more}")
}

#[test]
fn triggers_that_a_deletion_fires_are_named() {
    let tables = entries("trigger log delete, trigger count delete update, trigger stamp update");
    let (severity, message, _) = only(&tables, &with_runs(DELETE));
    assert_eq!(severity, Severity::Warning);
    assert_eq!(message, "deletions delete rows of `entries`, which fires `log` and `count`");
    let unlink = DELETE.replace("delete", "unlink");
    let (_, message, _) = only(&tables, &with_runs(&unlink));
    assert_eq!(message, "deletions change rows of `entries`, which fires `count` and `stamp`");
}

#[test]
fn a_trigger_before_the_delete_can_keep_the_row_and_that_is_said() {
    let checks = |trigger: &str| {
        let (_, _, help) = only(&entries(trigger), &with_runs(DELETE));
        help.contains("really gone")
    };
    assert!(checks("trigger hold before delete"));
    assert!(!checks("trigger log delete"));
    assert!(!checks("trigger log delete, trigger stamp before update"));
}

#[test]
fn triggers_that_no_deletion_fires_are_left_in_peace() {
    finds(&entries("trigger log off delete"), &with_runs(DELETE), &[]);
    finds(&entries("trigger stamp update"), &with_runs(DELETE), &[]);
    let keep = DELETE.replace("delete", "keep");
    finds(&entries("trigger log delete, rule r"), &with_runs(&keep), &[]);
}

#[test]
fn the_own_row_of_a_thing_and_derived_rows_are_touched_too() {
    let tables = "domains: id int key, runs int, trigger stamp update\n\
                  runs: id text key, domain_id int index, trigger log delete";
    let policy = "[things.run]\nrow = \"runs.id\"\n\
                  [derived.domains]\nof = \"runs.domain_id\"\nset.runs = 0\n";
    finds(tables, policy, &[("C160", "runs.id"), ("C160", "domains")]);
}

#[test]
fn rewrite_rules_are_named() {
    let (severity, message, help) = only(&entries("rule keep_all"), &with_runs(DELETE));
    assert_eq!(severity, Severity::Warning);
    assert_eq!(message, "`entries` has rewrite rules, and deletions touch it: `keep_all`");
    assert!(help.contains("really gone"));
    finds(&entries("kind text"), &with_runs(DELETE), &[]);
}
