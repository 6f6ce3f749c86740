//! Statements that the database must be able to prepare, one for each fragment of the policy.
//!
//! Each puts its fragment where a plan puts it, and as little else as possible, so that what the
//! database says is about that fragment. Guards and derivations follow whole, as plans run them.

use std::collections::HashSet;

use super::fragments::{DerivedKey, GuardKey, Place, Stands, places};
use super::{Probe, Source};
use crate::fence;
use crate::names::{ColumnName, TableName};
use crate::plan::{JudgedBy, Plan, Told, guarding_table};
use crate::policy::{Also, Assignment, Derived, Guard, Part, Placeholder, Sql, Value};
use crate::schema::Table;
use crate::sql::{Statement, Writer};

pub(super) fn probes(source: &Source<'_>, plans: &[Plan]) -> Vec<Probe> {
    let places = places(source.policy);
    let alone = places.iter().filter_map(|place| of_place(source, place));
    let whole = plans.iter().flat_map(|plan| of_plan(source, plan));
    let mut seen = HashSet::new();
    // Things that are like each other share their fragments.
    alone.chain(whole).filter(|probe| seen.insert((probe.sql.clone(), probe.span))).collect()
}

/// Nothing if what the fragment stands in is not there: that is a finding already.
fn of_place(source: &Source<'_>, place: &Place<'_>) -> Option<Probe> {
    let fragment = place.sql.of(source.schema.dialect)?;
    let statement = match &place.stands {
        Stands::Objects(_) if fragment.parts.iter().any(is_going) => return None,
        // A rule that only a partial thing goes by is in no plan.
        Stands::Condition(table)
        | Stands::Find(table)
        | Stands::Due(table)
        | Stands::Objects(table) => condition(source, table, place.sql)?,
        Stands::Taking { child, parent } => taking(source, child, parent, place.sql)?,
        Stands::Read(table) => read(source, table, place.sql)?,
        Stands::Asked(table) => asked(source, table, place.sql, "SELECT ", "")?,
        Stands::AskedRows(table) => asked(source, table, place.sql, "SELECT 1 WHERE EXISTS ", "")?,
        Stands::Listed(table) => asked(source, table, place.sql, "SELECT 1 FROM ", " AS listed")?,
        Stands::Assigned { child, assignment } => assigned(source, child, assignment)?,
        // Tried with the whole of what is read for it.
        Stands::Told => return None,
        Stands::Guard(guard, key) => of_guard(source, guard, *key)?,
        Stands::Also(also) => of_also(source, also)?,
        Stands::First(derived) => of_first(source, derived)?,
        Stands::Derived(derived, column, key) => {
            let name = &column.column.value;
            match (key, &column.none) {
                (DerivedKey::Value, None) => of_value(source, derived, name, &column.value, false)?,
                (DerivedKey::Value, Some(_)) => {
                    of_value(source, derived, name, &column.value, true)?
                }
                (DerivedKey::None, none) => of_value(source, derived, name, none.as_ref()?, false)?,
            }
        }
    };
    Some(Probe { sql: statement.sql, span: fragment.span, what: place.what.clone() })
}

fn is_going(part: &Part) -> bool {
    matches!(part, Part::Placeholder(Placeholder::Going(_)))
}

/// `SELECT 1 FROM table WHERE (fragment)`.
fn condition(source: &Source<'_>, table: &TableName, sql: &Sql) -> Option<Statement> {
    let table = source.schema.table(table)?;
    let mut writer = Writer::new(source.schema.dialect);
    writer.push("SELECT 1 FROM ").table(table).push(" WHERE ");
    writer.condition(sql.of(source.schema.dialect)?, table);
    Some(writer.finish("try", &table.name))
}

/// `SELECT (fragment) FROM table`.
fn read(source: &Source<'_>, table: &TableName, sql: &Sql) -> Option<Statement> {
    let table = source.schema.table(table)?;
    let mut writer = Writer::new(source.schema.dialect);
    writer.push("SELECT ").condition(sql.of(source.schema.dialect)?, table).as_text();
    writer.push(" FROM ").table(table);
    Some(writer.finish("try", &table.name))
}

