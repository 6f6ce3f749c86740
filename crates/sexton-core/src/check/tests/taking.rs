use super::{finds, judged, with_runs};
use crate::schema::Dialect;

const TABLES: &str = "runs: id int key, blob text index\nblobs: hash text key\n\
                      notes: id int key, blob text index, doc jsonb null";

fn taking(line: &str) -> String {
    with_runs(&format!("\"runs.blob -> blobs\" = \"keep\"\n[takes]\n{line}\n"))
}

#[test]
fn what_is_taken_is_judged_like_what_is_deleted() {
    finds(TABLES, &taking("\"runs.blob -> blobs\" = \"when-last\""), &[]);
    // Blobs go now, so what happens to what refers to them is judged too.
    let tables = TABLES.replace("blob text index, doc", "blob text -> blobs refuses index, doc");
    let lines = "\"notes.blob -> blobs\" = \"keep\"\n\"runs.blob -> blobs\" = \"keep\"\n";
    finds(&tables, &with_runs(lines), &[]);
    let policy = with_runs(&format!("{lines}[takes]\n\"runs.blob -> blobs\" = \"always\"\n"));
    finds(&tables, &policy, &[("C152", "notes.blob -> blobs")]);
}

#[test]
fn what_is_taken_must_be_there_and_be_named_by_columns() {
    finds(TABLES, &taking("\"runs.blob -> blob\" = \"always\""), &[("C101", "runs.blob -> blob")]);
    let json = "\"notes.doc$.blob -> blobs\" = \"always\"";
    finds(TABLES, &taking(json), &[("C109", "notes.doc$.blob -> blobs")]);
}

#[test]
fn who_keeps_a_row_alive_is_looked_up_by_an_index() {
    let tables = TABLES.replace("blob text index\nblobs", "blob text\nblobs");
    let policy = taking("\"runs.blob -> blobs\" = \"when-last\"");
    finds(&tables, &policy, &[("C140", "runs.blob -> blobs")]);
    finds(&tables, &policy.replace("when-last", "always"), &[]);
}

#[test]
fn the_condition_of_a_line_that_takes_is_tried() {
    let policy = taking("\"runs.blob -> blobs\" = { rule = \"always\", where = \"nonsense\" }");
    let (_, checked) = judged(Dialect::Sqlite, TABLES, &policy);
    assert!(checked.probes.iter().any(|probe| probe.sql.contains("nonsense")));
}

#[test]
fn the_condition_of_a_declared_line_that_takes_may_name_the_right() {
    let line = "\"runs.blob -> blobs\" = { rule = \"when-last\", where = \"blobs.hash > ''\" }";
    let probe = |policy: &str| {
        let (_, checked) = judged(Dialect::Sqlite, TABLES, policy);
        checked.probes.into_iter().find(|probe| probe.what.contains("[takes]")).unwrap().sql
    };
    assert_eq!(
        probe(&taking(line)),
        "SELECT 1 FROM \"blobs\" WHERE EXISTS (SELECT 1 FROM \"runs\" WHERE (blobs.hash > ''))"
    );
    // Alone it says who keeps a blob alive, too.
    let alone = taking(line).replace("\"runs.blob -> blobs\" = \"keep\"\n", "");
    assert_eq!(probe(&alone), "SELECT 1 FROM \"runs\" WHERE (blobs.hash > '')");
}
