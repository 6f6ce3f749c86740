//! The rows that go, children before parents.

use super::closure::{Closure, identities};
use super::compile::Source;
use super::effects::counted;
use super::looking::COLUMNS_MAX;
use super::{Removal, RemovalPart};
use crate::graph::{Edge, removal_order};
use crate::names::TableName;
use crate::schema::{Dialect, Table};
use crate::sql::{Statement, Writer, in_keys};

/// Removals in POLICY's order.
pub(super) fn removals(source: &Source<'_>, closure: &Closure) -> Vec<Removal> {
    removal_order(source.graph, &closure.going)
        .iter()
        .filter_map(|group| removal(source, closure, group))
        .collect()
}

fn removal(source: &Source<'_>, closure: &Closure, group: &[TableName]) -> Option<Removal> {
    let parts: Vec<RemovalPart> =
        group.iter().filter_map(|table| part(source, closure, table, group)).collect();
    let together = (source.schema.dialect == Dialect::Postgres && parts.len() > 1)
        .then(|| together(source, closure, group));
    Some(Removal { table: parts.first()?.table.clone(), together, parts })
}

fn part(
    source: &Source<'_>,
    closure: &Closure,
    name: &TableName,
    group: &[TableName],
) -> Option<RemovalPart> {
    let table = source.schema.table(name)?;
    let write = |words: &'static str| {
        let mut writer = Writer::new(source.schema.dialect);
        writer.push(words).table(table);
        going_rows(source, closure, table, &mut writer);
        writer
    };
    let kept_back = table.triggers.iter().any(|t| t.enabled && t.on_delete && t.before)
        || !table.rules.is_empty();
    let set = closure.set_of(name).map(|set| set.id);
    // SQLite's own cascades remove rows of a group uncounted, so there the rows are looked for.
    let grouped = holding(source, group).next().is_some();
    let uncounted = grouped && source.schema.dialect == Dialect::Sqlite;
    let check = (uncounted || (kept_back && set.is_none())).then(|| {
        let mut writer = write("SELECT 1 FROM ");
        writer.push(" LIMIT 1");
        writer.finish("look again in", name)
    });
    Some(RemovalPart {
        table: name.clone(),
        set,
        statement: write("DELETE FROM ").finish("remove", name),
        count: counted(write("SELECT count(*) FROM (SELECT 1 FROM "), name),
        population: source.thing.limits.percent.map(|_| {
            let mut writer = Writer::new(source.schema.dialect);
            writer.push("SELECT count(*) FROM ").table(table);
            writer.finish("count all", name)
        }),
        check,
    })
}

/// Counts the rows of every leaf at once, up to the cap each: a round trip for each leaf would be
/// most of what a preview takes.
pub(super) fn leaves(
    source: &Source<'_>,
    closure: &Closure,
    removals: &[Removal],
) -> Option<Statement> {
    let parts = removals.iter().flat_map(|removal| &removal.parts);
    let leaves = parts.filter(|part| part.set.is_none());
    let leaves: Vec<&Table> = leaves.filter_map(|part| source.schema.table(&part.table)).collect();
    let first = leaves.first().filter(|_| leaves.len() <= COLUMNS_MAX)?;
    let mut writer = Writer::new(source.schema.dialect);
    writer.push("SELECT ").list(&leaves, |writer, table| {
        writer.push("(SELECT count(*) FROM (SELECT 1 FROM ").table(table);
        going_rows(source, closure, table, writer);
        writer.limit().push(") AS sexton_c)").as_text();
    });
    let statement = writer.finish("", &first.name);
    Some(Statement { label: "count leaves".into(), ..statement })
}

/// ` WHERE` the rows of a table that go: by identity, or by their parents' keys for a leaf.
fn going_rows(source: &Source<'_>, closure: &Closure, table: &Table, writer: &mut Writer) {
    match closure.set_of(&table.name) {
        Some(set) => {
            writer.push(" WHERE ");
            in_keys(writer, &set.columns[..set.identity], &identities(set));
        }
        None => {
            closure.reached(source, table, &[], writer);
        }
    }
}

/// Foreign keys among the tables of a group.
fn holding<'s>(source: &Source<'s>, group: &'s [TableName]) -> impl Iterator<Item = &'s Edge> {
    let edges = source.graph.below_any(group);
    edges.filter(|edge| edge.enforced.is_some() && group.contains(&edge.child))
}

/// One statement for a group whose tables hold each other: constraints are judged at its end.
fn together(source: &Source<'_>, closure: &Closure, group: &[TableName]) -> Statement {
    let mut writer = Writer::new(source.schema.dialect);
    let tables: Vec<&Table> = group.iter().filter_map(|name| source.schema.table(name)).collect();
    let numbers: Vec<usize> = (0..tables.len()).collect();
    writer.push("WITH ").list(&numbers, |writer, number| {
        writer.numbered("d", *number).push(" AS (DELETE FROM ").table(tables[*number]);
        going_rows(source, closure, tables[*number], writer);
        writer.push(" RETURNING 1)");
    });
    writer.push(" SELECT ").list(&numbers, |writer, number| {
        writer.numbered("(SELECT count(*) FROM d", *number).push(")");
    });
    writer.finish("remove", &group[0])
}