/// The fragment in brackets, about no row.
fn asked(
    source: &Source<'_>,
    table: &TableName,
    sql: &Sql,
    before: &'static str,
    after: &'static str,
) -> Option<Statement> {
    let table = source.schema.table(table)?;
    let mut writer = Writer::new(source.schema.dialect);
    writer.push(before).condition(sql.of(source.schema.dialect)?, table).push(after);
    Some(writer.finish("try", &table.name))
}

fn assigned(source: &Source<'_>, child: &TableName, assignment: &Assignment) -> Option<Statement> {
    let table = source.schema.table(child)?;
    set(source, table, &assignment.column.value, |writer, column| {
        writer.value(&assignment.value, column, table);
    })
}

/// `UPDATE table SET column = … WHERE 1 = 0`: a change, so that the database also judges
/// whether the column takes such a value; of no row, should anyone run it.
fn set(
    source: &Source<'_>,
    table: &Table,
    name: &ColumnName,
    write: impl FnOnce(&mut Writer, &crate::schema::Column),
) -> Option<Statement> {
    let column = table.column(name).filter(|column| !column.generated)?;
    let mut writer = Writer::new(source.schema.dialect);
    writer.push("UPDATE ").table(table).push(" SET ").column(column).push(" = ");
    write(&mut writer, column);
    writer.push(" WHERE 1 = 0");
    Some(writer.finish("try", &table.name))
}

fn of_guard(source: &Source<'_>, guard: &Guard, key: GuardKey) -> Option<Statement> {
    let dialect = source.schema.dialect;
    let (table, _) = guarding_table(guard, source.schema)?;
    let of = source.schema.table(&guard.of.value)?;
    let mut writer = Writer::new(dialect);
    writer.push("SELECT ");
    match guard.name_of.as_ref().filter(|_| key == GuardKey::Name) {
        Some(name) => writer.condition(name.of(dialect)?, table).as_text(),
        None => writer.push("1"),
    };
    writer.push(" FROM ").fragment(guard.rows.of(dialect)?, table);
    if key != GuardKey::Rows {
        // In brackets as in the judgement, so that the same names are to be seen.
        writer.push(" JOIN (SELECT ").columns(&of.columns).push(" FROM ").table(of);
        writer.push(") AS ").alias(of).push(" ON ").condition(guard.link.of(dialect)?, of);
    }
    if let Some(filter) = guard.filter.as_ref().filter(|_| key == GuardKey::Where) {
        writer.push(" WHERE ").condition(filter.of(dialect)?, table);
    }
    Some(writer.finish("try", &table.name))
}

/// Both tables side by side, as the trigger has them.
fn of_also(source: &Source<'_>, also: &Also) -> Option<Statement> {
    let (fenced, _) = fence::fenced(source.policy, source.schema, source.graph);
    let mut all = fenced.iter().flat_map(|fenced| &fenced.also);
    let (_, fragment, lines) = all.find(|(known, ..)| *known == also)?;
    let table = source.schema.table(&also.table)?;
    let mut parents: Vec<&Table> = lines.iter().map(|line| line.parent).collect();
    parents.dedup_by(|a, b| a.name == b.name);
    let mut writer = Writer::new(source.schema.dialect);
    writer.push("SELECT 1 FROM ").table(table);
    for parent in parents {
        writer.push(" LEFT JOIN ").table(parent).push(" ON 1 = 1");
    }
    writer.push(" WHERE ").condition(fragment, table);
    Some(writer.finish("try", &table.name))
}

/// The condition of the left, nested in the right as in the plan.
fn taking(
    source: &Source<'_>,
    child: &TableName,
    parent: &TableName,
    sql: &Sql,
) -> Option<Statement> {
    let (child, parent) = (source.schema.table(child)?, source.schema.table(parent)?);
    let mut writer = Writer::new(source.schema.dialect);
    writer.push("SELECT 1 FROM ").table(parent).push(" WHERE EXISTS (SELECT 1 FROM ").table(child);
    writer.push(" WHERE ").condition(sql.of(source.schema.dialect)?, child).push(")");
    Some(writer.finish("try", &child.name))
}

