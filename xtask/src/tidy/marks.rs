//! Refuses marks of unfinished work and tests that are switched off or expect any panic.
//!
//! The marks are put together here, so that this file does not contain them.

use super::tree::Tree;
use super::words::has_word;

const WORDS: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
const PHRASES: [&str; 6] = [
    concat!("to", "do!("),
    concat!("unimple", "mented!("),
    concat!("#[ig", "nore]"),
    concat!("#[ig", "nore ="),
    concat!("#[should", "_panic]"),
    concat!("#[should", "_panic("),
];

pub fn check(tree: &Tree) -> Vec<String> {
    let mut problems = Vec::new();
    for (path, text) in tree.files_ending(".rs") {
        for (index, line) in text.lines().enumerate() {
            let words = WORDS.iter().filter(|word| has_word(line, word));
            let phrases = PHRASES.iter().filter(|phrase| line.contains(**phrase));
            problems.extend(words.chain(phrases).map(|mark| {
                format!(
                    "{path}:{}: `{mark}` is refused: do it, or name the gap in PROOFS.md",
                    index + 1
                )
            }));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_is_refused_with_its_line() {
        for mark in WORDS.iter().chain(&PHRASES) {
            let text = format!("fn a() {{}}\n// {mark}: later\n");
            let problems = check(&Tree::of(&[("crates/a/tests/b.rs", &text)]));
            assert_eq!(problems.len(), 1, "{mark}");
            assert!(problems[0].starts_with("crates/a/tests/b.rs:2: "), "{problems:?}");
        }
    }

    #[test]
    fn a_word_that_only_contains_a_mark_is_fine() {
        let text = format!("const {}S: u8 = 1;\n", WORDS[0]);
        assert!(check(&Tree::of(&[("crates/a/src/b.rs", &text)])).is_empty());
    }
}
