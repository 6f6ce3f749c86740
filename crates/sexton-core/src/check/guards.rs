//! Whether guards look at tables that exist and stand where something is deleted.

use super::Source;
use crate::finding::Finding;
use crate::graph::{column_or_finding, table_or_finding};
use crate::names::ColumnName;
use crate::plan::{guarding_table, subject_words};
use crate::policy::Guard;

pub(super) fn findings(source: &Source<'_>) -> Vec<Finding> {
    source.policy.guards.iter().flat_map(|guard| of_guard(source, guard)).collect()
}

fn of_guard(source: &Source<'_>, guard: &Guard) -> Vec<Finding> {
    let missing = table_or_finding(&guard.of.value, guard.of.span, source.schema).err();
    let idle = missing.is_none().then(|| idle(source, guard)).flatten();
    [missing.map(|finding| *finding), idle, unreadable(source, guard)]
        .into_iter()
        .flatten()
        .chain(unsayable(source, guard))
        .collect()
}

/// The sentence can only say columns that the guarded rows have, as `{subject.x}`.
fn unsayable(source: &Source<'_>, guard: &Guard) -> Vec<Finding> {
    let Some(of) = source.schema.table(&guard.of.value) else { return Vec::new() };
    let missing = subject_words(&guard.say).filter(|name| *name != "label").filter_map(|name| {
        let missing = column_or_finding(of, &ColumnName::new(name), guard.span).err()?;
        let message =
            format!("guard `{}` says `{{subject.{name}}}`, but {}", guard.name, missing.message);
        Some(Finding { message, ..*missing })
    });
    missing.collect()
}

fn idle(source: &Source<'_>, guard: &Guard) -> Option<Finding> {
    (!source.losses.reach(&guard.of.value)).then(|| {
        let of = &guard.of.value;
        let message =
            format!("guard `{}` never judges: no thing deletes rows of `{of}`", guard.name);
        Finding::warning("C119", Some(guard.of.span), message)
            .help(format!("take the guard out, or add the line that reaches `{of}`"))
    })
}

/// The rows must begin with a table, whose rows are locked.
fn unreadable(source: &Source<'_>, guard: &Guard) -> Option<Finding> {
    // SQL for another database only is told of by itself.
    guard.rows.of(source.schema.dialect)?;
    guarding_table(guard, source.schema).is_none().then(|| {
        let message =
            format!("guard `{}` does not begin with a known table and its alias", guard.name);
        Finding::error("C113", Some(guard.rows.span), message)
            .help("write `rows = \"table alias\"`; joins may follow")
    })
}
