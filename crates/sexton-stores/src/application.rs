//! A store as its application has it: who owns objects writes them, too.
//!
//! For the sample systems and for tests. The engine's port has no such door.

use sexton_core::objects::ObjectKey;
use sexton_engine::ports::{Store as _, StoreError};

use crate::address::{AddressError, Opened, opened};

/// A store that can be written to.
pub struct ApplicationStore(Opened);

impl ApplicationStore {
    /// The store at an address.
    pub fn open(written: &str) -> Result<Self, AddressError> {
        Self::open_with(written, &|name| std::env::var(name).ok())
    }

    /// The same with variables from elsewhere than the environment.
    pub fn open_with(
        written: &str,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, AddressError> {
        opened(written, variable).map(Self)
    }

    /// What an address of one of its objects begins with.
    pub fn root(&self) -> String {
        match &self.0 {
            Opened::Memory(store) => store.root(),
            Opened::Folder(store) => store.root(),
            Opened::Bucket(store) => store.root(),
        }
    }

    /// Writes an object.
    pub async fn put(&self, key: &ObjectKey, contents: &[u8]) -> Result<(), StoreError> {
        let failed = |error: std::io::Error| StoreError::Failed {
            doing: "write an object",
            detail: error.to_string(),
        };
        match &self.0 {
            Opened::Memory(store) => {
                store.put(key, contents);
                Ok(())
            }
            Opened::Folder(store) => store.put(key, contents).map_err(failed),
            Opened::Bucket(store) => store.put(key, contents.to_vec()).await,
        }
    }
}
