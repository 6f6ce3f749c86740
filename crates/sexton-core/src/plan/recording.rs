//! What is read of rows before anything changes, for those who are told that they went.

use super::closure::{Closure, columns_of, identities};
use super::compile::Source;
use super::root::{Tenant, follow_tenant, write_tenant};
use super::working::{self, Rows};
use super::{CallCount, EventPlan, HookPlan, KeySet, Recording, Said, Told, counting};
use crate::finding::Finding;
use crate::graph::Graph;
use crate::line::{Failing, OBJECT_WORDS};
use crate::names::{ColumnName, TableName};
use crate::policy::{
    Event, EventOf, Fragment, Hook, JsonPlace, ObjectRule, On, Part, Placeholder, Policy, Sql,
    TenantPath, Thing,
};
use crate::schema::{Column, Dialect, Schema, Table, TypeKind};
use crate::sql::{KeySource, Writer, in_keys, in_roots, listed, read_in_json};
use crate::template::{Slot, ValuePath};

/// Who asks what a placeholder names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asker {
    /// A hook, of a row.
    Hook,
    /// A rule of objects, of a row: only its columns name them.
    Object,
    /// An event, of a row.
    Row,
    /// An event, of the root.
    Root,
    /// An event of what did not happen: nothing is read.
    Refusal,
}

/// What is read for every hook and event whose rows go.
pub(super) fn recordings(
    source: &Source<'_>,
    closure: &Closure,
    findings: &mut Vec<Finding>,
) -> Vec<Recording> {
    let going = |hook: &&Hook| closure.going.contains(&hook.of.value);
    let hooks = source.policy.hooks.iter().filter(going);
    let of_hooks = hooks.map(|hook| of_hook(source, closure, hook));
    let events = source.policy.events.iter();
    let of_events = events.map(|event| of_event(source, closure, event));
    let mut recordings = Vec::new();
    for recording in of_hooks.chain(of_events) {
        match recording {
            Ok(recording) => recordings.extend(recording),
            Err(found) => findings.extend(found),
        }
    }
    recordings
}

/// Whether rows of this table must be known one by one, because somebody is told of them or
/// objects go with them.
pub(super) fn reads(policy: &Policy, table: &TableName) -> bool {
    let names = |filter: Option<&Sql>| named_going(filter).any(|(going, _)| going == table);
    let of_hook = |hook: &Hook| hook.of.value == *table || names(hook.filter.as_ref());
    let of_event = |event: &Event| {
        let is_read = event.on.value.reads_rows();
        let is_of = matches!(&event.of.value, EventOf::Rows { table: of, .. } if of == table);
        is_read && (is_of || names(event.filter.as_ref()))
    };
    let of_objects =
        |rule: &ObjectRule| !rule.part && (rule.of.value == *table || names(rule.filter.as_ref()));
    policy.hooks.iter().any(of_hook)
        || policy.events.iter().any(of_event)
        || policy.objects.iter().any(of_objects)
}

/// The tables whose going rows a condition names.
pub(crate) fn named_going(filter: Option<&Sql>) -> impl Iterator<Item = (&TableName, &Fragment)> {
    let fragments = filter.into_iter().flat_map(|sql| sql.postgres.iter().chain(&sql.sqlite));
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

impl Followed<'_> {
    /// Whether it is read of a row.
    pub fn is_read(&self) -> bool {
        matches!(self.leads, Leads::Value(..))
    }

    /// Writes the value that is read.
    pub fn write(&self, table: &Table, writer: &mut Writer) {
        if let Leads::Value(followed, json) = &self.leads {
            read_value(followed, *json, table, writer);
        }
    }
}

/// What a placeholder names, about a row of this table, or without one.
pub(crate) fn follow<'a>(
    slot: &'a Slot,
    path: &'a TenantPath,
    asker: Asker,
    table: Option<&'a Table>,
    schema: &'a Schema,
    graph: &Graph,
) -> Result<Followed<'a>, Box<Finding>> {
    let is_column =
        |name: &String| table.is_some_and(|table| table.column(&ColumnName::new(name)).is_some());
    let (names, json) = (slot.path.names.as_slice(), &slot.path.json);
    let is_own = matches!(names, [name, ..] if is_column(name));
    if let Some(word) = word(asker, names, schema).filter(|_| json.is_none() && !is_own) {
        return Ok(Followed { leads: Leads::Word(word) });
    }
    let Some(table) = table else {
        let message = format!("`{{{}}}` has no value where no row is read", slot.path.written());
        return Err(Box::new(
            Finding::error("C187", Some(slot.span), message)
                .help("here are known: id, actor, thing, deletion, count, names and message"),
        ));
    };
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

