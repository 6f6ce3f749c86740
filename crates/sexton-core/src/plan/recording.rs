//! What is read of rows before anything changes, for those who are told that they went.

use super::closure::{Closure, identities};
use super::compile::Source;
use super::root::{Tenant, follow_tenant, write_tenant};
use super::{HookPlan, Recording, Said, Told};
use crate::finding::Finding;
use crate::graph::Graph;
use crate::names::{ColumnName, TableName};
use crate::policy::{Fragment, Hook, JsonPlace, Part, Placeholder, Policy, TenantPath};
use crate::schema::{Column, Dialect, Schema, Table, TypeKind};
use crate::sql::{KeySource, Writer, in_keys, listed, read_in_json};
use crate::template::{Slot, ValuePath};

/// Words that stand for no column.
const WORDS: [(&str, Said); 3] =
    [("actor", Said::Actor), ("deletion", Said::Deletion), ("thing", Said::Thing)];

/// What is read for every hook whose rows go.
pub(super) fn recordings(
    source: &Source<'_>,
    closure: &Closure,
    findings: &mut Vec<Finding>,
) -> Vec<Recording> {
    let hooks = source.policy.hooks.iter().filter(|hook| closure.going.contains(&hook.of.value));
    let mut recordings = Vec::new();
    for hook in hooks {
        match of_hook(source, closure, hook) {
            Ok(recording) => recordings.extend(recording),
            Err(found) => findings.extend(found),
        }
    }
    recordings
}

/// Whether rows of this table must be known one by one, because somebody is told of them.
pub(super) fn reads(policy: &Policy, table: &TableName) -> bool {
    policy
        .hooks
        .iter()
        .any(|hook| hook.of.value == *table || named_going(hook).any(|(going, _)| going == table))
}

/// The tables whose going rows the condition of a hook names.
pub(crate) fn named_going(hook: &Hook) -> impl Iterator<Item = (&TableName, &Fragment)> {
    let sql = hook.filter.iter();
    let fragments = sql.flat_map(|sql| sql.postgres.iter().chain(&sql.sqlite));
    fragments.flat_map(|fragment| {
        fragment.parts.iter().filter_map(move |part| match part {
            Part::Placeholder(Placeholder::Going(table)) => Some((table, fragment)),
            _ => None,
        })
    })
}

/// The placeholders of a hook.
pub(crate) fn slots(hook: &Hook) -> Vec<&Slot> {
    let by = hook.batch.iter().flat_map(|batch| &batch.by);
    hook.body.slots().into_iter().chain(by).collect()
}

/// A placeholder that names columns: where they lead.
pub(crate) struct Followed<'a> {
    leads: Leads<'a>,
}

enum Leads<'a> {
    Word(Said),
    Value(Tenant<'a>, Option<&'a JsonPlace>),
}

/// What a placeholder names, about a row of this table.
pub(crate) fn follow<'a>(
    slot: &'a Slot,
    path: &'a TenantPath,
    table: &'a Table,
    schema: &'a Schema,
    graph: &Graph,
) -> Result<Followed<'a>, Box<Finding>> {
    if let ([name], None) = (slot.path.names.as_slice(), &slot.path.json)
        && table.column(&ColumnName::new(name)).is_none()
        && let Some((_, word)) = WORDS.iter().find(|(word, _)| word == name)
    {
        return Ok(Followed { leads: Leads::Word(*word) });
    }
    let followed = follow_tenant(path, slot.span, table, schema, graph)?;
    let json = slot.path.json.as_ref();
    let is_document = last(&followed).is_none_or(|column| column.kind == TypeKind::Json);
    if json.is_some() && schema.dialect == Dialect::Postgres && !is_document {
        let message = format!("`{{{}}}` goes into a column that is no JSON", slot.path.written());
        return Err(Box::new(
            Finding::error("C196", Some(slot.span), message)
                .help("make the column json or jsonb, or name it without `$`"),
        ));
    }
    Ok(Followed { leads: Leads::Value(followed, json) })
}

/// The columns that a placeholder names, as they are followed.
pub(crate) fn columns(slot: &Slot) -> TenantPath {
    TenantPath::Columns(slot.path.names.iter().map(ColumnName::new).collect())
}

