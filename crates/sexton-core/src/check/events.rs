//! Whether events tell of what can happen, with values that there are.

use super::Source;
use super::hooks::unnamed_going;
use crate::finding::{Finding, did_you_mean};
use crate::graph::table_or_finding;
use crate::line::{Failing, OBJECT_WORDS};
use crate::names::{ColumnName, TableName};
use crate::plan;
use crate::policy::{Event, EventOf, On, Stop, Work};
use crate::schema::Table;
use crate::template::Slot;

pub(super) fn findings(source: &Source<'_>) -> Vec<Finding> {
    source.policy.events.iter().flat_map(|event| of_event(source, event)).collect()
}

fn of_event(source: &Source<'_>, event: &Event) -> Vec<Finding> {
    let mut findings: Vec<Finding> = unguarded(source, event).into_iter().collect();
    findings.extend(unfailing(source, event));
    findings.extend(unnamed_going(source, event.filter.as_ref()));
    if let EventOf::Rows { table, .. } = &event.of.value {
        match table_or_finding(table, event.of.span, source.schema) {
            Err(finding) => {
                findings.push(*finding);
                return findings;
            }
            Ok(_) if event.on.value == On::Cancelled => {
                findings.extend(unstopped(source, event, table));
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
        findings.extend(ungone(event, slot, table));
        findings.extend(subjectless(source, event, slot));
        findings.extend(untimely(event, slot, table));
        let path = plan::columns(slot, asker);
        let (schema, graph) = (source.schema, source.graph);
        let followed = plan::follow(slot, &path, asker, table, schema, graph);
        findings.extend(followed.err().map(|finding| *finding));
    }
    findings
}

/// Nobody at work on rows of this table is ever asked to stop.
fn unstopped(source: &Source<'_>, event: &Event, table: &TableName) -> Option<Finding> {
    let stops = |work: &Work| {
        let asks = |stop: &Stop| !stop.running.is_empty() || stop.hook.is_some();
        work.table.value == *table && work.stop.as_ref().is_some_and(asks)
    };
    (!source.policy.work.iter().any(stops)).then(|| {
        let name = &event.name;
        let message =
            format!("event `{name}` is never told: nothing asks work on rows of `{table}` to stop");
        Finding::warning("C186", Some(event.of.span), message)
            .help(format!("take it out, or say in [work.{table}] what tells a worker to stop"))
    })
}

/// When work is asked to stop nothing has gone yet that could be counted.
fn ungone(event: &Event, slot: &Slot, table: Option<&Table>) -> Option<Finding> {
    let is_column = table.is_some_and(|table| table.column(&ColumnName::new("rows")).is_some());
    let [word, ..] = slot.path.names.as_slice() else { return None };
    let is_asked = word == "rows" && !is_column && event.on.value == On::Cancelled;
    is_asked.then(|| {
        let message = format!("`{{{}}}` counts rows that have not gone yet", slot.path.written());
        Finding::error("C205", Some(slot.span), message)
            .help("say it in an event that is told on \"committed\"")
    })
}

/// `{subject.x}` is of the rows that the event's guard keeps.
fn subjectless(source: &Source<'_>, event: &Event, slot: &Slot) -> Option<Finding> {
    let [subject, word] = slot.path.names.as_slice() else { return None };
    if subject != "subject" || !matches!(event.on.value, On::Refused(_) | On::Failed) {
        return None;
    }
    let written = slot.path.written();
    let finding = |message: String, help: &str| {
        Some(Finding::error("C206", Some(slot.span), message).help(help))
    };
    let On::Refused(Some(name)) = &event.on.value else {
        let message = format!("`{{{written}}}` is of rows that a guard keeps, and none is named");
        return finding(message, "tell the event on \"refused by GUARD\"");
    };
    let guard = source.policy.guards.iter().find(|guard| guard.name == *name)?;
    let table = source.schema.table(&guard.of.value)?;
    if word == "label" || table.column(&ColumnName::new(word)).is_some() {
        return None;
    }
    let message = format!(
        "`{{{written}}}`: there is no column `{word}` in `{}`, which the guard keeps",
        table.name
    );
    finding(message, "name a column of the guard's `of`, or `label`")
}

/// What becomes of objects, and what fails of them, is known after the commit.
fn untimely(event: &Event, slot: &Slot, table: Option<&Table>) -> Option<Finding> {
    let names: Vec<&str> = slot.path.names.iter().map(String::as_str).collect();
    let [word, ..] = names.as_slice() else { return None };
    let is_column = table.is_some_and(|table| table.column(&ColumnName::new(*word)).is_some());
    if is_column || !event.on.value.reads_rows() {
        return None;
    }
    let written = slot.path.written();
    let (code, message, help) = match names.as_slice() {
        ["objects", word] if OBJECT_WORDS.contains(word) && !event.on.value.knows_objects() => (
            "C431",
            format!("`{{{written}}}` counts objects of which none has gone yet"),
            "tell the event on \"reaped\" or \"reaped or waited\"",
        ),
        ["key" | "error" | "error_type" | "count"] if !matches!(event.on.value, On::Failing(_)) => {
            (
                "C432",
                format!("`{{{written}}}` is known only of what fails"),
                "tell the event on \"key failed\", \"store failed\" or \"manifest unreadable\"",
            )
        }
        ["key"] if event.on.value == On::Failing(Failing::Store) => (
            "C432",
            "`{key}` is of one object, and a store that fails says nothing of any".to_owned(),
            "tell the event on \"key failed\", or leave the key out",
        ),
        _ => return None,
    };
    Some(Finding::error(code, Some(slot.span), message).help(help))
}

/// Nothing can fail that is not there.
fn unfailing(source: &Source<'_>, event: &Event) -> Option<Finding> {
    let On::Failing(failing) = event.on.value else { return None };
    let is_of = |table: &TableName| match &event.of.value {
        EventOf::Thing(_) => true,
        EventOf::Rows { table: of, .. } => of == table,
    };
    let (lacks, what) = match failing {
        Failing::Key | Failing::Store => {
            (source.policy.objects.is_empty(), "the policy has no [objects]".to_owned())
        }
        Failing::Manifest => {
            let mut rules = source.policy.objects.iter();
            let has = rules.any(|rule| rule.manifest.is_some() && is_of(&rule.of.value));
            (!has, "no rule of [objects] reads a manifest of these rows".to_owned())
        }
    };
    lacks.then(|| {
        let message = format!("event `{}` is never told: {what}", event.name);
        Finding::warning("C433", Some(event.on.span), message)
            .help("take it out, or add the rule whose objects it tells of")
    })
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
