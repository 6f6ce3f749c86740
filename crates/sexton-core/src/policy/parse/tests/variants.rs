use std::collections::BTreeMap;

use super::unbuilt;
use crate::finding::Finding;
use crate::policy::{Fate, Policy, Sources, parse_files};

const BASE: &str = "\
system = \"base\"
database = \"env:BASE\"
[things.model]
row = \"models.id\"
label = \"name\"
limits = { rows = 7, percent = 5 }
[things.run]
row = \"runs.id\"
[references]
\"runs.model_id -> models\" = \"delete\"
\"notes.run_id -> runs\" = \"delete\"
[derived.models]
of = \"runs.model_id\"
set.runs = 1
set.last = 2
";

/// Reads `own`, whose neighbours are these files.
fn read(own: &str, others: &[(&str, &str)]) -> (Option<Policy>, Vec<Finding>, Sources) {
    let others: BTreeMap<&str, &str> = others.iter().copied().collect();
    parse_files("own.toml", own, &mut |_, name| match others.get(name) {
        Some(text) => Ok((name.to_owned(), (*text).to_owned())),
        None => Err("no such file".into()),
    })
}

/// The policy of a variant of `BASE`, in which nothing may be wrong.
fn variant(own: &str) -> Policy {
    let own = format!("like = \"base.toml\"\n{own}");
    let (policy, findings, _) = read(&own, &[("base.toml", BASE)]);
    assert_eq!(findings, [], "in\n{own}");
    policy.unwrap()
}

/// Codes, files and what their places cover, in order.
fn found(own: &str, others: &[(&str, &str)]) -> Vec<(&'static str, String, String)> {
    let (policy, findings, sources) = read(own, others);
    assert!(policy.is_none());
    let place = |finding: &Finding| {
        let place = sources.place(finding.span.unwrap());
        let covered = &place.text[place.span.start..place.span.end];
        (finding.code, place.name.to_owned(), covered.to_owned())
    };
    findings.iter().map(place).collect()
}

fn owned<const N: usize>(
    expected: [(&'static str, &str, &str); N],
) -> Vec<(&'static str, String, String)> {
    expected.map(|(code, file, text)| (code, file.to_owned(), text.to_owned())).to_vec()
}

#[test]
fn a_variant_is_the_other_file_with_its_own_keys_instead() {
    let policy = variant(
        "system = \"own\"\n[things.model]\nlimits = { rows = 3 }\n[things.note]\nrow = \"notes.id\"\n",
    );
    assert_eq!(policy.system.as_str(), "own");
    assert_eq!(policy.database.unwrap().value, "env:BASE");
    let names: Vec<_> = policy.things.iter().map(|thing| thing.name.as_str()).collect();
    assert_eq!(names, ["model", "run", "note"]);
    let model = &policy.things[0];
    assert_eq!(model.label.as_ref().unwrap().value.as_str(), "name");
    // A key is replaced whole.
    assert_eq!((model.limits.rows, model.limits.percent), (3, None));
    assert_eq!(policy.unbuilt, []);
}

#[test]
fn a_line_that_is_replaced_keeps_its_place() {
    let policy = variant(
        "[references]\n\"notes.own_id -> own\" = \"keep\"\n\"runs.model_id -> models\" = \"unlink\"\n",
    );
    let lines: Vec<_> = policy.references.iter().map(|line| line.text.as_str()).collect();
    let expected = ["runs.model_id -> models", "notes.run_id -> runs", "notes.own_id -> own"];
    assert_eq!(lines, expected);
    assert_eq!(policy.references[0].fate, Fate::Unlink);
}

#[test]
fn a_key_below_a_named_table_is_replaced_whole() {
    let policy = variant("[derived.models]\nset.runs = 5\n");
    assert_eq!(policy.derived[0].set.len(), 1);
    assert_eq!(policy.derived[0].of.value.table.name, "runs");
}

#[test]
fn parts_without_an_engine_are_told_of_both_files() {
    let base = format!("{BASE}[quota.old]\n");
    let own = "like = \"base.toml\"\n[things.model]\nundo = \"7d\"\n";
    let (policy, findings, _) = read(own, &[("base.toml", &base)]);
    assert_eq!(findings, []);
    assert_eq!(unbuilt(&policy.unwrap()), [("things.model.undo", true), ("quota.old", false)]);
}

#[test]
fn a_variant_of_a_variant_is_read_to_the_end() {
    let middle = "like = \"base.toml\"\nsystem = \"middle\"\n[things.run]\nlabel = \"tag\"\n";
    let others = [("middle.toml", middle), ("base.toml", BASE)];
    let own = "like = \"middle.toml\"\n[things.run]\nshow = [\"state\"]\n";
    let (policy, findings, _) = read(own, &others);
    assert_eq!(findings, []);
    let policy = policy.unwrap();
    let run = &policy.things[1];
    assert_eq!(policy.system.as_str(), "middle");
    assert_eq!((run.label.is_some(), run.row.is_some(), run.show.len()), (true, true, 1));
}

#[test]
fn mistakes_are_shown_in_the_file_that_makes_them() {
    let base = BASE.replace("\"delete\"", "\"delet\"");
    let own = "like = \"base.toml\"\n# é\n[things.model]\nlable = \"x\"\n";
    let delet = ("P006", "base.toml", "\"delet\"");
    let expected = [("P003", "own.toml", "lable"), delet, delet];
    assert_eq!(found(own, &[("base.toml", &base)]), owned(expected));
}

#[test]
fn what_both_files_lack_is_missed() {
    let own = "like = \"base.toml\"\n[guards.live]\nof = \"runs\"\n";
    let missing = ("P005", "own.toml", "[guards.live]");
    let expected = owned([missing, missing, missing]);
    assert_eq!(found(own, &[("base.toml", BASE)]), expected);
}

#[test]
fn a_file_that_is_not_there_is_told_with_all_else() {
    let own = "system = \"own\"\nlike = \"bse.toml\"\n[things.model]\nlable = \"x\"\n";
    let expected = [("P026", "own.toml", "\"bse.toml\""), ("P003", "own.toml", "lable")];
    assert_eq!(found(own, &[("base.toml", BASE)]), owned(expected));
}

#[test]
fn files_that_are_like_each_other_are_told_once() {
    let base = format!("like = \"own.toml\"\n{BASE}");
    let own = "like = \"base.toml\"\n";
    let others = [("base.toml", base.as_str()), ("own.toml", own)];
    assert_eq!(found(own, &others), owned([("P027", "base.toml", "\"own.toml\"")]));
    let itself = "system = \"s\"\nlike = \"own.toml\"\n";
    let expected = owned([("P027", "own.toml", "\"own.toml\"")]);
    assert_eq!(found(itself, &[("own.toml", itself)]), expected);
}

#[test]
fn another_file_that_is_not_toml_is_told_at_its_place() {
    let told = found("like = \"base.toml\"\n", &[("base.toml", "system = \"s\"\nschema = x y\n")]);
    assert!(told.iter().all(|(code, file, _)| *code == "P001" && file == "base.toml"), "{told:?}");
    assert!(!told.is_empty());
}
