//! Applications that write to each kind of store.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sexton_core::objects::ObjectKey;
use sexton_engine::ports::SystemClock;
use sexton_stores::{Credentials, FolderStore, MemoryStore, S3Settings, S3Store};
use sexton_testkit::conformance::stores::{Application, Holds, StoreSubject};

pub fn on_memory(store: MemoryStore) -> StoreSubject {
    let store = Arc::new(store);
    let application = Box::new(OnMemory(Arc::clone(&store)));
    StoreSubject { store, application, holds: Holds::AnyKey, has_uploads: true }
}

pub fn memory() -> MemoryStore {
    MemoryStore::new(Arc::new(SystemClock))
}

pub fn on_folder(folder: &Path) -> StoreSubject {
    let open = || Arc::new(FolderStore::open(folder).expect("the folder is there"));
    let application = Box::new(OnFolder(open()));
    StoreSubject { store: open(), application, holds: Holds::Paths, has_uploads: false }
}

pub fn on_bucket(endpoint: &str, bucket: &str) -> StoreSubject {
    let store = Arc::new(S3Store::new(settings(endpoint, bucket)));
    let application = Box::new(OnBucket(Arc::clone(&store)));
    StoreSubject { store, application, holds: Holds::AnyKey, has_uploads: true }
}

pub fn settings(endpoint: &str, bucket: &str) -> S3Settings {
    S3Settings {
        bucket: bucket.into(),
        endpoint: Some(endpoint.into()),
        region: "us-east-1".into(),
        path_style: true,
        credentials: Credentials::new("test", "testtest"),
        attempt_timeout: Duration::from_secs(30),
    }
}

struct OnMemory(Arc<MemoryStore>);

#[async_trait]
impl Application for OnMemory {
    async fn put(&self, key: &ObjectKey, contents: &[u8]) {
        self.0.put(key, contents);
    }

    async fn begin_upload(&self, key: &ObjectKey) {
        self.0.begin_upload(key);
    }
}

struct OnFolder(Arc<FolderStore>);

#[async_trait]
impl Application for OnFolder {
    async fn put(&self, key: &ObjectKey, contents: &[u8]) {
        self.0.put(key, contents).expect("the key is a path");
    }

    async fn begin_upload(&self, _key: &ObjectKey) {
        panic!("a folder knows no uploads in parts");
    }
}

struct OnBucket(Arc<S3Store>);

#[async_trait]
impl Application for OnBucket {
    async fn put(&self, key: &ObjectKey, contents: &[u8]) {
        self.0.put(key, contents.to_vec()).await.expect("the server takes it");
    }

    async fn begin_upload(&self, key: &ObjectKey) {
        let begin = self.0.client().create_multipart_upload().bucket(self.0.bucket());
        begin.key(key.as_str()).send().await.expect("the server begins it");
    }
}
