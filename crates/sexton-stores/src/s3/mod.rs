//! A bucket that speaks S3, whoever's it is.
//!
//! A batch is sent once and its answer read key by key: what is not named there as deleted is
//! not called so. Reads are tried again by the driver's own means; removals are not, because the
//! caller has to know how the store bears them.
//! Not here: the calls that list (`listing`), what answers mean (`answers`), where credentials
//! come from (`credentials`).

mod answers;
mod content_md5;
mod credentials;
mod encoding;
mod listing;
mod probing;

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{BehaviorVersion, Builder, Region};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use sexton_core::objects::{ObjectKey, ObjectVersion, Outcome};
use sexton_engine::ports::store::{
    Contents, KEYS_MAX, Listed, Listing, Page, Probe, Scope, Upload, UploadCursor, UploadPage,
};
use sexton_engine::ports::{Store, StoreError};
use tokio::sync::OnceCell;

use answers::failure;
use content_md5::ContentMd5;
pub use credentials::{Credentials, NoCredentials};
pub(crate) use encoding::decoded;

/// How many objects one page of a listing holds.
const PAGE_MAX: usize = 1000;

/// A page takes a round trip, and one listing asks for one page at a time.
const LISTINGS_MAX: usize = 8;

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// How often a call that only reads is tried in all.
const READ_ATTEMPTS: u32 = 3;

/// What there is to know about a bucket before it is asked anything.
#[derive(Debug, Clone)]
pub struct S3Settings {
    /// Its name.
    pub bucket: String,
    /// Where it is, unless it is Amazon's.
    pub endpoint: Option<String>,
    /// Its region.
    pub region: String,
    /// Whether the bucket stands in the path and not in the host's name.
    pub path_style: bool,
    /// As whom it is asked.
    pub credentials: Credentials,
    /// How long one attempt of a call may take.
    pub attempt_timeout: Duration,
}

/// A bucket.
pub struct S3Store {
    client: Client,
    settings: S3Settings,
    /// Whether objects in it can be locked, once somebody had to know.
    has_locks: OnceCell<bool>,
}

impl S3Store {
    /// The bucket; nobody is asked yet.
    pub fn new(settings: S3Settings) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .operation_attempt_timeout(settings.attempt_timeout)
            .build();
        let mut config = Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(settings.region.clone()))
            .force_path_style(settings.path_style)
            .credentials_provider(settings.credentials.for_the_driver())
            .timeout_config(timeouts)
            .retry_config(RetryConfig::standard().with_max_attempts(READ_ATTEMPTS));
        if let Some(endpoint) = &settings.endpoint {
            config = config.endpoint_url(endpoint);
        }
        Self { client: Client::from_conf(config.build()), settings, has_locks: OnceCell::new() }
    }

    /// The driver's own door, for what this port does not do: making buckets, uploads in parts.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The bucket's name.
    pub fn bucket(&self) -> &str {
        &self.settings.bucket
    }

    /// Writes an object, as an application does.
    pub async fn put(&self, key: &ObjectKey, contents: Vec<u8>) -> Result<(), StoreError> {
        let put = self.client.put_object().bucket(self.bucket()).key(key.as_str());
        let put = put.body(ByteStream::from(contents)).send().await;
        put.map(drop).map_err(|error| failure("write an object", &error))
    }

    /// A client that gives up after one attempt: the caller decides when there is another.
    fn tried_once() -> Builder {
        Builder::new().retry_config(RetryConfig::disabled())
    }

    async fn remove_batch(
        &self,
        objects: &[&ObjectVersion],
    ) -> Result<HashMap<ObjectVersion, Outcome>, StoreError> {
        const DOING: &str = "remove objects";
        let identified = |object: &&ObjectVersion| {
            ObjectIdentifier::builder()
                .key(object.key.as_str())
                .set_version_id(version_of(object))
                .build()
        };
        let identifiers = objects.iter().map(identified).collect::<Result<Vec<_>, _>>();
        let delete = identifiers
            .and_then(|keys| Delete::builder().set_objects(Some(keys)).quiet(false).build())
            .map_err(|error| StoreError::Failed { doing: DOING, detail: error.to_string() })?;
        let call = self.client.delete_objects().bucket(self.bucket()).delete(delete);
        let call = call.customize().config_override(Self::tried_once()).interceptor(ContentMd5);
        let answer = call.send().await.map_err(|error| failure(DOING, &error))?;
        Ok(answers::outcomes(&answer))
    }

    /// For keys that a batch cannot carry.
    async fn remove_alone(&self, object: &ObjectVersion) -> Result<Outcome, StoreError> {
        let call = self.client.delete_object().bucket(self.bucket()).key(object.key.as_str());
        let call = call.set_version_id(version_of(object));
        match call.customize().config_override(Self::tried_once()).send().await {
            Ok(answer) => {
                let is_covered = object.version.is_none() && answer.delete_marker() == Some(true);
                Ok(if is_covered { Outcome::Hidden } else { Outcome::Deleted })
            }
            Err(error) => match answers::code(&error) {
                Some(code) => {
                    let outcome = answers::outcome(code, answers::message(&error));
                    match outcome {
                        Outcome::Failed { .. } => Err(failure("remove an object", &error)),
                        outcome => Ok(outcome),
                    }
                }
                None => Err(failure("remove an object", &error)),
            },
        }
    }

    /// A version that we may not remove is locked if its lock says so. Only a bucket that knows
    /// locks is asked.
    async fn is_locked(&self, object: &ObjectVersion) -> bool {
        let has_locks =
            self.has_locks.get_or_init(|| async { matches!(self.locks().await, Ok(true)) });
        if object.version.is_none() || !*has_locks.await {
            return false;
        }
        let head = self.client.head_object().bucket(self.bucket()).key(object.key.as_str());
        head.set_version_id(version_of(object)).send().await.is_ok_and(|head| {
            head.object_lock_mode().is_some()
                || head.object_lock_legal_hold_status().is_some_and(|hold| hold.as_str() == "ON")
        })
    }
}