/// The columns that a placeholder names, as they are followed: `{row.x}` is a column of the root.
pub(crate) fn columns(slot: &Slot, asker: Asker) -> TenantPath {
    let names = match slot.path.names.as_slice() {
        [row, rest @ ..] if asker == Asker::Root && row == "row" && !rest.is_empty() => rest,
        names => names,
    };
    TenantPath::Columns(names.iter().map(ColumnName::new).collect())
}

/// Words that stand for no column, by who asks.
fn word(asker: Asker, names: &[String], schema: &Schema) -> Option<Said> {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let table = |name: &[&str]| {
        let name = match name {
            [schema, name] => {
                TableName { schema: Some((*schema).to_owned()), name: (*name).to_owned() }
            }
            _ => TableName::local(name.concat()),
        };
        schema.table(&name).map(|table| Said::Rows(table.name.clone()))
    };
    match (asker, names.as_slice()) {
        (Asker::Object, _) => None,
        (_, ["actor"]) => Some(Said::Actor),
        (_, ["deletion"]) => Some(Said::Deletion),
        (_, ["thing"]) => Some(Said::Thing),
        (Asker::Root | Asker::Refusal, ["id"]) => Some(Said::Root),
        (Asker::Root | Asker::Row, ["rows", name @ ..]) => table(name),
        (Asker::Root | Asker::Row, ["objects", word]) if OBJECT_WORDS.contains(word) => {
            Some(Said::Later)
        }
        (Asker::Root | Asker::Row, ["key" | "error" | "error_type" | "count"]) => Some(Said::Later),
        (Asker::Refusal, ["count"]) => Some(Said::Count),
        (Asker::Refusal, ["subject", column]) => Some(Said::Subject((*column).to_owned())),
        (Asker::Refusal, ["names"]) => Some(Said::Names),
        (Asker::Refusal, ["message"]) => Some(Said::Message),
        _ => None,
    }
}

/// Who asks for an event, and of which table's rows; none where no row is read.
pub(crate) fn event_table<'s>(
    event: &Event,
    policy: &Policy,
    schema: &'s Schema,
) -> (Asker, Option<&'s Table>) {
    let asks = |asker| if event.on.value.reads_rows() { asker } else { Asker::Refusal };
    let table = match &event.of.value {
        EventOf::Rows { table, .. } => {
            return match asks(Asker::Row) {
                Asker::Row => (Asker::Row, schema.table(table)),
                asker => (asker, None),
            };
        }
        EventOf::Thing(name) => policy
            .things
            .iter()
            .find(|thing| thing.name == *name)
            .and_then(|thing| schema.table(&thing.row.as_ref()?.value.table)),
    };
    match asks(Asker::Root) {
        Asker::Root => (Asker::Root, table),
        asker => (asker, None),
    }
}

/// Whether a deletion of this thing tells of the event: once of its root, or of each row.
pub(super) fn told_of(event: &Event, thing: &Thing) -> Option<bool> {
    match &event.of.value {
        EventOf::Thing(name) => (*name == thing.name).then_some(true),
        EventOf::Rows { thing: Some(name), .. } if *name != thing.name => None,
        EventOf::Rows { table, .. } => {
            let is_roots = thing.row.as_ref().is_some_and(|row| row.value.table == *table);
            if event.on.value.reads_rows() {
                return Some(false);
            }
            // Of what did not happen only the root is known.
            is_roots.then_some(true)
        }
    }
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
    let mut writer = Writer::new(source.schema.dialect);
    writer.push("SELECT ");
    let said = read_all(
        (source.schema, source.graph),
        Asker::Hook,
        Some(table),
        &slots(hook),
        &mut writer,
    )?;
    of_going_rows(source, closure, (table, set), hook.filter.as_ref(), &mut writer);
    let label = ["for the hook", hook.name.as_str(), "read"].join(" ");
    let statement = Some(writer.finish(&label, &table.name));
    let all = hook.filter.is_none().then_some(set.id);
    let calls = counting::calls(source, hook, table, all, |writer| {
        from_going_rows(source, closure, (table, set), hook.filter.as_ref(), writer);
    })?;
    let told = Told::Hook(planned(hook, calls));
    Ok(Some(Recording { told, statement, root_key: 0, form: hook.body.clone(), said }))
}

