use super::{finds, only};
use crate::finding::{Finding, Severity};
use crate::schema::Dialect;

const TABLES: &str = "orgs: id int key, slug text unique\n\
     projects: id int key, org_id int -> orgs, slug text, unique(org_id,slug)\n\
     builds: id int key, project_id int index -> projects, name text, number int, \
     unique(project_id,number)\n\
     metrics: id int key, build_id int unique -> builds\n\
     pairs: id int key, head_id int index -> metrics, base_id int index -> metrics, \
     unique(head_id,base_id)\n\
     icons: build_id int key -> builds\n\
     files: id uuid key, build_id int index -> builds, tag text";

const LINES: &str = "[stores]\ns = \"memory:\"\nt = \"memory:\"\n\
     [things.org]\nrow = \"orgs.id\"\n[references]\n\
     \"projects.org_id -> orgs\" = \"delete\"\n\"builds.project_id -> projects\" = \"delete\"\n\
     \"metrics.build_id -> builds\" = \"delete\"\n\"pairs.{head_id,base_id} -> metrics\" = \"delete\"\n\
     \"{icons,files}.build_id -> builds\" = \"delete\"\n";

fn rule(name: &str, of: &str, lines: &str) -> String {
    format!("[objects.{name}]\nof = \"{of}\"\nstore = \"s\"\n{lines}\n")
}

fn one(of: &str, prefix: &str) -> String {
    format!("{LINES}{}", rule("o", of, &format!("prefix = \"{prefix}\"")))
}

#[test]
fn a_name_that_tells_rows_apart_has_no_findings() {
    for (of, prefix) in [
        ("builds", "{id}/"),
        ("builds", "{name}/{id}/"),
        ("builds", "{project_id}/{number}/"),
        ("builds", "{project_id.org_id.slug}/{project_id}/{number}/"),
        ("metrics", "{build_id}/"),
        ("pairs", "{head_id.build_id}/{base_id.build_id}/"),
        ("pairs", "{head_id.build_id.project_id}/{head_id.build_id}/{base_id.build_id}/"),
        ("icons", "{build_id}/"),
    ] {
        finds(TABLES, &one(of, prefix), &[]);
    }
}

#[test]
fn a_name_that_several_rows_may_have_is_warned_of() {
    for (of, prefix) in [
        ("builds", "{project_id}/"),
        ("builds", "{name}/"),
        // The number counts anew in each project.
        ("builds", "{number}/"),
        ("builds", "{project_id.slug}/{number}/"),
        ("builds", "{project_id.org_id}/{number}/"),
        ("pairs", "{head_id.build_id}/"),
        ("pairs", "{head_id.build_id.project_id}/{base_id.build_id}/"),
        ("files", "files/{build_id}/"),
    ] {
        finds(TABLES, &one(of, prefix), &[("C411", &format!("\"{prefix}\""))]);
    }
    let (severity, message, _) = only(TABLES, &one("files", "files/{build_id}/"));
    assert_eq!(severity, Severity::Warning);
    let said = "several rows of `files` may name `files/{build_id}/`: the first that goes takes the \
                objects of all";
    assert_eq!(message, said);
}

/// Two rules, the second of which is judged against the first.
fn two(one: (&str, &str), other: (&str, &str)) -> String {
    let (one, other) = (rule("a", one.0, one.1), rule("b", other.0, other.1));
    format!("{LINES}{one}{other}")
}

