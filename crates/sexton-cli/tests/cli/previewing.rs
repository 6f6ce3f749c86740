//! Previews: what they show, and how a root is named.

use crate::place::Place;
use crate::program::run;

#[tokio::test]
async fn a_preview_shows_what_goes_changes_and_stays() {
    let place = Place::on_sqlite().await;
    snapshot!("preview", place.sexton(&["preview", "batch", "autumn-2026"]));
}

#[tokio::test]
async fn all_lists_lines_without_rows_too() {
    let place = Place::on_sqlite().await;
    snapshot!("preview_all", place.sexton(&["preview", "batch", "spring-2026", "--all"]));
}

#[tokio::test]
async fn why_tells_the_references_down_to_a_table() {
    let place = Place::on_sqlite().await;
    for table in ["entries", "domains", "batches", "analysis_projection_state"] {
        let said = place.sexton(&["preview", "batch", "autumn-2026", "--why", table]);
        insta::assert_snapshot!(format!("why_{table}"), said.to_string());
    }
}

#[tokio::test]
async fn why_a_table_is_not_touched_names_the_one_that_was_meant() {
    let place = Place::on_sqlite().await;
    let said = place.sexton(&["preview", "batch", "autumn-2026", "--why", "entrys"]).expect(2);
    assert!(said.err.contains("Did you mean `entries`?"), "{said}");
}

#[tokio::test]
async fn no_line_of_a_preview_is_wider_than_eighty_columns() {
    let place = Place::on_sqlite().await;
    for id in ["autumn-2026", "lost-2026"] {
        let said = place.sexton(&["preview", "batch", id, "--all"]).expect(0);
        let wide = said.out.lines().find(|line| line.chars().count() > 80);
        assert_eq!(wide, None);
    }
}

#[tokio::test]
async fn a_root_is_found_by_named_values() {
    let place = Place::on_sqlite().await;
    let find = ["preview", "snapshot", "--find", "cohort=1", "--find", "slug=summer-2026"];
    let said = place.sexton(&find).expect(0);
    assert!(said.out.starts_with("Preview of snapshot 3 \"summer-2026\""), "{said}");
    let missing = ["preview", "snapshot", "--find", "cohort=1", "--find", "slug=nothing"];
    place.sexton(&missing).expect(4);
    place.sexton(&["preview", "batch", "--find", "tag=cities"]).expect(2);
    place.sexton(&["preview", "snapshot", "3", "--find", "cohort=1"]).expect(2);
}

#[tokio::test]
async fn an_unknown_thing_names_the_one_that_was_meant() {
    let place = Place::on_sqlite().await;
    snapshot!("unknown_thing", place.sexton(&["preview", "bach", "autumn-2026"]));
}

#[tokio::test]
async fn an_id_with_signs_of_sql_and_shell_is_only_not_found() {
    let place = Place::on_sqlite().await;
    snapshot!("odd_id", place.sexton(&["preview", "batch", "a'b\"c; drop"]));
}

#[tokio::test]
async fn an_empty_id_is_no_id() {
    let place = Place::on_sqlite().await;
    for id in ["", "  "] {
        place.sexton(&["preview", "batch", id]).expect(2);
        place.sexton(&["delete", "batch", id, "--confirm", id]).expect(2);
    }
}

#[tokio::test]
async fn an_id_that_is_not_of_its_type_is_named() {
    let place = Place::on_postgres().await;
    let said = place.sexton(&["preview", "snapshot", "three"]).expect(2);
    assert!(said.err.contains("`three` cannot be the id of a snapshot"), "{said}");
}

#[tokio::test]
async fn values_of_the_database_cannot_write_to_the_terminal() {
    let place = Place::on_sqlite().await;
    place.execute("UPDATE batches SET tag = char(27) || '[2Jgone' || char(10)").await;
    let said = place.sexton(&["preview", "batch", "autumn-2026"]).expect(0);
    assert!(said.out.contains("tag \\u{1b}[2Jgone\\n,"), "{said}");
    assert!(!said.out.contains('\u{1b}'), "{said}");
}

#[tokio::test]
async fn colours_are_used_only_where_they_are_wanted() {
    let place = Place::on_sqlite().await;
    let preview = ["preview", "batch", "autumn-2026", "--color"];
    let never = place.sexton(&[&preview[..], &["never"]].concat()).out;
    let auto = place.sexton(&[&preview[..], &["auto"]].concat()).out;
    let always = place.sexton(&[&preview[..], &["always"]].concat()).out;
    assert_eq!(auto, never);
    assert!(!never.contains('\u{1b}') && always.contains('\u{1b}'));
    let json = [&preview[..], &["always", "--output", "json"]].concat();
    assert!(!place.sexton(&json).out.contains('\u{1b}'));
}

