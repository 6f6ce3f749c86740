//! What rows that stay will hold, read for a preview before any of them is changed.
//!
//! Changes come before removals, so whatever a line reads of its own row is what the row holds now,
//! unless something else is written there first. A value that reads more than its row, or is another
//! one each time, is told as the policy spells it.
//!
//! Invariant: what is foretold is what is written, if nothing else happens in between.

use super::closure::{Closure, identities};
use super::compile::Source;
use super::mentions::Mentions;
use super::{Change, Foretelling, ForetoldColumn, effects};
use crate::policy::{Assignment, Fate, Value};
use crate::schema::{Column, Dialect, Table};
use crate::sql::{SetId, Statement, Writer, in_keys, read_stored};

/// Fills in how the values that SQL makes are foretold.
pub(super) fn add(source: &Source<'_>, closure: &Closure, changes: &mut [Change]) {
    for at in 0..changes.len() {
        let (before, rest) = changes.split_at_mut(at);
        if let Some(foretold) = foretell(source, closure, before, &rest[0]) {
            rest[0].foretold = foretold;
        }
    }
}

fn foretell(
    source: &Source<'_>,
    closure: &Closure,
    before: &[Change],
    change: &Change,
) -> Option<Foretelling> {
    let edge = source.graph.edges.iter().find(|edge| Some(edge.id) == change.edge);
    let assignments = match edge.map(|edge| &edge.fate) {
        None => &source.thing.set,
        Some(Fate::Set(assignments)) => assignments,
        Some(_) => return None,
    };
    let set = &closure.sets[change.set.0];
    let table = source.schema.table(&set.table)?;
    let mut read: Vec<(&Column, &Value)> = Vec::new();
    let (mut columns, mut is_made) = (Vec::new(), false);
    for column in &set.columns[set.identity..] {
        let of_column = |assignment: &&Assignment| assignment.column.value == column.name;
        let value = &assignments.iter().find(of_column)?.value;
        let mentions = mentions(value, source.schema.dialect);
        let untold = mentions.as_ref().and_then(|mentions| untold(source, table, mentions));
        let at = untold.is_none().then_some(read.len());
        if untold.is_none() {
            read.push((column, value));
            is_made |= mentions.is_some();
        }
        let unless = mentions.map(|mentions| written_first(closure, before, table, &mentions));
        columns.push(ForetoldColumn { value: at, untold, unless: unless.unwrap_or_default() });
    }
    // Values that are written out need nobody to read them.
    is_made.then(|| Foretelling {
        statement: Some(statement(source, closure, change.set, table, &read)),
        columns,
    })
}

/// The words of a value that SQL makes.
fn mentions(value: &Value, dialect: Dialect) -> Option<Mentions> {
    let Value::Sql(sql) = value else { return None };
    let fragment = sql.of(dialect).filter(|_| effects::spelled(value, dialect) != "NULL")?;
    Some(Mentions::of(dialect, std::iter::once(fragment)))
}

/// Why no statement can tell the value, if that is so whatever the root.
fn untold(source: &Source<'_>, table: &Table, mentions: &Mentions) -> Option<String> {
    if mentions.is_fleeting() {
        return Some("its value depends on the moment, or on chance".into());
    }
    if mentions.has("select") {
        return Some("it reads other rows".into());
    }
    if let Some(name) = mentions.first_of(source.schema.indirect.iter()) {
        return Some(format!("it reads through `{name}`, and what that reads is not known"));
    }
    let stops = source.policy.work.iter().filter(|work| work.table.value == table.name);
    let stops = stops.filter_map(|work| work.stop.as_ref());
    let mut stopped = stops.flat_map(|stop| stop.waiting.iter().chain(&stop.running));
    if let Some(stop) = stopped.find(|stop| mentions.has(stop.column.value.as_str())) {
        return Some(format!("it reads `{}`, which work is stopped by", stop.column.value));
    }
    let nulled = source.graph.above(&table.name).filter(|edge| edge.fate == Fate::Derive);
    let mut nulled = nulled.flat_map(|edge| &edge.columns);
    if let Some(column) = nulled.find(|column| mentions.has(column.name.as_str())) {
        return Some(format!("it reads `{}`, which may be nulled first", column.name));
    }
    let fires = |trigger: &crate::schema::Trigger| trigger.enabled && trigger.on_update;
    let is_triggered = !table.rules.is_empty() || table.triggers.iter().any(fires);
    is_triggered
        .then(|| format!("triggers of `{}` fire, and what they do is not known", table.name))
}

/// Changes that come first, and write to the same rows what the value reads.
fn written_first(
    closure: &Closure,
    before: &[Change],
    table: &Table,
    mentions: &Mentions,
) -> Vec<(SetId, String)> {
    let same = before.iter().filter(|other| closure.sets[other.set.0].table == table.name);
    let written = same.filter(|other| {
        let mut columns = other.becomes.iter();
        columns.any(|(column, _)| mentions.has(column))
    });
    let told = |other: &Change| (other.set, format!("it reads what `{}` changes", other.text));
    written.map(told).collect()
}

/// `SELECT identity, new values FROM the rows that change`.
fn statement(
    source: &Source<'_>,
    closure: &Closure,
    set: SetId,
    table: &Table,
    read: &[(&Column, &Value)],
) -> Statement {
    let set = &closure.sets[set.0];
    let mut writer = Writer::new(source.schema.dialect);
    let identity: Vec<usize> = (0..set.identity).collect();
    writer.push("SELECT ").list(&identity, |writer, number| {
        writer.numbered("sexton_n.i", *number);
    });
    for (number, (column, _)) in read.iter().enumerate() {
        writer.push(", ");
        read_stored(&mut writer, "sexton_n.v", number, column);
    }
    writer.push(" FROM (SELECT ").list(&identity, |writer, number| {
        writer.read(&set.columns[*number]).numbered(" AS i", *number);
    });
    for (number, (column, value)) in read.iter().enumerate() {
        writer.push(", (").value(value, column, table).push(")").numbered(" AS v", number);
    }
    writer.push(" FROM ").table(table).push(" WHERE ");
    in_keys(&mut writer, &set.columns[..set.identity], &identities(set));
    writer.push(") AS sexton_n");
    writer.finish("foretell", &table.name)
}
