use super::{finds, only};
use crate::finding::Severity;

const TABLES: &str = "orgs: id int key\nprojects: id int key, org_id int index\n\
                      runs: id text key, slug text, project_id int index, state text\n\
                      jobs: id text key, run_id text index";

const PROJECTS: &str = "[references]\n\"runs.project_id -> projects\" = \"keep\"\n";

fn run(keys: &str) -> String {
    format!("[things.run]\n{keys}\n")
}

#[test]
fn a_thing_must_name_tables_and_columns_that_exist() {
    finds(TABLES, &run("row = \"rums.id\""), &[("C101", "rums.id")]);
    finds(TABLES, &run("row = \"runs.uid\""), &[("C102", "runs.uid")]);
    finds(TABLES, &run("row = \"runs.id\"\nstarts = [\"jobs.run\"]"), &[("C102", "jobs.run")]);
    for key in ["label = \"nam\"", "owner = \"nam\"", "show = [\"nam\"]"] {
        finds(TABLES, &run(&format!("row = \"runs.id\"\n{key}")), &[("C102", "nam")]);
    }
    let keys = "row = \"runs.id\"\nstarts = [\"jobs.run_id\"]\n\
                label = \"slug\"\nowner = \"slug\"\nshow = [\"state\", \"slug\"]";
    finds(TABLES, &run(keys), &[]);
}

#[test]
fn sentences_can_only_say_columns_of_the_row() {
    let refuse = |say: &str| run(&format!("row = \"runs.id\"\nrefuse = {{ x = \"{say}\" }}"));
    finds(TABLES, &refuse("{id} is {row.state}: {count}"), &[]);
    let (_, message, help) = only(TABLES, &refuse("{id} is {row.stat}"));
    assert_eq!(message, "the sentence says `{row.stat}`, but `runs` has no column `stat`");
    assert_eq!(help, "did you mean `state`?");
}

#[test]
fn the_row_must_be_one_row() {
    finds(TABLES, &run("row = \"runs.slug\""), &[("C121", "runs.slug")]);
    finds(&TABLES.replace("slug text", "slug text unique"), &run("row = \"runs.slug\""), &[]);
}

#[test]
fn rows_must_be_told_apart() {
    let keys = run("row = \"logs.id\"");
    finds("logs: id int null unique", &keys, &[("C120", "[things.run]")]);
    finds("logs: id int unique", &keys, &[]);
}

#[test]
fn the_path_to_the_tenant_must_follow_lines() {
    let tenant =
        |path: &str, lines: &str| run(&format!("row = \"runs.id\"\ntenant = \"{path}\"")) + lines;
    finds(TABLES, &tenant("project_id.org_id", PROJECTS), &[]);
    finds(TABLES, &tenant("project_id.org_id", ""), &[("C122", "project_id.org_id")]);
    finds(TABLES, &tenant("project_id.orgid", PROJECTS), &[("C102", "project_id.orgid")]);
}

#[test]
fn start_columns_hold_the_same_value_as_the_row() {
    let tables =
        "runs: org int key, no int key\njobs: id int key, org int, run int, index(org,run)";
    let keys = |start: &str| run(&format!("row = \"runs.(org,no)\"\nstarts = [\"{start}\"]"));
    finds(tables, &keys("jobs.(org,run)"), &[]);
    finds(tables, &keys("jobs.org"), &[("C123", "jobs.org")]);
}

#[test]
fn what_is_read_from_the_row_needs_one() {
    finds(TABLES, &run("starts = [\"jobs.run_id\"]"), &[]);
    let (_, message, help) = only(TABLES, &run("starts = [\"jobs.run_id\"]\nlabel = \"id\""));
    assert_eq!(message, "`label` is read from the thing's own row, and it has none");
    assert_eq!(help, "write `row = \"table.key\"`, or leave `label` out");
    for key in [
        "owner = \"id\"",
        "show = [\"id\"]",
        "visible = \"x\"",
        "find = \"x\"",
        "only = { x = \"no\" }",
        "refuse = { x = \"no\" }",
    ] {
        let (_, message, _) = only(TABLES, &run(&format!("starts = [\"jobs.run_id\"]\n{key}")));
        assert!(message.ends_with("the thing's own row, and it has none"), "{message}");
    }
}

/// Each row that holds a value tells its tenant, so every start must lead to it.
#[test]
fn the_tenant_of_a_value_is_told_by_every_start() {
    let value = |starts: &str, path: &str| {
        format!("[things.run]\nstarts = [{starts}]\ntenant = \"{path}\"\n{PROJECTS}")
    };
    let tables = &TABLES.replace("state text", "state text index");
    finds(tables, &value("\"runs.state\"", "project_id.org_id"), &[]);
    let both = "\"runs.state\", \"jobs.run_id\"";
    finds(tables, &value(both, "project_id.org_id"), &[("C102", "project_id.org_id")]);
    finds(tables, &value(both, "id"), &[]);
    finds(tables, &value("\"runs.state\"", "slug.org_id"), &[("C122", "slug.org_id")]);
}

#[test]
fn a_limit_on_tenants_needs_rows_that_tell_theirs() {
    let tables = "runs: id int key, batch text index, org int";
    let batch = "[things.batch]\nstarts = [\"runs.batch\"]\nlimits = { tenants = 1 }\n";
    let run = "[things.run]\nrow = \"runs.id\"\n";
    let (severity, message, _) = only(tables, &format!("{batch}{run}"));
    assert_eq!(severity, Severity::Error);
    assert_eq!(
        message,
        "`limits.tenants` of `batch` counts nothing: no row that goes tells its tenant"
    );
    finds(tables, &format!("{batch}{run}tenant = \"org\"\n"), &[]);
}

#[test]
fn a_thing_that_its_own_condition_refuses_can_never_be_deleted() {
    let policy = |refuse: &str| {
        format!(
            "[things.run]\nrow = \"runs.id\"\nonly = {{ \"id > 5\" = \"no\" }}\n\
             refuse = {{ \"{refuse}\" = \"no\" }}\n"
        )
    };
    finds("runs: id int key", &policy("id > 6"), &[]);
    let (severity, message, _) = only("runs: id int key", &policy("id > 5"));
    assert_eq!(severity, Severity::Warning);
    assert_eq!(message, "no `run` can ever be deleted: what it must be refuses it");
}
