mod afterwards;
mod anonymizing;
mod coverage;
mod derived;
mod effects;
mod events;
mod fence;
mod fragments;
mod guards;
mod hiding;
mod holding;
mod hooks;
mod indexes;
mod objects;
mod options;
mod overruled;
mod partial;
mod pools;
mod probes;
mod references;
mod retention;
mod routes;
pub(crate) mod schema;
mod sharing;
mod taking;
mod things;
mod triggers;
mod work;

use super::{Checked, check};
use crate::finding::{Finding, Severity};
use crate::policy::parse;
use crate::schema::Dialect;

const SYSTEM: &str = "system = \"s\"\n";

/// Judges a policy in which the parser finds nothing wrong.
fn judged(dialect: Dialect, tables: &str, policy: &str) -> (String, Checked) {
    let text = format!("{SYSTEM}{policy}");
    let (parsed, findings) = parse(&text);
    assert_eq!(findings, [], "in\n{text}");
    let checked = check(&parsed.unwrap(), &schema::read(dialect, tables));
    (text, checked)
}

/// Codes and places of all findings, in order.
fn finds_in(dialect: Dialect, tables: &str, policy: &str, expected: &[(&str, &str)]) {
    let (text, checked) = judged(dialect, tables, policy);
    let covered = |finding: &Finding| finding.span.map_or("", |span| &text[span.start..span.end]);
    let found: Vec<_> = checked.findings.iter().map(|f| (f.code, covered(f))).collect();
    assert_eq!(found, expected, "in\n{tables}\n{text}\n{:#?}", checked.findings);
}

/// The same on PostgreSQL.
fn finds(tables: &str, policy: &str, expected: &[(&str, &str)]) {
    finds_in(Dialect::Postgres, tables, policy, expected);
}

/// The only finding: how much it weighs, what it says, and its way out.
fn only(tables: &str, policy: &str) -> (Severity, String, String) {
    only_in(Dialect::Postgres, tables, policy)
}

fn only_in(dialect: Dialect, tables: &str, policy: &str) -> (Severity, String, String) {
    let (text, checked) = judged(dialect, tables, policy);
    let [finding] = checked.findings.as_slice() else {
        panic!("in\n{tables}\n{text}\n{:#?}", checked.findings);
    };
    let help = finding.help.clone().unwrap_or_default();
    (finding.severity, finding.message.clone(), help)
}

/// A thing for `runs`, and these lines.
fn with_runs(lines: &str) -> String {
    format!("[things.run]\nrow = \"runs.id\"\n[references]\n{lines}")
}

#[test]
fn findings_come_in_the_order_of_the_file_and_those_without_a_place_last() {
    let tables = "runs: id text key\n\
                  entries: id int key, run_id text -> runs cascade index, job_id int index";
    let policy = "[references]\n\"entries.job_id -> jobs\" = \"delete\"\n\
                  [things.job]\nrow = \"jobs.id\"\n[things.run]\nrow = \"runs.number\"\n";
    let expected = [
        ("C101", "entries.job_id -> jobs"),
        ("C101", "jobs.id"),
        ("C102", "runs.number"),
        ("C130", ""),
    ];
    finds(tables, policy, &expected);
}

#[test]
fn a_mistake_that_several_things_meet_is_told_once() {
    let policy = "[things.run]\nrow = \"runs.id\"\n[things.batch]\nrow = \"batches.id\"\n\
                  [references]\n\"runs.batch_id -> batches\" = \"delete\"\n\
                  \"notes.run_id -> runs\" = \"review\"\n";
    let tables = "batches: id int key\nruns: id int key, batch_id int index\n\
                  notes: id int key, run_id int index";
    finds(tables, policy, &[("C110", "notes.run_id -> runs")]);
}

#[test]
fn a_policy_that_fits_has_no_findings_and_its_graph_is_handed_on() {
    let tables = "runs: id text key\nentries: id int key, run_id text -> runs cascade index";
    let policy = with_runs("\"entries.run_id -> runs\" = \"delete\"\n");
    let (_, checked) = judged(Dialect::Postgres, tables, &policy);
    assert_eq!(checked.findings, []);
    assert_eq!(checked.graph.edges.len(), 1);
}

#[test]
fn parts_that_are_not_built_are_warned_of_by_what_they_are_for() {
    let part = |section: &str| {
        let policy = format!("{section}\n[things.run]\nrow = \"runs.id\"\n");
        only("runs: id text key", &policy)
    };
    let (severity, message, _) = part("[things.pool]\nrow = \"runs.id\"\nundo = \"7d\"");
    assert_eq!(severity, Severity::Warning);
    assert_eq!(
        message,
        "`things.pool.undo` is not built yet: deletions of this system are refused until it is"
    );
    let (severity, message, _) = part("[quota.runs]\nof = \"runs.id\"");
    assert_eq!(severity, Severity::Warning);
    assert_eq!(message, "`quota.runs` is read over by this version");
}

#[test]
fn every_code_has_a_heading_in_the_policy_reference() {
    let root = env!("CARGO_MANIFEST_DIR");
    let reference = std::fs::read_to_string(format!("{root}/../../docs/policy.md")).unwrap();
    let mut codes = std::collections::BTreeSet::new();
    for folder in ["check", "fence", "graph", "plan", "routes"] {
        for file in std::fs::read_dir(format!("{root}/src/{folder}")).unwrap() {
            let path = file.unwrap().path();
            if path.is_file() {
                let text = std::fs::read_to_string(path).unwrap();
                codes.extend(text.split('"').filter(|word| is_code(word)).map(str::to_owned));
            }
        }
    }
    assert!(codes.len() > 20, "{codes:?}");
    for code in codes {
        let heading = format!("\n### {code}\n");
        assert_eq!(reference.matches(&heading).count(), 1, "{code}");
    }
}

fn is_code(word: &str) -> bool {
    word.len() == 4 && word.starts_with('C') && word[1..].bytes().all(|byte| byte.is_ascii_digit())
}
