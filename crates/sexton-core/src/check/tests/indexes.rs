use super::{finds, only, only_in, schema, with_runs};
use crate::check::check;
use crate::finding::Severity;
use crate::names::{ColumnName, TableName};
use crate::policy::parse;
use crate::schema::{Dialect, Index};

const DELETE: &str = "\"entries.run_id -> runs\" = \"delete\"\n";
const UNINDEXED: &str = "runs: id text key\nentries: id int key, run_id text null, kind text";

#[test]
fn a_lookup_without_an_index_is_a_warning_in_a_small_table_and_an_error_in_a_big_one() {
    let weighs = |size: &str, rule: &str| {
        let policy = with_runs(DELETE) + rule;
        only(&format!("{UNINDEXED}{size}"), &policy)
    };
    assert_eq!(weighs("", "").0, Severity::Warning);
    assert_eq!(weighs(", rows 10000", "").0, Severity::Warning);
    assert_eq!(weighs(", rows 10001", "").0, Severity::Error);
    assert_eq!(
        weighs(", rows 10001", "[check]\nunindexed_rows_max = 20000\n").0,
        Severity::Warning
    );
    assert_eq!(weighs(", rows 1", "[check]\nunindexed_rows_max = 0\n").0, Severity::Error);
}

#[test]
fn the_message_tells_the_size_and_the_help_the_statement_to_run() {
    let tables = format!("{UNINDEXED}, rows 2600000, bytes 1288490188");
    let (_, message, help) = only(&tables, &with_runs(DELETE));
    assert_eq!(
        message,
        "`entries.run_id -> runs`: deletions look up rows of `entries` by `run_id`, and no usable \
         index begins with that (about 2 600 000 rows, 1.1 GiB)"
    );
    assert_eq!(help, "CREATE INDEX CONCURRENTLY ON entries (run_id);");
    let (_, _, help) = only_in(Dialect::Sqlite, &tables, &with_runs(DELETE));
    assert_eq!(help, "CREATE INDEX entries_run_id ON entries (run_id);");
}

#[test]
fn names_are_quoted_only_where_they_must_be() {
    let tables = UNINDEXED.replace("entries", "user").replace("run_id", "Run-Id");
    let policy = with_runs("'user.\"Run-Id\" -> runs' = \"delete\"\n");
    let (_, _, help) = only(&tables, &policy);
    assert_eq!(help, "CREATE INDEX CONCURRENTLY ON \"user\" (\"Run-Id\");");
}

#[test]
fn every_fate_that_looks_rows_up_needs_the_index_and_keep_does_not() {
    for fate in ["\"delete\"", "\"unlink\"", "\"block\"", "{ set = { run_id = \"=null\" } }"] {
        let policy = with_runs(&format!("\"entries.run_id -> runs\" = {fate}\n"));
        finds(UNINDEXED, &policy, &[("C140", "entries.run_id -> runs")]);
    }
    finds(UNINDEXED, &with_runs("\"entries.run_id -> runs\" = \"keep\"\n"), &[]);
}

#[test]
fn the_database_looks_up_what_it_enforces_even_if_it_is_kept() {
    let tables = UNINDEXED.replace("text null", "text null -> runs refuses");
    let policy = with_runs("\"entries.run_id -> runs\" = \"keep\"\n");
    let line = "entries.run_id -> runs";
    finds(&tables, &policy, &[("C152", line), ("C140", line)]);
}

#[test]
fn what_no_deletion_looks_up_needs_no_index() {
    finds(UNINDEXED, &format!("[references]\n{DELETE}"), &[]);
}

#[test]
fn two_lines_for_one_lookup_are_told_once() {
    let lines = format!("{DELETE}\"entries.run_id -> jobs\" = \"delete\"\n");
    let policy = format!("[things.job]\nrow = \"jobs.id\"\n{}", with_runs(&lines));
    let tables = format!("{UNINDEXED}\njobs: id text key");
    finds(&tables, &policy, &[("C140", "entries.run_id -> runs")]);
}

#[test]
fn start_columns_are_looked_up_too() {
    let policy = "[things.run]\nstarts = [\"entries.run_id\"]\n";
    finds(UNINDEXED, policy, &[("C140", "entries.run_id")]);
    finds(&UNINDEXED.replace("text null", "text null index"), policy, &[]);
}

