//! The methods of kept requests with points, named by the method.

use async_trait::async_trait;
use sexton_core::names::{SystemName, Timestamp};
use sexton_engine::ports::{
    Backlog, DatabaseError, DeletionPage, DeletionRow, KeptRequest, RequestKey, Requests,
};

use super::transaction::InterposedTx;

#[async_trait]
impl Requests for InterposedTx {
    async fn keep_request(
        &mut self,
        system: &SystemName,
        request: &KeptRequest,
    ) -> Result<bool, DatabaseError> {
        self.watch.around("keep_request", self.inner.keep_request(system, request)).await
    }

    async fn request(
        &mut self,
        system: &SystemName,
        key: &RequestKey,
    ) -> Result<Option<KeptRequest>, DatabaseError> {
        self.watch.around("request", self.inner.request(system, key)).await
    }

    async fn forget_requests(
        &mut self,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64, DatabaseError> {
        self.watch.around("forget_requests", self.inner.forget_requests(before, limit)).await
    }

    async fn deletion_page(
        &mut self,
        page: DeletionPage<'_>,
    ) -> Result<Vec<DeletionRow>, DatabaseError> {
        self.watch.around("deletion_page", self.inner.deletion_page(page)).await
    }

    async fn backlog(&mut self, system: &SystemName) -> Result<Backlog, DatabaseError> {
        self.watch.around("backlog", self.inner.backlog(system)).await
    }
}
