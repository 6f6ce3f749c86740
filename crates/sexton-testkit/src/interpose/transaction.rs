//! The transaction port with points.

use async_trait::async_trait;
use sexton_core::names::TableName;
use sexton_engine::ports::{DatabaseError, Query, Row, SchemaStamp, SessionId, Tx};
use tokio::sync::mpsc;

use super::Watch;
use super::blind::Blind;
use super::unlocked::without_locks;

/// A transaction whose calls are points.
pub(super) struct InterposedTx {
    pub(super) inner: Box<dyn Tx>,
    pub(super) watch: Watch,
    pub(super) unlocked: bool,
    blind: Option<Blind>,
}

impl InterposedTx {
    pub(super) fn new(
        inner: Box<dyn Tx>,
        watch: Watch,
        unlocked: bool,
        blind: Option<Blind>,
    ) -> Self {
        Self { inner, watch, unlocked, blind }
    }
}

#[async_trait]
impl Tx for InterposedTx {
    async fn rows(&mut self, query: Query<'_>) -> Result<Vec<Row>, DatabaseError> {
        let Query { label, mut sql, args, general } = query;
        if self.unlocked {
            sql = without_locks(sql);
        }
        let found = self.inner.rows(Query { label, sql, args, general });
        let rows = self.watch.around(label, found).await?;
        Ok(if self.blind.as_ref().is_some_and(|blind| blind.hides(label)) {
            Vec::new()
        } else {
            rows
        })
    }

    async fn named_rows(
        &mut self,
        query: Query<'_>,
    ) -> Result<(Vec<String>, Vec<Row>), DatabaseError> {
        let label = query.label;
        self.watch.around(label, self.inner.named_rows(query)).await
    }

    async fn stream(
        &mut self,
        query: Query<'_>,
        parts: &mpsc::Sender<Vec<Row>>,
    ) -> Result<(), DatabaseError> {
        let label = query.label;
        self.watch.around(label, self.inner.stream(query, parts)).await
    }

    async fn run(&mut self, query: Query<'_>) -> Result<u64, DatabaseError> {
        let label = query.label;
        self.watch.around(label, self.inner.run(query)).await
    }

    async fn stamp(&mut self, tables: &[TableName]) -> Result<SchemaStamp, DatabaseError> {
        self.watch.around("stamp", self.inner.stamp(tables)).await
    }

    async fn lock_names(&mut self, names: &[String]) -> Result<(), DatabaseError> {
        if self.unlocked {
            return self.watch.around("lock_names", async { Ok(()) }).await;
        }
        self.watch.around("lock_names", self.inner.lock_names(names)).await
    }

    async fn relax_constraints(&mut self) -> Result<(), DatabaseError> {
        self.watch.around("relax_constraints", self.inner.relax_constraints()).await
    }

    async fn settle_constraints(&mut self) -> Result<(), DatabaseError> {
        self.watch.around("settle_constraints", self.inner.settle_constraints()).await
    }

    async fn notify(&mut self, channel: &str, messages: &[String]) -> Result<(), DatabaseError> {
        self.watch.around("notify", self.inner.notify(channel, messages)).await
    }

    fn session(&self) -> Option<SessionId> {
        self.inner.session()
    }

    async fn commit(self: Box<Self>) -> Result<(), DatabaseError> {
        let Self { inner, watch, .. } = *self;
        watch.around("commit", inner.commit()).await
    }

    async fn rollback(self: Box<Self>) -> Result<(), DatabaseError> {
        let Self { inner, watch, .. } = *self;
        watch.around("rollback", inner.rollback()).await
    }
}
