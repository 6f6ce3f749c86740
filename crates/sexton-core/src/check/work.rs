//! Whether work in flight can be told and stopped as the policy says.

use super::effects::written;
use super::{Source, spelling};
use crate::finding::{Finding, Span, did_you_mean};
use crate::graph::table_or_finding;
use crate::names::TableName;
use crate::plan::{Link, Mentions, links};
use crate::policy::{Assignment, Fate, ReferringSide, Stop, Work};

pub(super) fn findings(source: &Source<'_>) -> Vec<Finding> {
    source.policy.work.iter().flat_map(|work| of_work(source, work)).collect()
}

fn of_work(source: &Source<'_>, work: &Work) -> Vec<Finding> {
    let mut findings = Vec::new();
    match table_or_finding(&work.table.value, work.table.span, source.schema) {
        Ok(table) => {
            let dialect = source.schema.dialect;
            findings.extend(stops(work).filter_map(|set| {
                written(table, &set.column.value, set.column.span, &[&set.value], dialect)
            }));
            findings.extend(idle(source, work));
        }
        Err(finding) => findings.push(*finding),
    }
    findings.extend(unlinked(source, work));
    match &work.stop {
        Some(stop) => {
            findings.extend(ends_the_wait(source, work, stop));
            findings.extend(goes_on_waiting(source, work, stop));
            findings.extend(uncallable(source, work, stop));
        }
        None if work.wait_secs.value > 0 => findings.push(
            Finding::error(
                "C182",
                Some(work.wait_secs.span),
                format!("[work.{}] waits, but nothing asks its rows to stop", work.table.value),
            )
            .help("add `stop = { … }`; without it, rows at work refuse a deletion at once"),
        ),
        None => {}
    }
    findings
}

/// All that stopping writes.
fn stops(work: &Work) -> impl Iterator<Item = &Assignment> {
    work.stop.iter().flat_map(|stop| stop.waiting.iter().chain(&stop.running))
}

/// Nobody deletes or changes such rows.
fn idle(source: &Source<'_>, work: &Work) -> Option<Finding> {
    let name = &work.table.value;
    let is_touched =
        source.losses.reach(name) || is_changed(source, name) || is_linked(source, work);
    (!is_touched).then(|| {
        let message = format!(
            "[work.{name}] never holds a deletion up: no thing deletes or changes rows of `{name}`"
        );
        Finding::warning("C119", Some(work.table.span), message)
            .help(format!("take the section out, or add the line that reaches `{name}`"))
    })
}

fn is_changed(source: &Source<'_>, name: &TableName) -> bool {
    let by_line = source.graph.above(name).any(|edge| {
        let changes = matches!(edge.fate, Fate::Unlink | Fate::Set(_) | Fate::Anonymize(_));
        changes && source.losses.reach(&edge.parent)
    });
    by_line || source.policy.derived.iter().any(|derived| derived.table.value == *name)
}

/// Whether rows that go lead to this work by `of`.
fn is_linked(source: &Source<'_>, work: &Work) -> bool {
    work.of.iter().any(|side| {
        let mut links = links(source.policy, source.graph, work, side).peekable();
        // A side that leads nowhere is told of by a finding of its own.
        links.peek().is_none() || links.any(|link| source.losses.reach(link.lost()))
    })
}

/// What `of` names must lead between the table and another, and tell which rows are meant.
fn unlinked(source: &Source<'_>, work: &Work) -> Vec<Finding> {
    let of_side = |side: &ReferringSide| {
        let name = &work.table.value;
        let found: Vec<Link<'_>> = links(source.policy, source.graph, work, side).collect();
        if found.is_empty() {
            let message =
                format!("`{}` leads neither from `{name}` nor to it by any line", side.text);
            return Some(Finding::error("C203", Some(side.span), message).help(
                "name the left side of a line of [references] between the table and what goes",
            ));
        }
        let untold = found.iter().find(|link| !link.is_told())?;
        let message = format!(
            "`{}` does not tell which rows of `{name}` are worked on: its line has a condition, \
             a cast, or goes into JSON",
            untold.edge.text
        );
        Some(
            Finding::error("C204", Some(side.span), message)
                .help("lines that lead from what goes to work hold its key as it is"),
        )
    };
    work.of.iter().filter_map(of_side).collect()
}

/// The hook of `stop` must be there, be told of these rows, and be one that a deletion waits for.
fn uncallable(source: &Source<'_>, work: &Work, stop: &Stop) -> Option<Finding> {
    let name = stop.hook.as_ref()?;
    let told = |code, message: String| Finding::error(code, Some(name.span), message);
    let known = || source.policy.hooks.iter().map(|hook| hook.name.as_str());
    let Some(hook) = source.policy.hooks.iter().find(|hook| hook.name == name.value) else {
        let finding = told("C183", format!("there is no hook `{}`", name.value));
        return Some(match did_you_mean(name.value.as_str(), known()) {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None => finding.help("name a hook of this policy"),
        });
    };
    let table = &work.table.value;
    if hook.of.value != *table {
        let message =
            format!("hook `{}` tells of rows of `{}`, not of `{table}`", name.value, hook.of.value);
        return Some(told("C184", message).help(format!("name a hook of `{table}`")));
    }
    (!hook.before).then(|| {
        let message = format!(
            "hook `{}` is called after the deletion, when it is too late to stop anybody",
            name.value
        );
        told("C185", message).help("write `before = true` in the hook")
    })
}

/// Telling a worker to stop must not make its row look as if it had: the wait would end at once,
/// with the worker still at work.
fn ends_the_wait(source: &Source<'_>, work: &Work, stop: &Stop) -> Option<Finding> {
    let dialect = source.schema.dialect;
    let judged = [("running", Some(&work.running)), ("dead", work.dead.as_ref())];
    judged.into_iter().find_map(|(key, sql)| {
        let mentions = Mentions::of(dialect, sql?.of(dialect).into_iter());
        let set = stop.running.iter().find(|set| mentions.has(set.column.value.as_str()))?;
        let column = &set.column.value;
        let message = format!(
            "`stop.running` writes `{column}`, which `{key}` reads: the wait would end at once, \
             with the worker still at work"
        );
        Some(
            Finding::error("C180", Some(set.column.span), message).help(
                "write a column of its own that the worker looks at, such as `cancel_requested`",
            ),
        )
    })
}

/// A row that is stopped must not go on waiting for a worker.
fn goes_on_waiting(source: &Source<'_>, work: &Work, stop: &Stop) -> Option<Finding> {
    let dialect = source.schema.dialect;
    let told = |span: Span, message: String, help: String| {
        Some(Finding::error("C181", Some(span), message).help(help))
    };
    let Some(waiting) = &work.waiting else {
        let is_idle = stop.waiting.first().filter(|_| work.dead.is_none())?;
        let message = "`stop.waiting` stops nothing: neither `waiting` nor `dead` is there".into();
        return told(is_idle.column.span, message, "say which rows wait".into());
    };
    let fragment = waiting.of(dialect)?;
    let mentions = Mentions::of(dialect, std::iter::once(fragment));
    if stop.waiting.iter().any(|set| mentions.has(set.column.value.as_str())) {
        return None;
    }
    let columns: Vec<_> = stop.waiting.iter().map(|set| set.column.value.clone()).collect();
    let message = if columns.is_empty() {
        "`stop` leaves rows waiting: a worker would take them while the deletion waits".to_owned()
    } else {
        format!(
            "`stop.waiting` leaves rows waiting: it writes {}, and `waiting` does not read that",
            spelling::listed(&columns)
        )
    };
    told(waiting.span, message, "write what makes them wait no more, such as a status".into())
}
