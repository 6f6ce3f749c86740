//! `sexton graph`: the closure as a tree, as data and as a drawing, without a database.

use crate::program::{Said, run};

/// The sample's policy in a folder without a database.
fn graph(arguments: &[&str]) -> Said {
    let folder = tempfile::tempdir().expect("there is room for a temporary folder");
    let policy = &crate::place::policy();
    std::fs::write(folder.path().join("sexton.toml"), policy).expect("the folder can be written");
    run(folder.path(), &[&["graph"], arguments].concat())
}

#[test]
fn a_batch_as_a_tree() {
    let said = graph(&["batch"]).expect(0);
    let wide = said.out.lines().find(|line| line.chars().count() > 80);
    assert_eq!(wide, None);
    snapshot!("graph_batch", said);
}

#[test]
fn a_shallow_tree_says_what_it_leaves_out() {
    snapshot!("graph_batch_shallow", graph(&["batch", "--depth", "1"]).expect(0));
}

#[test]
fn a_drawing_is_a_document_of_its_own() {
    let said = graph(&["snapshot", "--output", "svg"]).expect(0);
    assert!(said.out.starts_with("<svg xmlns="), "{said}");
    assert!(said.out.contains("prefers-color-scheme: dark"), "{said}");
}

#[test]
fn programs_read_the_same_tree() {
    let document = graph(&["batch", "--output", "json"]).expect(0).document();
    assert_eq!(document["thing"], "batch");
    assert_eq!(document["roots"][0]["tables"][0], "batches");
    assert_eq!(document["roots"][0]["mark"], "goes");
}

#[test]
fn a_thing_that_is_not_there_is_a_mistake_of_use() {
    let said = graph(&["bach"]).expect(2);
    assert!(said.err.contains("Did you mean `batch`?"), "{said}");
    assert!(graph(&["zebra"]).expect(2).err.contains("snapshot"));
}

#[test]
fn the_schema_of_the_file_is_one_document() {
    let document = run(std::path::Path::new("."), &["schema"]).expect(0).document();
    assert_eq!(document["$schema"], "https://json-schema.org/draft/2020-12/schema");
}
