//! Whether rules of objects name stores, rows and values that there are, and what is theirs alone.

use super::hooks::unnamed_going;
use super::sharing::{Named, among_names, among_rows};
use super::{Source, dangers, spelling, templates};
use crate::finding::{Finding, Located, did_you_mean};
use crate::graph::{column_or_finding, table_or_finding};
use crate::names::StoreName;
use crate::policy::{NamingColumn, ObjectRule};
use crate::schema::{Dialect, Table};

pub(super) fn findings(source: &Source<'_>) -> Vec<Finding> {
    let (mut findings, mut understood) = (Vec::new(), Vec::new());
    for rule in &source.policy.objects {
        findings.extend(unknown_stores(source, &rule.stores));
        findings.extend(unnamed_going(source, rule.filter.as_ref()));
        findings.extend(rule.unless_named_by.iter().filter_map(|by| naming(source, rule, by)));
        match table_or_finding(&rule.of.value, rule.of.span, source.schema) {
            Err(finding) => findings.push(*finding),
            Ok(table) => {
                findings.extend(idle(source, rule));
                findings.extend(late_uploads(source, rule));
                let (names, not_there) = templates::names(source, rule, table);
                findings.extend(not_there);
                understood.push(Named { rule, table, names });
            }
        }
    }
    for Named { rule, table, names } in &understood {
        for name in names {
            findings.extend(dangers::findings(source, rule, table, name));
            findings.extend(among_rows(source, table, name));
        }
    }
    findings.extend(among_names(source, &understood));
    findings
}

/// Stores that `[stores]` does not have.
pub(super) fn unknown_stores(source: &Source<'_>, stores: &[Located<StoreName>]) -> Vec<Finding> {
    let known = || source.policy.stores.iter().map(|store| store.name.as_str());
    let unknown = stores.iter().filter(|store| !known().any(|name| name == store.value.as_str()));
    unknown
        .map(|store| {
            let message = format!("there is no store `{}`", store.value);
            let finding = Finding::error("C407", Some(store.span), message);
            match did_you_mean(store.value.as_str(), known()) {
                Some(near) => finding.help(format!("did you mean `{near}`?")),
                None => finding.help("say under [stores] where it is"),
            }
        })
        .collect()
}

fn idle(source: &Source<'_>, rule: &ObjectRule) -> Option<Finding> {
    let of = &rule.of.value;
    (!rule.part && !source.losses.reach(of)).then(|| {
        let name = &rule.name;
        let message = format!("[objects.{name}] removes nothing: no thing deletes rows of `{of}`");
        Finding::warning("C408", Some(rule.of.span), message)
            .help(format!("take the rule out, or add the line that reaches `{of}`"))
    })
}

/// A worker that is asked to stop may still have an upload under way, and one whose lease has
/// ended may go on. What a row has written down is written while the row is there.
fn late_uploads(source: &Source<'_>, rule: &ObjectRule) -> Option<Finding> {
    let of = &rule.of.value;
    let is_worked_on = source.policy.work.iter().any(|work| work.table.value == *of);
    let is_named = !rule.keys.is_empty() || !rule.prefixes.is_empty();
    (is_worked_on && is_named && rule.look_again_secs <= 0).then(|| {
        let name = &rule.name;
        let message = format!(
            "a worker may upload what [objects.{name}] names when it is already removed, and nobody \
             looks again"
        );
        let help = "add `look_again`, longer than an upload or a lease may last: \"15m\"";
        Finding::warning("C419", Some(rule.span), message).help(help)
    })
}

/// What an object is named by must be there, and be found.
fn naming(source: &Source<'_>, rule: &ObjectRule, by: &NamingColumn) -> Option<Finding> {
    let table = match table_or_finding(&by.table, by.span, source.schema) {
        Ok(table) => table,
        Err(finding) => return Some(*finding),
    };
    if let Err(finding) = column_or_finding(table, &by.column.column, by.span) {
        return Some(*finding);
    }
    if by.column.json.is_some() {
        let message = format!("`{}`: nobody asks inside JSON whether an object is named", by.text);
        return Some(
            Finding::error("C422", Some(by.span), message)
                .help("keep what it names in a column of its own"),
        );
    }
    unserved(source, rule, by, table)
}

/// Only a long table is worth an index.
fn unserved(
    source: &Source<'_>,
    rule: &ObjectRule,
    by: &NamingColumn,
    table: &Table,
) -> Option<Finding> {
    let is_long =
        table.rows_estimate.is_some_and(|rows| rows > source.policy.check.unindexed_rows_max);
    let columns = std::slice::from_ref(&by.column.column);
    if !is_long || table.index_led_by(columns).is_some() {
        return None;
    }
    let message = format!(
        "whether `{}` names an object is asked of every row of `{}` ({}) for each removal: no index \
         begins with it",
        by.text,
        table.name,
        spelling::size(table)
    );
    let create = spelling::create_index(source.schema, table, columns);
    let help = if source.schema.dialect == Dialect::Postgres && !rule.prefixes.is_empty() {
        // What is below a prefix is asked for by LIKE, which no index in a language's order serves.
        create.replace(");", " text_pattern_ops);")
    } else {
        create
    };
    Some(Finding::warning("C417", Some(by.span), message).help(help))
}
