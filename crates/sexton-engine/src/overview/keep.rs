//! Keeps figures: counts what has ended since the last time, and takes samples.
//!
//! Any number of workers may do it. Who has counted moves a mark that stands behind the last
//! deletion; who finds it moved has counted nothing.
//!
//! Invariant: a deletion is counted at most once. What is counted ended some minutes ago, so that
//! no clock and no open transaction puts one before the mark; one that takes longer is left out.

use std::time::Duration;

use sexton_core::graph;
use sexton_core::names::Timestamp;
use sexton_core::plan::measuring;
use sexton_core::sql::Statement;
use sexton_core::sweep::{InStore, SweepReport};

use super::days::{day_of, of_ended};
use crate::inquire::query;
use crate::outcome::DeleteError;
use crate::ports::{Counted, DatabaseError, Mode, Sample, SampleOf};
use crate::system::System;

/// What ended later than this ago is not counted yet.
const SETTLED_SECS: i64 = 5 * 60;
/// So many are counted in one transaction.
const PAGE: u32 = 1_000;
/// Between two samples of the same.
const SAMPLED_EVERY_SECS: i64 = 3_600;
/// A table whose rows take longer to count has no sample.
const COUNTING_TIME: Duration = Duration::from_secs(10);
/// Samples are kept for so many days.
const SAMPLES_KEPT_DAYS: i64 = 400;

impl System {
    /// Counts what has ended since it was counted last, and takes samples if it is time; says how
    /// many deletions were counted. Workers do it now and then.
    pub async fn keep_figures(&self) -> Result<u64, DeleteError> {
        if !self.has_history().await? {
            return Ok(0);
        }
        let mut all = 0;
        while let Some(counted) = self.count_page().await? {
            all += counted;
            if counted < u64::from(PAGE) {
                break;
            }
        }
        self.sample_in_turn().await?;
        Ok(all)
    }

    /// Keeps what a sweep has found of stores, for the overview.
    pub async fn keep_sweep(&self, report: &SweepReport) -> Result<(), DeleteError> {
        if !self.has_history().await? {
            return Ok(());
        }
        let mut tx = self.begin_keep().await?;
        for found in report.stores.iter().filter(|found| found.failure.is_none()) {
            tx.keep_sample(&self.policy.system, &sample_of(found, report.at)).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Counts the next page; nothing where another has counted it.
    async fn count_page(&self) -> Result<Option<u64>, DeleteError> {
        let system = &self.policy.system;
        let until = self.surroundings.clock.now().plus_secs(-SETTLED_SECS);
        let mut tx = self.begin_keep().await?;
        let from = tx.counted(system).await?;
        let page = tx.ended(system, from.as_ref(), until, PAGE).await?;
        let Some(last) = page.last() else {
            tx.rollback().await?;
            return Ok(Some(0));
        };
        let to = Counted { ended_at: last.ended_at, deletion: last.id.clone() };
        // Order: the mark first. Whoever waits for it finds it moved, and adds nothing.
        if !tx.move_counted(system, from.as_ref(), &to).await? {
            tx.rollback().await?;
            return Ok(None);
        }
        for count in of_ended(&page) {
            tx.add_to_day(system, &count).await?;
        }
        tx.commit().await?;
        Ok(Some(page.len() as u64))
    }

    async fn sample_in_turn(&self) -> Result<(), DeleteError> {
        let now = self.surroundings.clock.now();
        {
            let mut sampled = self.sampled.lock().await;
            if sampled.is_some_and(|last| now < last.plus_secs(SAMPLED_EVERY_SECS)) {
                return Ok(());
            }
            *sampled = Some(now);
        }
        let mut samples = Vec::new();
        for (thing, statement) in self.measurings().await? {
            let items = self.measured(&statement).await?;
            samples.extend(items.map(|items| Sample {
                of: SampleOf::Thing,
                name: thing,
                day: day_of(now),
                at: now,
                items,
                bytes: None,
                orphans: None,
                dangling: None,
            }));
        }
        let mut tx = self.begin_keep().await?;
        for sample in &samples {
            tx.keep_sample(&self.policy.system, sample).await?;
        }
        tx.forget_samples(&self.policy.system, day_of(now) - SAMPLES_KEPT_DAYS).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The statements that count rows, by thing.
    async fn measurings(&self) -> Result<Vec<(String, Statement)>, DatabaseError> {
        let schema = self.schema().await?;
        let (graph, _) = graph::resolve(&self.policy, &schema);
        let things = self.policy.things.iter().filter(|thing| thing.removes.is_empty());
        let measured = things.filter_map(|thing| {
            let statement = measuring(&self.policy, &schema, &graph, thing)?;
            Some((thing.name.to_string(), statement))
        });
        Ok(measured.collect())
    }

    /// What the statement counts; nothing where it cannot, or takes too long.
    async fn measured(&self, statement: &Statement) -> Result<Option<u64>, DatabaseError> {
        let mut tx = self.database.begin(Mode::Look { budget: Some(COUNTING_TIME) }).await?;
        let rows = tx.rows(query(statement, u64::MAX)).await;
        drop(tx.rollback().await);
        match rows {
            Ok(rows) => {
                let count = rows.first().and_then(|row| row.first()?.as_integer());
                Ok(count.map(i64::unsigned_abs))
            }
            Err(error @ (DatabaseError::Unreachable(_) | DatabaseError::Lost(_))) => Err(error),
            Err(_) => {
                // The shape of the table may have changed; the next time has a new statement.
                self.forget().await;
                Ok(None)
            }
        }
    }
}

fn sample_of(found: &InStore, at: Timestamp) -> Sample {
    Sample {
        of: SampleOf::Store,
        name: found.store.to_string(),
        day: day_of(at),
        at,
        items: found.total.objects,
        bytes: Some(found.total.bytes),
        orphans: Some(found.orphans.objects),
        dangling: Some(found.dangling.iter().map(|dangling| dangling.rows).sum()),
    }
}
