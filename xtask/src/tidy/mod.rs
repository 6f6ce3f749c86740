//! The rules of the house that no compiler knows: `cargo xtask tidy`.
//!
//! Each rule is a module with one function from the repository's files to a list of
//! problems; all rules run, so one run shows every problem. A problem is one sentence that
//! names the file and what to do.

mod architecture;
mod decisions;
mod dependencies;
mod headers;
mod local_paths;
mod marks;
mod module_names;
mod requirements;
mod sample_names;
mod sizes;
mod tree;
mod words;

#[cfg(test)]
pub mod scratch;

use std::path::Path;

use anyhow::{Result, bail};

use crate::cargo_metadata;
pub use tree::Tree;

type Rule = fn(&Tree) -> Vec<String>;

const RULES: [Rule; 9] = [
    headers::check,
    sizes::check,
    module_names::check,
    marks::check,
    architecture::check,
    sample_names::check,
    decisions::check,
    local_paths::check,
    requirements::check,
];

pub fn run(root: &Path) -> Result<()> {
    let tree = Tree::read(root)?;
    let mut problems = dependencies::check(&cargo_metadata(root)?);
    problems.extend(RULES.iter().flat_map(|rule| rule(&tree)));
    if problems.is_empty() {
        println!("tidy: {} files, no problems", tree.paths().count());
        return Ok(());
    }
    for problem in &problems {
        println!("tidy: {problem}");
    }
    bail!("tidy found {} problem{}", problems.len(), if problems.len() == 1 { "" } else { "s" });
}
