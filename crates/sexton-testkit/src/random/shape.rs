//! The shape of a random database: tables, their keys, and foreign keys between them.

use std::collections::BTreeSet;

use sexton_core::schema::{Deferrable, OnDelete};

use super::values::Kind;

/// Tables and foreign keys.
#[derive(Debug, Clone)]
pub struct Shape {
    /// The tables.
    pub tables: Vec<Table>,
    /// The foreign keys, in the order in which they are declared.
    pub foreign_keys: Vec<ForeignKey>,
}

/// One table.
#[derive(Debug, Clone)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// The columns of the primary key, in the key's order; empty if it has none.
    pub key: Vec<usize>,
    /// A unique key beside the primary one, which may be NULL.
    pub unique: Option<usize>,
    /// Whether SQLite keeps its rows by the primary key alone.
    pub without_rowid: bool,
}

/// One column.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// Whether NULL is allowed.
    pub nullable: bool,
    /// Whether all its rows share a few values, as those of a few tenants do.
    pub few: bool,
}

/// One foreign key.
#[derive(Debug, Clone)]
pub struct ForeignKey {
    /// The referring table.
    pub child: usize,
    /// The referring columns, in the order of the declaration.
    pub columns: Vec<usize>,
    /// The table referred to.
    pub parent: usize,
    /// The columns referred to, one for each referring column.
    pub parent_columns: Vec<usize>,
    /// What the database does when the parent goes.
    pub on_delete: OnDelete,
    /// When the database judges it.
    pub deferrable: Deferrable,
    /// Whether an index serves the referring columns.
    pub indexed: bool,
    /// In how many of a hundred rows it refers to anything, where it may be NULL.
    pub filled: usize,
}

impl Shape {
    /// The columns of a foreign key that may be NULL.
    pub fn nullable_columns(&self, key: &ForeignKey) -> Vec<usize> {
        let columns = &self.tables[key.child].columns;
        key.columns.iter().copied().filter(|at| columns[*at].nullable).collect()
    }

    /// Whether the columns of a foreign key belong to its table's own key.
    pub fn is_identifying(&self, key: &ForeignKey) -> bool {
        key.columns.iter().all(|column| self.tables[key.child].key.contains(column))
    }

    /// Tables that a row of `from` leads to upwards, through foreign keys that `counts` accepts.
    pub fn above(&self, from: usize, counts: impl Fn(&ForeignKey) -> bool) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut open = vec![from];
        while let Some(child) = open.pop() {
            for key in self.foreign_keys.iter().filter(|key| key.child == child && counts(key)) {
                if found.insert(key.parent) {
                    open.push(key.parent);
                }
            }
        }
        found
    }

    /// Whether two or more tables refer to each other in a circle of such foreign keys.
    pub fn has_cycle(&self, counts: impl Fn(&ForeignKey) -> bool) -> bool {
        let counts = |key: &ForeignKey| key.child != key.parent && counts(key);
        (0..self.tables.len()).any(|table| self.above(table, counts).contains(&table))
    }

    /// Whether a table reaches another on two ways that part and meet.
    pub fn has_diamond(&self) -> bool {
        self.foreign_keys.iter().enumerate().any(|(at, one)| {
            self.foreign_keys[at + 1..].iter().any(|other| {
                let meet = |table: usize| {
                    let mut above = self.above(table, |_| true);
                    above.insert(table);
                    above
                };
                one.child == other.child
                    && one.child != one.parent
                    && one.child != other.parent
                    && !meet(one.parent).is_disjoint(&meet(other.parent))
            })
        })
    }

    /// Whether a foreign key refers to the unique key rather than to the primary one.
    pub fn is_onto_unique(&self, key: &ForeignKey) -> bool {
        let parent = &self.tables[key.parent];
        key.parent_columns.iter().any(|column| Some(*column) == parent.unique)
    }
}
