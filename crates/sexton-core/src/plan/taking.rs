//! What goes because something that goes takes it: always, or when nothing else refers to it.
//!
//! Rows that are taken join the closure like any other, so what hangs below them goes too, and
//! may take more. Who is the last depends on all that goes: it is judged when nothing else adds
//! a row, and again whenever something has. The more goes, the fewer are left to keep a row
//! alive, so the end is the same whatever the order.

use std::collections::BTreeSet;

use super::closure::{Closure, identities, ordered, select};
use super::compile::Source;
use super::hiding::Way;
use super::{KeySet, Last, Round, SetRole};
use crate::graph::{Edge, Taking};
use crate::names::TableName;
use crate::policy::{Fate, Fragment};
use crate::schema::{Dialect, Table};
use crate::sql::{
    Alias, KeyColumns, KeySource, SetId, Statement, Writer, in_keys, not_in_keys, referred,
    refers_to_row,
};

/// What a candidate is called while it is judged: its own table may refer to it.
const CANDIDATE: &str = "sexton_p";

/// Lines of `[takes]` whose left side can go.
pub(super) fn takings<'s>(
    source: &Source<'s>,
    going: &'s BTreeSet<TableName>,
) -> impl Iterator<Item = &'s Taking> {
    let takes = source.graph.takes.iter().filter(|taking| going.contains(&taking.edge.child));
    // Only what is always taken is hidden with a root, and only if it can be.
    takes.filter(move |taking| {
        source.way != Way::Hide || !taking.when_last && going.contains(&taking.edge.parent)
    })
}

/// Rounds that find what the last round's rows always take.
pub(super) fn rounds(source: &Source<'_>, closure: &Closure) -> Vec<Round> {
    let always = takings(source, &closure.going).filter(|taking| !taking.when_last);
    always
        .filter_map(|taking| {
            let above = closure.set_of(&taking.edge.child)?.id;
            let below = closure.set_of(&taking.edge.parent)?.id;
            let statement = taken(source, closure, &taking.edge, true)?;
            Some(Round { above, below, statement })
        })
        .collect()
}

/// What may be taken by the last that refers to it, a step for each table.
pub(super) fn lasts(source: &Source<'_>, closure: &mut Closure) -> Vec<Last> {
    let going = closure.going.clone();
    let when_last = takings(source, &going).filter(|taking| taking.when_last);
    let when_last: Vec<&Edge> = when_last.map(|taking| &taking.edge).collect();
    let parents: BTreeSet<&TableName> = when_last.iter().map(|edge| &edge.parent).collect();
    let mut lasts = Vec::new();
    for parent in parents {
        let into = when_last.iter().filter(|edge| edge.parent == *parent);
        let finds = into.filter_map(|edge| taken(source, closure, edge, false)).collect();
        lasts.extend(last(source, closure, parent, finds));
    }
    lasts
}

fn last(
    source: &Source<'_>,
    closure: &mut Closure,
    parent: &TableName,
    finds: Vec<Statement>,
) -> Option<Last> {
    let table = source.schema.table(parent)?;
    let set = closure.set_of(parent)?.clone();
    let candidates = closure.add(table, set.columns.clone(), set.identity, SetRole::Candidates);
    let judge = judge(source, closure, table, (set.id, candidates))?;
    Some(Last { set: set.id, candidates, finds, judge })
}

/// Rows of the right that rows of the left set refer to: those of its last round, or of all.
fn taken(source: &Source<'_>, closure: &Closure, edge: &Edge, frontier: bool) -> Option<Statement> {
    let (child, parent) = (source.schema.table(&edge.child)?, closure.set_of(&edge.parent)?);
    let own = closure.set_of(&edge.child)?;
    let mut writer = select(source.schema, parent);
    writer.push(" WHERE ").planned_each_time();
    referred_by_going(&mut writer, own, edge, child, (frontier, None));
    if let Some(filter) = &edge.filter {
        // Order: a condition may name the right, and no index leads to what depends on it.
        writer.push(" AND ");
        referred_by_going(&mut writer, own, edge, child, (frontier, Some(filter)));
    }
    // Race: a row is locked before those that refer to it are counted, or two deletions would
    // each leave it for the other.
    let statement = writer.finish_locked("take", &edge.parent, " FOR UPDATE");
    Some(ordered(statement, parent, source.schema))
}

