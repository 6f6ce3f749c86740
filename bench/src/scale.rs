//! How large the data sets are.

use std::fmt;

use crate::size;

/// Runs of a normal batch.
pub const RUNS: i64 = 200;
/// Entries of a run.
pub const ENTRIES: i64 = 50;
/// Rows of facts of a run, in all six tables.
pub const FACTS: i64 = 29;
/// Normal batches that share a domain.
const SHARED_BY: i64 = 20;

/// One data set: normal batches, and huge ones after them in the same tables.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    /// How many normal batches.
    pub normal: i64,
    /// How many huge ones.
    pub huge: i64,
    /// Runs of a huge batch.
    pub huge_runs: i64,
}

/// What one run of the program measures.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    /// The data set that everything is measured on.
    pub large: Scale,
    /// The same kind of batches in tables a fraction as long.
    pub small: Scale,
    /// Repetitions that count.
    pub repetitions: usize,
}

impl Scale {
    /// Batches in all.
    pub fn batches(&self) -> i64 {
        self.normal + self.huge
    }

    /// Runs of a batch, which tell its kind.
    pub fn runs_of(&self, batch: i64) -> i64 {
        if batch <= self.normal { RUNS } else { self.huge_runs }
    }

    /// Domains that normal batches are spread over, so that each is tested by as many of them
    /// whatever the scale.
    pub fn pool(&self) -> i64 {
        (self.normal * RUNS / SHARED_BY).max(RUNS)
    }

    /// All domains. A huge batch tests each of its own once.
    pub fn domains(&self) -> i64 {
        if self.huge == 0 { self.pool() } else { self.pool().max(self.huge_runs) }
    }

    /// Rows of the largest table.
    pub fn entries(&self) -> i64 {
        (self.normal * RUNS + self.huge * self.huge_runs) * ENTRIES
    }
}

/// Rows that go with a batch of so many runs: itself, its jobs, runs with entries and facts, two
/// snapshots with a hundred rows.
pub fn rows_of_batch(runs: i64) -> i64 {
    1 + jobs_of_batch(runs) + runs * (1 + ENTRIES + FACTS) + 2 + 100
}

/// Jobs that a batch of so many runs still has.
pub fn jobs_of_batch(runs: i64) -> i64 {
    runs / 10
}

/// The id of the batch with this number.
pub fn batch_id(batch: i64) -> String {
    format!("b{}", 1000 + batch)
}

impl Extent {
    /// Measures on this data set, and on one with an eleventh of its entries and no huge batch,
    /// but large enough for what is measured there.
    pub fn new(large: Scale, repetitions: usize) -> Self {
        let eleventh = large.entries() / 11 / (RUNS * ENTRIES);
        let needed = i64::try_from(size::batches(repetitions)).unwrap_or(i64::MAX);
        let small = Scale { normal: eleventh.max(needed), huge: 0, huge_runs: 0 };
        Self { large, small, repetitions }
    }

    /// The size of the reference: enough repetitions for medians.
    pub fn full() -> Self {
        Self::new(Scale { normal: 200, huge: 5, huge_runs: 12_660 }, 11)
    }

    /// Batches as large, in shorter tables, and few repetitions.
    pub fn quick() -> Self {
        Self::new(Scale { normal: 34, huge: 3, huge_runs: 1_266 }, 3)
    }
}

impl fmt::Display for Scale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} normal batches of {} rows", self.normal, rows_of_batch(RUNS))?;
        if self.huge > 0 {
            write!(f, " and {} of {} rows", self.huge, rows_of_batch(self.huge_runs))?;
        }
        write!(f, " ({} entries)", self.entries())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_have_the_sizes_of_the_reference() {
        assert_eq!(rows_of_batch(RUNS), 16_123);
        assert_eq!(rows_of_batch(12_660), 1_014_169);
    }
}
