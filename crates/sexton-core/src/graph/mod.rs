//! The references of a policy, resolved against a live schema.
//!
//! An `Edge` is a reference whose tables and columns exist. What does not resolve becomes a
//! finding and leaves no edge, so that everything built on edges speaks only of what is there.
//! `order` has the walks over edges: reach, components, order of removal.

mod order;
mod resolve;

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::finding::Span;
use crate::names::{ColumnName, OptionName, TableName};
use crate::policy::{Fate, Fragment, Options, Via};
use crate::schema::{Column, ForeignKey};

pub use order::{components, reach, removal_order};
pub use resolve::resolve;
pub(crate) use resolve::{column_or_finding, table_or_finding};

/// The number of an edge: its place in the policy's lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EdgeId(pub usize);

/// A reference whose both sides exist.
#[derive(Debug, Clone, PartialEq)]
pub struct Edge {
    /// Its number; lines come in this order.
    pub id: EdgeId,
    /// The referring table.
    pub child: TableName,
    /// The referring columns.
    pub columns: Vec<Column>,
    /// The table referred to.
    pub parent: TableName,
    /// The columns referred to, one for each referring column.
    pub parent_key: Vec<Column>,
    /// How the referring columns hold it.
    pub via: Via,
    /// What happens to the left when the right goes.
    pub fate: Fate,
    /// Fates that an option switches to.
    pub switched_by: Vec<(OptionName, Fate)>,
    /// Which left rows refer at all.
    pub filter: Option<Fragment>,
    /// What `block` answers, or what the preview warns of.
    pub say: Option<String>,
    /// The foreign key that enforces it, if one does.
    pub enforced: Option<ForeignKey>,
    /// The sentence in the policy.
    pub text: String,
    /// Its place in the policy.
    pub span: Span,
}

impl Edge {
    /// Whether a foreign key proves that no row refers to what is gone: one that is not valid, or
    /// holds some rows only, does not.
    pub fn is_proven(&self) -> bool {
        self.enforced.as_ref().is_some_and(|key| key.validated)
    }

    /// Whether rows of one table refer to rows of the same table.
    pub fn is_self_reference(&self) -> bool {
        self.child == self.parent
    }

    /// Its fate under these options.
    fn fate_by(&self, options: &Options) -> &Fate {
        let chosen = self.switched_by.iter().find(|(option, _)| options.is_on(option));
        chosen.map_or(&self.fate, |(_, fate)| fate)
    }
}

/// An edge whose child, when it goes, takes its parent.
#[derive(Debug, Clone, PartialEq)]
pub struct Taking {
    /// Its two sides and its condition.
    pub edge: Edge,
    /// Only if no row that stays refers to the parent.
    pub when_last: bool,
}

/// All edges of a policy, in the order of its lines, each found by either of its tables.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Graph {
    /// The edges.
    pub edges: Vec<Edge>,
    /// Edges whose child takes its parent, in the order of their lines.
    pub takes: Vec<Taking>,
    below: Places,
    above: Places,
}

/// Where in the list the edges of a table are, in their order.
type Places = BTreeMap<TableName, Vec<usize>>;

impl Graph {
    /// The graph of these edges and takings, which are in the order of their lines.
    pub fn of(edges: Vec<Edge>, takes: Vec<Taking>) -> Self {
        let (mut below, mut above) = (Places::new(), Places::new());
        for (at, edge) in edges.iter().enumerate() {
            below.entry(edge.parent.clone()).or_default().push(at);
            above.entry(edge.child.clone()).or_default().push(at);
        }
        Self { edges, takes, below, above }
    }

    /// Whether these options give any line another fate.
    fn switches(&self, options: &Options) -> bool {
        self.edges.iter().any(|edge| edge.fate_by(options) != &edge.fate)
    }

    /// The same lines with the fates that these options give them; itself where they give none.
    #[must_use]
    pub fn switched(&self, options: &Options) -> Cow<'_, Self> {
        if !self.switches(options) {
            return Cow::Borrowed(self);
        }
        let mut switched = self.clone();
        for edge in &mut switched.edges {
            edge.fate = edge.fate_by(options).clone();
        }
        Cow::Owned(switched)
    }

    /// Edges that lead from `parent` down to what refers to it.
    pub fn below(&self, parent: &TableName) -> impl Iterator<Item = &Edge> {
        self.below.get(parent).into_iter().flatten().map(|at| &self.edges[*at])
    }

    /// Edges that lead from `child` up by these columns, which hold the key as it is.
    pub fn plainly_above<'a>(
        &'a self,
        child: &'a TableName,
        columns: &'a [ColumnName],
    ) -> impl Iterator<Item = &'a Edge> {
        self.above(child).filter(move |edge| {
            edge.via.is_plain() && edge.columns.iter().map(|column| &column.name).eq(columns)
        })
    }

    /// Edges that lead from `child` up to what it refers to.
    pub fn above(&self, child: &TableName) -> impl Iterator<Item = &Edge> {
        self.above.get(child).into_iter().flatten().map(|at| &self.edges[*at])
    }

    /// Edges that lead down from any of these tables, in the order of their lines.
    pub fn below_any<'t>(
        &self,
        parents: impl IntoIterator<Item = &'t TableName>,
    ) -> impl Iterator<Item = &Edge> {
        self.in_order(&self.below, parents)
    }

    /// Edges that lead up from any of these tables, in the order of their lines.
    pub fn above_any<'t>(
        &self,
        children: impl IntoIterator<Item = &'t TableName>,
    ) -> impl Iterator<Item = &Edge> {
        self.in_order(&self.above, children)
    }

    fn in_order<'t>(
        &self,
        places: &Places,
        tables: impl IntoIterator<Item = &'t TableName>,
    ) -> impl Iterator<Item = &Edge> {
        let of_tables = tables.into_iter().filter_map(|table| places.get(table));
        let mut places: Vec<usize> = of_tables.flatten().copied().collect();
        places.sort_unstable();
        places.into_iter().map(|at| &self.edges[at])
    }
}

#[cfg(test)]
mod tests;
