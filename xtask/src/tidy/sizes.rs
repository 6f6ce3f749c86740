//! No file grows past what one reader can hold; its test module is not counted.

use super::tree::{Tree, without_test_module};

const LINES_MAX: usize = 600;

pub fn check(tree: &Tree) -> Vec<String> {
    let sizes = tree
        .files_ending(".rs")
        .map(|(path, text)| (path, without_test_module(text).lines().count()));
    sizes
        .filter(|(_, lines)| *lines > LINES_MAX)
        .map(|(path, lines)| {
            format!("{path}: {lines} lines, over {LINES_MAX}: split it by what it is about")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_601_lines_is_refused() {
        let fitting = "fn a() {}\n".repeat(LINES_MAX);
        let too_long = "fn a() {}\n".repeat(LINES_MAX + 1);
        let tree = Tree::of(&[("crates/a/src/b.rs", &fitting), ("crates/a/src/c.rs", &too_long)]);
        let problems = check(&tree);
        assert_eq!(problems.len(), 1);
        assert!(problems[0].starts_with("crates/a/src/c.rs: 601 lines"), "{problems:?}");
    }

    #[test]
    fn the_test_module_is_not_counted() {
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "    fn b() {}\n".repeat(700));
        let text = format!("fn a() {{}}\n{tests}");
        assert!(check(&Tree::of(&[("crates/a/src/b.rs", &text)])).is_empty());
    }
}
