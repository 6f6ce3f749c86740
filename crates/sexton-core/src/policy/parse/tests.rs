mod events;
mod fence;
mod findings;
mod forms;
mod hide;
mod hooks;
mod lines;
mod objects;
mod pools;
mod references;
mod retention;
mod routes;
mod sql;
mod variants;
mod work;

use super::parse;
use crate::finding::Finding;
use crate::policy::{Policy, Sql};
use crate::schema::Dialect;

/// A file in which nothing is wrong yet.
const SYSTEM: &str = "system = \"s\"\n";

/// What the place of a finding covers.
fn covered<'t>(text: &'t str, finding: &Finding) -> &'t str {
    finding.span.map_or("", |span| &text[span.start..span.end])
}

/// Parses `SYSTEM` and this text and compares codes and places, in order.
fn check(text: &str, expected: &[(&str, &str)]) {
    let text = format!("{SYSTEM}{text}");
    let (_, findings) = parse(&text);
    let found: Vec<_> = findings.iter().map(|f| (f.code, covered(&text, f))).collect();
    assert_eq!(found, expected, "in\n{text}\n{findings:#?}");
}

/// The only finding of a file, and what it says and advises.
fn only_finding(text: &str) -> Finding {
    let (_, findings) = parse(text);
    assert_eq!(findings.len(), 1, "in\n{text}\n{findings:#?}");
    findings.into_iter().next().unwrap()
}

/// The policy of `SYSTEM` and this text, in which nothing may be wrong.
fn good(text: &str) -> Policy {
    let (policy, findings) = parse(&format!("{SYSTEM}{text}"));
    assert_eq!(findings, [], "in\n{text}");
    policy.unwrap()
}

/// A fragment as it was written, placeholders shown as `<…>`.
fn shown(sql: &Sql, dialect: Dialect) -> String {
    use crate::policy::{Part, Placeholder};
    let part = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::Placeholder(Placeholder::Now { minus_secs }) => format!("<now-{minus_secs}>"),
        Part::Placeholder(Placeholder::Path(name)) => format!("<path {name}>"),
        Part::Placeholder(Placeholder::Going(table)) => format!("<going {table}>"),
        Part::Placeholder(Placeholder::Unbuilt(name)) => format!("<unbuilt {name}>"),
        Part::Placeholder(other) => format!("<{other:?}>"),
    };
    sql.of(dialect).unwrap().parts.iter().map(part).collect()
}

/// The keys that are read over, each with whether it makes safer.
fn unbuilt(policy: &Policy) -> Vec<(&str, bool)> {
    policy.unbuilt.iter().map(|part| (part.key.as_str(), part.makes_safer)).collect()
}

#[test]
fn every_code_has_a_heading_in_the_policy_reference() {
    let reference = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/policy.md");
    let reference = std::fs::read_to_string(reference).unwrap();
    let codes = include_str!("codes.rs").split('"').skip(1).step_by(2);
    for code in codes {
        let heading = format!("\n### {code}\n");
        assert_eq!(reference.matches(&heading).count(), 1, "{code}");
    }
}
