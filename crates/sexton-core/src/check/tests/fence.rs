use super::{finds, finds_in, judged, only};
use crate::fence;
use crate::finding::Severity;
use crate::schema::{Dialect, InstalledFence, Schema};

const TABLES: &str = "runs: id text key\n\
                      entries: id int key, run_id text index, kind text, amount numeric";

fn with(fence: &str) -> String {
    format!(
        "[things.run]\nrow = \"runs.id\"\n[references]\n\
         \"entries.run_id -> runs\" = \"delete\"\n[fence]\n{fence}\n"
    )
}

#[test]
fn what_is_not_declared_cannot_be_fenced() {
    finds(
        TABLES,
        &with("by = \"look\"\nreferences = [\"entries.kind\"]"),
        &[("C171", "entries.kind")],
    );
    finds(TABLES, &with("by = \"look\"\nreferences = [\"entries.ki\"]"), &[("C102", "entries.ki")]);
    finds(TABLES, &with("by = \"look\"\nreferences = [\"entry.x\"]"), &[("C101", "entry.x")]);
    finds(TABLES, &with("by = \"look\"\nreferences = [\"entries\"]"), &[("C171", "entries")]);
    finds(TABLES, &with("by = \"look\"\nreferences = [\"runs\", \"runs.id\"]"), &[]);
}

#[test]
fn a_condition_is_asked_of_a_fenced_line_and_knows_no_deletion() {
    let also = |key: &str, sql: &str| {
        with(&format!(
            "by = \"look\"\nreferences = [\"entries.run_id\"]\nalso = {{ {key} = \"{sql}\" }}"
        ))
    };
    finds(TABLES, &also("\"entries.kind\"", "runs.id is not null"), &[]);
    finds(TABLES, &also("\"entries.kind\"", "kind = 'a'"), &[("C177", "entries.kind")]);
    finds(TABLES, &also("\"entries.kin\"", "runs.id = 'a'"), &[("C102", "entries.kin")]);
    finds(TABLES, &also("\"entries.kind\"", "runs.id = {actor}"), &[("C172", "entries.kind")]);
    let (_, checked) =
        judged(Dialect::Postgres, TABLES, &also("\"entries.kind\"", "entries.kind = runs.id"));
    let asked = "SELECT 1 FROM \"entries\" LEFT JOIN \"runs\" ON 1 = 1 \
                 WHERE (entries.kind = runs.id)";
    assert!(checked.probes.iter().any(|probe| probe.sql == asked), "{:#?}", checked.probes);
}

#[test]
fn a_key_of_several_spellings_cannot_be_fenced() {
    let tables =
        "prices: id int key, amount numeric unique\nlines: id int key, price numeric index";
    let policy = "[things.price]\nrow = \"prices.id\"\n[references]\n\
                  \"lines.price -> prices.amount\" = \"delete\"\n\
                  [fence]\nby = \"look\"\nreferences = [\"lines.price\"]\n";
    finds(tables, policy, &[("C173", "lines.price")]);
}

/// The schema with every trigger that the policy asks for.
fn installed(schema: &Schema, policy: &crate::policy::Policy) -> Schema {
    let (graph, _) = crate::graph::resolve(policy, schema);
    let mut schema = schema.clone();
    for trigger in fence::triggers(policy, &schema.clone(), &graph) {
        let found = InstalledFence { name: trigger.name, body: trigger.body, enabled: true };
        schema.tables.get_mut(&trigger.table).unwrap().fences.push(found);
    }
    schema
}

#[test]
fn triggers_that_are_missing_or_stale_stop_deletions_and_leftovers_are_told() {
    let policy = with("references = [\"entries.run_id\"]");
    let (severity, message, help) = only(TABLES, &policy);
    assert_eq!(severity, Severity::Error);
    assert_eq!(message, "2 trigger(s) of the fence are not installed: on `entries`");
    assert!(help.contains("sexton fence install"), "{help}");

    let (parsed, _) = crate::policy::parse(&format!("{}{policy}", super::SYSTEM));
    let parsed = parsed.unwrap();
    for dialect in [Dialect::Postgres, Dialect::Sqlite] {
        let codes = |schema: &Schema| -> Vec<&str> {
            super::check(&parsed, schema).findings.iter().map(|finding| finding.code).collect()
        };
        let bare = super::schema::read(dialect, TABLES);
        let mut schema = installed(&bare, &parsed);
        assert_eq!(codes(&bare), ["C174"]);
        assert_eq!(codes(&schema), [""; 0]);
        let entries =
            schema.tables.values_mut().find(|table| table.name.name == "entries").unwrap();
        entries.fences[0].enabled = false;
        let mut leftover = entries.fences[1].clone();
        leftover.name.replace_range(leftover.name.len() - 4.., "dead");
        entries.fences.push(leftover.clone());
        leftover.name = format!("{}00000000_1111111111111111", fence::PREFIX);
        entries.fences.push(leftover);
        assert_eq!(codes(&schema), ["C174", "C175"]);
    }
}

#[test]
fn what_is_neither_enforced_nor_fenced_is_told() {
    let tables = "runs: id text key\nentries: id int key, run_id text index, other text index";
    let policy = "[things.run]\nrow = \"runs.id\"\n[references]\n\
                  \"entries.run_id -> runs\" = \"delete\"\n\"entries.other -> runs\" = \"keep\"\n\
                  [fence]\n";
    finds(tables, policy, &[("C176", "fence")]);
    finds_in(Dialect::Sqlite, tables, &format!("{policy}by = \"look\"\n"), &[]);
}
