use super::{finds, only, with_runs};
use crate::finding::Severity;

const TABLES: &str = "jobs: id int key\nruns: id int key, job_id int null index\n\
                      notes: id int key, run_id int index";

fn with_jobs(options: &str, lines: &str) -> String {
    format!("[things.job]\nrow = \"jobs.id\"\n{options}\n[references]\n{lines}")
}

#[test]
fn a_line_switched_by_an_option_of_a_thing_is_as_good_as_any() {
    let lines = "\"runs.job_id -> jobs\" = { rule = \"unlink\", with = { runs = \"delete\" } }\n\
                 \"notes.run_id -> runs\" = \"delete\"\n";
    finds(TABLES, &with_jobs("options.runs = {}", lines), &[]);
}

#[test]
fn a_line_cannot_wait_for_an_option_that_no_thing_has() {
    let line = "\"runs.job_id -> jobs\" = { rule = \"unlink\", with = { rnus = \"delete\" } }\n\
                \"notes.run_id -> runs\" = { rule = \"delete\", with = { runs = \"delete\" } }\n";
    finds(TABLES, &with_jobs("options.runs = {}", line), &[("C132", "rnus")]);
    let line = "\"notes.run_id -> runs\" = { rule = \"delete\", with = { x = \"keep\" } }\n";
    let (severity, message, help) = only(TABLES, &with_runs(line));
    assert_eq!((severity, message.as_str()), (Severity::Error, "no thing has an option `x`"));
    assert_eq!(help, "give a thing `options.x = { default = false }`");
}

#[test]
fn two_options_of_one_thing_cannot_give_a_line_two_fates() {
    let options = "options = { a = {}, b = {} }";
    let torn = "\"runs.job_id -> jobs\" = { rule = \"unlink\", with = { a = \"delete\", b = \"keep\" } }\n\
                \"notes.run_id -> runs\" = \"delete\"\n";
    finds(TABLES, &with_jobs(options, torn), &[("C133", "b")]);
    finds(TABLES, &with_jobs(options, &torn.replace("keep", "delete")), &[]);
}

#[test]
fn an_option_that_switches_nothing_is_warned_of() {
    let lines = "\"runs.job_id -> jobs\" = \"unlink\"\n\"notes.run_id -> runs\" = \"delete\"\n";
    finds(TABLES, &with_jobs("options.runs = {}", lines), &[("C134", "runs")]);
}

#[test]
fn what_a_choice_would_break_is_found_before_anybody_chooses_it() {
    let lines = "\"runs.job_id -> jobs\" = { rule = \"unlink\", with = { runs = \"delete\" } }\n\
                 \"notes.run_id -> runs\" = { rule = \"delete\", with = { runs = \"unlink\" } }\n";
    finds(TABLES, &with_jobs("options.runs = {}", lines), &[("C114", "notes.run_id -> runs")]);
    // Nothing takes runs unless they are chosen, so only then is the missing index missed.
    let tables = TABLES.replace("run_id int index", "run_id int");
    let lines = lines.replace("\"unlink\" } }\n", "\"delete\" } }\n");
    finds(&tables, &with_jobs("options.runs = {}", &lines), &[("C140", "notes.run_id -> runs")]);
}

#[test]
fn what_only_a_choice_sets_off_is_not_said_to_be_never() {
    let lines = "\"runs.job_id -> jobs\" = { rule = \"unlink\", with = { runs = \"delete\" } }\n\
                 \"notes.run_id -> runs\" = \"delete\"\n\
                 [guards.g]\nof = \"runs\"\nrows = \"notes n\"\nlink = \"n.run_id = runs.id\"\nsay = \"no\"\n";
    finds(TABLES, &with_jobs("options.runs = {}", lines), &[]);
}

#[test]
fn a_value_that_only_a_choice_sets_is_tried_too() {
    let policy = with_jobs(
        "options.runs = {}",
        "\"runs.job_id -> jobs\" = { rule = \"unlink\", with = { runs = { set = { job_id = \"=nonsense\" } } } }\n\
         \"notes.run_id -> runs\" = \"delete\"\n",
    );
    let (_, checked) = super::judged(crate::schema::Dialect::Postgres, TABLES, &policy);
    assert!(checked.probes.iter().any(|probe| probe.sql.contains("nonsense")));
}
