use super::{finds, only};
use crate::finding::Severity;

const TABLES: &str = "sets: id int key\nmodels: id int key, set_id int index, active bool";
const THING: &str = "[things.set]\nrow = \"sets.id\"\n";

fn guard(of: &str, rows: &str) -> String {
    format!(
        "[guards.active]\nof = \"{of}\"\nrows = \"{rows}\"\nlink = \"m.set_id = sets.id\"\n\
         where = \"m.active\"\nsay = \"{{count}} active\"\n"
    )
}

#[test]
fn a_guard_must_name_tables_that_exist() {
    finds(TABLES, &(THING.to_owned() + &guard("sets", "models m")), &[]);
    finds(TABLES, &(THING.to_owned() + &guard("set", "models m")), &[("C101", "set")]);
    for rows in ["model m", "(select 1) m"] {
        let policy = THING.to_owned() + &guard("sets", rows);
        finds(TABLES, &policy, &[("C113", &format!("\"{rows}\""))]);
    }
}

#[test]
fn a_guard_that_never_judges_is_warned_of() {
    let (severity, message, _) = only(TABLES, &guard("sets", "models m"));
    assert_eq!(severity, Severity::Warning);
    assert_eq!(message, "guard `active` never judges: no thing deletes rows of `sets`");
}

#[test]
fn guarding_rows_must_be_told_apart() {
    let tables = TABLES.replace("models: id int key", "models: id int null");
    let policy = THING.to_owned() + &guard("sets", "models m");
    finds(&tables, &policy, &[("C120", "\"models m\"")]);
}

#[test]
fn what_is_wrong_in_an_idle_guard_is_told_all_the_same() {
    let policy = guard("sets", "model m");
    finds(TABLES, &policy, &[("C119", "sets"), ("C113", "\"model m\"")]);
}

#[test]
fn a_sentence_says_only_columns_that_the_guarded_rows_have() {
    let say = |word: &str| {
        let policy = THING.to_owned() + &guard("sets", "models m");
        policy.replace("{count}", &format!("{{subject.{word}}}: {{count}}"))
    };
    finds(TABLES, &say("label"), &[]);
    finds(TABLES, &say("id"), &[]);
    let (severity, message, _) = only(TABLES, &say("name"));
    assert_eq!(severity, Severity::Error);
    assert_eq!(message, "guard `active` says `{subject.name}`, but `sets` has no column `name`");
}