#[test]
fn rows_of_two_tables_that_name_the_same_are_found() {
    for (a, b, place) in [
        (("orgs", "prefix = \"{id}/\""), ("projects", "prefix = \"{id}/\""), "\"{id}/\""),
        (("orgs", "key = \"{id}.zip\""), ("builds", "key = \"{id}.zip\""), "\"{id}.zip\""),
        (("orgs", "uri = \"s3://b/{id}\""), ("builds", "uri = \"s3://b/{id}\""), "\"s3://b/{id}\""),
        // What lies below a prefix goes with it.
        (
            ("orgs", "prefix = \"x/{id}/\""),
            ("builds", "key = \"x/{id}/a.zip\""),
            "\"x/{id}/a.zip\"",
        ),
        (
            ("builds", "prefix = \"{project_id}/{id}/\""),
            ("projects", "prefix = [\"{org_id}/{id}/\"]"),
            "\"{org_id}/{id}/\"",
        ),
        // Two names of one row are names of two rows as well.
        (
            ("builds", "prefix = \"{project_id}/{id}/\""),
            ("builds", "prefix = \"{project_id}/{number}/\""),
            "\"{project_id}/{number}/\"",
        ),
    ] {
        finds(TABLES, &two(a, b), &[("C416", place)]);
        assert_eq!(only(TABLES, &two(a, b)).0, Severity::Error);
    }
    let text = two(("orgs", "prefix = \"{slug}/\""), ("builds", "prefix = \"{id}/\""));
    assert_eq!(only(TABLES, &text).0, Severity::Warning);
    let text = two(("orgs", "prefix = \"{id}/\""), ("projects", "prefix = \"{id}/\""));
    let said = "`{id}/` of [objects.b] meets `{id}/` of [objects.a] wherever `{id}` and `{id}` are \
                equal: who deletes one takes the objects of the other";
    assert_eq!(only(TABLES, &text).1, said);
}

#[test]
fn what_lies_below_what_is_its_own_has_no_findings() {
    let project = ("projects", "prefix = \"{org_id}/{id}/\"");
    for other in [
        ("builds", "prefix = \"{project_id.org_id}/{project_id}/{id}/\""),
        ("builds", "prefix = \"builds/{id}/\""),
        ("builds", "key = \"{project_id.org_id}/{id}\""),
        ("builds", "key = \"{id}.zip\""),
        ("builds", "prefix = \"b{id}/{project_id}/\""),
        // A key beside a folder is not below it, nor is what has a longer name.
        ("builds", "key = \"{project_id.org_id}/{number}.zip\""),
        ("builds", "prefix = \"{project_id.org_id}/{number}-{id}/\""),
        // What a row has written down is its own business.
        ("builds", "key = \"{name|path}\""),
    ] {
        let (_, checked) = super::judged(Dialect::Postgres, TABLES, &two(project, other));
        let found: Vec<_> = checked.findings.iter().filter(|f| f.code == "C416").collect();
        assert_eq!(found, [] as [&Finding; 0], "{other:?}");
    }
    // Below a key lies nothing.
    let key = ("orgs", "key = \"x/{id}\"");
    finds(TABLES, &two(key, ("builds", "key = \"x/{id}/a.zip\"")), &[]);
    let icons = ("icons", "prefix = \"{build_id}/icon/\"");
    finds(TABLES, &two(("builds", "prefix = \"{id}/\""), icons), &[]);
    // UUIDs of two tables are never equal, and stores are no one's neighbours.
    let files = TABLES.replace("builds: id int", "builds: id uuid");
    finds(&files, &two(("builds", "prefix = \"{id}/\""), ("files", "prefix = \"{id}/\"")), &[]);
    let elsewhere = two(("orgs", "prefix = \"{id}/\""), ("projects", "prefix = \"{id}/\""));
    let (before, after) = elsewhere.rsplit_once("store = \"s\"").unwrap();
    finds(TABLES, &format!("{before}store = \"t\"{after}"), &[]);
}

#[test]
fn a_value_that_comes_from_several_tables_is_compared_with_none() {
    let tables = format!("{TABLES}\nlogs: id int key, owner_id int unique, of text");
    let lines = LINES.to_owned()
        + "\"logs.owner_id -> orgs\" = { rule = \"delete\", where = \"of = 'org'\" }\n\
           \"logs.owner_id -> builds\" = { rule = \"delete\", where = \"of = 'build'\" }\n";
    let projects = rule("a", "projects", "prefix = \"{id}/\"");
    let logs = rule("b", "logs", "prefix = \"{owner_id}/\"");
    finds(&tables, &format!("{lines}{projects}{logs}"), &[]);
}
