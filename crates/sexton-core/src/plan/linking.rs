//! Rows that somebody may be at work on though they neither go nor change: `[work.TABLE] of`.
//!
//! A line leads between such a row and one that goes, in either direction. Its rows are found and
//! locked whatever their state, so that no worker takes one while the deletion judges.

use super::closure::{Closure, edge_condition, positions, select};
use super::compile::Source;
use super::effects::{finished_find, outside, staying};
use super::{Find, SetRole};
use crate::finding::Finding;
use crate::graph::{Edge, Graph};
use crate::names::TableName;
use crate::policy::{Policy, ReferringSide, Work};
use crate::schema::Table;
use crate::sql::{KeyColumns, KeySource, Writer, in_keys};

/// A line that leads between work and what goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link<'g> {
    pub edge: &'g Edge,
    /// Whether rows that go refer to the work; else the work refers to them.
    pub is_up: bool,
}

impl Link<'_> {
    /// The table whose rows go.
    pub fn lost(&self) -> &TableName {
        if self.is_up { &self.edge.child } else { &self.edge.parent }
    }

    /// Whether the rows that go tell which work is meant by their columns alone.
    pub fn is_told(&self) -> bool {
        !self.is_up || self.edge.via.is_plain() && self.edge.filter.is_none()
    }
}

/// The lines of one side that lead to or from the table of work.
pub(crate) fn links<'g>(
    policy: &'g Policy,
    graph: &'g Graph,
    work: &'g Work,
    side: &'g ReferringSide,
) -> impl Iterator<Item = Link<'g>> {
    let is_meant = |edge: &&Edge| {
        let line = policy.references.get(edge.id.0);
        line.is_some_and(|line| line.child == side.table && line.columns == side.columns)
    };
    graph.edges.iter().filter(is_meant).filter_map(|edge| {
        let table = &work.table.value;
        let is_up = edge.child != *table;
        (!is_up || edge.parent == *table).then_some(Link { edge, is_up })
    })
}

/// All usable links of one table of work.
fn all_links<'s>(source: &Source<'s>, work: &'s Work) -> impl Iterator<Item = Link<'s>> {
    let (policy, graph) = (source.policy, source.graph);
    let sides = work.of.iter();
    sides.flat_map(move |side| links(policy, graph, work, side)).filter(Link::is_told)
}

/// Whether work is found through rows of this table that go.
pub(super) fn leads_through(source: &Source<'_>, table: &TableName) -> bool {
    let mut work = source.policy.work.iter();
    work.any(|work| all_links(source, work).any(|link| link.lost() == table))
}

/// Lines by which rows of this table name the work that is done for them.
pub(super) fn edges_up<'s>(source: &Source<'s>, table: &TableName) -> Vec<&'s Edge> {
    let links = source.policy.work.iter().flat_map(|work| all_links(source, work));
    links.filter(|link| link.is_up && link.edge.child == *table).map(|link| link.edge).collect()
}

/// Finds of all rows that work is linked through, a set for each table of work.
pub(super) fn finds(
    source: &Source<'_>,
    closure: &mut Closure,
    findings: &mut Vec<Finding>,
) -> Vec<Find> {
    let mut finds = Vec::new();
    for work in &source.policy.work {
        let links = all_links(source, work).filter(|link| closure.set_of(link.lost()).is_some());
        let links: Vec<Link<'_>> = links.collect();
        let Some(table) = source.schema.table(&work.table.value) else { continue };
        if !links.is_empty() {
            finds.extend(find(source, closure, table, &links, findings));
        }
    }
    finds
}

fn find(
    source: &Source<'_>,
    closure: &mut Closure,
    table: &Table,
    links: &[Link<'_>],
    findings: &mut Vec<Finding>,
) -> Option<Find> {
    let set = staying(source, closure, table, &[], SetRole::Linked, findings)?;
    let mut writer = select(source.schema, &closure.sets[set.0]);
    writer.push(" WHERE (");
    for (at, link) in links.iter().enumerate() {
        writer.push(if at > 0 { " OR " } else { "" });
        linked(&mut writer, closure, link, table)?;
    }
    writer.push(")");
    outside(&mut writer, closure, table);
    Some(finished_find(source, closure, writer, set))
}

/// A row of the table is linked by one line.
fn linked(writer: &mut Writer, closure: &Closure, link: &Link<'_>, table: &Table) -> Option<()> {
    let edge = link.edge;
    if !link.is_up {
        edge_condition(writer, edge, &closure.keys_above(edge, false)?, table);
        return Some(());
    }
    let lost = closure.set_of(&edge.child)?;
    let columns = positions(lost, &edge.columns);
    let from = vec![KeyColumns { set: lost.id, columns, frontier: false }];
    in_keys(writer, &edge.parent_key, &KeySource { from, types: &edge.columns });
    Some(())
}
