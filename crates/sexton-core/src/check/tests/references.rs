use super::{finds, finds_in, only, only_in, with_runs};
use crate::finding::Severity;
use crate::schema::Dialect;

const DELETE: &str = "\"entries.run_id -> runs\" = \"delete\"\n";

fn of_types(left: &str, right: &str) -> String {
    format!("runs: id {right} key\nentries: id int key, run_id {left} index")
}

#[test]
fn lines_that_name_what_is_not_there_are_told_with_the_nearest_name() {
    let tables = of_types("text", "text");
    let (_, message, help) = only(&tables, &with_runs("\"entrys.run_id -> runs\" = \"keep\"\n"));
    assert_eq!((&*message, &*help), ("there is no table `entrys`", "did you mean `entries`?"));
    let (_, message, help) = only(&tables, &with_runs("\"entries.runid -> runs\" = \"keep\"\n"));
    assert_eq!(message, "`entries` has no column `runid`");
    assert_eq!(help, "did you mean `run_id`?");
    finds(&tables, &with_runs(DELETE), &[]);
}

#[test]
fn the_right_side_must_be_a_key_of_as_many_columns() {
    let tables = "runs: id text\nentries: id int key, run_id text index";
    finds(
        tables,
        "[references]\n\"entries.run_id -> runs\" = \"keep\"\n",
        &[("C103", "entries.run_id -> runs")],
    );
    let tables = "runs: a int key, b int key\nentries: id int key, run_id int index";
    finds(
        tables,
        "[references]\n\"entries.run_id -> runs\" = \"keep\"\n",
        &[("C104", "entries.run_id -> runs")],
    );
}

#[test]
fn a_line_from_inside_json_can_be_stale_too() {
    let tables = "runs: id text key\nentries: id int key, config json";
    let keep = |arrow: &str| format!("[references]\n\"{arrow}\" = \"keep\"\n");
    let line = "entries.config$.run_ids[*] -> runs";
    finds(tables, &keep(line), &[]);
    for (from, to, code) in [("config", "confg", "C102"), ("runs", "rums", "C101")] {
        let line = line.replace(&format!("{from}$"), &format!("{to}$"));
        let line = line.replace(&format!("-> {from}"), &format!("-> {to}"));
        finds(tables, &keep(&line), &[(code, &line)]);
    }
}

#[test]
fn two_sides_of_different_kinds_cannot_be_compared_in_postgres() {
    let (severity, message, _) = only(&of_types("text", "uuid"), &with_runs(DELETE));
    assert_eq!(severity, Severity::Error);
    assert_eq!(
        message,
        "`entries.run_id -> runs` compares entries.run_id (text) with runs.id (uuid)"
    );
    finds(&of_types("mood", "state"), &with_runs(DELETE), &[("C106", "entries.run_id -> runs")]);
    finds(&of_types("mood", "mood"), &with_runs(DELETE), &[]);
    finds(&of_types("numeric", "bigint"), &with_runs(DELETE), &[]);
    finds(&of_types("uuid", "uuid"), &with_runs(DELETE), &[]);
}

#[test]
fn different_kinds_that_nothing_compares_yet_are_a_warning() {
    let policy = format!("[references]\n{DELETE}");
    let (severity, ..) = only(&of_types("text", "int"), &policy);
    assert_eq!(severity, Severity::Warning);
}

#[test]
fn sqlite_compares_what_is_stored_so_different_kinds_are_a_warning() {
    let policy = with_runs(DELETE);
    let (severity, ..) = only_in(Dialect::Sqlite, &of_types("text", "int"), &policy);
    assert_eq!(severity, Severity::Warning);
    finds_in(Dialect::Sqlite, &of_types("text", "anything"), &policy, &[]);
}

#[test]
fn what_a_foreign_key_enforces_fits_already() {
    let tables = "runs: id text key\nentries: id int key, run_id citext index -> runs cascade";
    finds(tables, &with_runs(DELETE), &[]);
}

#[test]
fn a_right_side_that_several_rows_may_share_is_warned_of() {
    let tables = |unique: &str| {
        format!("runs: id text key, slug text {unique}\nentries: id int key, slug text index")
    };
    let policy = with_runs("\"entries.slug -> runs.slug\" = \"delete\"\n");
    finds(&tables("index"), &policy, &[("C107", "entries.slug -> runs.slug")]);
    finds(&tables("unique"), &policy, &[]);
}

const OWNED: &str = "users: id int key\nteams: id int key\nnotes: id int key, owner_id int index";

fn owners(users: &str, teams: &str) -> String {
    format!(
        "[references]\n\"notes.owner_id -> users\" = {users}\n\
         \"notes.owner_id -> teams\" = {teams}\n"
    )
}

#[test]
fn a_value_that_names_rows_of_two_tables_needs_where_if_a_column_tells_which() {
    let where_user = "{ rule = \"delete\", where = \"owner_type = 'user'\" }";
    for kind in ["owner_type", "owner_kind"] {
        let tables = format!("{OWNED}, {kind} text");
        let expected = [("C108", "notes.owner_id -> users"), ("C108", "notes.owner_id -> teams")];
        finds(&tables, &owners("\"delete\"", "\"delete\""), &expected);
        finds(&tables, &owners(where_user, "\"delete\""), &expected[1..]);
        finds(&tables, &owners(where_user, where_user), &[]);
    }
    let (_, _, help) = only(&format!("{OWNED}, owner_type text"), &owners(where_user, "\"keep\""));
    assert_eq!(help, "write { rule = …, where = \"owner_type = '…'\" }");
}

#[test]
fn a_general_id_is_told_apart_by_a_plain_type() {
    let tables = format!("{OWNED}, type text").replace("owner_id", "ref_id");
    let policy = owners("\"delete\"", "\"keep\"").replace("owner_id", "ref_id");
    let expected = [("C108", "notes.ref_id -> users"), ("C108", "notes.ref_id -> teams")];
    finds(&tables, &policy, &expected);
    // The type of a note is not that of its owner.
    finds(&format!("{OWNED}, type text"), &owners("\"delete\"", "\"keep\""), &[]);
}

#[test]
fn a_value_that_names_a_row_of_either_table_is_no_mistake() {
    finds(OWNED, &owners("\"delete\"", "\"delete\""), &[]);
}

#[test]
fn one_parent_needs_no_where_whatever_else_the_table_has() {
    let policy = "[references]\n\"notes.owner_id -> users\" = \"delete\"\n";
    finds(&format!("{OWNED}, owner_type text"), policy, &[]);
}
