//! Steps from an open folder to the next by name, following no link.
//!
//! A file system may take names that differ in their letters' case, or in how an accent is
//! written, for one. There a key would reach another object than its own, so whatever is
//! reached has to stand in its folder under exactly that name.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use sexton_engine::ports::StoreError;

/// An open folder.
pub struct Step {
    folder: OwnedFd,
    /// The names in it, if the file system takes several spellings for one.
    spelled: OnceCell<Option<BTreeSet<Vec<u8>>>>,
}

/// Where a path of names led.
pub enum Reached {
    /// To a folder.
    Folder(Step),
    /// Nowhere: one of them is not there, or a file.
    Nothing,
    /// To something that is not followed, and what it is.
    Obstacle(String),
}

impl Step {
    /// The store's own folder.
    pub fn of(root: &OwnedFd) -> Result<Self, Errno> {
        Self::open_at(root.as_fd(), ".")
    }

    fn open_at(folder: BorrowedFd<'_>, name: &str) -> Result<Self, Errno> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let folder = rustix::fs::openat(folder, name, flags, Mode::empty())?;
        Ok(Self { folder, spelled: OnceCell::new() })
    }

    /// The open folder itself.
    pub fn open(&self) -> BorrowedFd<'_> {
        self.folder.as_fd()
    }

    /// The folder that these names lead to.
    pub fn down(self, names: &[&str]) -> Result<Reached, Errno> {
        let mut here = self;
        for name in names {
            match here.next(name)? {
                Reached::Folder(next) => here = next,
                elsewhere => return Ok(elsewhere),
            }
        }
        Ok(Reached::Folder(here))
    }

    /// The folder of this name.
    pub fn next(&self, name: &str) -> Result<Reached, Errno> {
        match Self::open_at(self.open(), name) {
            Ok(next) if self.holds_exactly(name)? => Ok(Reached::Folder(next)),
            Ok(_) | Err(Errno::NOENT) => Ok(Reached::Nothing),
            Err(Errno::NOTDIR | Errno::LOOP) => Ok(match self.stat(name)? {
                Some(stat) => match obstacle(FileType::from_raw_mode(stat.st_mode)) {
                    Some(what) => Reached::Obstacle(format!("`{name}` is {what}")),
                    None => Reached::Nothing,
                },
                None => Reached::Nothing,
            }),
            Err(error) => Err(error),
        }
    }

    /// What stands under this name, itself and not what it links to.
    pub fn stat(&self, name: &str) -> Result<Option<Stat>, Errno> {
        match rustix::fs::statat(self.open(), name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT | Errno::NAMETOOLONG) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether what is reached by this name is called exactly so; nothing is not.
    pub fn holds_exactly(&self, name: &str) -> Result<bool, Errno> {
        let Some(stat) = self.stat(name)? else { return Ok(false) };
        if let Some(Some(spelled)) = self.spelled.get() {
            return Ok(spelled.contains(name.as_bytes()));
        }
        let Some(other) = other_spelling(name) else { return Ok(true) };
        // On a file system that tells them apart this is nothing, or another file. A hard link
        // of that very name costs a reading of the folder, and no more.
        match self.stat(&other)? {
            Some(same) if (same.st_dev, same.st_ino) == (stat.st_dev, stat.st_ino) => {
                let names = self.names()?;
                let is_there = names.contains(name.as_bytes());
                // Names that came meanwhile are not in it, which keeps them and says so.
                let _ = self.spelled.set(Some(names));
                Ok(is_there)
            }
            _ => Ok(true),
        }
    }

    fn names(&self) -> Result<BTreeSet<Vec<u8>>, Errno> {
        let entries = Dir::read_from(&self.folder)?;
        entries.map(|entry| Ok(entry?.file_name().to_bytes().to_vec())).collect()
    }
}

/// The same name with one letter in the other case.
fn other_spelling(name: &str) -> Option<String> {
    let (at, letter) = name.char_indices().find(|(_, letter)| letter.is_ascii_alphabetic())?;
    let flipped = if letter.is_ascii_lowercase() {
        letter.to_ascii_uppercase()
    } else {
        letter.to_ascii_lowercase()
    };
    let mut other = name.to_owned();
    other.replace_range(at..=at, flipped.encode_utf8(&mut [0; 4]));
    Some(other)
}

/// What a thing is that is neither file nor folder.
pub fn obstacle(kind: FileType) -> Option<&'static str> {
    match kind {
        FileType::RegularFile | FileType::Directory => None,
        FileType::Symlink => Some("a symbolic link, and links are never followed"),
        FileType::Fifo => Some("a pipe and no file"),
        FileType::Socket => Some("a socket and no file"),
        _ => Some("neither a file nor a folder"),
    }
}

/// The failure of a whole call.
pub fn failure(doing: &'static str, error: Errno) -> StoreError {
    let detail = error.to_string();
    match error {
        Errno::ACCESS | Errno::PERM | Errno::ROFS => StoreError::Denied { doing, detail },
        _ => StoreError::Failed { doing, detail },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_spelling_differs_in_one_letter() {
        assert_eq!(other_spelling("1-Run.npy").as_deref(), Some("1-run.npy"));
        assert_eq!(other_spelling("übung").as_deref(), Some("üBung"));
        assert_eq!(other_spelling("123"), None);
    }

    #[test]
    fn where_spellings_meet_only_the_exact_name_is_held() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("Report"), "").expect("a file");
        // Two names for one file look from outside like a file system that knows no case.
        std::fs::hard_link(path("Report"), path("report")).expect("a link");
        let step = || {
            let root = std::fs::File::open(folder.path()).expect("the folder");
            Step::of(&root.into()).expect("the folder")
        };
        assert_eq!(step().holds_exactly("Report"), Ok(true));
        assert_eq!(step().holds_exactly("none"), Ok(false));
        let spelled = step();
        let only = |name: &str| Some(BTreeSet::from([name.as_bytes().to_vec()]));
        spelled.spelled.set(only("Report")).expect("nothing was known");
        assert_eq!(spelled.holds_exactly("Report"), Ok(true));
        assert_eq!(spelled.holds_exactly("report"), Ok(false));
    }
}
