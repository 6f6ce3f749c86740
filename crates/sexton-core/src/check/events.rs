//! Whether events tell of what can happen, with values that there are.

use super::Source;
use super::hooks::unnamed_going;
use crate::finding::{Finding, did_you_mean};
use crate::graph::table_or_finding;
use crate::plan;
use crate::policy::{Event, EventOf, On};

pub(super) fn findings(source: &Source<'_>) -> Vec<Finding> {
    source.policy.events.iter().flat_map(|event| of_event(source, event)).collect()
}

fn of_event(source: &Source<'_>, event: &Event) -> Vec<Finding> {
    let mut findings: Vec<Finding> = unguarded(source, event).into_iter().collect();
    findings.extend(unnamed_going(source, event.filter.as_ref()));
    if let EventOf::Rows { table, .. } = &event.of.value {
        match table_or_finding(table, event.of.span, source.schema) {
            Err(finding) => {
                findings.push(*finding);
                return findings;
            }
            Ok(_) if !source.losses.reach(table) => {
                let name = &event.name;
                let message =
                    format!("event `{name}` is never told: no thing deletes rows of `{table}`");
                let help = format!("take it out, or add the line that reaches `{table}`");
                findings.push(Finding::warning("C186", Some(event.of.span), message).help(help));
            }
            Ok(_) => {}
        }
    }
    let (asker, table) = plan::event_table(event, source.policy, source.schema);
    for slot in event.fields.slots() {
        let path = plan::columns(slot, asker);
        let (schema, graph) = (source.schema, source.graph);
        let followed = plan::follow(slot, &path, asker, table, schema, graph);
        findings.extend(followed.err().map(|finding| *finding));
    }
    findings
}

/// The guard that refuses must be there.
fn unguarded(source: &Source<'_>, event: &Event) -> Option<Finding> {
    let On::Refused(Some(name)) = &event.on.value else { return None };
    let known = || source.policy.guards.iter().map(|guard| guard.name.as_str());
    if known().any(|guard| guard == name.as_str()) {
        return None;
    }
    let message = format!("there is no guard `{name}`");
    let finding = Finding::error("C188", Some(event.on.span), message);
    Some(match did_you_mean(name.as_str(), known()) {
        Some(near) => finding.help(format!("did you mean \"refused by {near}\"?")),
        None => finding.help("name a guard of this policy, or write \"refused\""),
    })
}
