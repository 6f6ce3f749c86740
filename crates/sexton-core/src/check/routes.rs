//! Whether routes do what can be done, find what is asked for, and no two of them the same.

use super::Source;
use crate::finding::{Finding, Located, Span, did_you_mean};
use crate::graph::{column_or_finding, table_or_finding};
use crate::policy::{
    Deed, Fragment, Part, Placeholder, Policy, Route, Sql, Thing, ThingOption, Undo, Verb,
};

pub(super) fn findings(source: &Source<'_>) -> Vec<Finding> {
    let routes = &source.policy.routes;
    let mut findings: Vec<Finding> = routes.iter().flat_map(|r| of_route(source, r)).collect();
    for (at, route) in routes.iter().enumerate() {
        let same = routes[..at].iter().find(|other| other.meets(route));
        findings.extend(same.map(|other| met(other, route)));
    }
    findings.extend(source.policy.lists.iter().filter_map(|list| {
        thing_or_finding(source.policy, &list.of.value.to_string(), list.of.span).err()
    }));
    findings
}

fn of_route(source: &Source<'_>, route: &Route) -> Vec<Finding> {
    let mut findings = Vec::new();
    for deed in route.deeds() {
        if let Some(rule) = deed.value.rule() {
            findings.extend(unruled(source.policy, route, rule, deed.span));
        }
        let Some(name) = deed.value.thing() else { continue };
        match thing_or_finding(source.policy, name.as_str(), deed.span) {
            Err(finding) => findings.push(finding),
            Ok(thing) => {
                findings.extend(unfindable(route, deed, thing));
                findings.extend(unlisted(source, route, deed, thing));
                findings.extend(unoffered(route, thing));
                findings.extend(unrestorable(deed, thing));
            }
        }
    }
    findings.extend(idle_keys(route));
    let fragments = [&route.tenant, &route.filter, &route.parent].into_iter().flatten();
    findings.extend(fragments.flat_map(|sql| unnamed(route, sql, source)));
    findings
}

fn thing_or_finding<'a>(policy: &'a Policy, name: &str, span: Span) -> Result<&'a Thing, Finding> {
    let mut things = policy.things.iter();
    things.find(|thing| thing.name.as_str() == name).ok_or_else(|| {
        let finding = Finding::error("C501", Some(span), format!("there is no thing `{name}`"));
        let known = policy.things.iter().map(|thing| thing.name.as_str());
        match did_you_mean(name, known) {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None => finding.help("name a thing of this policy"),
        }
    })
}

/// A rule of retention must be there, and go by age if the route says an age.
fn unruled(policy: &Policy, route: &Route, name: &str, span: Span) -> Option<Finding> {
    let mut rules = policy.retention.iter();
    let Some(rule) = rules.find(|rule| rule.name.as_str() == name) else {
        let message = format!("there is no rule `{name}` under [retention]");
        let finding = Finding::error("C516", Some(span), message);
        let known = policy.retention.iter().map(|rule| rule.name.as_str());
        return Some(match did_you_mean(name, known) {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None => finding.help(format!("write it under [retention.{name}]")),
        });
    };
    let over = route.over.as_ref().filter(|_| rule.age.is_none())?;
    let message = format!("`{name}` does not go by age, so a request cannot say one");
    let finding = Finding::error("C516", Some(over.from.span), message);
    Some(finding.help("take `over` out, or give the rule an `age`"))
}

/// What is restored must have been hidden, and what it was must have been kept.
fn unrestorable(deed: &Located<Deed>, thing: &Thing) -> Option<Finding> {
    if deed.value.verb() != Some(Verb::Restore) {
        return None;
    }
    let name = &thing.name;
    let why = match thing.hide.as_ref() {
        None => format!("a {name} is not hidden when it is deleted"),
        Some(hide) if hide.row().is_some_and(|row| row.undo == Undo::UntilPurged) => {
            format!("of a {name} nothing is kept that could be given back")
        }
        Some(_) => return None,
    };
    let finding = Finding::error("C515", Some(deed.span), format!("{why}, so none is restored"));
    Some(finding.help(format!("say under [things.{name}] how it is hidden, and `undo` with it")))
}

fn met(other: &Route, route: &Route) -> Finding {
    let message = format!("`{}` and `{}` can be the same request", route.name, other.name);
    Finding::error("C502", Some(route.span), message)
        .help("write one of them with another path, or tell them apart by `if` in one route")
}

