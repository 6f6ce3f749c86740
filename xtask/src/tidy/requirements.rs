//! Every numbered requirement of the sample systems stands in PROOFS.md, with its tests or with
//! why it has none.
//!
//! A test carries the numbers of what it proves at the beginning of its name: `b23_b24_…`. A row is
//! `| B23 | b23_… | what is not promised |`; without a test, its second cell begins with "none:".

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use super::tree::Tree;

const DOCUMENT: &str = "PROOFS.md";

/// The numbers of each contract, by its letter.
const CONTRACTS: [(char, RangeInclusive<u32>); 5] =
    [('B', 1..=43), ('D', 1..=65), ('R', 1..=36), ('S', 1..=42), ('T', 1..=40)];
/// Parts of one that stand by themselves.
const PARTS: [&str; 4] = ["B26a", "B26b", "B26c", "B26d"];

pub fn check(tree: &Tree) -> Vec<String> {
    let Some(text) = tree.text(DOCUMENT) else {
        return vec![format!("{DOCUMENT} is missing")];
    };
    let proved = proved(tree);
    let mut problems = Vec::new();
    let mut listed = BTreeSet::new();
    let known = known();
    for (number, said) in text.lines().filter_map(row) {
        if !known.contains(number) {
            continue;
        }
        if !listed.insert(number.to_owned()) {
            problems.push(format!("{DOCUMENT}: {number} has two rows"));
        }
        let has_tests = proved.contains_key(number);
        match (said.starts_with("none:"), has_tests) {
            (true, true) => problems.push(format!(
                "{DOCUMENT}: {number} is said to have no test, and has {}",
                proved[number]
            )),
            (false, false) => problems.push(format!(
                "{DOCUMENT}: no test begins with the number {number}; write \"none:\" and why"
            )),
            (true, false) | (false, true) => {}
        }
    }
    let missing = known.iter().filter(|number| !listed.contains(*number));
    problems.extend(missing.map(|number| format!("{DOCUMENT}: {number} has no row")));
    problems
}

fn known() -> BTreeSet<String> {
    let all = CONTRACTS
        .into_iter()
        .flat_map(|(letter, numbers)| numbers.map(move |number| format!("{letter}{number}")));
    all.chain(PARTS.map(str::to_owned)).collect()
}

/// Number and tests of a row of a table.
fn row(line: &str) -> Option<(&str, &str)> {
    let mut cells = line.strip_prefix("| ")?.split(" | ");
    let number = cells.next()?;
    Some((number, cells.next()?))
}

/// One test for each number that a test's name begins with.
fn proved(tree: &Tree) -> BTreeMap<String, &str> {
    let mut proved = BTreeMap::new();
    for (_, text) in tree.files_ending(".rs").chain(tree.files_ending(".py")) {
        let functions = text.lines().filter_map(|line| {
            let line = line.trim_start();
            let line = line.strip_prefix("async ").unwrap_or(line);
            let name = line.strip_prefix("fn ").or_else(|| line.strip_prefix("def test_"))?;
            name.split(['(', '<']).next()
        });
        for name in functions {
            for number in numbers(name) {
                proved.entry(number).or_insert(name);
            }
        }
    }
    proved
}

fn numbers(name: &str) -> impl Iterator<Item = String> {
    name.split('_').map_while(|word| {
        let digits = word.strip_prefix(['b', 'd', 'r', 's', 't'])?;
        let digits = digits.strip_suffix(['a', 'b', 'c', 'd']).unwrap_or(digits);
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| {
            let (letter, rest) = word.split_at(1);
            [&letter.to_uppercase(), rest].concat()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(proofs: &str, tests: &str) -> Vec<String> {
        let all = known().into_iter().map(|number| format!("| {number} | none: later | |\n"));
        let named: Vec<&str> = proofs.lines().filter_map(row).map(|(number, _)| number).collect();
        let others =
            all.filter(|line| !row(line).is_some_and(|(number, _)| named.contains(&number)));
        let text = others.collect::<String>() + proofs;
        check(&Tree::of(&[(DOCUMENT, &text), ("crates/a/tests/a.rs", tests)]))
    }

    #[test]
    fn a_requirement_with_a_test_or_a_reason_passes() {
        let tests = "async fn b26a_b2_a_worker_hangs(place: Place) {}\nfn t3() {}\n";
        let proofs = "| B26a | `b26a_…` | |\n| B2 | `b26a_b2_…` | |\n| T3 | `t3` | |\n";
        assert_eq!(problems(proofs, tests), [""; 0]);
        assert_eq!(problems("| T4 | `t4_…` | |\n", "def test_t4_it_is() -> None:\n"), [""; 0]);
    }

    #[test]
    fn a_test_that_is_not_there_or_not_told_is_named() {
        assert!(problems("| B3 | `b3_…` | |\n", "")[0].contains("no test begins"));
        let told = problems("| B3 | none: later | |\n", "fn b3_it_holds() {}\n");
        assert!(told[0].contains("b3_it_holds"), "{told:?}");
    }

    #[test]
    fn a_requirement_without_a_row_is_named() {
        let problems = check(&Tree::of(&[(DOCUMENT, "")]));
        assert_eq!(problems.len(), known().len());
        assert!(problems.contains(&"PROOFS.md: S42 has no row".to_owned()));
    }

    #[test]
    fn words_that_look_like_numbers_end_them() {
        let found: Vec<String> = numbers("d14_s3_is_down_b2").collect();
        assert_eq!(found, ["D14", "S3"]);
        assert_eq!(numbers("began_b2").count(), 0);
    }
}
