//! Stores as a person bears them who waits for a deletion: one that gives no answer is not waited
//! for, and what is left of the promises is left to the workers.
//!
//! Every removal begins with a look: at a key, a page, a document. A look may take so long; after
//! one that got no answer nobody looks again before the promises are tried anew. Removals are not
//! cut off: what a store has removed and could not say would be missing from the receipt.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use sexton_core::objects::{ObjectKey, ObjectVersion, Outcome};

use crate::ports::store::{
    Contents, Listed, Listing, Page, Probe, Upload, UploadCursor, UploadPage,
};
use crate::ports::{Store, StoreError};

/// So long a look may take while somebody waits.
const LOOK_MAX: Duration = Duration::from_secs(8);
/// And so long a document, however large it is.
const READ_MAX: Duration = Duration::from_secs(20);
/// A key, a batch or a page is tried so often while somebody waits.
pub(super) const ATTEMPTS_MAX: u32 = 3;

/// A store that somebody waits for.
pub(super) struct Attended {
    store: Arc<dyn Store>,
    is_silent: AtomicBool,
}

impl Attended {
    pub fn store(store: Arc<dyn Store>) -> Arc<dyn Store> {
        Arc::new(Self { store, is_silent: AtomicBool::new(false) })
    }

    async fn look<T>(
        &self,
        doing: &'static str,
        max: Duration,
        look: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let silent = StoreError::Timeout { doing };
        if self.is_silent.load(Ordering::Relaxed) {
            return Err(silent);
        }
        let answer = tokio::time::timeout(max, look).await.unwrap_or(Err(silent));
        if let Err(StoreError::Timeout { .. } | StoreError::Unreachable { .. }) = &answer {
            self.is_silent.store(true, Ordering::Relaxed);
        }
        answer
    }
}

#[async_trait]
impl Store for Attended {
    fn address(&self) -> String {
        self.store.address()
    }

    fn root(&self) -> String {
        self.store.root()
    }

    fn page_max(&self) -> usize {
        self.store.page_max()
    }

    fn listings_max(&self) -> usize {
        self.store.listings_max()
    }

    async fn list(&self, asked: &Listing) -> Result<Page, StoreError> {
        self.look("list objects", LOOK_MAX, self.store.list(asked)).await
    }

    async fn head(&self, object: &ObjectVersion) -> Result<Option<Listed>, StoreError> {
        self.look("look at an object", LOOK_MAX, self.store.head(object)).await
    }

    async fn get(&self, key: &ObjectKey, bytes_max: u64) -> Result<Contents, StoreError> {
        self.look("read an object", READ_MAX, self.store.get(key, bytes_max)).await
    }

    async fn remove(&self, objects: &[ObjectVersion]) -> Result<Vec<Outcome>, StoreError> {
        self.store.remove(objects).await
    }

    async fn uploads(
        &self,
        prefix: &str,
        after: Option<&UploadCursor>,
    ) -> Result<UploadPage, StoreError> {
        self.look("list unfinished uploads", LOOK_MAX, self.store.uploads(prefix, after)).await
    }

    async fn abort(&self, upload: &Upload) -> Result<Outcome, StoreError> {
        self.store.abort(upload).await
    }

    async fn probe(&self) -> Result<Probe, StoreError> {
        self.store.probe().await
    }
}