#[async_trait]
impl Store for S3Store {
    fn address(&self) -> String {
        let at = self.settings.endpoint.as_ref().map(|at| format!(" at {at}")).unwrap_or_default();
        format!("s3://{}{at}", self.settings.bucket)
    }

    fn root(&self) -> String {
        format!("s3://{}/", self.settings.bucket)
    }

    fn page_max(&self) -> usize {
        PAGE_MAX
    }

    fn listings_max(&self) -> usize {
        LISTINGS_MAX
    }

    async fn list(&self, asked: &Listing) -> Result<Page, StoreError> {
        match asked.scope {
            Scope::Current => self.list_current(asked).await,
            Scope::Versions => self.list_versions(asked).await,
        }
    }

    async fn head(&self, object: &ObjectVersion) -> Result<Option<Listed>, StoreError> {
        let head = self.client.head_object().bucket(self.bucket()).key(object.key.as_str());
        match head.set_version_id(version_of(object)).send().await {
            Ok(found) => Ok(Some(Listed {
                object: object.clone(),
                bytes: listing::size(found.content_length()),
                modified: found.last_modified().and_then(listing::moment),
                is_marker: false,
            })),
            // A version that is a marker has no head.
            Err(error) if matches!(answers::status(&error), Some(404 | 405)) => Ok(None),
            Err(error) => Err(failure("look at an object", &error)),
        }
    }

    async fn get(&self, key: &ObjectKey, bytes_max: u64) -> Result<Contents, StoreError> {
        const DOING: &str = "read an object";
        let get = self.client.get_object().bucket(self.bucket()).key(key.as_str());
        let mut found = match get.send().await {
            Ok(found) => found,
            Err(error) if answers::code(&error) == Some("NoSuchKey") => {
                return Ok(Contents::Absent);
            }
            Err(error) => return Err(failure(DOING, &error)),
        };
        let told = found.content_length().and_then(|bytes| u64::try_from(bytes).ok());
        if told.is_some_and(|bytes| bytes > bytes_max) {
            return Ok(Contents::TooLarge(told));
        }
        let mut contents = Vec::new();
        while let Some(part) = found.body.next().await {
            let cut = |error| StoreError::BadAnswer { doing: DOING, detail: chain(&error) };
            contents.extend_from_slice(&part.map_err(cut)?);
            if contents.len() as u64 > bytes_max {
                return Ok(Contents::TooLarge(None));
            }
        }
        Ok(Contents::Whole(contents))
    }

    async fn remove(&self, objects: &[ObjectVersion]) -> Result<Vec<Outcome>, StoreError> {
        if objects.len() > KEYS_MAX {
            return Err(StoreError::TooMany(objects.len()));
        }
        let (batch, alone): (Vec<_>, Vec<_>) =
            objects.iter().partition(|object| encoding::is_held_by_xml(object.key.as_str()));
        let mut told = HashMap::new();
        if !batch.is_empty() {
            told = self.remove_batch(&batch).await?;
        }
        for object in alone {
            // What was told of the batch is not lost with this one.
            let outcome = self.remove_alone(object).await.unwrap_or_else(|error| Outcome::Failed {
                retry_after: error.retry_after(),
                reason: error.to_string(),
            });
            told.insert(object.clone(), outcome);
        }
        let mut outcomes = Vec::with_capacity(objects.len());
        for object in objects {
            outcomes.push(match told.get(object) {
                Some(Outcome::Denied { reason }) if self.is_locked(object).await => {
                    Outcome::Locked { reason: reason.clone() }
                }
                Some(outcome) => outcome.clone(),
                None => Outcome::Unconfirmed,
            });
        }
        Ok(outcomes)
    }

    async fn uploads(
        &self,
        prefix: &str,
        after: Option<&UploadCursor>,
    ) -> Result<UploadPage, StoreError> {
        self.list_uploads(prefix, after).await
    }

    async fn abort(&self, upload: &Upload) -> Result<Outcome, StoreError> {
        let call = self.client.abort_multipart_upload().bucket(self.bucket());
        match call.key(upload.key.as_str()).upload_id(&upload.id.0).send().await {
            Ok(_) => Ok(Outcome::Deleted),
            Err(error) if answers::code(&error) == Some("NoSuchUpload") => Ok(Outcome::Absent),
            Err(error) => match failure("end an upload", &error) {
                StoreError::Denied { detail, .. } => Ok(Outcome::Denied { reason: detail }),
                error => Err(error),
            },
        }
    }

    async fn probe(&self) -> Result<Probe, StoreError> {
        self.probe_bucket().await
    }
}

fn version_of(object: &ObjectVersion) -> Option<String> {
    object.version.as_ref().map(|version| version.as_str().to_owned())
}

/// An error with what caused it, on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}