#[tokio::test]
async fn a_preview_for_programs_is_one_document() {
    let place = Place::on_sqlite().await;
    let preview = ["preview", "batch", "autumn-2026", "--output", "json"];
    let document = place.sexton(&preview).expect(0).document();
    assert_eq!((&document["thing"], &document["id"]), (&"batch".into(), &"autumn-2026".into()));
    assert_eq!(document["precision"], "exact");
    assert!(document["digest"].as_str().is_some_and(|digest| digest.starts_with("sha256:")));
}

#[tokio::test]
async fn a_reader_that_stops_reading_stops_nothing() {
    let place = Place::on_sqlite().await;
    let mut command = crate::program::program(place.folder());
    command.env("DATABASE_URL", place.address()).args(["preview", "batch", "autumn-2026"]);
    let pipe = std::process::Stdio::piped;
    let mut child = command.stdout(pipe()).stderr(pipe()).spawn().expect("the program starts");
    drop(child.stdout.take());
    let ended = child.wait_with_output().expect("the program ends");
    assert_eq!((ended.status.code(), ended.stderr), (Some(0), Vec::new()));
}

#[tokio::test]
async fn a_root_of_bytes_is_named_as_its_database_writes_bytes() {
    let policy = "system = \"files\"\ndatabase = \"env:DATABASE_URL\"\n\
                  [things.file]\nrow = \"files.id\"\n[things.part]\nrow = \"parts.(file,name)\"\n\
                  [references]\n\"parts.file -> files\" = \"delete\"\n\
                  \"{tags.default_profile_id,jobs.profile_id,runs.profile_id} -> profiles\" = \"keep\"\n";
    let tables = |bytes: &str, written: &str| {
        format!(
            "CREATE TABLE files (id {bytes} PRIMARY KEY);
             CREATE TABLE parts (file {bytes}, name varchar(9), PRIMARY KEY (file, name));
             INSERT INTO files VALUES ({written});
             INSERT INTO parts VALUES ({written}, 'a,b');"
        )
    };
    for (place, tables, typed, shown, part) in [
        (
            Place::on_sqlite().await,
            tables("BLOB", "X'0A1B'"),
            "X'0A1B'",
            "x'0a1b'",
            "x'0a1b',a\\,b",
        ),
        (
            Place::on_postgres().await,
            tables("bytea", "'\\x0a1b'::bytea"),
            "\\x0A1B",
            "\\x0a1b",
            "\\\\x0a1b,a\\,b",
        ),
    ] {
        place.execute(&tables).await;
        place.write_policy(policy);
        let preview = ["preview", "part", part, "--output", "json"];
        let document = place.sexton(&preview).expect(0).document();
        assert_eq!(document["id"], part);
        let preview = ["preview", "file", typed, "--output", "json"];
        let document = place.sexton(&preview).expect(0).document();
        assert_eq!(document["id"], shown);
        let said = place.sexton(&["preview", "file", shown]).expect(0);
        assert!(said.out.starts_with(&format!("Preview of file {shown}")), "{said}");
        place.sexton(&["delete", "file", shown, "--confirm", shown]).expect(0);
        place.sexton(&["preview", "file", shown]).expect(4);
        assert_eq!(place.number("SELECT count(*) FROM parts").await, 0);
        // What is no whole number of bytes is a text that no row has, or no value at all.
        for typed in ["x'0a1'", "x'zz'", "x''", "'"] {
            let said = place.sexton(&["preview", "file", typed]);
            assert!(said.code == 4 || said.code == 2, "{said}");
        }
    }
}

#[test]
fn why_tells_what_takes_a_row_and_when() {
    let folder = tempfile::tempdir().expect("there is room for a temporary folder");
    run(folder.path(), &["demo", "snapshots"]).expect(0);
    let policy = "./sexton-demo/snapshots/sexton.toml";
    let preview = ["preview", "snapshot", "7", "-p", policy];
    let said = run(folder.path(), &[&preview[..], &["--why", "file_blobs"]].concat()).expect(0);
    insta::assert_snapshot!("why_file_blobs", said.out);
}
