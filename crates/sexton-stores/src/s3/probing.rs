//! Looks what a bucket is and lets us do, without changing what is there.

use aws_sdk_s3::types::{BucketVersioningStatus, ObjectLockEnabled};
use sexton_core::objects::{ObjectKey, ObjectVersion, Outcome, VersionId};
use sexton_engine::ports::store::{Listing, Locks, Probe, Right, Scope, Start, Versions};
use sexton_engine::ports::{Store, StoreError};

use super::S3Store;
use super::answers::{code, failure, status};

/// A key that nobody uses: removing it changes nothing and tells whether we may.
const NOBODYS_KEY: &str = ".sexton/probe";

impl S3Store {
    pub(super) async fn probe_bucket(&self) -> Result<Probe, StoreError> {
        let versions = match self.versions().await {
            Ok(versions) => versions,
            // Without an answer there is nothing more to ask.
            Err(error @ (StoreError::Missing(_) | StoreError::Unreachable { .. })) => {
                return Err(error);
            }
            Err(StoreError::Unsupported { .. }) => Versions::Off,
            Err(error) => Versions::Unknown(error.to_string()),
        };
        let listing = Listing {
            prefix: String::new(),
            start: Start::First,
            objects_max: 1,
            scope: Scope::Current,
            fold: false,
        };
        let list = match self.list(&listing).await {
            Err(error @ (StoreError::Missing(_) | StoreError::Timeout { .. })) => {
                return Err(error);
            }
            listed => right(listed.map(drop)),
        };
        Ok(Probe {
            list,
            remove: self.may_remove(&versions).await,
            uploads: right(self.list_uploads("", None).await.map(drop)),
            versions,
            locks: match self.locks().await {
                Ok(true) => Locks::On,
                Ok(false) => Locks::Off,
                Err(error) => Locks::Unknown(error.to_string()),
            },
        })
    }

    async fn versions(&self) -> Result<Versions, StoreError> {
        let asked = self.client.get_bucket_versioning().bucket(self.bucket()).send().await;
        let told = asked.map_err(|error| failure("tell whether it keeps versions", &error))?;
        Ok(match told.status() {
            None => Versions::Off,
            Some(BucketVersioningStatus::Suspended) => Versions::Suspended,
            Some(_) => Versions::On,
        })
    }

    pub(super) async fn locks(&self) -> Result<bool, StoreError> {
        let asked = self.client.get_object_lock_configuration().bucket(self.bucket()).send().await;
        match asked {
            Ok(told) => Ok(told.object_lock_configuration().is_some_and(|configured| {
                configured.object_lock_enabled() == Some(&ObjectLockEnabled::Enabled)
            })),
            Err(error) if code(&error) == Some("ObjectLockConfigurationNotFoundError") => Ok(false),
            Err(error) if matches!(status(&error), Some(404 | 405 | 501)) => Ok(false),
            Err(error) => Err(failure("tell whether it has locks", &error)),
        }
    }

    /// A bucket with versions would cover even nobody's key with a marker; there a version that
    /// nobody has is removed instead.
    async fn may_remove(&self, versions: &Versions) -> Right {
        let Ok(key) = ObjectKey::new(NOBODYS_KEY) else {
            return Right::Unknown("there is no key to try it on".into());
        };
        let version = match versions {
            Versions::Off => None,
            Versions::On | Versions::Suspended => VersionId::told("null"),
            Versions::Unknown(why) => return Right::Unknown(why.clone()),
        };
        let object = ObjectVersion { key, version };
        if !matches!(self.head(&object).await, Ok(None) | Err(StoreError::Denied { .. })) {
            return Right::Unknown(format!("`{NOBODYS_KEY}` is there, so it was not tried"));
        }
        match self.remove(std::slice::from_ref(&object)).await {
            Ok(outcomes) => match outcomes.first() {
                Some(outcome) if outcome.is_gone() => Right::Granted,
                Some(Outcome::Denied { reason } | Outcome::Locked { reason }) => {
                    Right::Refused(reason.clone())
                }
                Some(outcome) => Right::Unknown(outcome.to_string()),
                None => Right::Unknown("no answer".into()),
            },
            Err(error) => right(Err(error)),
        }
    }
}

fn right(asked: Result<(), StoreError>) -> Right {
    match asked {
        Ok(()) => Right::Granted,
        Err(StoreError::Denied { detail, .. }) => Right::Refused(detail),
        Err(StoreError::Unsupported { .. }) => Right::Unsupported,
        Err(error) => Right::Unknown(error.to_string()),
    }
}
