//! The methods of figures with points, named by the method.

use async_trait::async_trait;
use sexton_core::names::{SystemName, Timestamp};
use sexton_engine::ports::{
    Counted, DatabaseError, DayCount, EndedDeletion, FailingRule, Figures, Sample, UnderWay,
};

use super::transaction::InterposedTx;

#[async_trait]
impl Figures for InterposedTx {
    async fn counted(&mut self, system: &SystemName) -> Result<Option<Counted>, DatabaseError> {
        self.watch.around("counted", self.inner.counted(system)).await
    }

    async fn move_counted(
        &mut self,
        system: &SystemName,
        from: Option<&Counted>,
        to: &Counted,
    ) -> Result<bool, DatabaseError> {
        self.watch.around("move_counted", self.inner.move_counted(system, from, to)).await
    }

    async fn ended(
        &mut self,
        system: &SystemName,
        behind: Option<&Counted>,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<EndedDeletion>, DatabaseError> {
        self.watch.around("ended", self.inner.ended(system, behind, until, limit)).await
    }

    async fn add_to_day(
        &mut self,
        system: &SystemName,
        count: &DayCount,
    ) -> Result<(), DatabaseError> {
        self.watch.around("add_to_day", self.inner.add_to_day(system, count)).await
    }

    async fn days(
        &mut self,
        system: &SystemName,
        from: i64,
    ) -> Result<Vec<DayCount>, DatabaseError> {
        self.watch.around("days", self.inner.days(system, from)).await
    }

    async fn keep_sample(
        &mut self,
        system: &SystemName,
        sample: &Sample,
    ) -> Result<(), DatabaseError> {
        self.watch.around("keep_sample", self.inner.keep_sample(system, sample)).await
    }

    async fn samples(
        &mut self,
        system: &SystemName,
        from: i64,
    ) -> Result<Vec<Sample>, DatabaseError> {
        self.watch.around("samples", self.inner.samples(system, from)).await
    }

    async fn forget_samples(
        &mut self,
        system: &SystemName,
        before: i64,
    ) -> Result<u64, DatabaseError> {
        self.watch.around("forget_samples", self.inner.forget_samples(system, before)).await
    }

    async fn under_way(&mut self, system: &SystemName) -> Result<Vec<UnderWay>, DatabaseError> {
        self.watch.around("under_way", self.inner.under_way(system)).await
    }

    async fn failing_rules(
        &mut self,
        system: &SystemName,
        limit: u32,
    ) -> Result<Vec<FailingRule>, DatabaseError> {
        self.watch.around("failing_rules", self.inner.failing_rules(system, limit)).await
    }
}
