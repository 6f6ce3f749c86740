//! How a root is hidden: which rows are, and what they become.
//!
//! Hiding is the part of a plan that is about the root. What hangs below stays as it is, so that
//! the cost is the same for a root of ten rows and of ten million.

use std::collections::BTreeSet;

use super::closure::{Closure, columns_of, root_row};
use super::compile::Source;
use super::effects::{by_identity, spelled};
use super::{Change, Foretelling, Hidden, InLedger, SetRole};
use crate::names::{ColumnName, TableName, ThingName};
use crate::policy::{Hide, HideRow, Policy, TakeRule, Thing, Value};
use crate::schema::{Column, Table};
use crate::sql::{SetId, Writer};

/// How far a plan goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Way {
    /// All at once, hidden or not.
    AtOnce,
    /// To where the root is hidden.
    Hide,
    /// A few rows of one table, of what hangs below a hidden root.
    Chunk,
}

/// The thing whose own rows are those of the table, if they can be hidden by their columns.
pub(crate) fn hides<'p>(policy: &'p Policy, table: &TableName) -> Option<(&'p Thing, &'p HideRow)> {
    let of_table = policy.things.iter().filter(|thing| {
        thing.row.as_ref().is_some_and(|row| row.value.table == *table) && !thing.is_partial()
    });
    let mut hiding = of_table.filter_map(|thing| Some((thing, thing.hide.as_ref()?.row()?)));
    hiding.next()
}

/// Whether rows of the table may be hidden in the ledger: no column of theirs tells it.
pub(crate) fn hides_in_ledger(policy: &Policy, table: &TableName) -> bool {
    policy.things.iter().any(|thing| {
        thing.row.as_ref().is_some_and(|row| row.value.table == *table)
            && thing.hide.as_ref().is_some_and(Hide::is_in_ledger)
    })
}

/// Things whose roots, hidden in the ledger, are missing to whoever asks for this one: it is one of
/// them, or the same rows are.
pub(super) fn missing(source: &Source<'_>) -> Option<InLedger> {
    if source.way != Way::Hide {
        return None;
    }
    let own = source.thing.row.as_ref().map(|row| &row.value);
    let alike = source.policy.things.iter().filter(|thing| {
        let row = thing.row.as_ref().map(|row| &row.value);
        let is_same = thing.name == source.thing.name || own.is_some() && row == own;
        is_same && thing.hide.as_ref().is_some_and(Hide::is_in_ledger)
    });
    let things: Vec<ThingName> = alike.map(|thing| thing.name.clone()).collect();
    (!things.is_empty()).then(|| InLedger { system: source.policy.system.clone(), things })
}

/// Writes the condition of hidden rows, which is never null.
pub(crate) fn write_hidden(writer: &mut Writer, hide: &HideRow, table: &Table) {
    writer.push("(");
    write_plainly(writer, hide, table);
    writer.push(") IS TRUE");
}

/// The same as the policy says it: null is not hidden. An index by that condition serves it.
pub(super) fn write_plainly(writer: &mut Writer, hide: &HideRow, table: &Table) {
    match hide.hidden.as_ref().and_then(|hidden| hidden.of(writer.dialect())) {
        Some(fragment) => {
            writer.condition(fragment, table);
        }
        None => {
            for (at, (assignment, literal)) in hide.written_out().enumerate() {
                let Some(column) = table.column(&assignment.column.value) else { continue };
                writer.push(if at > 0 { " AND " } else { "" }).alias(table).push(".");
                writer.column(column).push(" = ");
                writer.value(&Value::Literal(literal.clone()), column, table);
            }
        }
    }
}

