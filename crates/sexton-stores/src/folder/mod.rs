//! A store in a folder: each object is a file, and its key the path below the folder.
//!
//! Every step goes from an open folder to the next by name and follows no link, so that nobody
//! can lead it out of the store by swapping a folder for a link meanwhile. A removal is told
//! only once it has reached the disk; folders that it emptied go too, up to the store's own.
//!
//! Not here: which keys a folder can hold (`place`), the order of a listing (`walk`).

mod place;
mod removal;
mod step;
mod walk;

use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use rustix::fs::{Access, AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;
use sexton_core::objects::{ObjectKey, ObjectVersion, Outcome};
use sexton_engine::ports::store::{
    Contents, KEYS_MAX, Listed, Listing, Locks, Page, Probe, Right, Upload, UploadCursor,
    UploadPage, Versions,
};
use sexton_engine::ports::{Store, StoreError};

use place::Place;
use step::{Reached, Step};

/// Larger than that of other stores, because each page reads its folders from their beginning.
pub(crate) const PAGE_MAX: usize = 20_000;

/// One disk reads no faster for several at once.
pub(crate) const LISTINGS_MAX: usize = 1;

/// How often a write is tried again because the folder that it needs was tidied away.
const TIDIED_AWAY_MAX: usize = 100;

/// A store in a folder.
pub struct FolderStore {
    path: PathBuf,
    /// Held open, so that the store stays the same folder whatever is renamed.
    root: Arc<OwnedFd>,
}

impl FolderStore {
    /// The folder at this path, which has to be there.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let shown = path.display();
        let missing = |error: io::Error| StoreError::Missing(format!("{shown}: {error}"));
        let path = path.canonicalize().map_err(missing)?;
        if path.parent().is_none() {
            let detail = "the root of the file system is no store: name a folder".into();
            return Err(StoreError::Denied { doing: "be opened", detail });
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = rustix::fs::open(&path, flags, Mode::empty());
        let root = root.map_err(|error| match error {
            Errno::NOTDIR => StoreError::Missing(format!("{shown} is no folder")),
            error => step::failure("open it", error),
        })?;
        Ok(Self { path, root: Arc::new(root) })
    }

    /// Writes an object, as an application does.
    pub fn put(&self, key: &ObjectKey, contents: &[u8]) -> io::Result<()> {
        let place = Place::of(key).map_err(|why| io::Error::other(why.to_string()))?;
        let file = self.path.join(key.as_str());
        let folder = place.folders.iter().fold(self.path.clone(), |path, name| path.join(name));
        for _ in 1..TIDIED_AWAY_MAX {
            std::fs::create_dir_all(&folder)?;
            // Race: a removal may tidy the empty folder away before the file is in it.
            match std::fs::write(&file, contents) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                written => return written,
            }
        }
        Err(io::ErrorKind::NotFound.into())
    }

    /// Runs what waits for the disk where it keeps nobody waiting.
    async fn off_the_runtime<T: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&OwnedFd) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let root = Arc::clone(&self.root);
        let done = tokio::task::spawn_blocking(move || work(&root)).await;
        done.unwrap_or_else(|error| Err(StoreError::Failed { doing, detail: error.to_string() }))
    }
}

#[async_trait]
impl Store for FolderStore {
    fn address(&self) -> String {
        format!("file://{}", self.path.display())
    }

    fn root(&self) -> String {
        format!("file://{}/", self.path.display())
    }

    fn page_max(&self) -> usize {
        PAGE_MAX
    }

    fn listings_max(&self) -> usize {
        LISTINGS_MAX
    }

    async fn list(&self, asked: &Listing) -> Result<Page, StoreError> {
        let mut asked = asked.clone();
        asked.objects_max = asked.objects_max.clamp(1, PAGE_MAX);
        self.off_the_runtime("list objects", move |root| walk::page(root, &asked)).await
    }

    async fn head(&self, object: &ObjectVersion) -> Result<Option<Listed>, StoreError> {
        let object = object.clone();
        self.off_the_runtime("look at an object", move |root| {
            let found = file(root, &object.key).map_err(|error| step::failure(LOOKING, error))?;
            let Some(file) = found.filter(|_| object.version.is_none()) else { return Ok(None) };
            let stat = rustix::fs::fstat(&file).map_err(|error| step::failure(LOOKING, error))?;
            Ok(Some(walk::listed(object.key, &stat)))
        })
        .await
    }

    async fn get(&self, key: &ObjectKey, bytes_max: u64) -> Result<Contents, StoreError> {
        let key = key.clone();
        self.off_the_runtime("read an object", move |root| {
            let Some(file) = file(root, &key).map_err(|error| step::failure(READING, error))?
            else {
                return Ok(Contents::Absent);
            };
            let mut contents = Vec::new();
            let read =
                File::from(file).take(bytes_max.saturating_add(1)).read_to_end(&mut contents);
            let failed =
                |error: io::Error| StoreError::Failed { doing: READING, detail: error.to_string() };
            if read.map_err(failed)? as u64 > bytes_max {
                return Ok(Contents::TooLarge(None));
            }
            Ok(Contents::Whole(contents))
        })
        .await
    }

    async fn remove(&self, objects: &[ObjectVersion]) -> Result<Vec<Outcome>, StoreError> {
        if objects.len() > KEYS_MAX {
            return Err(StoreError::TooMany(objects.len()));
        }
        let objects = objects.to_vec();
        self.off_the_runtime("remove objects", move |root| Ok(removal::remove(root, &objects)))
            .await
    }

    async fn uploads(
        &self,
        _prefix: &str,
        _after: Option<&UploadCursor>,
    ) -> Result<UploadPage, StoreError> {
        Ok(UploadPage::default())
    }

    async fn abort(&self, _upload: &Upload) -> Result<Outcome, StoreError> {
        Ok(Outcome::Absent)
    }

    async fn probe(&self) -> Result<Probe, StoreError> {
        let right = |access| match rustix::fs::accessat(&*self.root, ".", access, AtFlags::EACCESS)
        {
            Ok(()) => Right::Granted,
            Err(Errno::ACCESS | Errno::PERM | Errno::ROFS) => {
                Right::Refused("the file system does not allow it".into())
            }
            Err(error) => Right::Unknown(error.to_string()),
        };
        Ok(Probe {
            list: right(Access::READ_OK | Access::EXEC_OK),
            remove: right(Access::WRITE_OK | Access::EXEC_OK),
            uploads: Right::Unsupported,
            versions: Versions::Off,
            locks: Locks::Off,
        })
    }
}

const LOOKING: &str = "look at an object";
const READING: &str = "read an object";

/// The object's file, open; nothing if there is none, or no object in its place.
fn file(root: &OwnedFd, key: &ObjectKey) -> Result<Option<OwnedFd>, Errno> {
    let Ok(place) = Place::of(key) else { return Ok(None) };
    let Reached::Folder(folder) = Step::of(root)?.down(&place.folders)? else { return Ok(None) };
    if !folder.holds_exactly(place.name)? {
        return Ok(None);
    }
    // A pipe would keep us waiting for its writer.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    match rustix::fs::openat(folder.open(), place.name, flags, Mode::empty()) {
        Ok(file) => {
            let stat = rustix::fs::fstat(&file)?;
            Ok((FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile).then_some(file))
        }
        Err(Errno::NOENT | Errno::LOOP | Errno::NXIO) => Ok(None),
        Err(error) => Err(error),
    }
}