/// What a hook says of rows that were asked to stop, while somebody is at work on them.
pub(super) fn of_stopping(
    source: &Source<'_>,
    closure: &Closure,
    hook: &Hook,
    rows: &Rows<'_>,
) -> Result<Recording, Vec<Finding>> {
    let mut writer = Writer::new(source.schema.dialect);
    writer.push("SELECT ");
    let said = read_all(
        (source.schema, source.graph),
        Asker::Hook,
        Some(rows.table),
        &slots(hook),
        &mut writer,
    )?;
    let from = |writer: &mut Writer| {
        rows.among_rows(writer);
        writer.push(" AND ");
        rows.running(writer);
        filtered(source, closure, rows.table, hook.filter.as_ref(), writer);
    };
    from(&mut writer);
    in_order(rows.table, &rows.identity, &mut writer);
    let label = ["for the hook", hook.name.as_str(), "read at work"].join(" ");
    let statement = Some(writer.finish(&label, &rows.table.name));
    let calls = counting::calls(source, hook, rows.table, None, from)?;
    let told = Told::Hook(planned(hook, calls));
    Ok(Recording { told, statement, root_key: 0, form: hook.body.clone(), said })
}

fn planned(hook: &Hook, calls: CallCount) -> HookPlan {
    HookPlan {
        name: hook.name.clone(),
        call: hook.call.value.clone(),
        batch: hook
            .batch
            .as_ref()
            .map(|batch| (batch.by.as_ref().map(|slot| slot.path.clone()), batch.max)),
        before: hook.before,
        within_secs: hook.within_secs,
        secret: hook.secret.as_ref().map(|secret| secret.value.clone()),
        calls,
    }
}

fn of_event(
    source: &Source<'_>,
    closure: &Closure,
    event: &Event,
) -> Result<Option<Recording>, Vec<Finding>> {
    let Some(of_root) = told_of(event, source.thing) else { return Ok(None) };
    let (asker, table) = event_table(event, source.policy, source.schema);
    let set = table.and_then(|table| closure.set_of(&table.name));
    let is_cancelled = event.on.value == On::Cancelled;
    let at_work = table.filter(|_| is_cancelled);
    let at_work = at_work.and_then(|table| working::asked(source, closure, &table.name));
    // A root that stays, because only its objects go, is no row that went.
    let goes = table.is_some_and(|table| closure.going.contains(&table.name));
    let is_read = if is_cancelled { at_work.is_some() } else { set.is_some() && goes };
    if asker == Asker::Row && !is_read {
        return Ok(None);
    }
    let mut writer = Writer::new(source.schema.dialect);
    writer.push("SELECT ");
    let slots = event.fields.slots();
    let said = read_all((source.schema, source.graph), asker, table, &slots, &mut writer)?;
    let mut root_key = 0;
    // Which row's manifest it is, is told by the row's key.
    let of_row =
        table.filter(|_| asker == Asker::Row && event.on.value == On::Failing(Failing::Manifest));
    let is_there = table.filter(|_| set.is_some() || at_work.is_some());
    let statement = is_there.map(|table| {
        if let (Asker::Row, Some(rows)) = (asker, &at_work) {
            rows.among_rows(&mut writer);
            writer.push(" AND ");
            rows.unasked(&mut writer);
            filtered(source, closure, table, event.filter.as_ref(), &mut writer);
            in_order(table, &rows.identity, &mut writer);
        } else if let (Asker::Row, Some(set)) = (asker, set) {
            if of_row.is_some() {
                let key = &set.columns[..set.identity];
                write_key(table, key, &mut writer);
                root_key = key.len();
            }
            of_going_rows(source, closure, (table, set), event.filter.as_ref(), &mut writer);
        } else {
            // Which root a row is of is told by its key, behind all else.
            let key = source.thing.row.as_ref().map(|row| row.value.columns.clone());
            let key = columns_of(table, &key.unwrap_or_default());
            write_key(table, &key, &mut writer);
            root_key = key.len();
            writer.push(" FROM ").table(table).push(" WHERE ");
            writer.qualified_by(table, |writer| in_roots(writer, &key));
            if let Some(rows) = &at_work {
                writer.push(" AND ");
                rows.unasked(&mut writer);
            }
            filtered(source, closure, table, event.filter.as_ref(), &mut writer);
        }
        writer.finish(&["for the event", event.name.as_str(), "read"].join(" "), &table.name)
    });
    let (name, on) = (event.name.clone(), event.on.value.clone());
    let has_filter = event.filter.is_some() || at_work.is_some();
    let of_row = of_row.map(|table| table.name.clone());
    let told = Told::Event(EventPlan { name, on, of_root, has_filter, of_row });
    Ok(Some(Recording { told, statement, root_key, form: event.fields.clone(), said }))
}

