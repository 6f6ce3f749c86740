//! A folder that is opened when it is first asked for: one that is not there when a program begins
//! is a store that is down, and may be there later.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use sexton_core::objects::{ObjectKey, ObjectVersion, Outcome};
use sexton_engine::ports::store::{
    Contents, Listed, Listing, Page, Probe, Upload, UploadCursor, UploadPage,
};
use sexton_engine::ports::{Store, StoreError};
use tokio::sync::OnceCell;

use crate::folder::{FolderStore, LISTINGS_MAX, PAGE_MAX};

pub(crate) struct LateFolder {
    path: PathBuf,
    opened: OnceCell<Arc<FolderStore>>,
}

impl LateFolder {
    pub(crate) fn at(path: PathBuf) -> Self {
        Self { path, opened: OnceCell::new() }
    }

    async fn store(&self) -> Result<&Arc<FolderStore>, StoreError> {
        let open = async || FolderStore::open(&self.path).map(Arc::new);
        self.opened.get_or_try_init(open).await.map_err(|error| match error {
            // It may be on a disk that is not there yet.
            StoreError::Missing(detail) => StoreError::Unreachable { doing: "be opened", detail },
            error => error,
        })
    }

    /// The path as it would be opened.
    fn root_path(&self) -> PathBuf {
        std::path::absolute(&self.path).unwrap_or_else(|_| self.path.clone())
    }
}

#[async_trait]
impl Store for LateFolder {
    fn address(&self) -> String {
        match self.opened.get() {
            Some(store) => store.address(),
            None => format!("file://{}", self.root_path().display()),
        }
    }

    fn root(&self) -> String {
        match self.opened.get() {
            Some(store) => store.root(),
            None => format!("file://{}/", self.root_path().display()),
        }
    }

    fn page_max(&self) -> usize {
        PAGE_MAX
    }

    fn listings_max(&self) -> usize {
        LISTINGS_MAX
    }

    async fn list(&self, asked: &Listing) -> Result<Page, StoreError> {
        self.store().await?.list(asked).await
    }

    async fn head(&self, object: &ObjectVersion) -> Result<Option<Listed>, StoreError> {
        self.store().await?.head(object).await
    }

    async fn get(&self, key: &ObjectKey, bytes_max: u64) -> Result<Contents, StoreError> {
        self.store().await?.get(key, bytes_max).await
    }

    async fn remove(&self, objects: &[ObjectVersion]) -> Result<Vec<Outcome>, StoreError> {
        self.store().await?.remove(objects).await
    }

    async fn uploads(
        &self,
        prefix: &str,
        after: Option<&UploadCursor>,
    ) -> Result<UploadPage, StoreError> {
        self.store().await?.uploads(prefix, after).await
    }

    async fn abort(&self, upload: &Upload) -> Result<Outcome, StoreError> {
        self.store().await?.abort(upload).await
    }

    async fn probe(&self) -> Result<Probe, StoreError> {
        self.store().await?.probe().await
    }
}