#[test]
fn an_index_serves_if_the_columns_lead_in_any_order() {
    let tables = "runs: a int key, b int key\nentries: id int key, x int, y int, kind text";
    let policy = "[things.run]\nrow = \"runs.(a,b)\"\n\
                  [references]\n\"entries.(x,y) -> runs\" = \"delete\"\n";
    let line = [("C140", "entries.(x,y) -> runs")];
    for index in ["index(x,y)", "index(y,x)", "unique(y,x,kind)"] {
        finds(&format!("{tables}, {index}"), policy, &[]);
    }
    for index in ["index(x)", "index(kind,x,y)", "index(x,kind,y)"] {
        finds(&format!("{tables}, {index}"), policy, &line);
    }
}

#[test]
fn a_primary_key_serves_though_sqlite_lists_no_index_for_it() {
    let mut schema = schema::read(Dialect::Sqlite, "runs: id int key\nentries: run_id int key");
    for table in schema.tables.values_mut() {
        table.indexes.clear();
    }
    let (policy, _) = parse(&format!("system = \"s\"\n{}", with_runs(DELETE)));
    assert_eq!(check(&policy.unwrap(), &schema).findings, []);
}

/// Whether an index over these columns serves `run_id` of a line with this condition.
fn serves(columns: &[&str], index: impl FnOnce(&mut Index), condition: Option<&str>) -> bool {
    let mut schema = schema::read(Dialect::Postgres, UNINDEXED);
    let columns: Vec<ColumnName> = columns.iter().map(|name| ColumnName::new(*name)).collect();
    let mut made = schema::index("entries_ix", &columns, false);
    index(&mut made);
    schema.tables.get_mut(&TableName::local("entries")).unwrap().indexes.push(made);
    let line = condition.map_or(DELETE.to_owned(), |condition| {
        let rule = format!("{{ rule = \"delete\", where = \"{condition}\" }}");
        format!("\"entries.run_id -> runs\" = {rule}\n")
    });
    let (policy, _) = parse(&format!("system = \"s\"\n{}", with_runs(&line)));
    check(&policy.unwrap(), &schema).findings.is_empty()
}

#[test]
fn a_partial_index_serves_if_it_holds_every_row_that_is_looked_up() {
    let partial = |condition: &'static str| {
        move |index: &mut Index| index.predicate = Some(condition.to_owned())
    };
    let by = ["run_id"];
    assert!(serves(&by, partial("(run_id IS NOT NULL)"), None));
    assert!(serves(&by, partial("(kind = 'a'::text)"), Some("kind = 'a'")));
    assert!(!serves(&by, partial("(kind = 'a'::text)"), Some("kind = 'b'")));
    assert!(!serves(&by, partial("(kind IS NOT NULL)"), None));
}

#[test]
fn columns_that_the_condition_pins_may_stand_before() {
    let by = ["kind", "run_id"];
    assert!(serves(&by, |_| {}, Some("kind = 'a'")));
    assert!(serves(&by, |_| {}, Some("entries.kind = 'a' and id > 5")));
    for condition in ["kind <> 'a'", "kind = 'a' or id > 5", "not kind = 'a'", "mankind = 'a'"] {
        assert!(!serves(&by, |_| {}, Some(condition)), "{condition}");
    }
    assert!(!serves(&by, |_| {}, None));
}

#[test]
fn an_index_that_is_not_valid_is_to_be_built_again() {
    let tables = UNINDEXED;
    let mut schema = schema::read(Dialect::Postgres, tables);
    let mut broken = schema::index("entries_ix", &[ColumnName::new("run_id")], false);
    broken.usable = false;
    schema.tables.get_mut(&TableName::local("entries")).unwrap().indexes.push(broken);
    let (policy, _) = parse(&format!("system = \"s\"\n{}", with_runs(DELETE)));
    let findings = check(&policy.unwrap(), &schema).findings;
    let help = findings[0].help.as_deref();
    assert_eq!(help, Some("its index is not valid: REINDEX INDEX entries_ix;"));
}
