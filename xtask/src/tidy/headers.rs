//! Every source file says first what it is responsible for, in few lines.

use super::tree::{Tree, is_test_file};

const HEADER_LINES_MAX: usize = 25;
const README_HEADER: &str = r#"#![doc = include_str!("../README.md")]"#;

pub fn check(tree: &Tree) -> Vec<String> {
    let sources = tree.files_ending(".rs").filter(|(path, _)| is_source(path));
    sources.filter_map(|(path, text)| refusal(path, text)).collect()
}

fn is_source(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    let in_source_folder = matches!(parts[..], ["crates", _, "src", ..] | ["xtask", "src", ..]);
    in_source_folder && !is_test_file(path)
}

fn refusal(path: &str, text: &str) -> Option<String> {
    if is_root_of_crate(path) {
        return (!text.starts_with(README_HEADER))
            .then(|| format!("{path}: a crate opens with {README_HEADER}"));
    }
    if text.starts_with("#![doc = include_str!") {
        return None;
    }
    match text.lines().take_while(|line| line.starts_with("//!")).count() {
        0 => {
            Some(format!("{path}: open with `//!` and one sentence on what it is responsible for"))
        }
        lines if lines > HEADER_LINES_MAX => Some(format!(
            "{path}: its header has {lines} lines, at most {HEADER_LINES_MAX} are read"
        )),
        _ => None,
    }
}

fn is_root_of_crate(path: &str) -> bool {
    matches!(path.split('/').collect::<Vec<_>>()[..], ["crates", _, "src", "lib.rs"])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_file(path: &str, text: &str) -> Vec<String> {
        check(&Tree::of(&[(path, text)]))
    }

    #[test]
    fn a_source_file_without_a_header_is_refused() {
        for path in ["crates/a/src/plan.rs", "crates/a/src/main.rs", "xtask/src/ci.rs"] {
            assert_eq!(check_file(path, "use std::fs;\n//! Late.\n").len(), 1, "{path}");
            assert!(check_file(path, "//! Plans.\n").is_empty(), "{path}");
        }
    }

    #[test]
    fn tests_need_no_header() {
        for path in ["crates/a/src/plan/tests.rs", "crates/a/tests/plan.rs"] {
            assert!(check_file(path, "use super::*;\n").is_empty(), "{path}");
        }
    }

    #[test]
    fn a_header_of_26_lines_is_refused() {
        assert!(check_file("crates/a/src/plan.rs", &"//! Plans.\n".repeat(25)).is_empty());
        let problems = check_file("crates/a/src/plan.rs", &"//! Plans.\n".repeat(26));
        assert!(problems[0].contains("26 lines"), "{problems:?}");
    }

    #[test]
    fn a_crate_opens_with_its_readme() {
        let lib = "crates/a/src/lib.rs";
        assert_eq!(check_file(lib, "//! Plans.\n").len(), 1);
        assert!(check_file(lib, &format!("{README_HEADER}\n")).is_empty());
    }
}
