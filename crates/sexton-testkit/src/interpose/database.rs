//! The database port with points, and the switches that take protections away.

use std::sync::Arc;

use async_trait::async_trait;
use sexton_core::rights::{Right, Standing};
use sexton_core::schema::{Dialect, Schema};
use sexton_engine::ports::{Database, DatabaseError, Mode, Query, SessionId, Tx};

use super::blind::Blind;
use super::transaction::InterposedTx;
use super::{Moment, Watch, Watcher, word};

/// A database whose calls are points.
pub struct Interposed {
    inner: Arc<dyn Database>,
    watch: Watch,
    unlocked: bool,
    patient: bool,
    blind: Option<Blind>,
}

impl Interposed {
    /// Between the engine and this database, with nobody watching yet.
    pub fn on(inner: Arc<dyn Database>) -> Self {
        let watch = Watch { watchers: Arc::default(), mode: None, session: None };
        Self { inner, watch, unlocked: false, patient: false, blind: None }
    }

    /// Lets somebody watch, after those who watch already.
    #[must_use]
    pub fn watched_by(mut self, watcher: Arc<dyn Watcher>) -> Self {
        let watchers = self.watch.watchers.iter().cloned().chain([watcher]);
        self.watch.watchers = watchers.collect();
        self
    }

    /// Takes the locks away: row locks from every statement of a plan, and locks on names. With
    /// it a test shows that it fails where nothing is locked.
    #[must_use]
    pub fn unlocked(mut self) -> Self {
        self.unlocked = true;
        self
    }

    /// Hides what the statement of this label finds, in transactions that change, once this point
    /// has been passed. With it a test shows what becomes of rows that nobody judges again.
    #[must_use]
    pub fn blind_after(mut self, label: &str, point: &str) -> Self {
        let blind = Blind { label: label.into(), point: point.into(), passed: Arc::default() };
        self.blind = Some(blind.clone());
        self.watched_by(Arc::new(blind))
    }

    /// Lets deletions wait for locks without end, which they never do otherwise. With it a test
    /// shows what becomes of others when nobody gives way. PostgreSQL only.
    #[must_use]
    pub fn patient(mut self) -> Self {
        self.patient = true;
        self
    }

    async fn begun(&self, mode: Mode) -> Result<Box<dyn Tx>, DatabaseError> {
        let mut tx = self.inner.begin(mode).await?;
        if self.patient && mode == Mode::Change {
            let sql = "SET LOCAL lock_timeout = 0";
            tx.run(Query { label: "wait without end", sql, args: Vec::new(), general: false })
                .await?;
        }
        Ok(tx)
    }
}

#[async_trait]
impl Database for Interposed {
    fn dialect(&self) -> Dialect {
        self.inner.dialect()
    }

    async fn schema(&self) -> Result<Schema, DatabaseError> {
        self.watch.around("schema", self.inner.schema()).await
    }

    async fn begin(&self, mode: Mode) -> Result<Box<dyn Tx>, DatabaseError> {
        let mut watch = Watch { mode: Some(word(mode)), ..self.watch.clone() };
        let begun = match watch.at(Moment::Before, "begin").await {
            Some(failure) => Err(failure),
            None => self.begun(mode).await,
        };
        match begun {
            Ok(tx) => {
                watch.session = tx.session();
                watch.at(Moment::After, "begin").await;
                let blind = self.blind.clone().filter(|_| mode == Mode::Change);
                Ok(Box::new(InterposedTx::new(tx, watch, self.unlocked, blind)))
            }
            Err(error) => {
                watch.at(Moment::Failed, "begin").await;
                Err(error)
            }
        }
    }

    async fn prepare(&self, sql: &str) -> Result<(), DatabaseError> {
        self.watch.around("prepare", self.inner.prepare(sql)).await
    }

    /// Not a point: no deletion asks for it.
    async fn rights(
        &self,
        role: Option<&str>,
        needed: Vec<Right>,
    ) -> Result<Option<Standing>, DatabaseError> {
        self.inner.rights(role, needed).await
    }

    async fn prepare_ledger(&self) -> Result<(), DatabaseError> {
        self.watch.around("prepare_ledger", self.inner.prepare_ledger()).await
    }

    async fn change_fence(&self, statements: &[String]) -> Result<(), DatabaseError> {
        self.watch.around("change_fence", self.inner.change_fence(statements)).await
    }

    /// Not a point: it is asked beside a call that waits.
    async fn blockers(&self, session: SessionId) -> Vec<String> {
        self.inner.blockers(session).await
    }
}
