//! Every decision record has a number of its own, a title, a status and a date.

use std::collections::BTreeMap;

use super::tree::Tree;

const FOLDER: &str = "docs/decisions/";
const OPENING_LINES: usize = 10;

pub fn check(tree: &Tree) -> Vec<String> {
    let mut problems = Vec::new();
    let mut first_of_number = BTreeMap::new();
    for (path, text) in tree.files_ending(".md") {
        let Some(name) = path.strip_prefix(FOLDER).filter(|name| *name != "README.md") else {
            continue;
        };
        let Some(number) = number_of(name) else {
            problems.push(format!("{path}: a decision is named NNNN-title.md"));
            continue;
        };
        if let Some(first) = first_of_number.insert(number, path) {
            problems.push(format!("{path}: its number is taken by {first}"));
        }
        problems.extend(missing_opening(text).iter().map(|part| {
            format!(
                "{path}: a decision opens with its title, then Status and Date; no {part} found"
            )
        }));
    }
    problems
}

fn number_of(name: &str) -> Option<&str> {
    let (number, title) = name.split_once('-')?;
    let well_formed = number.len() == 4 && number.bytes().all(|byte| byte.is_ascii_digit());
    (well_formed && title.len() > ".md".len()).then_some(number)
}

fn missing_opening(text: &str) -> Vec<&'static str> {
    let opening: Vec<&str> = text.lines().take(OPENING_LINES).collect();
    let has_field = |field: &str| {
        opening.iter().any(|line| {
            let value = line.trim_start_matches(['-', '*', ' ']).strip_prefix(field);
            value.is_some_and(|value| value.trim_start_matches('*').starts_with(':'))
        })
    };
    let mut missing = Vec::new();
    if !opening.first().is_some_and(|line| line.starts_with("# ")) {
        missing.push("title");
    }
    missing.extend(["Status", "Date"].into_iter().filter(|field| !has_field(field)));
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "# 1. Lock, then look\n\nStatus: accepted\nDate: 2026-01-01\n";

    fn check_one(name: &str, text: &str) -> Vec<String> {
        check(&Tree::of(&[(&format!("{FOLDER}{name}"), text)]))
    }

    #[test]
    fn a_complete_decision_passes_plain_or_emphasised() {
        assert!(check_one("0001-lock.md", GOOD).is_empty());
        let emphasised = "# Lock\n\n- **Status:** accepted\n- **Date**: 2026-01-01\n";
        assert!(check_one("0001-lock.md", emphasised).is_empty());
        assert!(check_one("README.md", "").is_empty());
    }

    #[test]
    fn each_missing_part_of_the_opening_is_named() {
        for (cut, part) in [("# 1.", "title"), ("Status:", "Status"), ("Date:", "Date")] {
            let problems = check_one("0001-lock.md", &GOOD.replace(cut, "?"));
            assert_eq!(problems.len(), 1, "{part}");
            assert!(problems[0].contains(&format!("no {part} found")), "{problems:?}");
        }
    }

    #[test]
    fn a_number_used_twice_is_refused() {
        let problems = check(&Tree::of(&[
            ("docs/decisions/0001-lock.md", GOOD),
            ("docs/decisions/0001-look.md", GOOD),
        ]));
        assert_eq!(problems.len(), 1);
        assert!(problems[0].contains("taken by docs/decisions/0001-lock.md"), "{problems:?}");
    }

    #[test]
    fn a_name_without_a_number_is_refused() {
        for name in ["lock.md", "001-lock.md", "0001-.md", "0001.md"] {
            assert_eq!(check_one(name, GOOD).len(), 1, "{name}");
        }
    }
}
