//! Whether things name tables and columns that exist, and have a plan.

use super::settings::Setting;
use super::{Source, spelling};
use crate::finding::{Finding, Located, Span};
use crate::graph::{column_or_finding, table_or_finding};
use crate::names::ColumnName;
use crate::plan::{self, CompileError, Plan};
use crate::policy::{Condition, TableColumns, Thing};
use crate::schema::Table;

pub(super) fn findings(source: &Source<'_>) -> Vec<Finding> {
    source.policy.things.iter().flat_map(|thing| of_thing(source, thing)).collect()
}

fn of_thing(source: &Source<'_>, thing: &Thing) -> Vec<Finding> {
    let mut findings = Vec::new();
    let row = thing.row.as_ref().map(|row| (row, columns_exist(source, row, &mut findings)));
    for start in &thing.starts {
        columns_exist(source, start, &mut findings);
    }
    findings.extend(other_widths(thing));
    match row {
        Some((_, Some(table))) => findings.extend(of_row(source, thing, table)),
        Some((_, None)) => {}
        None => findings.extend(rowless(thing)),
    }
    findings
}

/// The table, if it is there; findings for what is not.
fn columns_exist<'s>(
    source: &Source<'s>,
    columns: &Located<TableColumns>,
    findings: &mut Vec<Finding>,
) -> Option<&'s Table> {
    match table_or_finding(&columns.value.table, columns.span, source.schema) {
        Ok(table) => {
            let found = columns.value.columns.iter();
            let found = found.map(|name| column_or_finding(table, name, columns.span));
            findings.extend(found.filter_map(Result::err).map(|finding| *finding));
            Some(table)
        }
        Err(finding) => {
            findings.push(*finding);
            None
        }
    }
}

/// All columns of a thing hold one value, so they must be as many.
fn other_widths(thing: &Thing) -> Vec<Finding> {
    let Some(first) = thing.row.iter().chain(&thing.starts).next() else { return Vec::new() };
    let width = first.value.columns.len();
    let others = thing.starts.iter().filter(|start| start.value.columns.len() != width);
    others
        .map(|start| {
            let message = format!(
                "{} column(s) here, but `{}` is known by {width}: {}",
                start.value.columns.len(),
                thing.name,
                spelling::side(&first.value.table, &first.value.columns),
            );
            Finding::error("C123", Some(start.span), message)
                .help("name as many columns, in the same order")
        })
        .collect()
}

/// What is read from the thing's own row must be there.
fn of_row(source: &Source<'_>, thing: &Thing, table: &Table) -> Vec<Finding> {
    let missing = columns_read(thing)
        .filter_map(|(_, column)| column_or_finding(table, &column.value, column.span).err());
    let mut findings: Vec<Finding> = missing.map(|finding| *finding).collect();
    if let Some(tenant) = &thing.tenant {
        let (path, span) = (&tenant.value, tenant.span);
        let followed = plan::follow_tenant(path, span, table, source.schema, source.graph);
        findings.extend(followed.err().map(|finding| *finding));
    }
    findings.extend(impossible(thing));
    let conditions = thing.only.iter().chain(&thing.refuse);
    findings.extend(conditions.flat_map(|condition| unsayable(condition, table)));
    findings
}

/// What a thing must be is also what refuses it, so nothing is ever deleted as this.
fn impossible(thing: &Thing) -> Option<Finding> {
    let same = |only: &&Located<Condition>| {
        let mut refuse = thing.refuse.iter();
        refuse.any(|refuse| refuse.value.sql.same_as(&only.value.sql))
    };
    let only = thing.only.iter().find(same)?;
    let message = format!("no `{}` can ever be deleted: what it must be refuses it", thing.name);
    let finding = Finding::warning("C135", Some(only.span), message);
    Some(finding.help("take the condition out of `only` or out of `refuse`"))
}

/// A sentence can only say columns that the row has, as `{row.x}`.
fn unsayable(condition: &Located<Condition>, table: &Table) -> Vec<Finding> {
    let pieces = condition.value.say.split('{').skip(1).filter_map(|piece| piece.split_once('}'));
    let said = pieces.filter_map(|(placeholder, _)| placeholder.strip_prefix("row."));
    let missing = said.filter_map(|name| {
        let missing = column_or_finding(table, &ColumnName::new(name), condition.span).err()?;
        let message = format!("the sentence says `{{row.{name}}}`, but {}", missing.message);
        Some(Finding { message, ..*missing })
    });
    missing.collect()
}

/// The columns that a thing reads from its own row, each with its key in the policy.
fn columns_read(thing: &Thing) -> impl Iterator<Item = (&'static str, &Located<ColumnName>)> {
    let label = thing.label.iter().map(|column| ("label", column));
    let owner = thing.owner.iter().map(|column| ("owner", column));
    label.chain(owner).chain(thing.show.iter().map(|column| ("show", column)))
}

/// Without a row of its own there is nothing to read these from. The tenant is another matter: each
/// row that holds the value tells whose it is.
fn rowless(thing: &Thing) -> Vec<Finding> {
    let columns = columns_read(thing).map(|(key, column)| (key, column.span));
    let visible = thing.visible.iter().map(|sql| ("visible", sql.span));
    let find = thing.find.iter().map(|sql| ("find", sql.span));
    let only = thing.only.iter().map(|condition| ("only", condition.span));
    let refuse = thing.refuse.iter().map(|condition| ("refuse", condition.span));
    let needs_row = |(key, span): (&str, Span)| {
        let message = format!("`{key}` is read from the thing's own row, and it has none");
        Finding::error("C124", Some(span), message)
            .help(format!("write `row = \"table.key\"`, or leave `{key}` out"))
    };
    columns.chain(visible).chain(find).chain(only).chain(refuse).map(needs_row).collect()
}

/// The plans of a setting's things, and why some have none.
pub(super) fn compile(source: &Source<'_>, setting: &Setting<'_>) -> (Vec<Plan>, Vec<Finding>) {
    let mut plans = Vec::new();
    let mut findings = Vec::new();
    for thing in &setting.things {
        let Source { policy, schema, graph, .. } = *source;
        match plan::compile(policy, schema, graph, &thing.name, &setting.options) {
            Ok(plan) => plans.push(plan),
            Err(CompileError::Findings(found)) => findings.extend(found),
            // Only things of the policy are asked for.
            Err(CompileError::UnknownThing(_)) => {}
        }
        if thing.hide.is_none() {
            continue;
        }
        let hide = plan::compile_hide(policy, schema, graph, &thing.name, &setting.options);
        let purge = plan::compile_purge(policy, schema, graph, &thing.name, &setting.options);
        for further in [hide.map(|plan| vec![plan]), purge] {
            match further {
                Ok(further) => plans.extend(further),
                Err(CompileError::Findings(found)) => findings.extend(found),
                Err(CompileError::UnknownThing(_)) => {}
            }
        }
    }
    (plans, findings)
}
