//! `sexton sweep`: what a person and a program are told, and what is removed.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use crate::place::Place;

const TABLES: &str = "CREATE TABLE runs (id text PRIMARY KEY, kind text, scan text);
    INSERT INTO runs VALUES ('1', 'full', 'scans/1.png'), ('2', 'lean', 'scans/2.png'),
        ('a/b', 'full', NULL);";

const POLICY: &str = r#"
system = "prints"
database = "env:DATABASE_URL"
[stores]
files = "file:./files"
[things.run]
row = "runs.id"
[objects.run]
of = "runs"
store = "files"
where = "kind = 'full'"
prefix = "runs/{id}/"
[objects.scan]
of = "runs"
store = "files"
uri = "{scan|path}"
"#;

const FORTY_DAYS: Duration = Duration::from_hours(40 * 24);

fn put(folder: &Path, key: &str) {
    let path = folder.join("files").join(key);
    fs::create_dir_all(path.parent().expect("it has a folder")).expect("the folder is made");
    fs::write(&path, key).expect("the file is written");
    let file = fs::File::options().write(true).open(path).expect("it is there");
    let now = file.metadata().and_then(|known| known.modified()).expect("it has an age");
    file.set_modified(now - FORTY_DAYS).expect("its age is changed");
}

/// Files of living rows, of one that `where` leaves out, and of nobody.
async fn set_up(place: &Place) {
    place.execute(TABLES).await;
    place.write_policy(POLICY);
    for key in
        ["runs/1/a", "runs/1/b", "runs/2/a", "runs/3/a", "runs/3/b", "scans/1.png", "stray.txt"]
    {
        put(place.folder(), key);
    }
}

async fn what_a_sweep_finds_is_told(place: Place) {
    set_up(&place).await;
    let said = place.sexton(&["sweep"]).expect(1);
    snapshot!("sweep", said);
    let wide = said.out.lines().find(|line| line.chars().count() > 80 && !line.contains("files:"));
    assert_eq!(wide, None);
    assert!(place.folder().join("files/runs/3/a").exists(), "nothing is removed");
    let said = place.sexton(&["sweep", "files", "--older-than", "60d", "--output", "json"]);
    let last = said.expect(1).events().pop().expect("there is an answer");
    assert_eq!(last["status"], "success");
    assert_eq!(last["stores"][0]["young"]["objects"], 3, "{last}");
    let totals = json!({
        "objects": 7, "bytes": 60, "orphans": 0, "orphan_bytes": 0, "dangling": 1, "removed": 0,
        "removed_bytes": 0, "failed": 0,
    });
    assert_eq!(last["totals"], totals);
}

async fn what_no_row_names_is_reclaimed(place: Place) {
    set_up(&place).await;
    place.execute("DELETE FROM runs WHERE id = '2'").await;
    put(place.folder(), "scans/1.png");
    let said = place.sexton(&["sweep", "--reclaim"]).expect(1);
    assert!(said.out.contains("sweep_after"), "{said}");
    let reclaim = ["sweep", "--reclaim", "--older-than", "0s", "--output", "json"];
    let refused = place.sexton(&reclaim).expect(1);
    assert!(refused.out.contains("more than 50 %"), "{refused}");
    let all = [&reclaim[..4], &["--at-most-percent", "70", "--reason", "tidy"]].concat();
    let said = place.sexton(&all).expect(1);
    snapshot!("reclaim", said);
    for (key, stays) in [("runs/1/a", true), ("runs/2/a", false), ("stray.txt", false)] {
        assert_eq!(place.folder().join("files").join(key).exists(), stays, "{key}");
    }
    place.sexton(&["audit", "verify"]).expect(0);
    let status = place.sexton(&["status"]).expect(0);
    assert!(status.out.contains("{sweep}"), "{status}");
    // The row that makes no name is told until somebody corrects it.
    place.execute("DELETE FROM runs WHERE id = 'a/b'").await;
    let said = place.sexton(&["sweep"]).expect(0);
    assert!(said.out.contains("Every object is named"), "{said}");
}

async fn a_store_that_is_not_there_is_told(place: Place) {
    set_up(&place).await;
    let said = place.sexton(&["sweep", "flies"]).expect(2);
    assert!(said.err.contains("no store `flies`"), "{said}");
    fs::remove_dir_all(place.folder().join("files")).expect("it was there");
    let said = place.sexton(&["sweep", "--output", "json"]).expect(5);
    let last = said.events().pop().expect("there is an answer");
    assert_eq!(last["status"], "failed", "{last}");
    assert!(last["stores"][0]["failure"].is_string(), "{last}");
}

macro_rules! on_empty_databases {
    ($($test:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $test() {
                super::$test(crate::place::Place::empty_on_sqlite().await).await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test]
            async fn $test() {
                super::$test(crate::place::Place::empty_on_postgres().await).await;
            })*
        }
    };
}

on_empty_databases!(
    what_a_sweep_finds_is_told,
    what_no_row_names_is_reclaimed,
    a_store_that_is_not_there_is_told,
);
