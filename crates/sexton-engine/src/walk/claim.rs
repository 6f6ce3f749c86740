//! Claims the roots of a chunk: rows below hidden roots that nobody else has locked.

use std::collections::HashSet;

use sexton_core::plan::{Claim, Referents};
use sexton_core::sql::{Scalar, Statement};

use super::{KeyRows, Walk};
use crate::ports::DatabaseError;

impl Walk<'_> {
    /// Claims at most so many rows, and says how many. Of these, those stay that a row refers to
    /// which somebody is writing: they are left for a later pass.
    pub async fn claim(&mut self, claim: &Claim, rows_max: u64) -> Result<usize, DatabaseError> {
        self.hold(claim, None).await?;
        let rows = self.rows(&claim.statement, rows_max).await?;
        let claimed = rows.len();
        self.add(claim.set, rows);
        for referents in &claim.referents {
            self.spare(claim, referents).await?;
        }
        let rows = 0..self.sets[claim.set.0].len();
        self.lock_keys(claim.set, rows).await?;
        Ok(claimed)
    }

    /// Counts rows below the hidden roots, whoever has locked them. Nobody attaches a row unseen.
    ///
    /// Race: a writer who is about to attach one holds the hidden row in a weaker mode, so he is
    /// met here, and his row is counted the next time. Where the fence keeps writers from hidden
    /// rows, hiding has met the last of them, and nothing is locked: workers ask the fence too.
    pub async fn left(&mut self, claim: &Claim, cap: u64) -> Result<u64, DatabaseError> {
        let is_fenced = claim.holders.as_ref().is_some_and(|holders| holders.is_fenced);
        self.hold(claim, (!is_fenced).then_some(" FOR UPDATE NOWAIT")).await?;
        match &claim.left {
            Some(left) => self.count(left, cap).await,
            None => Ok(0),
        }
    }

    /// Finds the roots that are hidden still.
    async fn hold(
        &mut self,
        claim: &Claim,
        lock: Option<&'static str>,
    ) -> Result<(), DatabaseError> {
        let Some(holders) = &claim.holders else { return Ok(()) };
        let is_locked = !holders.statement.lock.is_empty();
        let lock = lock.filter(|_| is_locked).unwrap_or(holders.statement.lock);
        let statement = Statement { lock, ..holders.statement.clone() };
        let rows = self.rows(&statement, u64::MAX).await?;
        let identity = self.plan.sets[holders.set.0].identity;
        let mut held = KeyRows::new(identity);
        held.add(rows);
        self.exchange(holders.set, held);
        Ok(())
    }

    /// Race: referents are locked if they are free; who is referred to by others, or by one that
    /// somebody is at work on, is not claimed after all.
    async fn spare(&mut self, claim: &Claim, referents: &Referents) -> Result<(), DatabaseError> {
        let locked = self.rows(&referents.statement, u64::MAX).await?;
        self.add(referents.set, locked);
        let held = self.rows(&referents.held, u64::MAX).await?;
        if held.is_empty() {
            return Ok(());
        }
        let held: HashSet<Vec<Scalar>> = held.into_iter().collect();
        let free = self.sets[claim.set.0].all().iter().filter(|row| {
            let key: Vec<Scalar> = referents.columns.iter().map(|at| row[*at].clone()).collect();
            !held.contains(&key)
        });
        let free = free.cloned().collect();
        let mut rows = KeyRows::new(self.plan.sets[claim.set.0].identity);
        rows.add(free);
        self.exchange(claim.set, rows);
        Ok(())
    }
}
