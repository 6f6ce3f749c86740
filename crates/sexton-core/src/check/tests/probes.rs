use super::{SYSTEM, judged};
use crate::check::Probe;
use crate::finding::Span;
use crate::schema::Dialect;

const TABLES: &str = "domains: id int key, latest text null, grade text null\n\
                      runs: id text key, domain_id int index, slug text\n\
                      notes: id int key, run_id text null index, state text";

/// All probes as `what: statement`, in order.
fn probes(dialect: Dialect, policy: &str) -> Vec<(String, String)> {
    let (_, checked) = judged(dialect, TABLES, policy);
    assert_eq!(checked.findings, []);
    checked.probes.into_iter().map(|probe| (probe.what, probe.sql)).collect()
}

fn is(found: &[(String, String)], expected: &[(&str, &str)]) {
    let found: Vec<_> = found.iter().map(|(what, sql)| (what.as_str(), sql.as_str())).collect();
    assert_eq!(found, expected);
}

#[test]
fn what_a_thing_asks_of_its_row_is_tried_alone() {
    let policy = "[things.run]\nrow = \"runs.id\"\nvisible = \"slug = {actor}\"\n\
                  find = \"slug = {path.slug}\"\ntenant = \"=lower(slug)\"\n\
                  only = { \"slug <> ''\" = \"no\" }\nrefuse = { \"slug = 'x'\" = \"no\" }\n\
                  [things.same]\nlike = \"run\"\n";
    is(
        &probes(Dialect::Postgres, policy),
        &[
            ("`visible` of the thing `run`", "SELECT 1 FROM \"runs\" WHERE (slug = $1::text)"),
            ("`find` of the thing `run`", "SELECT 1 FROM \"runs\" WHERE (slug = $1::text)"),
            ("`tenant` of the thing `run`", "SELECT (lower(slug))::text FROM \"runs\""),
            ("`only` of the thing `run`", "SELECT 1 FROM \"runs\" WHERE (slug <> '')"),
            ("`refuse` of the thing `run`", "SELECT 1 FROM \"runs\" WHERE (slug = 'x')"),
        ],
    );
}

#[test]
fn conditions_and_values_of_lines_are_tried_alone() {
    let policy = "[things.run]\nrow = \"runs.id\"\n[references]\n\"notes.run_id -> runs\" = \
                  { rule = { set = { state = \"=upper(state)\", run_id = \"=null\" } }, \
                  where = \"id > 5\" }\n";
    let line = "notes.run_id -> runs";
    is(
        &probes(Dialect::Sqlite, policy),
        &[
            (&format!("the condition of `{line}`"), "SELECT 1 FROM \"notes\" WHERE (id > 5)"),
            (
                &format!("the value of `state` in `{line}`"),
                "UPDATE \"notes\" SET \"state\" = (upper(state)) WHERE 1 = 0",
            ),
            (
                &format!("the value of `run_id` in `{line}`"),
                "UPDATE \"notes\" SET \"run_id\" = (null) WHERE 1 = 0",
            ),
        ],
    );
}

const GUARD: &str = "[things.run]\nrow = \"runs.id\"\n[guards.open]\nof = \"runs\"\n\
                     rows = \"notes n\"\nlink = \"n.run_id = runs.id\"\n\
                     where = \"n.state = 'open'\"\nname = \"n.state\"\nsay = \"no\"\n";

#[test]
fn a_guard_is_tried_part_by_part_and_as_a_whole() {
    let joined = "notes n JOIN (SELECT \"id\", \"domain_id\", \"slug\" FROM \"runs\") AS \"runs\" \
                  ON (n.run_id = runs.id)";
    let found = probes(Dialect::Postgres, GUARD);
    is(
        &found[..4],
        &[
            ("`rows` of the guard `open`", "SELECT 1 FROM notes n"),
            ("`link` of the guard `open`", &format!("SELECT 1 FROM {joined}")),
            (
                "`where` of the guard `open`",
                &format!("SELECT 1 FROM {joined} WHERE (n.state = 'open')"),
            ),
            ("`name` of the guard `open`", &format!("SELECT (n.state)::text FROM {joined}")),
        ],
    );
    let whole: Vec<_> = found[4..].iter().map(|(what, _)| what.as_str()).collect();
    assert_eq!(whole, ["the guard `open` as a whole"; 2]);
    assert!(found[4].1.ends_with(" FOR SHARE OF \"n\""), "{}", found[4].1);
    assert!(found[5].1.contains("(n.state = 'open')"), "{}", found[5].1);
}

#[test]
fn derived_columns_are_tried_where_first_is_known_and_as_a_whole() {
    let first = "runs r where r.domain_id = domains.id order by r.slug";
    let policy = format!(
        "[things.run]\nrow = \"runs.id\"\n[derived.domains]\nof = \"runs.domain_id\"\n\
         first = \"{first}\"\nset.latest = {{ value = \"=r.slug\", none = \"=null\" }}\n\
         set.grade = \"=(select 'a')\"\n"
    );
    let found = probes(Dialect::Postgres, &policy);
    is(
        &found[..4],
        &[
            (
                "`first` of [derived.domains]",
                &format!("SELECT (SELECT 1 FROM {first} LIMIT 1) FROM \"domains\""),
            ),
            (
                "the derived column `domains.latest`",
                &format!(
                    "UPDATE \"domains\" SET \"latest\" = (SELECT (r.slug) FROM {first} LIMIT 1) \
                     WHERE 1 = 0"
                ),
            ),
            (
                "`none` of the derived column `domains.latest`",
                "UPDATE \"domains\" SET \"latest\" = (null) WHERE 1 = 0",
            ),
            (
                "the derived column `domains.grade`",
                "UPDATE \"domains\" SET \"grade\" = ((select 'a')) WHERE 1 = 0",
            ),
        ],
    );
    assert_eq!(found.len(), 5);
    assert_eq!(found[4].0, "[derived.domains] as a whole");
    assert!(found[4].1.starts_with("UPDATE \"domains\" SET "), "{}", found[4].1);
}

#[test]
fn a_fragment_is_tried_even_if_its_thing_has_no_plan() {
    let policy = format!("{GUARD}[references]\n\"notes.run_id -> runs\" = \"review\"\n");
    let (_, checked) = judged(Dialect::Postgres, TABLES, &policy);
    let tried: Vec<_> = checked.probes.iter().map(|probe| probe.what.as_str()).collect();
    assert_eq!(checked.findings[0].code, "C110");
    assert!(tried.contains(&"`where` of the guard `open`"), "{tried:?}");
}

#[test]
fn a_probe_stands_where_its_fragment_stands() {
    let (text, checked) = judged(Dialect::Postgres, TABLES, GUARD);
    let covered = |span: Span| &text[span.start..span.end];
    assert_eq!(covered(checked.probes[1].span), "n.run_id = runs.id");
    assert!(text.starts_with(SYSTEM));
}

#[test]
fn what_the_database_says_becomes_a_finding_at_the_place_of_the_fragment() {
    let probe = Probe {
        sql: "SELECT 1 FROM \"runs\" WHERE (slugg)".into(),
        span: Span::new(3, 8),
        what: "`only` of the thing `run`".into(),
    };
    let finding = probe.finding("column \"slugg\" does not exist");
    assert_eq!((finding.code, finding.span), ("C201", Some(Span::new(3, 8))));
    assert_eq!(
        finding.message,
        "the database does not accept `only` of the thing `run`: column \"slugg\" does not exist"
    );
}
