//! The methods of pauses with points, named by the method.

use async_trait::async_trait;
use sexton_core::names::{StoreName, SystemName};
use sexton_engine::ports::{DatabaseError, Pause, Pauses};

use super::transaction::InterposedTx;

#[async_trait]
impl Pauses for InterposedTx {
    async fn pauses(&mut self, system: &SystemName) -> Result<Vec<Pause>, DatabaseError> {
        self.watch.around("pauses", self.inner.pauses(system)).await
    }

    async fn insert_pause(
        &mut self,
        system: &SystemName,
        store: Option<&StoreName>,
        by: (&str, &str),
    ) -> Result<bool, DatabaseError> {
        self.watch.around("insert_pause", self.inner.insert_pause(system, store, by)).await
    }

    async fn remove_pause(
        &mut self,
        system: &SystemName,
        store: Option<&StoreName>,
    ) -> Result<bool, DatabaseError> {
        self.watch.around("remove_pause", self.inner.remove_pause(system, store)).await
    }
}
