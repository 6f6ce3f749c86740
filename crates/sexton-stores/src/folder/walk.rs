//! Lists files in the order of their keys' bytes, page by page.
//!
//! A folder sorts as its name with a `/`, as its keys do. A page begins behind a key, so it
//! does not matter what was removed since the last.

use std::os::fd::OwnedFd;

use rustix::fs::{Dir, FileType, Stat};
use rustix::io::Errno;
use sexton_core::names::Timestamp;
use sexton_core::objects::{ObjectKey, ObjectVersion};
use sexton_engine::ports::StoreError;
use sexton_engine::ports::store::{Cursor, Listed, Listing, Obstacle, Page, Start};

use super::place;
use super::step::{self, Reached, Step};

/// The page that was asked for.
pub fn page(root: &OwnedFd, asked: &Listing) -> Result<Page, StoreError> {
    let failed = |error| step::failure("list objects", error);
    let behind = match &asked.start {
        Start::First => "",
        Start::Behind(text) | Start::At(Cursor(text)) => text.as_str(),
    };
    let mut walk = Walk { asked, behind, last: String::new(), page: Page::default() };
    // All that can be listed lies in the folder that the prefix names.
    let above = asked.prefix.rfind('/').map_or("", |at| &asked.prefix[..at]);
    let names = if above.is_empty() && !asked.prefix.starts_with('/') {
        Vec::new()
    } else {
        // A folder holds no such keys.
        let Ok(names) = place::parts(above) else { return Ok(walk.page) };
        names
    };
    match Step::of(root).and_then(|root| root.down(&names)).map_err(failed)? {
        Reached::Folder(folder) => {
            let at = if names.is_empty() { String::new() } else { format!("{above}/") };
            walk.folder(&folder, &at).map_err(failed)?;
        }
        Reached::Nothing => {}
        Reached::Obstacle(reason) => {
            walk.page.obstacles.push(Obstacle { place: above.to_owned(), reason });
        }
    }
    Ok(walk.page)
}

/// A file as listed.
pub fn listed(key: ObjectKey, stat: &Stat) -> Listed {
    // Their types differ between systems; all hold these values.
    #[expect(clippy::useless_conversion, reason = "on other systems it is another type")]
    let (secs, nanos) = (i64::from(stat.st_mtime), i64::try_from(stat.st_mtime_nsec).unwrap_or(0));
    Listed {
        object: ObjectVersion::current(key),
        bytes: u64::try_from(stat.st_size).unwrap_or(0),
        modified: Some(Timestamp(secs.saturating_mul(1_000_000).saturating_add(nanos / 1000))),
        is_marker: false,
    }
}

struct Walk<'a> {
    asked: &'a Listing,
    behind: &'a str,
    /// What was listed last: where the next page goes on.
    last: String,
    page: Page,
}

/// Whether a page is full.
#[derive(PartialEq)]
enum Full {
    Yes,
    No,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Step, at: &str) -> Result<Full, Errno> {
        for (name, kind) in self.entries(folder, at)? {
            let path = format!("{at}{name}");
            let full = match kind {
                Some(FileType::Directory) => self.sub_folder(folder, &path, &name)?,
                Some(FileType::RegularFile) => self.file(folder, path, &name)?,
                Some(kind) => {
                    let what = step::obstacle(kind).unwrap_or("no object");
                    self.obstacle(path, format!("it is {what}"))
                }
                None => self.obstacle(path, "its name is not UTF-8".into()),
            };
            if full == Full::Yes {
                return Ok(full);
            }
        }
        Ok(Full::No)
    }

    /// What is in the folder and may belong to the page, in order; a folder's name has its `/`.
    /// What has no name in UTF-8 has no kind.
    fn entries(&self, folder: &Step, at: &str) -> Result<Vec<(String, Option<FileType>)>, Errno> {
        let mut entries = Vec::new();
        for entry in Dir::read_from(folder.open())? {
            let entry = entry?;
            let Ok(name) = entry.file_name().to_str() else {
                let shown = entry.file_name().to_string_lossy().into_owned();
                entries.push((shown, None));
                continue;
            };
            if matches!(name, "." | "..") {
                continue;
            }
            let kind = match entry.file_type() {
                FileType::Unknown => match folder.stat(name)? {
                    Some(stat) => FileType::from_raw_mode(stat.st_mode),
                    None => continue,
                },
                kind => kind,
            };
            let slash = if kind == FileType::Directory { "/" } else { "" };
            entries.push((format!("{name}{slash}"), Some(kind)));
        }
        entries.retain(|(name, kind)| self.may_list(&format!("{at}{name}"), *kind));
        entries.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        Ok(entries)
    }

    fn may_list(&self, path: &str, kind: Option<FileType>) -> bool {
        let (prefix, behind) = (self.asked.prefix.as_str(), self.behind);
        if kind == Some(FileType::Directory) {
            let is_within = path.starts_with(prefix) || prefix.starts_with(path);
            let is_passed = if self.asked.fold && path.starts_with(prefix) {
                path <= behind
            } else {
                path < behind && !behind.starts_with(path)
            };
            return is_within && !is_passed;
        }
        path.starts_with(prefix) && path > behind
    }

    fn sub_folder(&mut self, folder: &Step, path: &str, name: &str) -> Result<Full, Errno> {
        let reached = folder.next(name.trim_end_matches('/'));
        let below = match reached {
            Ok(Reached::Folder(below)) => below,
            Ok(Reached::Nothing) => return Ok(Full::No),
            Ok(Reached::Obstacle(reason)) => return Ok(self.obstacle(path.to_owned(), reason)),
            // The others can still go.
            Err(error) => return Ok(self.obstacle(path.to_owned(), error.to_string())),
        };
        if self.asked.fold && path.starts_with(&self.asked.prefix) {
            if !holds_a_file(&below)? {
                return Ok(Full::No);
            }
            return Ok(self.fits(path, |page| page.folders.push(path.to_owned())));
        }
        self.folder(&below, path)
    }

    fn file(&mut self, folder: &Step, path: String, name: &str) -> Result<Full, Errno> {
        let Some(stat) = folder.stat(name)? else { return Ok(Full::No) };
        match ObjectKey::new(path.as_str()) {
            Ok(key) => Ok(self.fits(&path, |page| page.objects.push(listed(key, &stat)))),
            Err(why) => Ok(self.obstacle(path, why.to_string())),
        }
    }

    fn obstacle(&mut self, place: String, reason: String) -> Full {
        let last = place.clone();
        self.fits(&last, |page| page.obstacles.push(Obstacle { place, reason }))
    }

    /// Adds to the page, or ends it where the last one stands.
    fn fits(&mut self, path: &str, add: impl FnOnce(&mut Page)) -> Full {
        let page = &mut self.page;
        let listed = page.objects.len() + page.folders.len() + page.obstacles.len();
        if listed >= self.asked.objects_max {
            page.next = Some(Cursor(std::mem::take(&mut self.last)));
            return Full::Yes;
        }
        add(page);
        path.clone_into(&mut self.last);
        Full::No
    }
}

/// Empty folders are no part of any key.
fn holds_a_file(folder: &Step) -> Result<bool, Errno> {
    for entry in Dir::read_from(folder.open())? {
        let entry = entry?;
        let Ok(name) = entry.file_name().to_str() else { return Ok(true) };
        if matches!(name, "." | "..") {
            continue;
        }
        match folder.next(name) {
            Ok(Reached::Folder(below)) if !holds_a_file(&below)? => {}
            _ => return Ok(true),
        }
    }
    Ok(false)
}
