//! Nothing names a folder of the machine it was written on.

use super::tree::Tree;
use super::words::is_word_letter;

const FOLDERS: [&str; 2] = [concat!("/wo", "rk/"), concat!("/ro", "ot/")];

pub fn check(tree: &Tree) -> Vec<String> {
    let mut problems = Vec::new();
    for ending in [".md", ".rs", ".toml", ".sql"] {
        for (path, text) in tree.files_ending(ending) {
            for (index, line) in text.lines().enumerate() {
                let found = FOLDERS.iter().filter(|folder| has_absolute_path(line, folder));
                problems.extend(found.map(|folder| {
                    format!("{path}:{}: {folder} exists on one machine only", index + 1)
                }));
            }
        }
    }
    problems
}

/// Not when something stands before it, which makes it a part of a relative path or a key.
fn has_absolute_path(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        !before.is_some_and(|letter| is_word_letter(letter) || "-.~}>*]".contains(letter))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_this_machine_is_refused_in_every_kind_of_text() {
        for folder in FOLDERS {
            for path in ["README.md", "crates/a/src/b.rs", "Cargo.toml", "systems/a/schema.sql"] {
                let text = format!("one\nsee `{folder}main` or file://{folder}\n");
                let problems = check(&Tree::of(&[(path, &text)]));
                assert_eq!(problems, [format!("{path}:2: {folder} exists on one machine only")]);
            }
        }
    }

    #[test]
    fn a_part_of_a_longer_path_is_fine() {
        for folder in FOLDERS {
            let text = format!("{{tenant}}{folder}a docs{folder}b ..{folder}c\n");
            assert!(check(&Tree::of(&[("README.md", &text)])).is_empty(), "{text}");
        }
    }
}