/// A route must know which thing is meant.
fn unfindable(route: &Route, deed: &Located<Deed>, thing: &Thing) -> Option<Finding> {
    if !deed.value.verb().is_some_and(Verb::needs_id) || route.ids.is_some() {
        return None;
    }
    if route.path_names().any(|name| name == "id") {
        return None;
    }
    let asked: Vec<&str> = thing.find.iter().flat_map(path_names).collect();
    let lacks = asked.iter().find(|name| !route.path_names().any(|known| known == **name));
    let why = match (asked.is_empty(), lacks) {
        (false, None) => return None,
        (true, _) => "its path has no `{id}`".to_owned(),
        (false, Some(name)) => format!("its path has neither `{{id}}` nor `{{{name}}}`"),
    };
    let message = format!("`{}` does not say which {} is meant: {why}", route.name, thing.name);
    Some(Finding::error("C504", Some(deed.span), message).help(
        "write `{id}` in the path, give `ids`, or let the thing have a `find` by what the path \
         names",
    ))
}

fn path_names(sql: &Sql) -> impl Iterator<Item = &str> {
    let fragments = sql.postgres.iter().chain(&sql.sqlite);
    fragments.flat_map(|fragment| &fragment.parts).filter_map(|part| match part {
        Part::Placeholder(Placeholder::Path(name)) => Some(name.as_str()),
        _ => None,
    })
}

/// A list is of rows that there are, in an order of their columns.
fn unlisted(
    source: &Source<'_>,
    route: &Route,
    deed: &Located<Deed>,
    thing: &Thing,
) -> Vec<Finding> {
    if deed.value.verb() != Some(Verb::List) {
        return Vec::new();
    }
    let Some(row) = &thing.row else {
        let message = format!("`{}` has no row of its own that could be listed", thing.name);
        return vec![Finding::error("C510", Some(deed.span), message)];
    };
    // A table that is not there is told of with the thing.
    let Ok(table) = table_or_finding(&row.value.table, row.span, source.schema) else {
        return Vec::new();
    };
    let columns = route.order.iter();
    let missing =
        columns.filter_map(|order| column_or_finding(table, &order.value.column, order.span).err());
    missing.map(|finding| *finding).collect()
}

/// An option that is taken from a request must be one of the thing's.
fn unoffered(route: &Route, thing: &Thing) -> Vec<Finding> {
    let name_of = |option: &ThingOption| option.name.value.clone();
    let has = |name: &_| thing.options.iter().any(|option| name_of(option) == *name);
    let unknown = route.options.iter().filter(|(name, _)| !has(&name.value));
    unknown
        .map(|(name, _)| {
            let message = format!("`{}` has no option `{}`", thing.name, name.value);
            let finding = Finding::error("C503", Some(name.span), message);
            let known = thing.options.iter().map(|option| option.name.value.as_str());
            match did_you_mean(name.value.as_str(), known) {
                Some(near) => finding.help(format!("did you mean `{near}`?")),
                None => finding.help(format!("give it one under [things.{}]", thing.name)),
            }
        })
        .collect()
}

/// Keys that change nothing about what this route does.
fn idle_keys(route: &Route) -> Vec<Finding> {
    let any = |wanted: &dyn Fn(&Deed) -> bool| route.deeds().any(|deed| wanted(&deed.value));
    let lists = any(&|deed| deed.verb() == Some(Verb::List));
    let finds = any(&|deed| deed.verb().is_some_and(Verb::needs_id));
    let deletes = any(&|deed| matches!(deed.verb(), Some(Verb::Delete | Verb::DeleteForGood)));
    let retains = any(&|deed| deed.verb().is_none());
    let idle = route.keys.iter().filter(|key| match key.value.as_str() {
        "parent" | "order" | "page" => !lists,
        "ids" => !finds,
        "over" => !retains,
        "wait_objects" => !deletes && !retains,
        _ => false,
    });
    idle.map(|key| {
        let message = format!("`{}` says nothing about what this route does", key.value);
        Finding::error("C511", Some(key.span), message).help("take it out")
    })
    .collect()
}

/// `{path.x}` in SQL must stand in the path.
fn unnamed(route: &Route, sql: &Sql, source: &Source<'_>) -> Vec<Finding> {
    let Some(fragment) = sql.of(source.schema.dialect) else { return Vec::new() };
    let finding = |fragment: &Fragment, name: &str| {
        let message = format!("`{{path.{name}}}`: the path of this route has no `{{{name}}}`");
        Finding::error("C507", Some(fragment.span), message)
    };
    let missing = path_names(sql).filter(|name| !route.path_names().any(|known| known == *name));
    missing.map(|name| finding(fragment, name)).collect()
}
