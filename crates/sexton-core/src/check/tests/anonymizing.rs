use super::{finds, only, with_runs};

fn line(columns: &str) -> String {
    with_runs(&format!("\"notes.run_id -> runs\" = {{ anonymize = [{columns}] }}\n"))
}

const TABLES: &str = "runs: id int key\n\
     notes: id int key, run_id int null index, mail text unique, age int, rank int unique, \
     nick int null unique, mood mood, sum int generated, other int index -> runs refuses";

#[test]
fn a_column_that_may_be_null_or_has_a_value_that_says_nothing_can_be_anonymized() {
    let others = "\"notes.other -> runs\" = \"block\"\n";
    finds(TABLES, &(line("\"mail\", \"age\", \"nick\", \"run_id\"") + others), &[]);
}

#[test]
fn a_column_that_cannot_be_anonymized_says_why() {
    for (column, code, why) in [
        ("id", "C128", "it is a part of the row's own key"),
        ("rank", "C128", "no two rows may be alike in it"),
        ("mood", "C128", "no value of its type is known to say nothing"),
        ("other", "C128", "it is NOT NULL and a foreign key holds it"),
        ("sum", "C115", "is computed by the database"),
        ("nonsense", "C102", "has no column `nonsense`"),
    ] {
        let others = "\"notes.other -> runs\" = \"block\"\n";
        let policy = line(&format!("\"{column}\"")) + others;
        finds(TABLES, &policy, &[(code, "notes.run_id -> runs")]);
        let (_, message, _) = only(TABLES, &policy);
        assert!(message.contains(why), "{message}");
    }
}

#[test]
fn two_lines_may_anonymize_one_column_but_not_set_it_too() {
    let tables = TABLES.replace("other int index -> runs refuses", "other int null index");
    let other = |fate: &str| line("\"mail\"") + &format!("\"notes.other -> runs\" = {fate}\n");
    finds(&tables, &other("{ anonymize = [\"mail\"] }"), &[]);
    finds(
        &tables,
        &other("{ set = { mail = \"='x' || id\" } }"),
        &[("C116", "notes.other -> runs")],
    );
}

#[test]
fn a_foreign_key_that_goes_on_referring_overrules_it() {
    let tables = "runs: id int key\n\
                  notes: id int key, mail text, run_id int null -> runs refuses index";
    finds(tables, &line("\"mail\""), &[("C152", "notes.run_id -> runs")]);
    finds(tables, &line("\"mail\", \"run_id\""), &[]);
}
