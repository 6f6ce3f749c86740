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

    async fn answer_request(
        &mut self,
        system: &SystemName,
        key: &RequestKey,
        answer: &str,
    ) -> Result<bool, DatabaseError> {
        let done = self.inner.answer_request(system, key, answer);
        self.watch.around("answer_request", done).await
    }

    async fn take_over_request(
        &mut self,
        system: &SystemName,
        key: &RequestKey,
        when: (Timestamp, Timestamp),
    ) -> Result<bool, DatabaseError> {
        let done = self.inner.take_over_request(system, key, when);
        self.watch.around("take_over_request", done).await
    }

    async fn forget_request(
        &mut self,
        system: &SystemName,
        key: &RequestKey,
    ) -> Result<(), DatabaseError> {
        self.watch.around("forget_request", self.inner.forget_request(system, key)).await
    }

    async fn forget_missing(
        &mut self,
        system: &SystemName,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64, DatabaseError> {
        let done = self.inner.forget_missing(system, before, limit);
        self.watch.around("forget_missing", done).await
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