/// The tables whose rows are hidden with the root: its own, those of the rows that its value
/// starts from, and those of what it always takes, as far as they can be.
pub(super) fn tables(source: &Source<'_>) -> BTreeSet<TableName> {
    let mut hidden: BTreeSet<TableName> = BTreeSet::new();
    hidden.extend(root_row(source).map(|(table, _)| table.name.clone()));
    let starts = source.thing.starts.iter().map(|start| &start.value.table);
    hidden.extend(starts.filter(|table| hides(source.policy, table).is_some()).cloned());
    loop {
        let always = source.policy.takes.iter().filter(|take| take.rule == TakeRule::Always);
        let more = always.map(|take| &take.reference).filter(|line| {
            hidden.contains(&line.child)
                && !hidden.contains(&line.parent)
                && hides(source.policy, &line.parent).is_some()
        });
        let more: Vec<TableName> = more.map(|line| line.parent.clone()).collect();
        if more.is_empty() {
            return hidden;
        }
        hidden.extend(more);
    }
}

/// Columns of a table that hiding changes.
pub(super) fn touched(source: &Source<'_>, table: &Table) -> Vec<Column> {
    let Some(hide) = hide_of(source, &table.name) else { return Vec::new() };
    let names = hide.set.iter().map(|assignment| assignment.column.value.clone());
    columns_of(table, &names.collect::<Vec<ColumnName>>())
}

/// How rows of a table that is hidden with the root become hidden: the thing's own way first.
fn hide_of<'s>(source: &Source<'s>, table: &TableName) -> Option<&'s HideRow> {
    let is_own = source.thing.row.as_ref().is_some_and(|row| row.value.table == *table);
    if is_own { source.thing.hide.as_ref()?.row() } else { Some(hides(source.policy, table)?.1) }
}

/// What each hidden row becomes.
pub(super) fn changes(source: &Source<'_>, closure: &Closure) -> Vec<Change> {
    let tables = closure.going.iter().filter_map(|name| source.schema.table(name));
    tables.filter_map(|table| change(source, closure, table)).collect()
}

fn change(source: &Source<'_>, closure: &Closure, table: &Table) -> Option<Change> {
    let hide = hide_of(source, &table.name)?;
    let set = closure.set_of(&table.name)?.id;
    let mut writer = Writer::new(source.schema.dialect);
    writer.push("UPDATE ").table(table).push(" SET ").list(&hide.set, |writer, assignment| {
        if let Some(column) = table.column(&assignment.column.value) {
            writer.column(column).push(" = ").value(&assignment.value, column, table);
        }
    });
    by_identity(&mut writer, closure, set);
    let becomes = hide.set.iter().map(|assignment| {
        let value = spelled(&assignment.value, source.schema.dialect);
        (assignment.column.value.to_string(), value)
    });
    let thing = thing_of(source, &table.name)?;
    Some(Change {
        edge: None,
        text: ["things.", thing.name.as_str(), ".hide"].concat(),
        set,
        becomes: becomes.collect(),
        statement: writer.finish("hide", &table.name),
        foretold: Foretelling::default(),
        say: None,
    })
}

fn thing_of<'s>(source: &Source<'s>, table: &TableName) -> Option<&'s Thing> {
    let is_own = source.thing.row.as_ref().is_some_and(|row| row.value.table == *table);
    if is_own { Some(source.thing) } else { Some(hides(source.policy, table)?.0) }
}

/// The sets of rows that are hidden, each with the thing that they are.
pub(super) fn hidden(source: &Source<'_>, closure: &Closure) -> Vec<Hidden> {
    let sets = closure.sets.iter().filter(|set| set.role == SetRole::Going);
    let hidden = sets.filter_map(|set| {
        let thing = thing_of(source, &set.table)?;
        let row = thing.row.as_ref()?;
        let names = row.value.columns.iter();
        let at = |name: &ColumnName| set.columns.iter().position(|column| column.name == *name);
        let key: Vec<usize> = names.filter_map(at).collect();
        Some(Hidden { thing: thing.name.clone(), set: set.id, key })
    });
    hidden.collect()
}

/// The set of the root's own row.
pub(super) fn root_set(source: &Source<'_>, closure: &Closure) -> Option<SetId> {
    let (table, _) = root_row(source)?;
    Some(closure.set_of(&table.name)?.id)
}
