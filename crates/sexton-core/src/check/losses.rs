//! Which tables can lose rows at all, and through which thing.

use std::collections::BTreeSet;

use crate::graph::{Graph, reach};
use crate::names::TableName;
use crate::policy::Thing;
use crate::schema::Schema;

/// The tables that lose rows, thing by thing.
pub(super) struct Losses {
    of_things: Vec<BTreeSet<TableName>>,
}

impl Losses {
    /// Follows the `delete` lines from every thing.
    pub fn of(things: &[&Thing], schema: &Schema, graph: &Graph) -> Self {
        let of_thing = |thing: &&Thing| {
            let columns = thing.row.iter().chain(&thing.starts);
            let roots = columns.map(|columns| columns.value.table.clone());
            let known: Vec<TableName> = roots.filter(|root| schema.table(root).is_some()).collect();
            reach(graph, &known)
        };
        Self { of_things: things.iter().map(of_thing).collect() }
    }

    /// Whether the deletion of any thing takes rows of this table.
    pub fn reach(&self, table: &TableName) -> bool {
        self.of_things.iter().any(|lost| lost.contains(table))
    }

    /// Whether the deletion of one thing takes rows of both tables.
    pub fn reach_both(&self, one: &TableName, other: &TableName) -> bool {
        self.of_things.iter().any(|lost| lost.contains(one) && lost.contains(other))
    }

    /// Every table that loses rows.
    pub fn tables(&self) -> BTreeSet<&TableName> {
        self.of_things.iter().flatten().collect()
    }
}
