//! Whether hooks tell of rows that go, name values that there are, and call whom one can call.

use super::Source;
use crate::finding::{Finding, Span};
use crate::graph::table_or_finding;
use crate::plan::{self, Asker, identity};
use crate::policy::{Call, Hook, Sql};
use crate::schema::Dialect;

pub(super) fn findings(source: &Source<'_>) -> Vec<Finding> {
    source.policy.hooks.iter().flat_map(|hook| of_hook(source, hook)).collect()
}

fn of_hook(source: &Source<'_>, hook: &Hook) -> Vec<Finding> {
    let mut findings: Vec<Finding> = uncallable(source, hook).into_iter().collect();
    findings.extend(unnamed_going(source, hook.filter.as_ref()));
    match table_or_finding(&hook.of.value, hook.of.span, source.schema) {
        Err(finding) => findings.push(*finding),
        Ok(table) => {
            findings.extend(idle(source, hook));
            for slot in plan::slots(hook) {
                let path = plan::columns(slot, Asker::Hook);
                let (schema, graph) = (source.schema, source.graph);
                let followed = plan::follow(slot, &path, Asker::Hook, Some(table), schema, graph);
                findings.extend(followed.err().map(|finding| *finding));
            }
        }
    }
    findings
}

fn idle(source: &Source<'_>, hook: &Hook) -> Option<Finding> {
    (!source.losses.reach(&hook.of.value)).then(|| {
        let of = &hook.of.value;
        let message = format!("hook `{}` never calls: no thing deletes rows of `{of}`", hook.name);
        Finding::warning("C195", Some(hook.of.span), message)
            .help(format!("take the hook out, or add the line that reaches `{of}`"))
    })
}

fn uncallable(source: &Source<'_>, hook: &Hook) -> Option<Finding> {
    let Call::Notify(channel) = &hook.call.value else { return None };
    let refused = |span: Span, message: String, help: &str| {
        Some(Finding::error("C197", Some(span), message).help(help))
    };
    if source.schema.dialect == Dialect::Sqlite {
        let message = format!("nobody can listen to `{channel}`: SQLite has no NOTIFY");
        return refused(hook.call.span, message, "call an address: https://… or env:NAME");
    }
    if hook.before {
        let message =
            format!("`{}` cannot be told before: NOTIFY arrives with the commit", hook.name);
        return refused(hook.call.span, message, "leave `before` out, or call an address");
    }
    hook.secret.as_ref().and_then(|secret| {
        let message = "what is sent by NOTIFY is not signed".to_owned();
        refused(secret.span, message, "leave `secret` out")
    })
}

/// `{going.TABLE}` must name a table whose rows are known by one column.
pub(super) fn unnamed_going(source: &Source<'_>, filter: Option<&Sql>) -> Vec<Finding> {
    let fragments = plan::named_going(filter);
    let findings = fragments.filter_map(|(name, fragment)| {
        let table = match table_or_finding(name, fragment.span, source.schema) {
            Ok(table) => table,
            Err(finding) => return Some(*finding),
        };
        let width = identity(table).map_or(0, |key| key.len());
        (width != 1).then(|| {
            let message = format!(
                "`{{going.{name}}}` is a list of keys, and `{name}` has no key of one column"
            );
            Finding::error("C198", Some(fragment.span), message)
                .help("ask for these rows by columns of the hook's own row")
        })
    });
    findings.collect()
}

/// Why a hook cannot be called as things are: a variable of the environment is not set.
/// `is_set` knows the environment.
pub fn uncalled(hook: &Hook, is_set: &dyn Fn(&str) -> bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    let name = &hook.name;
    if let Call::Variable { name: variable, is_optional: false } = &hook.call.value
        && !is_set(variable)
    {
        let message =
            format!("`{variable}` is not set: deletions that hook `{name}` tells of are refused");
        findings.push(
            Finding::warning("C199", Some(hook.call.span), message)
                .help(format!("set it, or write \"env:{variable}?\" if the call may be left out")),
        );
    }
    let is_left_out = matches!(&hook.call.value,
        Call::Variable { name, is_optional: true } if !is_set(name));
    if let Some(secret) = hook.secret.as_ref().filter(|_| !is_left_out)
        && !secret.value.strip_prefix("env:").is_some_and(is_set)
    {
        let message = format!(
            "`{}` is not set: deletions that hook `{name}` tells of are refused",
            secret.value
        );
        findings.push(
            Finding::warning("C199", Some(secret.span), message)
                .help("set it: a call is not made without its signature"),
        );
    }
    findings
}
