//! Whether partial things remove objects of their own row, and leave the row what it may be.

use super::Source;
use super::effects::written;
use crate::finding::{Finding, did_you_mean};
use crate::names::ObjectRuleName;
use crate::policy::{ObjectRule, Thing};
use crate::schema::Table;

pub(super) fn findings(source: &Source<'_>) -> Vec<Finding> {
    let of_things = source.policy.things.iter().flat_map(|thing| of_thing(source, thing));
    let unnamed = source.policy.objects.iter().filter_map(|rule| unnamed(source, rule));
    of_things.chain(unnamed).collect()
}

fn of_thing(source: &Source<'_>, thing: &Thing) -> Vec<Finding> {
    let Some(first) = thing.removes.first() else {
        return whole(thing).into_iter().collect();
    };
    let Some(row) = &thing.row else {
        let message = format!("`{}` has no row of its own whose objects could go", thing.name);
        let finding = Finding::error("C425", Some(first.span), message);
        return vec![finding.help("write `row = \"table.key\"`, or leave `removes` out")];
    };
    let known = thing.removes.iter().filter_map(|name| {
        let of_row = |rule: &ObjectRule| rule.of.value == row.value.table;
        match rule(source, &name.value) {
            Some(rule) if of_row(rule) => None,
            Some(rule) => {
                let (of, own) = (&rule.of.value, &row.value.table);
                let message = format!(
                    "[objects.{}] goes with rows of `{of}`; the row of `{}` is one of `{own}`",
                    rule.name, thing.name
                );
                let help = format!("name a rule that is of `{own}`");
                Some(Finding::error("C423", Some(name.span), message).help(help))
            }
            None => Some(unknown(source, name)),
        }
    });
    let mut findings: Vec<Finding> = known.collect();
    if let Some(table) = source.schema.table(&row.value.table) {
        findings.extend(sets(source, thing, table));
    }
    findings
}

fn rule<'a>(source: &Source<'a>, name: &ObjectRuleName) -> Option<&'a ObjectRule> {
    source.policy.objects.iter().find(|rule| rule.name == *name)
}

fn unknown(source: &Source<'_>, name: &crate::finding::Located<ObjectRuleName>) -> Finding {
    let known = source.policy.objects.iter().map(|rule| rule.name.as_str());
    let message = format!("there is no [objects.{}]", name.value);
    let finding = Finding::error("C423", Some(name.span), message);
    match did_you_mean(name.value.as_str(), known) {
        Some(near) => finding.help(format!("did you mean \"objects.{near}\"?")),
        None => finding.help("write the rule, or leave its name out"),
    }
}

/// A row that goes is not changed.
fn whole(thing: &Thing) -> Option<Finding> {
    let set = thing.set.first()?;
    let message = format!("the row of `{}` goes, so nothing can be set in it", thing.name);
    Some(
        Finding::error("C425", Some(set.column.span), message)
            .help("say by `removes` which of its objects go while it stays, or leave `set` out"),
    )
}

/// What the row becomes must be possible, and it must still be found under its key.
fn sets(source: &Source<'_>, thing: &Thing, table: &Table) -> Vec<Finding> {
    let key = thing.row.iter().flat_map(|row| &row.value.columns);
    let key: Vec<_> = key.chain(&table.primary_key).collect();
    let judge = |assignment: &crate::policy::Assignment| {
        let (name, span) = (&assignment.column.value, assignment.column.span);
        if key.contains(&name) {
            let message = format!("`{name}` is what a row of `{}` is known by", table.name);
            let finding = Finding::error("C425", Some(span), message);
            return Some(finding.help("set another column: the row stays, and so does its key"));
        }
        written(table, name, span, &[&assignment.value], source.schema.dialect)
    };
    thing.set.iter().filter_map(judge).collect()
}

/// Nobody ever goes by the rule.
fn unnamed(source: &Source<'_>, rule: &ObjectRule) -> Option<Finding> {
    let mut removed = source.policy.things.iter().flat_map(|thing| &thing.removes);
    (rule.part && !removed.any(|name| name.value == rule.name)).then(|| {
        let name = &rule.name;
        let message =
            format!("[objects.{name}] removes nothing: it is a part, and no thing names it");
        Finding::warning("C424", Some(rule.span), message).help(format!(
            "name it under a thing, `removes = [\"objects.{name}\"]`, or take `part` out"
        ))
    })
}
