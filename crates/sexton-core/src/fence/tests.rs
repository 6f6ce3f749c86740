use crate::check::tests::schema;
use crate::graph::resolve;
use crate::policy::{Policy, parse};
use crate::schema::Dialect;
use crate::sql::Scalar;

use super::{PREFIX, key_text, triggers};

const TABLES: &str = "batches: id text key, state text\n\
    jobs: id bigint key, batch_id text index, state text, config jsonb\n\
    parts: a text, b int, job text, fk(a) -> batches(id)\n\
    pairs: x text, y int, unique(x,y), id int key";

const POLICY: &str = r#"system = "s"
[things.batch]
row = "batches.id"
[things.pair]
row = "pairs.id"
[references]
"jobs.batch_id -> batches" = { rule = "delete", where = "batch_id <> ''" }
"jobs.config$.ids[*] -> pairs" = "keep"
"parts.a -> batches" = "delete"
"parts.job -> jobs" = { rule = "delete", cast = "bigint" }
"parts.(a,b) -> pairs.(x,y)" = "delete"
[fence]
references = ["batches", "jobs.batch_id", "jobs.config$.ids[*]", "parts.{a,job,(a,b)}"]
also = { "jobs.state" = "jobs.state <> 'it''s on' or batches.state = 'open'" }
"#;

fn policy(text: &str) -> Policy {
    let (policy, findings) = parse(text);
    policy.unwrap_or_else(|| panic!("{findings:#?}"))
}

/// Every statement that makes the fence.
fn made(dialect: Dialect, text: &str) -> Vec<(String, String)> {
    let (policy, schema) = (policy(text), schema::read(dialect, TABLES));
    let (graph, _) = resolve(&policy, &schema);
    let triggers = triggers(&policy, &schema, &graph);
    triggers.into_iter().map(|trigger| (trigger.name, trigger.create.join(";\n"))).collect()
}

fn shown(dialect: Dialect) -> String {
    let made = made(dialect, POLICY);
    let texts: Vec<&str> = made.iter().map(|(_, text)| text.as_str()).collect();
    texts.join(";\n\n")
}

#[test]
fn the_triggers_of_postgres_read_as_one_would_write_them() {
    insta::assert_snapshot!(shown(Dialect::Postgres));
}

#[test]
fn the_triggers_of_sqlite_read_as_one_would_write_them() {
    insta::assert_snapshot!(shown(Dialect::Sqlite));
}

/// An enforced line needs no memory, so `parts.a` is left to its foreign key.
#[test]
fn a_name_is_the_same_for_the_same_text_and_another_for_another() {
    for dialect in [Dialect::Postgres, Dialect::Sqlite] {
        let names = |text: &str| -> Vec<String> {
            made(dialect, text).into_iter().map(|(name, _)| name).collect()
        };
        let first = names(POLICY);
        assert_eq!(first, names(POLICY));
        assert!(first.iter().all(|name| name.starts_with(PREFIX) && name.len() < 63), "{first:?}");
        let other = names(&POLICY.replace("it''s on", "on"));
        assert_eq!(first.iter().zip(&other).filter(|(a, b)| a != b).count(), 2);
        let elsewhere = names(&POLICY.replace("system = \"s\"", "system = \"t\""));
        assert!(first.iter().all(|name| !elsewhere.contains(name)));
        assert_eq!(names(&POLICY.replace("[fence]", "[fence]\nby = \"look\"")), [""; 0]);
    }
}

#[test]
fn keys_of_several_values_are_told_apart() {
    let text = |values: &[&str]| {
        key_text(&values.iter().map(|value| Scalar::text(*value)).collect::<Vec<_>>())
    };
    assert_eq!(text(&["a,b"]), "a,b");
    assert_eq!(text(&["a", "b"]), "a,b");
    assert_eq!(text(&["a,", "b\\"]), "a\\,,b\\\\");
}
