use super::{SYSTEM, finds, finds_in, judged};
use crate::check::uncalled;
use crate::policy::parse;
use crate::schema::Dialect;

const TABLES: &str = "orgs: id int key, slug text\n\
                      projects: id int key, org_id int index -> orgs\n\
                      builds: id int key, project_id int index -> projects, extras jsonb null, note text\n\
                      pairs: a int key, b int key, build_id int index";

const LINES: &str = "[things.project]\nrow = \"projects.id\"\n[references]\n\
                     \"builds.project_id -> projects\" = \"delete\"\n\
                     \"pairs.build_id -> builds\" = \"delete\"\n\
                     \"projects.org_id -> orgs\" = \"keep\"\n";

fn with_hook(hook: &str) -> String {
    format!("{LINES}[hooks.h]\n{hook}\n")
}

/// What is read for the only hook, as the plan has it.
fn read(dialect: Dialect, hook: &str) -> String {
    let (_, checked) = judged(dialect, TABLES, &with_hook(hook));
    assert_eq!(checked.findings, []);
    let probe = checked.probes.into_iter().find(|probe| probe.what.contains("the hook `h`"));
    probe.expect("what is read for a hook is tried").sql
}

const CALL: &str = "call = \"https://a.example\"\n";

#[test]
fn a_hook_reads_values_along_references_and_inside_json() {
    let hook = format!(
        "of = \"builds\"\n{CALL}body = {{ id = \"{{id}}\", org = \"{{project_id.org_id.slug}}\", \
         key = \"{{extras$.a.b}}\", by = \"{{actor}}\" }}"
    );
    assert_eq!(
        read(Dialect::Postgres, &hook),
        "SELECT to_jsonb(\"builds\".\"id\")::text, \
         to_jsonb((SELECT t2.\"slug\" FROM \"orgs\" AS t2 WHERE t2.\"id\" = \
         (SELECT t1.\"org_id\" FROM \"projects\" AS t1 WHERE t1.\"id\" = \
         \"builds\".\"project_id\")))::text, \
         (\"builds\".\"extras\"::jsonb #> $1::text::text[])::text FROM \"builds\" \
         WHERE \"builds\".\"id\" = ANY($2::text[]::int[]) ORDER BY \"builds\".\"id\""
    );
    assert_eq!(
        read(Dialect::Sqlite, &hook),
        "SELECT \"builds\".\"id\", \
         (SELECT t2.\"slug\" FROM \"orgs\" AS t2 WHERE t2.\"id\" = \
         (SELECT t1.\"org_id\" FROM \"projects\" AS t1 WHERE t1.\"id\" = \
         \"builds\".\"project_id\")), \
         CASE WHEN json_valid(\"builds\".\"extras\") THEN \"builds\".\"extras\" -> ?1 END \
         FROM \"builds\" WHERE \"builds\".\"id\" IN (SELECT sexton_k.value FROM json_each(?2) \
         AS sexton_k) ORDER BY \"builds\".\"id\""
    );
}

#[test]
fn a_condition_may_name_rows_that_go() {
    let hook = format!(
        "of = \"builds\"\n{CALL}body = true\nwhere = \"project_id not in ({{going.projects}})\""
    );
    let read = read(Dialect::Postgres, &hook);
    assert!(read.contains("(project_id not in (SELECT unnest($2::text[]::int[])))"), "{read}");
}

#[test]
fn values_that_are_not_there_are_found_at_their_place() {
    let hook = format!(
        "of = \"builds\"\n{CALL}body = {{ a = \"{{idd}}\", b = \"x{{note.x}}\", c = \"{{note$.x}}\" }}\n\
         batch = {{ by = \"{{project}}\", max = 2 }}"
    );
    finds(
        TABLES,
        &with_hook(&hook),
        &[("C102", "{idd}"), ("C122", "{note.x}"), ("C196", "{note$.x}"), ("C102", "{project}")],
    );
}

#[test]
fn a_table_that_is_not_there_or_loses_nothing_is_found() {
    finds(TABLES, &with_hook(&format!("of = \"bilds\"\n{CALL}body = 1")), &[("C101", "bilds")]);
    finds(TABLES, &with_hook(&format!("of = \"orgs\"\n{CALL}body = 1")), &[("C195", "orgs")]);
}

#[test]
fn going_rows_are_a_list_of_one_column() {
    let hook = |table: &str| {
        let filter = format!("where = \"id in ({{going.{table}}})\"");
        with_hook(&format!("of = \"builds\"\n{CALL}body = 1\n{filter}"))
    };
    finds(TABLES, &hook("pairs"), &[("C198", "id in ({going.pairs})")]);
    finds(TABLES, &hook("nothing"), &[("C101", "id in ({going.nothing})")]);
}

#[test]
fn notify_is_for_postgres_and_with_the_commit() {
    let hook = "of = \"builds\"\nbody = 1\ncall = \"notify:gone\"";
    finds(TABLES, &with_hook(hook), &[]);
    finds_in(Dialect::Sqlite, TABLES, &with_hook(hook), &[("C197", "notify:gone")]);
    let before = format!("{hook}\nbefore = true");
    finds(TABLES, &with_hook(&before), &[("C197", "notify:gone")]);
    let signed = format!("{hook}\nsecret = \"env:S\"");
    finds(TABLES, &with_hook(&signed), &[("C197", "env:S")]);
}

#[test]
fn a_variable_that_is_not_set_is_told() {
    let hook =
        |call: &str| format!("of = \"builds\"\nbody = 1\ncall = \"{call}\"\nsecret = \"env:S\"");
    for (call, set, expected) in [
        ("env:A", &["A", "S"][..], &[][..]),
        ("env:A", &["S"], &["`A` is not set: deletions that hook `h` tells of are refused"]),
        ("env:A?", &[], &[]),
        ("https://a", &[], &["`env:S` is not set: deletions that hook `h` tells of are refused"]),
    ] {
        let (policy, _) = parse(&format!("{SYSTEM}{}", with_hook(&hook(call))));
        let found = uncalled(&policy.unwrap().hooks[0], &|name| set.contains(&name));
        let found: Vec<_> = found.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(found, expected, "{call} {set:?}");
    }
}