/// A row of the right is what rows of the left set refer to that meet the condition.
fn referred_by_going(
    writer: &mut Writer,
    own: &KeySet,
    edge: &Edge,
    child: &Table,
    (frontier, filter): (bool, Option<&Fragment>),
) {
    let (open, close) = match (writer.dialect(), edge.parent_key.as_slice()) {
        (Dialect::Postgres, [key]) => {
            writer.column(key);
            (" = ANY(ARRAY(SELECT ", "))")
        }
        (_, key) => {
            writer.push("(").columns(key).push(")");
            (" IN (SELECT ", ")")
        }
    };
    writer.push(open);
    referred(writer, &edge.columns, &edge.via, child);
    writer.push(" FROM ").table(child).push(" WHERE ");
    let columns = (0..own.identity).collect();
    let keys = KeySource {
        from: vec![KeyColumns { set: own.id, columns, frontier }],
        types: &own.columns[..own.identity],
    };
    in_keys(writer, &own.columns[..own.identity], &keys);
    if let Some(filter) = filter {
        writer.push(" AND ").condition(filter, child);
    }
    writer.push(close);
}

/// The candidates to which no row outside the closure refers.
fn judge(
    source: &Source<'_>,
    closure: &Closure,
    table: &Table,
    (set, candidates): (SetId, SetId),
) -> Option<Statement> {
    let alias = Alias::of(CANDIDATE);
    let columns = &closure.sets[candidates.0].columns;
    let own_key = &columns[..closure.sets[candidates.0].identity];
    let mut writer = Writer::new(source.schema.dialect);
    writer.push("SELECT ").planned_each_time().qualified(&alias, |writer| {
        writer.list(columns, |writer, column| {
            writer.read(column);
        });
    });
    writer.push(" FROM ").table(table).push(" AS ").name(&alias).push(" WHERE ");
    writer.qualified(&alias, |writer| {
        in_keys(writer, own_key, &identities(&closure.sets[candidates.0]));
        writer.push(" AND ");
        not_in_keys(writer, own_key, &identities(&closure.sets[set.0]));
    });
    for edge in keeping_alive(source, &table.name) {
        let child = source.schema.table(&edge.child)?;
        writer.push(" AND NOT EXISTS (SELECT 1 FROM ").table(child).push(" WHERE ");
        let key = (&alias, edge.parent_key.as_slice());
        refers_to_row(&mut writer, &edge.columns, &edge.via, key, child);
        if let Some(filter) = &edge.filter {
            writer.push(" AND ").condition(filter, child);
        }
        super::effects::outside(&mut writer, closure, child);
        writer.push(")");
    }
    writer.limit();
    Some(writer.finish("judge what is taken of", &table.name))
}

/// Edges whose rows keep a row of this table alive: those that hold it or would lose it, those
/// that have a line of their own under `[takes]`, and lines that stand there alone. Rows that go
/// with it (`delete`) are its own, and those that do not mind (`derive`, `keep`) need it not.
fn keeping_alive<'s>(source: &Source<'s>, parent: &TableName) -> Vec<&'s Edge> {
    let same = |one: &Edge, other: &Edge| {
        one.child == other.child
            && one.parent == other.parent
            && one.columns == other.columns
            && one.parent_key == other.parent_key
    };
    let takes = || source.graph.takes.iter().map(|taking| &taking.edge);
    let edges = || source.graph.edges.iter();
    let declared = edges().filter(|edge| edge.parent == *parent).filter(|edge| {
        !matches!(edge.fate, Fate::Delete | Fate::Derive | Fate::Keep)
            || takes().any(|take| same(take, edge))
    });
    let alone = takes().filter(|take| take.parent == *parent);
    let alone = alone.filter(|take| !edges().any(|edge| same(take, edge)));
    declared.chain(alone).collect()
}
