//! Which tables can lose rows at all, and through which thing.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::{Graph, reach};
use crate::names::TableName;
use crate::policy::Thing;
use crate::schema::Schema;

/// The tables that lose rows, each with the things that take them, by their place in the policy.
pub(super) struct Losses {
    of_tables: BTreeMap<TableName, BTreeSet<usize>>,
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
        let mut of_tables: BTreeMap<TableName, BTreeSet<usize>> = BTreeMap::new();
        // The row of a partial thing stays.
        let whole = things.iter().enumerate().filter(|(_, thing)| !thing.is_partial());
        for (at, thing) in whole {
            for table in of_thing(thing) {
                of_tables.entry(table).or_default().insert(at);
            }
        }
        Self { of_tables }
    }

    /// Whether the deletion of any thing takes rows of this table.
    pub fn reach(&self, table: &TableName) -> bool {
        self.of_tables.contains_key(table)
    }

    /// Whether the deletion of one thing takes rows of both tables.
    pub fn reach_both(&self, one: &TableName, other: &TableName) -> bool {
        let of = |table| self.of_tables.get(table);
        of(one).zip(of(other)).is_some_and(|(one, other)| !one.is_disjoint(other))
    }

    /// Every table that loses rows.
    pub fn tables(&self) -> BTreeSet<&TableName> {
        self.of_tables.keys().collect()
    }
}