/// `, key` of a row, behind all else that is read of it.
fn write_key(table: &Table, key: &[Column], writer: &mut Writer) {
    for column in key {
        writer.push(", ").qualified_by(table, |writer| {
            writer.read(column);
        });
    }
}

/// ` FROM table WHERE` its rows go and meet the condition, in the order of their keys.
pub(super) fn of_going_rows(
    source: &Source<'_>,
    closure: &Closure,
    (table, set): (&Table, &KeySet),
    filter: Option<&Sql>,
    writer: &mut Writer,
) {
    from_going_rows(source, closure, (table, set), filter, writer);
    in_order(table, &set.columns[..set.identity], writer);
}

/// ` FROM table WHERE` its rows go and meet the condition.
fn from_going_rows(
    source: &Source<'_>,
    closure: &Closure,
    (table, set): (&Table, &KeySet),
    filter: Option<&Sql>,
    writer: &mut Writer,
) {
    writer.push(" FROM ").table(table).push(" WHERE ");
    let identity = &set.columns[..set.identity];
    writer.qualified_by(table, |writer| in_keys(writer, identity, &identities(set)));
    filtered(source, closure, table, filter, writer);
}

/// ` ORDER BY` the keys.
fn in_order(table: &Table, identity: &[Column], writer: &mut Writer) {
    writer.push(" ORDER BY ").qualified_by(table, |writer| {
        writer.columns(identity);
    });
}

fn filtered(
    source: &Source<'_>,
    closure: &Closure,
    table: &Table,
    filter: Option<&Sql>,
    writer: &mut Writer,
) {
    if let Some(filter) = filter.and_then(|filter| filter.of(writer.dialect())) {
        writer.push(" AND (").fragment_with(filter, table, |writer, name| {
            going(source, closure, name, writer);
        });
        writer.push(")");
    }
}

/// Writes a column for each placeholder that is read of a row; says what each is.
pub(super) fn read_all(
    (schema, graph): (&Schema, &Graph),
    asker: Asker,
    table: Option<&Table>,
    slots: &[&Slot],
    writer: &mut Writer,
) -> Result<Vec<(ValuePath, Said)>, Vec<Finding>> {
    let (mut said, mut findings, mut read) = (Vec::new(), Vec::new(), 0);
    for slot in slots {
        if said.iter().any(|(known, _)| *known == slot.path) {
            continue;
        }
        let path = columns(slot, asker);
        match follow(slot, &path, asker, table, schema, graph) {
            Ok(Followed { leads: Leads::Word(word) }) => said.push((slot.path.clone(), word)),
            Ok(Followed { leads: Leads::Value(followed, json) }) => {
                let Some(table) = table else { continue };
                writer.push(if read > 0 { ", " } else { "" });
                let is_json = read_value(&followed, json, table, writer);
                let is_root = asker == Asker::Root && slot.path.names == ["id"];
                let what = if is_root {
                    Said::RootKey { at: read, is_json }
                } else {
                    Said::Read { at: read, is_json }
                };
                said.push((slot.path.clone(), what));
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

/// Writes what one placeholder of a rule of objects names, for `sql::rendered`: as `jsonb` in
/// PostgreSQL; in SQLite as JSON or as it is. Says whether it is JSON.
pub(super) fn raw_value(
    slot: &Slot,
    table: &Table,
    (schema, graph): (&Schema, &Graph),
    writer: &mut Writer,
) -> Result<bool, Box<Finding>> {
    let path = columns(slot, Asker::Object);
    let followed = follow(slot, &path, Asker::Object, Some(table), schema, graph)?;
    let Leads::Value(followed, json) = &followed.leads else { return Ok(false) };
    let is_json = read_value(followed, *json, table, writer);
    if writer.dialect() == Dialect::Postgres {
        writer.push("::jsonb");
    }
    Ok(is_json)
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
