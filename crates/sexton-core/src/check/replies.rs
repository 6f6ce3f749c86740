//! Whether what routes answer can be said: outcomes that lead somewhere, and words with values.

use super::Source;
use crate::finding::{Finding, Located, did_you_mean};
use crate::graph::{column_or_finding, table_or_finding};
use crate::names::{ColumnName, GuardName, TableName};
use crate::policy::{Answer, Outcome, Reply, Route, Thing, Verb};
use crate::routes::words::{Occasion, unsaid};
use crate::template::Slot;

pub(super) fn findings(source: &Source<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = unguarded(source);
    for route in &source.policy.routes {
        findings.extend(circles(source, route));
        findings.extend(mute(source, route));
        let shared = source.policy.replies.all();
        for (outcome, guard, reply) in route.replies.all().chain(shared) {
            let Reply::Own(answer) = reply else { continue };
            let occasion = Occasion { route, outcome, by_guard: guard.is_some() };
            findings.extend(bodiless(outcome, answer));
            for slot in answer.slots() {
                let unsaid = unsaid(slot, occasion);
                if unsaid.is_empty() {
                    findings.extend(unread(source, occasion, guard.map(GuardName::as_str), slot));
                }
                findings.extend(unsaid);
            }
        }
    }
    findings
}

/// A guard whose refusals are answered must be there.
fn unguarded(source: &Source<'_>) -> Vec<Finding> {
    let guards = || source.policy.guards.iter().map(|guard| guard.name.as_str());
    let own = source.policy.routes.iter().map(|route| &route.replies);
    let answered = own.chain([&source.policy.replies]).flat_map(|replies| &replies.guards);
    let unknown = answered.filter(|(name, _)| !guards().any(|known| known == name.value.as_str()));
    unknown
        .map(|(name, _)| {
            let message = format!("there is no guard `{}`", name.value);
            let finding = Finding::error("C509", Some(name.span), message);
            match did_you_mean(name.value.as_str(), guards()) {
                Some(near) => finding.help(format!("did you mean `{near}`?")),
                None => finding.help("a key of `refused` is one of an answer, or a guard's name"),
            }
        })
        .collect()
}

/// Outcomes that are answered like each other, and none of them by anything.
fn circles(source: &Source<'_>, route: &Route) -> Vec<Finding> {
    let like = |outcome: Outcome| {
        let reply = route.replies.to(outcome).or_else(|| source.policy.replies.to(outcome));
        match reply {
            Some(Reply::Like(other)) => Some(other),
            _ => None,
        }
    };
    let circle = |start: Outcome| -> Option<Finding> {
        let mut words = vec![start];
        let mut last: &Located<Outcome> = like(start)?;
        while last.value != start {
            if words.contains(&last.value) {
                return None;
            }
            words.push(last.value);
            last = like(last.value)?;
        }
        // It is told once, where the first of them stands.
        if words.iter().min() != Some(&start) {
            return None;
        }
        words.push(start);
        let words: Vec<&str> = words.iter().map(|outcome| outcome.as_str()).collect();
        let message =
            format!("these outcomes are answered like each other: {}", words.join(" -> "));
        let span = like(start)?.span;
        Some(
            Finding::error("C505", Some(span), message).help("one of them must be answered itself"),
        )
    };
    Outcome::ALL.into_iter().filter_map(circle).collect()
}

/// What is asked for and not told.
fn mute(source: &Source<'_>, route: &Route) -> Option<Finding> {
    let reply = route.replies.to(Outcome::Done).or_else(|| source.policy.replies.to(Outcome::Done));
    let says = match reply {
        Some(Reply::Own(answer)) => answer.body.is_some(),
        Some(Reply::Like(_)) => true,
        None => false,
    };
    let deed =
        route.deeds().find(|deed| matches!(deed.value.verb(), Some(Verb::Preview | Verb::List)))?;
    (!says).then(|| {
        Finding::error("C514", Some(deed.span), format!("`{}` tells nothing", route.name))
            .help("say what it answers: done = { status = 200, body = { … } }")
    })
}

