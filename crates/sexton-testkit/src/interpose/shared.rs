//! The methods of shared objects with points, named by the method.

use async_trait::async_trait;
use sexton_core::names::{IntentId, PoolName, SystemName};
use sexton_engine::ports::{DatabaseError, Scope, Shared};

use super::transaction::InterposedTx;

#[async_trait]
impl Shared for InterposedTx {
    async fn owners(&mut self, scope: Scope<'_>) -> Result<Vec<String>, DatabaseError> {
        self.watch.around("owners", self.inner.owners(scope)).await
    }

    async fn meet_owner(
        &mut self,
        scope: Scope<'_>,
        owner: &str,
        keys: &[String],
    ) -> Result<(), DatabaseError> {
        self.watch.around("meet_owner", self.inner.meet_owner(scope, owner, keys)).await
    }

    async fn forget_owners(
        &mut self,
        scope: Scope<'_>,
        owners: &[String],
    ) -> Result<(), DatabaseError> {
        self.watch.around("forget_owners", self.inner.forget_owners(scope, owners)).await
    }

    async fn kept(
        &mut self,
        scope: Scope<'_>,
        keys: &[String],
    ) -> Result<Vec<String>, DatabaseError> {
        self.watch.around("kept", self.inner.kept(scope, keys)).await
    }

    async fn decide_in(
        &mut self,
        scope: Scope<'_>,
        intent: &IntentId,
    ) -> Result<bool, DatabaseError> {
        self.watch.around("decide_in", self.inner.decide_in(scope, intent)).await
    }

    async fn has_decided_in(
        &mut self,
        scope: Scope<'_>,
        intent: &IntentId,
    ) -> Result<(), DatabaseError> {
        self.watch.around("has_decided_in", self.inner.has_decided_in(scope, intent)).await
    }

    async fn pins(
        &mut self,
        system: &SystemName,
        pool: &PoolName,
        limit: u32,
    ) -> Result<Vec<String>, DatabaseError> {
        self.watch.around("pins", self.inner.pins(system, pool, limit)).await
    }

    async fn pin(
        &mut self,
        system: &SystemName,
        pool: &PoolName,
        key: &str,
        secs: i64,
    ) -> Result<(), DatabaseError> {
        self.watch.around("pin", self.inner.pin(system, pool, key, secs)).await
    }
}