fn last<'a>(followed: &Tenant<'a>) -> Option<&'a Column> {
    match followed {
        Tenant::Own(column) | Tenant::Along(_, column) => Some(column),
        Tenant::Sql(_) => None,
    }
}

fn of_hook(
    source: &Source<'_>,
    closure: &Closure,
    hook: &Hook,
) -> Result<Option<Recording>, Vec<Finding>> {
    let (Some(table), Some(set)) =
        (source.schema.table(&hook.of.value), closure.set_of(&hook.of.value))
    else {
        return Ok(None);
    };
    let slots = slots(hook);
    let mut writer = Writer::new(source.schema.dialect);
    writer.push("SELECT ");
    let said = read_all(source, table, &slots, &mut writer)?;
    writer.push(" FROM ").table(table).push(" WHERE ");
    let identity = &set.columns[..set.identity];
    writer.qualified_by(table, |writer| in_keys(writer, identity, &identities(set)));
    if let Some(filter) = hook.filter.as_ref().and_then(|filter| filter.of(writer.dialect())) {
        writer.push(" AND (").fragment_with(filter, table, |writer, name| {
            going(source, closure, name, writer);
        });
        writer.push(")");
    }
    writer.push(" ORDER BY ").qualified_by(table, |writer| {
        writer.columns(identity);
    });
    let label = ["for the hook", hook.name.as_str(), "read"].join(" ");
    let told = Told::Hook(HookPlan {
        name: hook.name.clone(),
        call: hook.call.value.clone(),
        batch: hook
            .batch
            .as_ref()
            .map(|batch| (batch.by.as_ref().map(|slot| slot.path.clone()), batch.max)),
        before: hook.before,
        within_secs: hook.within_secs,
        secret: hook.secret.as_ref().map(|secret| secret.value.clone()),
    });
    let statement = writer.finish(&label, &table.name);
    Ok(Some(Recording { told, statement, form: hook.body.clone(), said }))
}

/// Writes a column for each placeholder that is read of a row; says what each is.
fn read_all(
    source: &Source<'_>,
    table: &Table,
    slots: &[&Slot],
    writer: &mut Writer,
) -> Result<Vec<(ValuePath, Said)>, Vec<Finding>> {
    let (mut said, mut findings, mut read) = (Vec::new(), Vec::new(), 0);
    for slot in slots {
        if said.iter().any(|(known, _)| *known == slot.path) {
            continue;
        }
        let path = columns(slot);
        match follow(slot, &path, table, source.schema, source.graph) {
            Ok(Followed { leads: Leads::Word(word) }) => said.push((slot.path.clone(), word)),
            Ok(Followed { leads: Leads::Value(followed, json) }) => {
                writer.push(if read > 0 { ", " } else { "" });
                let is_json = read_value(&followed, json, table, writer);
                said.push((slot.path.clone(), Said::Read { at: read, is_json }));
                read += 1;
            }
            Err(finding) => findings.push(*finding),
        }
    }
    if read == 0 {
        writer.push("1").as_text();
    }
    if findings.is_empty() { Ok(said) } else { Err(findings) }
}

/// Writes one value as JSON, or in SQLite, which tells values by their class, as it is. Says
/// whether it is JSON.
fn read_value(
    followed: &Tenant<'_>,
    json: Option<&JsonPlace>,
    table: &Table,
    writer: &mut Writer,
) -> bool {
    let value = |writer: &mut Writer| write_tenant(writer, followed, table);
    match (writer.dialect(), json) {
        (_, Some(place)) => {
            read_in_json(writer, &value, place);
            true
        }
        (Dialect::Postgres, None) => {
            writer.push("to_jsonb(");
            value(writer);
            writer.push(")").as_text();
            true
        }
        (Dialect::Sqlite, None) => {
            value(writer);
            false
        }
    }
}

/// The keys of a table's rows that go, for `IN (…)`.
fn going(source: &Source<'_>, closure: &Closure, name: &TableName, writer: &mut Writer) {
    if let Some(set) = closure.set_of(name) {
        let KeySource { from, types } = identities(set);
        listed(writer, &KeySource { from, types });
        return;
    }
    writer.push("SELECT NULL");
    let key = source.schema.table(name).and_then(super::closure::identity);
    if let (Dialect::Postgres, Some([key, ..])) = (writer.dialect(), key.as_deref()) {
        writer.cast(key);
    }
    writer.push(" WHERE 1 = 0");
}
