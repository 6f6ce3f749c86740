//! The port to an object store: look, and remove, with an answer for every key.
//!
//! A store is one bucket or one folder. Keys go through byte for byte. What is not confirmed by
//! the store's own words is not called deleted.
//! Not here: writing objects, which the engine never does.

use async_trait::async_trait;
use sexton_core::names::Timestamp;
use sexton_core::objects::{ObjectKey, ObjectVersion, Outcome, UploadId};

use super::store_error::StoreError;

/// The most keys that one call may remove.
pub const KEYS_MAX: usize = 1000;

/// An object store.
#[async_trait]
pub trait Store: Send + Sync {
    /// Where it is, for people: without anything secret.
    fn address(&self) -> String;

    /// What an address of one of its objects begins with, as rows write it: `s3://bucket/`.
    fn root(&self) -> String;

    /// The most objects that one page of a listing holds.
    fn page_max(&self) -> usize;

    /// How many listings it bears at once without being slower for it.
    fn listings_max(&self) -> usize;

    /// A page of what is there, in the order of bytes.
    async fn list(&self, asked: &Listing) -> Result<Page, StoreError>;

    /// An object without its contents; `None` if it is not there.
    async fn head(&self, object: &ObjectVersion) -> Result<Option<Listed>, StoreError>;

    /// The contents of an object of at most so many bytes.
    async fn get(&self, key: &ObjectKey, bytes_max: u64) -> Result<Contents, StoreError>;

    /// Removes at most [`KEYS_MAX`] objects and says of each, in this order, what came of it.
    /// An error tells of the whole call: each of them may be there or not.
    async fn remove(&self, objects: &[ObjectVersion]) -> Result<Vec<Outcome>, StoreError>;

    /// A page of uploads in parts that were begun and not ended; nothing in stores without them.
    async fn uploads(
        &self,
        prefix: &str,
        after: Option<&UploadCursor>,
    ) -> Result<UploadPage, StoreError>;

    /// Ends an upload in parts and removes its parts.
    async fn abort(&self, upload: &Upload) -> Result<Outcome, StoreError>;

    /// Looks what the store is and lets us do; changes nothing that is there.
    async fn probe(&self) -> Result<Probe, StoreError>;
}

/// What is to be listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// Only keys that begin so; any text, the empty one too.
    pub prefix: String,
    /// From where on.
    pub start: Start,
    /// At most so many; the store may hold to a lower limit of its own.
    pub objects_max: usize,
    /// What is listed of each key.
    pub scope: Scope,
    /// Whether what lies below the next `/` is folded into one of [`Page::folders`].
    pub fold: bool,
}

/// Where a listing begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// At the first key.
    First,
    /// Behind this text, which need not be a key.
    Behind(String),
    /// Where an earlier page ended.
    At(Cursor),
}

/// What is listed, or removed, of each key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// What is current.
    Current,
    /// Every version, and every marker that covers one.
    Versions,
}

/// Where a page ended, in the words of its store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(pub String);

/// Where a page of uploads ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadCursor {
    /// The last key.
    pub key: String,
    /// The last upload of that key.
    pub upload: String,
}

/// A part of a listing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// Objects, or versions, by their keys' bytes.
    pub objects: Vec<Listed>,
    /// The beginnings of keys that were folded, each up to and with its `/`.
    pub folders: Vec<String>,
    /// What is in the way and no object: a link, a name that is not UTF-8.
    pub obstacles: Vec<Obstacle>,
    /// Where to go on; `None` if this was the end.
    pub next: Option<Cursor>,
}

/// An object as listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The object; with its version where versions were asked for.
    pub object: ObjectVersion,
    /// Its size.
    pub bytes: u64,
    /// When it was last written, where the store tells.
    pub modified: Option<Timestamp>,
    /// Whether it is a marker that covers older versions.
    pub is_marker: bool,
}

/// Something in a store that is no object and cannot be removed as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// Its place, as far as text can say.
    pub place: String,
    /// What it is.
    pub reason: String,
}

/// What `get` found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contents {
    /// Nothing.
    Absent,
    /// All of it.
    Whole(Vec<u8>),
    /// More than was asked for: so many bytes, as far as the store tells.
    TooLarge(Option<u64>),
}

/// A part of the uploads that were begun and not ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UploadPage {
    /// They.
    pub uploads: Vec<Upload>,
    /// Where to go on; `None` if this was the end.
    pub next: Option<UploadCursor>,
}

/// An upload in parts that was begun and not ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Upload {
    /// The key it would become.
    pub key: ObjectKey,
    /// Which of those under way.
    pub id: UploadId,
}

/// What a store is and lets us do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Listing objects.
    pub list: Right,
    /// Removing objects.
    pub remove: Right,
    /// Listing unfinished uploads.
    pub uploads: Right,
    /// Whether it keeps versions.
    pub versions: Versions,
    /// Whether objects in it can be locked.
    pub locks: Locks,
}

/// Whether something is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Right {
    /// It is.
    Granted,
    /// It is not, in the store's words.
    Refused(String),
    /// The store has no such thing.
    Unsupported,
    /// It could not be found out, and why.
    Unknown(String),
}

/// Whether a store keeps what is replaced or removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Versions {
    /// What is removed is gone.
    Off,
    /// What is removed without its version is covered by a marker and kept.
    On,
    /// Nothing new is kept, older versions are still there.
    Suspended,
    /// It could not be found out, and why.
    Unknown(String),
}

/// Whether objects can be kept from being removed by anybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Locks {
    /// They cannot.
    Off,
    /// They can.
    On,
    /// It could not be found out, and why.
    Unknown(String),
}
