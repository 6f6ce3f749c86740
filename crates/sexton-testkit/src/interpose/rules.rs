//! The methods of rules of retention with points, named by the method.

use async_trait::async_trait;
use sexton_core::names::{RetentionName, SystemName};
use sexton_engine::ports::{DatabaseError, RefusedRoot, RuleRow, RuleRun, Rules};

use super::transaction::InterposedTx;

#[async_trait]
impl Rules for InterposedTx {
    async fn begin_rule(&mut self, run: RuleRun<'_>, by_hand: bool) -> Result<bool, DatabaseError> {
        self.watch.around("begin_rule", self.inner.begin_rule(run, by_hand)).await
    }

    async fn keep_rule(&mut self, run: RuleRun<'_>) -> Result<bool, DatabaseError> {
        self.watch.around("keep_rule", self.inner.keep_rule(run)).await
    }

    async fn end_rule(
        &mut self,
        run: RuleRun<'_>,
        again_secs: i64,
        note: &str,
    ) -> Result<bool, DatabaseError> {
        self.watch.around("end_rule", self.inner.end_rule(run, again_secs, note)).await
    }

    async fn rule_rows(&mut self, system: &SystemName) -> Result<Vec<RuleRow>, DatabaseError> {
        self.watch.around("rule_rows", self.inner.rule_rows(system)).await
    }

    async fn refused_roots(
        &mut self,
        system: &SystemName,
        rule: &RetentionName,
    ) -> Result<Vec<RefusedRoot>, DatabaseError> {
        self.watch.around("refused_roots", self.inner.refused_roots(system, rule)).await
    }

    async fn note_refused_root(
        &mut self,
        system: &SystemName,
        rule: &RetentionName,
        root: (&str, &str),
        pause_secs: i64,
    ) -> Result<(), DatabaseError> {
        self.watch
            .around(
                "note_refused_root",
                self.inner.note_refused_root(system, rule, root, pause_secs),
            )
            .await
    }

    async fn forget_refused_roots(
        &mut self,
        system: &SystemName,
        rule: &RetentionName,
        roots: &[String],
    ) -> Result<(), DatabaseError> {
        self.watch
            .around("forget_refused_roots", self.inner.forget_refused_roots(system, rule, roots))
            .await
    }
}