/// A status that has no body, with one.
fn bodiless(outcome: Outcome, answer: &Answer) -> Option<Finding> {
    let status = answer.status.as_ref().map_or(outcome.status(), |status| status.value);
    if answer.body.is_none() || !matches!(status, 204 | 205 | 304) {
        return None;
    }
    let message = format!("an answer of status {status} has no body");
    Some(Finding::error("C508", Some(answer.span), message).help("write `status = 200` beside it"))
}

/// Tables, columns and lists that a placeholder names must be there, and be read.
fn unread(
    source: &Source<'_>,
    occasion: Occasion<'_>,
    guard: Option<&str>,
    slot: &Slot,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for path in slot.paths() {
        let names: Vec<&str> = path.names.iter().map(String::as_str).collect();
        match names[..] {
            ["rows", ..] if names.len() > 1 => {
                findings.extend(untabled(source, slot, &names[1..]));
            }
            ["work", ..] => findings.extend(unworked(source, slot, &names[1..names.len() - 1])),
            ["lists", name] => {
                let mut lists = source.policy.lists.iter();
                if !lists.any(|list| list.name.as_str() == name) {
                    let message = format!("there is no list `{name}`");
                    let finding = Finding::error("C513", Some(slot.span), message);
                    findings.push(finding.help(format!("write it under [lists.{name}]")));
                }
            }
            ["row", column] => {
                let things = things(source, occasion.route);
                findings.extend(things.filter_map(|thing| unshown(source, thing, column, slot)));
            }
            ["subject", word] => findings.extend(unkept(source, guard, word, slot)),
            _ => {}
        }
    }
    findings
}

fn things<'a>(source: &Source<'a>, route: &'a Route) -> impl Iterator<Item = &'a Thing> {
    let names = route.deeds().filter_map(|deed| deed.value.thing());
    let things = &source.policy.things;
    names.filter_map(move |name| things.iter().find(|thing| thing.name == *name))
}

fn untabled(source: &Source<'_>, slot: &Slot, names: &[&str]) -> Option<Finding> {
    let name = match names {
        [name] => TableName::local(*name),
        [schema, name] => {
            TableName { schema: Some((*schema).to_owned()), name: (*name).to_owned() }
        }
        _ => return Some(Finding::error("C101", Some(slot.span), "this is no table")),
    };
    table_or_finding(&name, slot.span, source.schema).err().map(|finding| *finding)
}

fn unworked(source: &Source<'_>, slot: &Slot, names: &[&str]) -> Option<Finding> {
    let written = names.join(".");
    let is_known = source.policy.work.iter().any(|work| {
        let table = &work.table.value;
        table.to_string() == written || (table.schema.is_some() && table.name == written)
    });
    (!is_known).then(|| {
        let message = format!("there is no [work.{written}] whose rows could be counted");
        Finding::error("C513", Some(slot.span), message)
    })
}

/// Of a row is read what the thing shows.
fn unshown(source: &Source<'_>, thing: &Thing, column: &str, slot: &Slot) -> Option<Finding> {
    let name = ColumnName::new(column);
    let row = thing.row.as_ref()?;
    let table = source.schema.table(&row.value.table)?;
    if let Err(finding) = column_or_finding(table, &name, slot.span) {
        return Some(*finding);
    }
    let shown = thing.show.iter().chain(&thing.label).map(|column| &column.value);
    let is_read = row.value.columns.iter().chain(shown).any(|known| *known == name);
    (!is_read).then(|| {
        let message = format!("`{{row.{column}}}` is not read of a {}", thing.name);
        Finding::error("C512", Some(slot.span), message)
            .help(format!("name it under `show` of [things.{}]", thing.name))
    })
}

fn unkept(source: &Source<'_>, guard: Option<&str>, word: &str, slot: &Slot) -> Option<Finding> {
    let mut guards = source.policy.guards.iter();
    let guard = guards.find(|known| Some(known.name.as_str()) == guard)?;
    let table = source.schema.table(&guard.of.value)?;
    if word == "label" {
        return None;
    }
    column_or_finding(table, &ColumnName::new(word), slot.span).err().map(|finding| *finding)
}
