//! The holds' methods with points, named by the method.

use async_trait::async_trait;
use sexton_core::names::{SystemName, ThingName};
use sexton_engine::ports::{DatabaseError, Hold, Holds, NewHold};

use super::transaction::InterposedTx;

#[async_trait]
impl Holds for InterposedTx {
    async fn active_holds(
        &mut self,
        system: &SystemName,
        things: &[ThingName],
    ) -> Result<Vec<Hold>, DatabaseError> {
        self.watch.around("active_holds", self.inner.active_holds(system, things)).await
    }

    async fn lock_holds(&mut self) -> Result<(), DatabaseError> {
        if self.unlocked {
            return Ok(());
        }
        self.watch.around("lock_holds", self.inner.lock_holds()).await
    }

    async fn insert_hold(&mut self, hold: &NewHold) -> Result<Option<Hold>, DatabaseError> {
        self.watch.around("insert_hold", self.inner.insert_hold(hold)).await
    }

    async fn holds(
        &mut self,
        system: &SystemName,
        all: bool,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<Hold>, DatabaseError> {
        self.watch.around("holds", self.inner.holds(system, all, before, limit)).await
    }

    async fn hold(&mut self, system: &SystemName, id: i64) -> Result<Option<Hold>, DatabaseError> {
        self.watch.around("hold", self.inner.hold(system, id)).await
    }

    async fn release_hold(
        &mut self,
        system: &SystemName,
        id: i64,
        by: &str,
        because: &str,
    ) -> Result<bool, DatabaseError> {
        let released = self.inner.release_hold(system, id, by, because);
        self.watch.around("release_hold", released).await
    }
}
