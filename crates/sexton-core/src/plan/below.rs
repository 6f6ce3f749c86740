//! Rows below a root that nobody has collected, told by the references that lead up to it.
//!
//! Hiding judges guards of rows far below without collecting them, and a purge claims such rows a
//! few at a time. Both follow one shortest chain of `delete` lines to each table: what hangs from
//! the root in another way goes with the rows on that way.

use std::collections::{BTreeMap, VecDeque};

use super::KeySet;
use super::closure::{columns_of, edge_condition, positions};
use super::compile::Source;
use crate::graph::Edge;
use crate::names::TableName;
use crate::policy::Fate;
use crate::schema::Table;
use crate::sql::{KeyColumns, KeySource, Writer, in_roots};

/// The chains of lines by which tables are below the root, each from the top down.
pub(super) struct Below<'a> {
    source: &'a Source<'a>,
    chains: BTreeMap<TableName, Vec<&'a Edge>>,
}

impl<'a> Below<'a> {
    /// Every table below the thing's own row and its start columns, and these themselves.
    pub fn of(source: &'a Source<'a>) -> Self {
        let roots = source.thing.row.iter().chain(&source.thing.starts);
        let mut chains: BTreeMap<TableName, Vec<&Edge>> = BTreeMap::new();
        let mut queue = VecDeque::new();
        for root in roots.filter(|root| source.schema.table(&root.value.table).is_some()) {
            if chains.insert(root.value.table.clone(), Vec::new()).is_none() {
                queue.push_back(root.value.table.clone());
            }
        }
        while let Some(table) = queue.pop_front() {
            let above = chains[&table].clone();
            for edge in source.graph.below(&table).filter(|edge| edge.fate == Fate::Delete) {
                // A chain is written as one condition inside the other, over plain columns.
                let can_follow = above.is_empty() || edge.via.is_plain();
                if can_follow && !chains.contains_key(&edge.child) {
                    let chain = above.iter().copied().chain([edge]).collect();
                    chains.insert(edge.child.clone(), chain);
                    queue.push_back(edge.child.clone());
                }
            }
        }
        Self { source, chains }
    }

    /// The tables, the farthest from the root first.
    pub fn tables(&self) -> Vec<&TableName> {
        let mut tables: Vec<&TableName> = self.chains.keys().collect();
        tables.sort_by_key(|table| std::cmp::Reverse(self.chains[*table].len()));
        tables
    }

    /// The chain that leads to a table; nothing if it is not below the root.
    pub fn chain(&self, table: &TableName) -> Option<&[&'a Edge]> {
        self.chains.get(table).map(Vec::as_slice)
    }

    /// What it is of.
    pub fn source(&self) -> &'a Source<'a> {
        self.source
    }

    /// Writes that a row of `table` refers through `edge` to one that meets a condition.
    pub fn refers(
        &self,
        writer: &mut Writer,
        edge: &Edge,
        table: &Table,
        meets: impl FnOnce(&mut Writer, &Table),
    ) -> Option<()> {
        let parent = self.source.schema.table(&edge.parent).filter(|_| edge.via.is_plain())?;
        writer.push("(");
        if let [column] = edge.columns.as_slice() {
            writer.column(column);
        } else {
            writer.push("(").columns(&edge.columns).push(")");
        }
        writer.push(" IN (SELECT ").columns(&edge.parent_key).push(" FROM ").table(parent);
        writer.push(" WHERE ");
        meets(writer, parent);
        writer.push(")");
        if let Some(filter) = &edge.filter {
            writer.push(" AND ").condition(filter, table);
        }
        writer.push(")");
        Some(())
    }

    /// Writes that a row of the table is below one of the roots, whose rows are in this set.
    pub fn condition(&self, writer: &mut Writer, table: &Table, roots: Option<&KeySet>) {
        match self.chain(&table.name) {
            Some(chain) => self.along(writer, table, chain, roots),
            None => {
                writer.push("1 = 0");
            }
        }
    }

    fn along(&self, writer: &mut Writer, table: &Table, chain: &[&Edge], roots: Option<&KeySet>) {
        let Some((edge, above)) = chain.split_last() else {
            self.is_root(writer, table);
            return;
        };
        self.through(writer, edge, above, table, roots);
    }

    /// Writes that a row of the table refers through `edge` to what is below a root.
    fn through(
        &self,
        writer: &mut Writer,
        edge: &Edge,
        above: &[&Edge],
        table: &Table,
        roots: Option<&KeySet>,
    ) {
        let of_root = roots.filter(|set| above.is_empty() && set.table == edge.parent);
        if let Some(set) = of_root {
            edge_condition(writer, edge, &keys(set, edge), table);
            return;
        }
        let written = self.refers(writer, edge, table, |writer, parent| {
            self.along(writer, parent, above, roots);
        });
        if written.is_none() {
            writer.push("1 = 0");
        }
    }

    /// Writes that a row refers to a root in any way that a line says.
    pub fn at_first_hand(
        &self,
        writer: &mut Writer,
        table: &Table,
        roots: Option<&KeySet>,
    ) -> bool {
        let lines = self.source.graph.above(&table.name);
        let lines: Vec<&Edge> = lines
            .filter(|edge| edge.fate == Fate::Delete)
            .filter(|edge| self.chain(&edge.parent).is_some_and(<[&Edge]>::is_empty))
            .collect();
        let is_start = self.is_started(table);
        writer.push("(");
        if is_start {
            self.is_root(writer, table);
        }
        for (at, edge) in lines.iter().enumerate() {
            writer.push(if at > 0 || is_start { " OR " } else { "" });
            self.through(writer, edge, &[], table, roots);
        }
        writer.push(if lines.is_empty() && !is_start { "1 = 0)" } else { ")" });
        is_start || !lines.is_empty()
    }

    /// Whether start columns of the thing are in this table.
    pub fn is_started(&self, table: &Table) -> bool {
        self.source.thing.starts.iter().any(|start| start.value.table == table.name)
    }

    /// Writes that a row is a root, or holds the value of one.
    fn is_root(&self, writer: &mut Writer, table: &Table) {
        let own = self.source.thing.row.iter().filter(|row| row.value.table == table.name);
        let starts = self.source.thing.starts.iter().filter(|s| s.value.table == table.name);
        writer.push("(");
        let mut any = false;
        for row in own {
            in_roots(writer, &columns_of(table, &row.value.columns));
            any = true;
        }
        for start in starts {
            writer.push(if any { " OR " } else { "" });
            let columns = columns_of(table, &start.value.columns);
            super::starting::holds(self.source, table, &columns, writer);
            any = true;
        }
        writer.push(if any { ")" } else { "1 = 0)" });
    }
}

/// The keys of a set that an edge refers to.
fn keys<'e>(set: &KeySet, edge: &'e Edge) -> KeySource<'e> {
    KeySource {
        from: vec![KeyColumns {
            set: set.id,
            columns: positions(set, &edge.parent_key),
            frontier: false,
        }],
        types: &edge.parent_key,
    }
}
