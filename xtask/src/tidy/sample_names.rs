//! The engine knows no sample system: none of their names appears in its crates.
//!
//! Names are those of the systems and of the tables in their schemas. Of the tables only
//! names that are long and have an underscore count: others are common English words. Test
//! code may use them.

use std::collections::BTreeSet;

use super::tree::{Tree, is_test_file, without_test_module};
use super::words::{has_word, is_word_letter};

const SYSTEMS: [&str; 2] = ["gonemaster", "heimdall"];
const TABLE_NAME_LETTERS_MIN: usize = 9;
const ENGINE_FOLDERS: [&str; 4] = [
    "crates/sexton-core/src/",
    "crates/sexton-engine/src/",
    "crates/sexton-postgres/src/",
    "crates/sexton-sqlite/src/",
];

pub fn check(tree: &Tree) -> Vec<String> {
    let mut names: BTreeSet<String> = SYSTEMS.iter().map(ToString::to_string).collect();
    let schemas = tree.files_ending("/schema.sqlite.sql");
    let schemas = schemas.filter(|(path, _)| path.starts_with("systems/"));
    names.extend(schemas.flat_map(|(_, sql)| telling_table_names(sql)));

    let mut problems = Vec::new();
    for (path, text) in tree.files_ending(".rs") {
        let in_engine = ENGINE_FOLDERS.iter().any(|folder| path.starts_with(folder));
        if !in_engine || is_test_file(path) {
            continue;
        }
        for (index, line) in without_test_module(text).lines().enumerate() {
            let line = line.to_lowercase();
            let found = names.iter().filter(|name| has_word(&line, name));
            problems.extend(found.map(|name| {
                format!(
                    "{path}:{}: the engine must not know `{name}` of a sample system",
                    index + 1
                )
            }));
        }
    }
    problems
}

fn telling_table_names(sql: &str) -> Vec<String> {
    let sql = sql.to_lowercase();
    let definitions = sql.split("create table").skip(1);
    let names = definitions.filter_map(|definition| {
        let definition = definition.trim_start();
        let definition = definition.strip_prefix("if not exists").unwrap_or(definition);
        definition.split(|letter| !is_word_letter(letter)).find(|word| !word.is_empty())
    });
    names
        .filter(|name| name.len() >= TABLE_NAME_LETTERS_MIN && name.contains('_'))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: &str = "CREATE TABLE runs (id);\n\
                          CREATE TABLE training_jobs (id);\n\
                          CREATE TABLE IF NOT EXISTS \"iq_samples\" (id);\n";

    fn check_engine(path: &str, text: &str) -> Vec<String> {
        check(&Tree::of(&[(path, text), ("systems/datasets/schema.sqlite.sql", SCHEMA)]))
    }

    #[test]
    fn names_of_systems_and_of_their_tables_are_refused_in_every_engine_crate() {
        for folder in ENGINE_FOLDERS {
            for name in ["Gonemaster", "heimdall", "training_jobs", "iq_samples"] {
                let problems =
                    check_engine(&format!("{folder}a.rs"), &format!("// as in {name}.\n"));
                assert_eq!(problems.len(), 1, "{folder} {name}");
            }
        }
    }

    #[test]
    fn common_words_and_longer_names_are_fine() {
        let text = "// runs of all_training_jobs\n";
        assert!(check_engine("crates/sexton-core/src/a.rs", text).is_empty());
    }

    #[test]
    fn tests_and_other_crates_may_name_them() {
        let in_test_module = "fn a() {}\n#[cfg(test)]\nmod tests {\n    // training_jobs\n}\n";
        assert!(check_engine("crates/sexton-core/src/a.rs", in_test_module).is_empty());
        assert!(check_engine("crates/sexton-core/src/a/tests.rs", "// training_jobs\n").is_empty());
        assert!(check_engine("crates/sexton-samples/src/a.rs", "// training_jobs\n").is_empty());
    }
}
