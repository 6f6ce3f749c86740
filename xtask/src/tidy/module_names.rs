//! Refuses module names that say nothing of what is inside.

use super::tree::Tree;

const BANNED: [&str; 7] = ["util", "utils", "common", "helpers", "misc", "types", "manager"];

pub fn check(tree: &Tree) -> Vec<String> {
    let mut problems = Vec::new();
    for (path, text) in tree.files_ending(".rs") {
        let from_path = path.trim_end_matches(".rs").split('/');
        let from_blocks = text.lines().filter_map(name_of_module_block);
        let banned = from_path.chain(from_blocks).filter(|name| BANNED.contains(name));
        problems.extend(banned.map(|name| {
            format!(
                "{path}: `{name}` says nothing of what is inside: name the module for its topic"
            )
        }));
    }
    problems
}

/// The name in `mod name {`; of `mod name;` the path of its file tells.
fn name_of_module_block(line: &str) -> Option<&str> {
    let before_brace = line.trim().strip_suffix('{')?.trim_end();
    let mut words = before_brace.rsplit(' ');
    let name = words.next()?;
    (words.next() == Some("mod")).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_banned_name_is_refused_as_file_and_folder() {
        for name in BANNED {
            let file = format!("crates/a/src/{name}.rs");
            let folder = format!("crates/a/tests/{name}/mod.rs");
            assert_eq!(check(&Tree::of(&[(&file, ""), (&folder, "")])).len(), 2, "{name}");
        }
    }

    #[test]
    fn a_module_block_with_a_banned_name_is_refused() {
        for visibility in ["", "pub ", "    pub(crate) "] {
            let text = format!("{visibility}mod {} {{\n}}\n", BANNED[0]);
            assert_eq!(check(&Tree::of(&[("crates/a/src/b.rs", &text)])).len(), 1, "{text}");
        }
    }

    #[test]
    fn a_longer_name_is_fine() {
        let text = "mod column_types {\n}\nfn types() {\n}\n";
        assert!(check(&Tree::of(&[("crates/a/src/lease_manager.rs", text)])).is_empty());
    }
}
