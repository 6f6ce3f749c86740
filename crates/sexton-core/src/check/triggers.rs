//! Triggers and rewrite rules of the tables that deletions touch: they do what no plan shows.

use std::collections::{BTreeMap, BTreeSet};

use super::{Source, derived, spelling};
use crate::finding::{Finding, Span};
use crate::names::TableName;
use crate::policy::Fate;
use crate::schema::{Table, Trigger};

/// Where the policy says that rows of a table go, and where that they change.
#[derive(Default)]
struct Touched {
    go: Option<Span>,
    change: Option<Span>,
}

pub(super) fn findings(source: &Source<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, touched) in touched(source) {
        let Some(table) = source.schema.table(name) else { continue };
        findings.extend(firing(table, &touched));
        findings.extend(rewritten(table, &touched));
    }
    findings
}

fn touched<'a>(source: &Source<'a>) -> BTreeMap<&'a TableName, Touched> {
    let mut tables: BTreeMap<&TableName, Touched> = BTreeMap::new();
    let lost: BTreeSet<&TableName> = source.losses.tables();
    for columns in source.policy.things.iter().flat_map(|t| t.row.iter().chain(&t.starts)) {
        if lost.contains(&columns.value.table) {
            tables.entry(&columns.value.table).or_default().go.get_or_insert(columns.span);
        }
    }
    for edge in source.graph.edges.iter().filter(|edge| lost.contains(&edge.parent)) {
        let touched = tables.entry(&edge.child).or_default();
        match edge.fate {
            Fate::Delete => touched.go.get_or_insert(edge.span),
            Fate::Unlink | Fate::Set(_) | Fate::Anonymize(_) => {
                touched.change.get_or_insert(edge.span)
            }
            _ => continue,
        };
    }
    for derived in source.policy.derived.iter().filter(|of| derived::is_set_off(source, of)) {
        let table = &derived.table;
        tables.entry(&table.value).or_default().change.get_or_insert(table.span);
    }
    tables
}

fn firing(table: &Table, touched: &Touched) -> Option<Finding> {
    let on_delete = |trigger: &Trigger| touched.go.is_some() && trigger.on_delete;
    let on_update = |trigger: &Trigger| touched.change.is_some() && trigger.on_update;
    let enabled = || table.triggers.iter().filter(|trigger| trigger.enabled);
    let fired: Vec<&Trigger> = enabled().filter(|t| on_delete(t) || on_update(t)).collect();
    let does = match (fired.iter().any(|t| on_delete(t)), fired.iter().any(|t| on_update(t))) {
        (true, true) => "delete and change",
        (true, false) => "delete",
        (false, true) => "change",
        (false, false) => return None,
    };
    let names = spelling::listed(fired.iter().map(|trigger| &trigger.name));
    let message = format!("deletions {does} rows of `{}`, which fires {names}", table.name);
    let help = if enabled().any(|trigger| on_delete(trigger) && trigger.before) {
        "what a trigger does is in no preview; one that runs before a DELETE can keep the row, so \
         the deletion checks that its rows are really gone, and fails if not"
    } else {
        "what a trigger does is in no preview and no count: see that it is wanted"
    };
    let span = if does == "change" { touched.change } else { touched.go };
    Some(Finding::warning("C160", span, message).help(help))
}

fn rewritten(table: &Table, touched: &Touched) -> Option<Finding> {
    let span = touched.go.or(touched.change)?;
    (!table.rules.is_empty()).then(|| {
        let rules = spelling::listed(&table.rules);
        let message =
            format!("`{}` has rewrite rules, and deletions touch it: {rules}", table.name);
        Finding::warning("C161", Some(span), message).help(
            "a rule can turn a DELETE or UPDATE into something else; the deletion checks that its \
             rows are really gone, and fails if not",
        )
    })
}
