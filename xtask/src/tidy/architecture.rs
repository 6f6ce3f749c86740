//! The files and folders named in ARCHITECTURE.md exist.
//!
//! A name is what stands between backticks and has a `/` or ends like a file. It may leave
//! out the beginning of a path (`plan/` of some crate), and `*` or `<crate>` stand for any
//! name. Not names: what has spaces, opens with `/` (a route) or `-` (an option), or is an
//! address; and fenced blocks are not read.

use std::iter;

use super::tree::Tree;

const DOCUMENT: &str = "ARCHITECTURE.md";

pub fn check(tree: &Tree) -> Vec<String> {
    let Some(text) = tree.text(DOCUMENT) else {
        return vec![format!("{DOCUMENT} is missing")];
    };
    let mut problems = Vec::new();
    for (number, line) in lines_outside_fences(text) {
        let missing = code_spans(line).filter(|name| is_path(name) && !exists(tree, name));
        problems.extend(
            missing
                .map(|name| format!("{DOCUMENT}:{number}: `{name}` is nowhere in the repository")),
        );
    }
    problems
}

fn lines_outside_fences(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            return None;
        }
        (!fenced).then_some((index + 1, line))
    })
}

/// What stands between the first and second backtick, the third and fourth, and so on.
fn code_spans(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

fn is_path(name: &str) -> bool {
    let like_a_file = [".md", ".toml", ".rs"].iter().any(|ending| name.ends_with(ending));
    let like_something_else =
        name.contains([' ', '{', '(']) || name.contains("://") || name.starts_with(['/', '-']);
    (name.contains('/') || like_a_file) && !like_something_else
}

fn exists(tree: &Tree, name: &str) -> bool {
    let wanted: Vec<&str> = name.trim_end_matches('/').split('/').collect();
    tree.paths().any(|path| {
        let parts: Vec<&str> = path.split('/').collect();
        parts.windows(wanted.len()).any(|window| {
            iter::zip(window, &wanted).all(|(part, pattern)| matches_pattern(part, pattern))
        })
    })
}

fn matches_pattern(part: &str, pattern: &str) -> bool {
    let placeholder = pattern.find('<').zip(pattern.find('>'));
    let (opening, closing) = match (pattern.split_once('*'), placeholder) {
        (Some(around_star), _) => around_star,
        (None, Some((open, close))) if open < close => (&pattern[..open], &pattern[close + 1..]),
        _ => return part == pattern,
    };
    part.strip_prefix(opening).is_some_and(|rest| rest.ends_with(closing))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_document(text: &str) -> Vec<String> {
        check(&Tree::of(&[
            (DOCUMENT, text),
            ("crates/sexton-core/src/plan/order.rs", ""),
            ("systems/batches/policy.toml", ""),
        ]))
    }

    #[test]
    fn a_path_that_does_not_exist_is_refused_with_its_line() {
        for name in ["crates/sexton-moon", "planning/", "order.md", "plan/compile.rs", "systems/x*"]
        {
            let problems = check_document(&format!("# House\n\nSee `{name}`.\n"));
            assert_eq!(problems, [format!("{DOCUMENT}:3: `{name}` is nowhere in the repository")]);
        }
    }

    #[test]
    fn full_paths_ends_of_paths_and_placeholders_are_found() {
        for name in [
            "crates/sexton-core/src/plan/order.rs",
            "crates/sexton-core/",
            "plan/",
            "order.rs",
            "systems/*/policy.toml",
            "crates/<crate>/src",
            "crates/sexton-*",
        ] {
            assert!(check_document(&format!("See `{name}`.")).is_empty(), "{name}");
        }
    }

    #[test]
    fn what_is_no_path_is_left_alone() {
        for name in
            ["/v1/deletions", "GET /v1/x", "--a/b", "core::plan", "https://a.b/c", "{a}/{b}"]
        {
            assert!(check_document(&format!("See `{name}`.")).is_empty(), "{name}");
        }
        assert!(check_document("```\n`no/such/path`\n```\n").is_empty());
    }

    #[test]
    fn the_document_itself_must_exist() {
        assert_eq!(check(&Tree::of(&[])), [format!("{DOCUMENT} is missing")]);
    }
}
