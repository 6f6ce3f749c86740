//! The files of the repository, read once, so that every rule is a pure function of them.
//!
//! They are the files git tracks or would add. Where git does not answer (a copy without
//! history), the folder is walked, without the build folder and what `.gitignore` names.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

const TEXT_KINDS: [&str; 5] = [".md", ".py", ".rs", ".toml", ".sql"];

/// Paths are relative to the root and use `/`; texts are kept for `TEXT_KINDS` only.
pub struct Tree {
    texts: BTreeMap<String, String>,
}

impl Tree {
    pub fn read(root: &Path) -> Result<Self> {
        let paths = match listed_by_git(root) {
            Some(paths) => paths,
            None => found_on_disk(root)?,
        };
        let mut texts = BTreeMap::new();
        for path in paths {
            let mut text = String::new();
            if TEXT_KINDS.iter().any(|kind| path.ends_with(kind)) {
                let bytes =
                    fs::read(root.join(&path)).with_context(|| format!("reading {path}"))?;
                text = String::from_utf8_lossy(&bytes).into_owned();
            }
            texts.insert(path, text);
        }
        Ok(Self { texts })
    }

    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.texts.keys().map(String::as_str)
    }

    pub fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }

    /// Path and text of every file whose name ends so.
    pub fn files_ending(&self, ending: &str) -> impl Iterator<Item = (&str, &str)> {
        let all = self.texts.iter().map(|(path, text)| (path.as_str(), text.as_str()));
        all.filter(move |(path, _)| path.ends_with(ending))
    }

    #[cfg(test)]
    pub fn of(files: &[(&str, &str)]) -> Self {
        let owned = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
        Self { texts: owned.collect() }
    }
}

/// Whether the file is all tests: `tests.rs`, or anything in a folder `tests`.
pub fn is_test_file(path: &str) -> bool {
    path.rsplit('/').next() == Some("tests.rs") || path.split('/').any(|part| part == "tests")
}

/// The text up to the test module. Nothing but tests follows one: clippy refuses that
/// (`items_after_test_module`).
pub fn without_test_module(text: &str) -> &str {
    let mut start_of_attributes = None;
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let code = line.trim_end();
        match start_of_attributes {
            Some(start) if code == "mod tests {" => return &text[..start],
            Some(_) if continues_attributes(code) => {}
            _ => start_of_attributes = (code == "#[cfg(test)]").then_some(offset),
        }
        offset += line.len();
    }
    text
}

/// Another attribute between `#[cfg(test)]` and its module, laid out by rustfmt.
fn continues_attributes(line: &str) -> bool {
    ["#[", " ", ")]"].iter().any(|opening| line.starts_with(opening))
}

fn listed_by_git(root: &Path) -> Option<Vec<String>> {
    let output = Command::new("git")
        .current_dir(root)
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let listing = String::from_utf8_lossy(&output.stdout).into_owned();
    let still_there = |path: &&str| !path.is_empty() && root.join(path).is_file();
    let paths: Vec<String> = listing.split('\0').filter(still_there).map(str::to_owned).collect();
    (output.status.success() && !paths.is_empty()).then_some(paths)
}

fn found_on_disk(root: &Path) -> Result<Vec<String>> {
    let ignored = fs::read_to_string(root.join(".gitignore")).unwrap_or_default();
    let ignored: Vec<&str> = ignored.lines().filter_map(|line| line.strip_prefix('/')).collect();
    let mut found = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        let entries =
            fs::read_dir(root.join(&folder)).with_context(|| format!("listing {folder}"))?;
        for entry in entries {
            let entry = entry.with_context(|| format!("listing {folder}"))?;
            let path = format!("{folder}{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type().with_context(|| format!("looking at {path}"))?;
            if kind.is_file() {
                found.push(path);
            } else if kind.is_dir() && path != ".git" && !ignored.contains(&path.as_str()) {
                folders.push(path + "/");
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::scratch::Scratch;

    #[test]
    fn the_walk_leaves_out_only_what_is_ignored_in_the_root() {
        let scratch = Scratch::with(&[
            (".gitignore", "/target\n"),
            (".cargo/config.toml", ""),
            ("target/debug/built.rs", ""),
            ("crates/a/src/target/mod.rs", ""),
        ]);
        let mut found = found_on_disk(scratch.root()).unwrap();
        found.sort();
        assert_eq!(found, [".cargo/config.toml", ".gitignore", "crates/a/src/target/mod.rs"]);
    }

    #[test]
    fn only_the_test_module_is_cut() {
        let code = "fn a() {}\n\n#[cfg(test)]\nuse b;\n\nfn c() {}\n";
        assert_eq!(without_test_module(code), code);
        let tests = "#[cfg(test)]\nmod tests {\n    fn d() {}\n}\n";
        assert_eq!(without_test_module(&format!("{code}{tests}")), code);
    }

    #[test]
    fn attributes_between_cfg_test_and_its_module_are_cut_too() {
        let text = "fn a() {}\n#[cfg(test)]\n#[expect(\n    lint,\n)]\nmod tests {\n}\n";
        assert_eq!(without_test_module(text), "fn a() {}\n");
    }

    #[test]
    fn a_module_is_no_test_file_for_a_similar_name() {
        assert!(is_test_file("crates/a/src/plan/tests.rs"));
        assert!(is_test_file("crates/a/tests/api/guards.rs"));
        assert!(!is_test_file("crates/a/src/contests.rs"));
    }
}
