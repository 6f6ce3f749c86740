//! The rows of a key set: known by their identity, in the order found, no row twice.

use std::collections::HashSet;
use std::ops::Range;

use sexton_core::sql::Scalar;

use crate::ports::Row;

/// Rows of one table.
#[derive(Debug, Clone, Default)]
pub(crate) struct KeyRows {
    rows: Vec<Row>,
    seen: HashSet<Vec<Scalar>>,
    identity: usize,
    round: Range<usize>,
}

impl KeyRows {
    pub fn new(identity: usize) -> Self {
        Self { identity, ..Self::default() }
    }

    /// Adds rows that are not there yet. What one statement found is no two alike.
    pub fn add(&mut self, rows: Vec<Row>) {
        if self.rows.is_empty() {
            self.rows = rows;
            return;
        }
        let known = self.rows.iter().skip(self.seen.len());
        self.seen.extend(known.map(|row| row[..self.identity].to_vec()));
        for row in rows {
            if self.seen.insert(row[..self.identity].to_vec()) {
                self.rows.push(row);
            }
        }
    }

    /// Whether these columns are the identity.
    pub fn is_identity(&self, columns: &[usize]) -> bool {
        columns.iter().copied().eq(0..self.identity)
    }

    /// All rows.
    pub fn all(&self) -> &[Row] {
        &self.rows
    }

    /// The rows that the last round added.
    pub fn frontier(&self) -> &[Row] {
        &self.rows[self.round.clone()]
    }

    /// Makes what was added since the last round the new last round; says whether there is any.
    pub fn next_round(&mut self) -> bool {
        self.round = self.round.end..self.rows.len();
        !self.round.is_empty()
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}
