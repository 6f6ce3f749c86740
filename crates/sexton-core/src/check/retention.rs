//! Whether rules that delete by age can: their thing, their columns, and an index for what is due.

use super::{Source, spelling};
use crate::finding::{Finding, Severity};
use crate::names::ColumnName;
use crate::plan::misnamed;
use crate::policy::Retention;
use crate::schema::Table;

pub(super) fn findings(source: &Source<'_>) -> Vec<Finding> {
    source.policy.retention.iter().flat_map(|rule| of_rule(source, rule)).collect()
}

fn of_rule(source: &Source<'_>, rule: &Retention) -> Vec<Finding> {
    let findings = misnamed(source.policy, source.schema, rule);
    if findings.is_empty() { unserved(source, rule).into_iter().collect() } else { findings }
}

/// A rule that no index serves reads the whole table, however little is due.
fn unserved(source: &Source<'_>, rule: &Retention) -> Option<Finding> {
    let age = rule.age.as_ref().map(|age| (&age.of.value, age.of.span));
    let order = rule.order.as_ref().map(|order| (&order.value.column, order.span));
    let (column, span) = age.or(order)?;
    let thing = source.policy.things.iter().find(|thing| thing.name == rule.thing.value)?;
    let table = source.schema.table(&thing.row.as_ref()?.value.table)?;
    if leads(table, column) {
        return None;
    }
    let is_big = table.rows_estimate.is_some_and(|r| r > source.policy.check.unindexed_rows_max);
    let severity = if is_big { Severity::Error } else { Severity::Warning };
    let message = format!(
        "`{}` looks for due rows of `{}` by {column}, and no usable index begins with it ({})",
        rule.name,
        table.name,
        spelling::size(table),
    );
    let help = spelling::create_index(source.schema, table, std::slice::from_ref(column));
    Some(Finding { severity, ..Finding::warning("C623", Some(span), message).help(help) })
}

fn leads(table: &Table, column: &ColumnName) -> bool {
    let by_key = table.primary_key.first() == Some(column);
    let begins =
        |first: Option<&Option<ColumnName>>| first.and_then(Option::as_ref) == Some(column);
    by_key || table.indexes.iter().any(|index| index.usable && begins(index.columns.first()))
}
