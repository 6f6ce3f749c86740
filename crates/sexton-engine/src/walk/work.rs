//! Work in flight among the rows found: who is at work on them, and stopping that.

use sexton_core::plan::{Way, Working};
use sexton_core::preview::{Blocker, BlockerKind};
use sexton_core::sql::{Scalar, Statement};

use super::Walk;
use crate::cancel::CancelledRows;
use crate::ports::DatabaseError;

/// So many rows at work are named.
const NAMES_MAX: u64 = 10;

/// What the rows of one table are doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct WorkCount {
    pub waiting: u64,
    pub running: u64,
    pub dead: u64,
    /// Rows that could be asked to stop and were not yet.
    pub unasked: u64,
}

impl Walk<'_> {
    /// A blocker for each table on whose rows somebody is at work.
    pub async fn at_work(
        &mut self,
        is_meant: fn(&Working) -> bool,
    ) -> Result<Vec<Blocker>, DatabaseError> {
        let mut blockers = Vec::new();
        let is_chunk = self.plan.way == Way::Chunk;
        let mut work = self.plan.steps.work.iter().filter(|work| work.holds_up || is_chunk);
        for working in work.by_ref().filter(|work| is_meant(work)) {
            let rows = self.rows(&working.at_work, NAMES_MAX).await?;
            let Some(count) = rows.first().and_then(|row| row.get(1)) else { continue };
            let names = rows.iter().map(|row| row[0].to_string()).collect();
            blockers.push(self.undrained(working, number(count), names));
        }
        Ok(blockers)
    }

    /// What the rows of a table are doing.
    pub async fn count_work(&mut self, working: &Working) -> Result<WorkCount, DatabaseError> {
        let rows = self.rows(&working.count, 1).await?;
        let counts: Vec<u64> = rows.first().into_iter().flatten().map(number).collect();
        let [waiting, running, dead, unasked] = counts[..] else {
            return Ok(WorkCount::default());
        };
        Ok(WorkCount { waiting, running, dead, unasked })
    }

    /// Stops what nobody is acting on, and asks the others to stop.
    pub async fn stop_work(
        &mut self,
        is_meant: fn(&Working) -> bool,
    ) -> Result<Vec<CancelledRows>, DatabaseError> {
        let mut cancelled = Vec::new();
        for working in self.plan.steps.work.iter().filter(|work| is_meant(work)) {
            if let Some(lock) = &working.lock {
                self.rows(lock, u64::MAX).await?;
            }
            // Order: a row that a worker takes while it is to be stopped is seen running by the
            // next statement.
            let stopped = self.run_if(working.stop.as_ref()).await?;
            let asked = self.run_if(working.ask.as_ref()).await?;
            let running = self.count_work(working).await?.running;
            let table = working.table.to_string();
            cancelled.push(CancelledRows { table, stopped, asked, running });
        }
        Ok(cancelled)
    }

    /// Stops rows that wait and stay: nobody may take them after the deletion either.
    pub async fn stop_staying(&mut self) -> Result<Vec<(String, u64)>, DatabaseError> {
        let mut stopped = Vec::new();
        // What only a purge waits for is stopped by it, and not before.
        let is_chunk = self.plan.way == Way::Chunk;
        for working in self.plan.steps.work.iter().filter(|work| work.holds_up || is_chunk) {
            let rows = self.run_if(working.stop_staying.as_ref()).await?;
            if rows > 0 {
                stopped.push((format!("[work.{}]", working.table), rows));
            }
        }
        Ok(stopped)
    }

    async fn run_if(&mut self, statement: Option<&Statement>) -> Result<u64, DatabaseError> {
        match statement {
            Some(statement) => self.run(statement).await,
            None => Ok(0),
        }
    }

    fn undrained(&self, working: &Working, count: u64, names: Vec<String>) -> Blocker {
        let more = if count > names.len() as u64 { ", …" } else { "" };
        let table = &working.table;
        let message =
            format!("{count} row(s) of {table} are still at work: {}{more}", names.join(", "));
        let ways_out = if working.is_stopped {
            let again = "delete it again once they have stopped";
            let cancel =
                format!("sexton cancel {} {}", self.plan.thing, self.roots.written().join(" "));
            vec![format!("`{cancel}` asks them to stop; {again}")]
        } else {
            vec![format!(
                "wait until they are done, or say with `stop` of [work.{table}] how they are stopped"
            )]
        };
        Blocker {
            kind: BlockerKind::Undrained,
            name: format!("work.{table}"),
            message,
            count,
            names,
            subject: Vec::new(),
            roots: Vec::new(),
            ways_out,
        }
    }
}

fn number(value: &Scalar) -> u64 {
    value.as_integer().and_then(|number| u64::try_from(number).ok()).unwrap_or(0)
}
