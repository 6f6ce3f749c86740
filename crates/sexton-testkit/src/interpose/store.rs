//! The object port with points, named by the call and the store's name: `before remove files
//! (store)`.

use std::sync::Arc;

use async_trait::async_trait;
use sexton_core::objects::{ObjectKey, ObjectVersion, Outcome};
use sexton_engine::ports::store::{
    Contents, Listed, Listing, Page, Probe, Upload, UploadCursor, UploadPage,
};
use sexton_engine::ports::{Store, StoreError};

use super::{Moment, Point, Watcher};

/// A store whose calls are points.
pub struct InterposedStore {
    inner: Arc<dyn Store>,
    name: String,
    root: String,
    watchers: Vec<Arc<dyn Watcher>>,
}

impl InterposedStore {
    /// Between the engine and this store, with nobody watching yet.
    pub fn on(inner: Arc<dyn Store>, name: &str) -> Self {
        let root = inner.root();
        Self { inner, name: name.to_owned(), root, watchers: Vec::new() }
    }

    /// Lets somebody watch, after those who watch already.
    #[must_use]
    pub fn watched_by(mut self, watcher: Arc<dyn Watcher>) -> Self {
        self.watchers.push(watcher);
        self
    }

    /// Lets addresses of its objects begin so: stores in memory are all alike without.
    #[must_use]
    pub fn with_root(self, root: &str) -> Self {
        Self { root: root.to_owned(), ..self }
    }

    async fn around<T: Send>(
        &self,
        call: &str,
        work: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let answer = match self.at(Moment::Before, call).await {
            Some(failure) => Err(failure),
            None => work.await,
        };
        // What was carried out may be answered with a failure all the same.
        let moment = if answer.is_ok() { Moment::After } else { Moment::Failed };
        match self.at(moment, call).await {
            Some(failure) => Err(failure),
            None => answer,
        }
    }

    async fn at(&self, moment: Moment, call: &str) -> Option<StoreError> {
        let call = format!("{call} {} (store)", self.name);
        let point = Point { moment, call, session: None };
        for watcher in &self.watchers {
            watcher.at(&point).await;
        }
        self.watchers.iter().find_map(|watcher| watcher.store_failure(&point))
    }
}

#[async_trait]
impl Store for InterposedStore {
    fn address(&self) -> String {
        self.inner.address()
    }

    fn root(&self) -> String {
        self.root.clone()
    }

    fn page_max(&self) -> usize {
        self.inner.page_max()
    }

    fn listings_max(&self) -> usize {
        self.inner.listings_max()
    }

    async fn list(&self, asked: &Listing) -> Result<Page, StoreError> {
        self.around("list", self.inner.list(asked)).await
    }

    async fn head(&self, object: &ObjectVersion) -> Result<Option<Listed>, StoreError> {
        self.around("head", self.inner.head(object)).await
    }

    async fn get(&self, key: &ObjectKey, bytes_max: u64) -> Result<Contents, StoreError> {
        self.around("get", self.inner.get(key, bytes_max)).await
    }

    async fn remove(&self, objects: &[ObjectVersion]) -> Result<Vec<Outcome>, StoreError> {
        self.around("remove", self.inner.remove(objects)).await
    }

    async fn uploads(
        &self,
        prefix: &str,
        after: Option<&UploadCursor>,
    ) -> Result<UploadPage, StoreError> {
        self.around("uploads", self.inner.uploads(prefix, after)).await
    }

    async fn abort(&self, upload: &Upload) -> Result<Outcome, StoreError> {
        self.around("abort", self.inner.abort(upload)).await
    }

    async fn probe(&self) -> Result<Probe, StoreError> {
        self.around("probe", self.inner.probe()).await
    }
}
