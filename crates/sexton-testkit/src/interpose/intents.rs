//! The methods of intents with points, named by the method.

use async_trait::async_trait;
use sexton_core::intent::IntentKind;
use sexton_core::names::{DeletionId, IntentId, SystemName};
use sexton_engine::ports::{
    Claim, DatabaseError, IntentRow, Intents, IntentsLeft, NewIntent, OpenIntent, SettledIntent,
};

use super::transaction::InterposedTx;

#[async_trait]
impl Intents for InterposedTx {
    async fn insert_intents(
        &mut self,
        system: &SystemName,
        deletion: &DeletionId,
        intents: &[NewIntent],
    ) -> Result<(), DatabaseError> {
        let stored = self.inner.insert_intents(system, deletion, intents);
        self.watch.around("insert_intents", stored).await
    }

    async fn claim_intents(&mut self, claim: Claim<'_>) -> Result<Vec<IntentRow>, DatabaseError> {
        self.watch.around("claim_intents", self.inner.claim_intents(claim)).await
    }

    async fn settle_intents(
        &mut self,
        lease: &str,
        settled: &[SettledIntent],
    ) -> Result<u64, DatabaseError> {
        self.watch.around("settle_intents", self.inner.settle_intents(lease, settled)).await
    }

    async fn keep_intent(
        &mut self,
        lease: &str,
        id: &IntentId,
        progress: &str,
        lease_secs: i64,
    ) -> Result<bool, DatabaseError> {
        let kept = self.inner.keep_intent(lease, id, progress, lease_secs);
        self.watch.around("keep_intent", kept).await
    }

    async fn intents_left(
        &mut self,
        deletion: &DeletionId,
        kinds: &[IntentKind],
    ) -> Result<IntentsLeft, DatabaseError> {
        self.watch.around("intents_left", self.inner.intents_left(deletion, kinds)).await
    }

    async fn intents_of(
        &mut self,
        deletion: &DeletionId,
        kind: IntentKind,
    ) -> Result<Vec<IntentRow>, DatabaseError> {
        self.watch.around("intents_of", self.inner.intents_of(deletion, kind)).await
    }

    async fn open_intents(
        &mut self,
        system: &SystemName,
        kinds: &[IntentKind],
        after: Option<&IntentId>,
        limit: u32,
    ) -> Result<Vec<IntentRow>, DatabaseError> {
        let open = self.inner.open_intents(system, kinds, after, limit);
        self.watch.around("open_intents", open).await
    }

    async fn failing_intents(
        &mut self,
        deletion: &DeletionId,
        limit: u32,
    ) -> Result<Vec<OpenIntent>, DatabaseError> {
        self.watch.around("failing_intents", self.inner.failing_intents(deletion, limit)).await
    }

    async fn count_intents(
        &mut self,
        deletion: &DeletionId,
    ) -> Result<Vec<(String, String, u64)>, DatabaseError> {
        self.watch.around("count_intents", self.inner.count_intents(deletion)).await
    }

    async fn hasten_intents(
        &mut self,
        deletion: &DeletionId,
        kinds: &[IntentKind],
    ) -> Result<u64, DatabaseError> {
        self.watch.around("hasten_intents", self.inner.hasten_intents(deletion, kinds)).await
    }

    async fn end_intents(
        &mut self,
        deletion: &DeletionId,
        kinds: &[IntentKind],
        outcome: &str,
    ) -> Result<Vec<(String, u64)>, DatabaseError> {
        let ended = self.inner.end_intents(deletion, kinds, outcome);
        self.watch.around("end_intents", ended).await
    }

    async fn drop_intents(
        &mut self,
        deletion: &DeletionId,
        kind: IntentKind,
    ) -> Result<u64, DatabaseError> {
        self.watch.around("drop_intents", self.inner.drop_intents(deletion, kind)).await
    }
}
