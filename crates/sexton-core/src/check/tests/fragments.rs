use super::{finds, finds_in, only, with_runs};
use crate::schema::Dialect;

const TABLES: &str = "runs: id text key, slug text, domain_id int index, state text\n\
                      domains: id int key, runs int\n\
                      notes: id int key, run_id text null index, state text";

/// A policy with this SQL in every place of the language that takes some.
fn everywhere(sql: &str) -> String {
    let only_sql = "only = { \"1 = 1\" = \"no\" }";
    format!(
        "[things.run]\nrow = \"runs.id\"\nvisible = {sql}\n{only_sql}\n\
         [references]\n\
         \"notes.run_id -> runs\" = {{ rule = {{ set = {{ state = {value} }} }}, where = {sql} }}\n\
         [guards.g]\nof = \"runs\"\nrows = \"notes n\"\nlink = {sql}\nwhere = {sql}\nname = {sql}\n\
         say = \"no\"\n\
         [derived.domains]\nof = \"runs.domain_id\"\nfirst = {sql}\n\
         set.runs = {{ value = {value}, none = {value} }}\n",
        value = sql.replace(" = \"", " = \"="),
    )
}

#[test]
fn sql_must_be_written_for_the_database_in_use() {
    let (postgres, sqlite) = ("{ postgres = \"x\" }", "{ sqlite = \"x\" }");
    let value = "{ sqlite = \"=x\" }";
    // Reading the line's condition fails first, and the line with it.
    let mut expected = vec![("C105", sqlite); 1];
    expected.extend([("C105", value), ("C105", sqlite)]);
    expected.extend([("C105", sqlite); 3]);
    expected.extend([("C105", sqlite), ("C105", value), ("C105", value)]);
    finds(TABLES, &everywhere(sqlite), &expected);
    finds(TABLES, &everywhere(postgres), &[]);
    finds_in(Dialect::Sqlite, TABLES, &everywhere(sqlite), &[]);
}

#[test]
fn placeholders_that_are_not_bound_yet_are_named() {
    let line = |sql: &str| {
        let rule = format!("{{ rule = \"delete\", where = \"{sql}\" }}");
        with_runs(&format!("\"notes.run_id -> runs\" = {rule}\n"))
    };
    for placeholder in ["{row.state}", "{query.x}", "{option.y}", "{going.runs}"] {
        let sql = format!("state = {placeholder}");
        let (_, message, _) = only(TABLES, &line(&sql));
        let what = "the condition of `notes.run_id -> runs`";
        assert_eq!(message, format!("`{placeholder}` has no value in {what}"));
    }
    for placeholder in ["{id}", "{actor}", "{tenant}", "{now - 15m}"] {
        finds(TABLES, &line(&format!("state = {placeholder}")), &[]);
    }
}

#[test]
fn named_values_are_known_where_the_row_is_found_and_the_id_is_not() {
    let run = |keys: &str| format!("[things.run]\nrow = \"runs.id\"\n{keys}\n");
    finds(TABLES, &run("find = \"slug = {path.slug}\""), &[]);
    finds(TABLES, &run("find = \"slug = {id}\""), &[("C202", "slug = {id}")]);
    finds(TABLES, &run("visible = \"slug = {id}\""), &[]);
    let visible = run("visible = \"slug = {path.slug}\"");
    finds(TABLES, &visible, &[("C202", "slug = {path.slug}")]);
}
