//! Removes files, tells it once that has reached the disk, and tidies folders that got empty.

use std::collections::BTreeMap;
use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, FileType};
use rustix::io::Errno;
use sexton_core::objects::{ObjectVersion, Outcome};

use super::place::Place;
use super::step::{Reached, Step, obstacle};

/// Removes the files of these objects; what came of each, in their order.
pub fn remove(root: &OwnedFd, objects: &[ObjectVersion]) -> Vec<Outcome> {
    let mut outcomes = vec![Outcome::Unconfirmed; objects.len()];
    let mut folders: BTreeMap<Vec<&str>, Vec<(usize, &str)>> = BTreeMap::new();
    for (at, object) in objects.iter().enumerate() {
        match Place::of(&object.key) {
            _ if object.version.is_some() => {
                outcomes[at] = unreadable("a folder keeps no versions");
            }
            Ok(place) => folders.entry(place.folders).or_default().push((at, place.name)),
            Err(why) => outcomes[at] = unreadable(why.to_string()),
        }
    }
    // Order: the deepest folders first, so that those above them are empty when they are tidied.
    for (names, files) in folders.iter().rev() {
        match path(root, names) {
            Ok(Path::Whole(steps)) => remove_in(&steps, names, files, &mut outcomes),
            Ok(Path::Nothing) => set(files, &Outcome::Absent, &mut outcomes),
            Ok(Path::Obstacle(what)) => set(files, &unreadable(what), &mut outcomes),
            Err(error) => set(files, &failed(error), &mut outcomes),
        }
    }
    outcomes
}

/// The open folders from the store's own on.
enum Path {
    Whole(Vec<Step>),
    Nothing,
    Obstacle(String),
}

fn path(root: &OwnedFd, names: &[&str]) -> Result<Path, Errno> {
    let mut steps = vec![Step::of(root)?];
    for name in names {
        let here = &steps[steps.len() - 1];
        match here.next(name)? {
            Reached::Folder(next) => steps.push(next),
            Reached::Nothing => return Ok(Path::Nothing),
            Reached::Obstacle(what) => return Ok(Path::Obstacle(what)),
        }
    }
    Ok(Path::Whole(steps))
}

fn remove_in(steps: &[Step], names: &[&str], files: &[(usize, &str)], outcomes: &mut [Outcome]) {
    let Some(folder) = steps.last() else { return };
    for (at, name) in files {
        outcomes[*at] = remove_file(folder, name).unwrap_or_else(failed);
    }
    let is_changed = files.iter().any(|(at, _)| outcomes[*at] == Outcome::Deleted);
    if !is_changed {
        return;
    }
    // Order: flushed before it is told, and before the folder goes, which needs one above.
    if let Err(error) = rustix::fs::fsync(folder.open()) {
        let reason = format!("removed, but that could not be brought to the disk: {error}");
        let unsure = Outcome::Failed { reason, retry_after: None };
        for (at, _) in files {
            if outcomes[*at] == Outcome::Deleted {
                outcomes[*at] = unsure.clone();
            }
        }
        return;
    }
    tidy(steps, names);
}

fn remove_file(folder: &Step, name: &str) -> Result<Outcome, Errno> {
    let Some(stat) = folder.stat(name)? else { return Ok(Outcome::Absent) };
    let kind = FileType::from_raw_mode(stat.st_mode);
    if let Some(what) = obstacle(kind) {
        return Ok(unreadable(format!("it is {what}")));
    }
    // A folder is no object, and what is spelled otherwise is another one.
    if kind == FileType::Directory || !folder.holds_exactly(name)? {
        return Ok(Outcome::Absent);
    }
    // Race: whoever swaps the file for a link now loses the link; what it leads to stays.
    match rustix::fs::unlinkat(folder.open(), name, AtFlags::empty()) {
        Ok(()) => Ok(Outcome::Deleted),
        Err(Errno::NOENT | Errno::ISDIR) => Ok(Outcome::Absent),
        Err(error) => Err(error),
    }
}

/// Removes folders that are empty, from the last up to, not including, the store's own.
///
/// Race: the system itself judges whether a folder is empty, in the same moment in which it
/// removes it, so nothing that somebody puts there meanwhile can be lost.
fn tidy(steps: &[Step], names: &[&str]) {
    for (above, name) in steps.iter().zip(names).rev() {
        let above: BorrowedFd<'_> = above.open();
        if rustix::fs::unlinkat(above, *name, AtFlags::REMOVEDIR).is_err() {
            return;
        }
        // An empty folder that comes back after a crash is no object.
        let _ = rustix::fs::fsync(above);
    }
}

fn set(files: &[(usize, &str)], outcome: &Outcome, outcomes: &mut [Outcome]) {
    for (at, _) in files {
        outcomes[*at] = outcome.clone();
    }
}

fn unreadable(reason: impl Into<String>) -> Outcome {
    Outcome::Unreadable { reason: reason.into() }
}

fn failed(error: Errno) -> Outcome {
    let reason = error.to_string();
    match error {
        Errno::ACCESS | Errno::PERM | Errno::ROFS => Outcome::Denied { reason },
        _ => Outcome::Failed { reason, retry_after: None },
    }
}
