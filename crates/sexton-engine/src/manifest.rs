//! Reads what a store holds under a manifest's key.

use serde_json::Value;
use sexton_core::objects::{MANIFEST_BYTES_MAX, ObjectKey};

use crate::ports::store::Contents;
use crate::ports::{Store, StoreError};

/// How the reasons begin for which a manifest cannot be read.
pub(crate) const UNREADABLE: &str = "unreadable manifest";

/// What a store holds under a manifest's key.
pub(crate) enum Manifest {
    Absent,
    Read(Value),
    /// Why it cannot be read.
    Unreadable(String),
}

/// Reads it as JSON.
pub(crate) async fn read_manifest(store: &dyn Store, key: &str) -> Result<Manifest, StoreError> {
    let Ok(key) = ObjectKey::new(key) else { return Ok(Manifest::Absent) };
    Ok(match store.get(&key, MANIFEST_BYTES_MAX).await? {
        Contents::Absent => Manifest::Absent,
        Contents::Whole(bytes) => match serde_json::from_slice(&bytes) {
            Ok(manifest) => Manifest::Read(manifest),
            Err(error) => Manifest::Unreadable(format!("{UNREADABLE}: {error}")),
        },
        Contents::TooLarge(_) => {
            let max = MANIFEST_BYTES_MAX / (1024 * 1024);
            Manifest::Unreadable(format!("{UNREADABLE}: larger than {max} MiB"))
        }
    })
}
