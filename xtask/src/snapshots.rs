//! Refuses snapshot files that no test compares with any more.
//!
//! insta appends the path of every snapshot a test looks at to the file that
//! `REFERENCES_VARIABLE` names; the paths may repeat and may lead through `..`. So this is
//! meaningful only after a run of all tests.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::tidy::Tree;

pub const REFERENCES_VARIABLE: &str = "INSTA_SNAPSHOT_REFERENCES_FILE";

pub fn refuse_unreferenced(root: &Path, references: &Path) -> Result<()> {
    let text = fs::read_to_string(references)
        .with_context(|| format!("reading {}", references.display()))?;
    // A snapshot that was asked for but does not exist has failed its own test already.
    let used: BTreeSet<PathBuf> =
        text.lines().filter_map(|path| fs::canonicalize(path).ok()).collect();

    let tree = Tree::read(root)?;
    let stored: Vec<&str> = tree.files_ending(".snap").map(|(path, _)| path).collect();
    let unreferenced = unreferenced(root, &stored, &used)?;
    if !unreferenced.is_empty() {
        bail!(
            "{} of {} snapshots are used by no test; delete them:\n  {}",
            unreferenced.len(),
            stored.len(),
            unreferenced.join("\n  ")
        );
    }
    println!("snapshots: all {} are used by a test", stored.len());
    Ok(())
}

fn unreferenced<'a>(
    root: &Path,
    stored: &[&'a str],
    used: &BTreeSet<PathBuf>,
) -> Result<Vec<&'a str>> {
    let root = fs::canonicalize(root).context("finding the real path of the repository")?;
    let is_unused = |path: &&str| !used.contains(&root.join(path));
    Ok(stored.iter().copied().filter(is_unused).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::scratch::Scratch;

    #[test]
    fn a_snapshot_no_test_used_is_refused_by_name() {
        let repository = Scratch::with(&[
            ("crates/a/src/snapshots/used.snap", "1"),
            ("crates/a/src/snapshots/stale.snap", "2"),
        ]);
        let used_path = repository.root().join("crates/a/src/../src/snapshots/used.snap");
        let references = repository.root().join("references");
        fs::write(&references, format!("{0}\n{0}\n", used_path.display())).unwrap();

        let error = refuse_unreferenced(repository.root(), &references).unwrap_err().to_string();
        assert!(error.contains("stale.snap") && !error.contains("used.snap"), "{error}");

        fs::remove_file(repository.root().join("crates/a/src/snapshots/stale.snap")).unwrap();
        refuse_unreferenced(repository.root(), &references).unwrap();
    }
}