/// `SELECT (SELECT 1 FROM first LIMIT 1) FROM table`: `first` may name the derived row.
fn of_first(source: &Source<'_>, derived: &Derived) -> Option<Statement> {
    let table = source.schema.table(&derived.table.value)?;
    let first = derived.first.as_ref()?.of(source.schema.dialect)?;
    let mut writer = Writer::new(source.schema.dialect);
    writer
        .push("SELECT (SELECT 1 FROM ")
        .fragment(first, table)
        .push(" LIMIT 1) FROM ")
        .table(table);
    Some(writer.finish("try", &table.name))
}

/// The column set to the value; one that depends on `first` is read from it.
fn of_value(
    source: &Source<'_>,
    derived: &Derived,
    column: &ColumnName,
    value: &Value,
    is_of_first: bool,
) -> Option<Statement> {
    let table = source.schema.table(&derived.table.value)?;
    let first = derived.first.as_ref().filter(|_| is_of_first);
    let first = match first {
        Some(first) => Some(first.of(source.schema.dialect)?),
        None => None,
    };
    set(source, table, column, |writer, column| match first {
        Some(first) => {
            writer.push("(SELECT ").value(value, column, table).push(" FROM ");
            writer.fragment(first, table).push(" LIMIT 1)");
        }
        None => {
            writer.value(value, column, table);
        }
    })
}

/// The judgements and derivations of a plan, word for word.
fn of_plan(source: &Source<'_>, plan: &Plan) -> Vec<Probe> {
    let mut probes = Vec::new();
    for judgement in &plan.steps.judge {
        let JudgedBy::Guard(name) = &judgement.by else { continue };
        let Some(guard) = source.policy.guards.iter().find(|guard| guard.name == *name) else {
            continue;
        };
        let what = format!("the guard `{name}` as a whole");
        let statements = judgement.lock.iter().chain([&judgement.statement]);
        probes.extend(statements.map(|statement| whole(statement, guard.span, &what)));
    }
    for working in &plan.steps.work {
        let of = &working.table;
        let Some(work) = source.policy.work.iter().find(|work| work.table.value == *of) else {
            continue;
        };
        let what = format!("[work.{of}] as a whole");
        let changes = [&working.stop, &working.stop_staying, &working.ask].into_iter().flatten();
        let statements = [&working.at_work, &working.count].into_iter().chain(changes);
        probes.extend(statements.map(|statement| whole(statement, work.span, &what)));
    }
    for recording in &plan.steps.record {
        let Some(statement) = &recording.statement else { continue };
        let (span, what) = match &recording.told {
            Told::Hook(told) => {
                let mut hooks = source.policy.hooks.iter();
                let Some(hook) = hooks.find(|hook| hook.name == told.name) else { continue };
                let span = hook.filter.as_ref().map_or(hook.span, |filter| filter.span);
                (span, format!("what is read for the hook `{}`", hook.name))
            }
            Told::Event(told) => {
                let mut events = source.policy.events.iter();
                let Some(event) = events.find(|event| event.name == told.name) else { continue };
                let span = event.filter.as_ref().map_or(event.span, |filter| filter.span);
                (span, format!("what is read for the event `{}`", event.name))
            }
        };
        probes.push(whole(statement, span, &what));
    }
    probes.extend(plan.steps.name.iter().filter_map(|named| {
        let rule = source.policy.objects.iter().find(|rule| rule.name == named.rule)?;
        let span = rule.filter.as_ref().map_or(rule.span, |filter| filter.span);
        Some(whole(&named.statement, span, &format!("what is read for [objects.{}]", rule.name)))
    }));
    for derivation in &plan.steps.derive {
        let of = &derivation.table;
        let tables = &source.policy.derived;
        let Some(derived) = tables.iter().find(|derived| derived.table.value == *of) else {
            continue;
        };
        let what = format!("[derived.{of}] as a whole");
        probes.push(whole(&derivation.statement, derived.span, &what));
    }
    probes
}

fn whole(statement: &Statement, span: crate::finding::Span, what: &str) -> Probe {
    let sql = statement.sql.clone() + statement.lock;
    Probe { sql, span, what: what.to_owned() }
}
