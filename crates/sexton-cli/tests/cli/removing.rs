//! Objects that go while the program runs, and those that it leaves to `sexton work`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use crate::program::run;

const LYON: &str = "da7a5e70-0000-4000-8000-000000000003";
const DELETE: [&str; 5] = ["delete", "dataset", LYON, "--confirm", LYON];
const POLICY: [&str; 2] = ["-p", "sexton-demo/datasets/sexton.toml"];

/// The demo of datasets, of which lyon has 300 objects.
fn demo() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("there is room for a temporary folder");
    run(folder.path(), &["demo", "datasets"]).expect(0);
    folder
}

fn store(folder: &Path) -> PathBuf {
    folder.join("sexton-demo/datasets/objects/iq")
}

fn is_there(folder: &Path) -> bool {
    store(folder).join("synthetic").join(LYON).exists()
}

fn removing(events: &[Value]) -> Vec<&Value> {
    events.iter().filter(|event| event["event"] == "removing").collect()
}

/// Nobody helps but whoever runs the worker from time to time.
#[tokio::test]
async fn d14_the_store_is_down_and_a_worker_goes_on_when_it_is_back() {
    let folder = demo();
    let away = folder.path().join("away");
    fs::rename(store(folder.path()), &away).expect("it is taken away");
    let said = run(folder.path(), &[&POLICY[..], &DELETE].concat()).expect(0);
    assert!(said.out.contains("Not complete: 2 promises are still to be carried out"), "{said}");
    assert!(said.out.contains("work --once"), "{said}");
    let once = [&POLICY[..], &["work", "--once"]].concat();
    time_passes(folder.path()).await;
    run(folder.path(), &once).expect(0);
    let status = [&POLICY[..], &["status"]].concat();
    let said = run(folder.path(), &status).expect(0);
    assert!(said.out.contains("still to be carried out"), "{said}");
    fs::rename(&away, store(folder.path())).expect("it is back");
    time_passes(folder.path()).await;
    run(folder.path(), &once).expect(0);
    assert!(!is_there(folder.path()), "its objects went when the store was back");
    let said = run(folder.path(), &status).expect(0);
    assert!(!said.out.contains("still to be carried out"), "{said}");
}

/// What is promised is due by now.
async fn time_passes(folder: &Path) {
    change_intents(folder, "next_try = not_before, leased_until = 0").await;
}

/// What is looked for again was looked for long ago.
async fn a_day_passes(folder: &Path) {
    let day = "86400000000";
    let before = format!("not_before = not_before - {day}, next_try = not_before - {day}");
    change_intents(folder, &format!("{before}, leased_until = 0")).await;
}

async fn change_intents(folder: &Path, change: &str) {
    let file = folder.join("sexton-demo/datasets/datasets.db");
    let options = SqliteConnectOptions::new().filename(file);
    let mut connection = SqliteConnection::connect_with(&options).await.expect("it is there");
    let passes = sqlx::AssertSqlSafe(format!("UPDATE sexton_intents SET {change}"));
    sqlx::query(passes).execute(&mut connection).await.expect("it is a database of Sexton");
    connection.close().await.expect("it is open");
}

#[test]
fn a_program_is_told_how_many_objects_are_gone() {
    let folder = demo();
    let json = ["--output", "json"];
    let said = run(folder.path(), &[&POLICY[..], &DELETE, &json].concat()).expect(0);
    let events = said.events();
    let told = removing(&events);
    let last = told.last().expect("it is told at least once");
    assert_eq!((&last["objects"], &last["total"]), (&300.into(), &300.into()), "{said}");
    assert_eq!(events.last().expect("there are events")["event"], "receipt");
}

#[tokio::test]
async fn what_takes_longer_than_is_waited_for_is_left_to_a_worker() {
    let folder = demo();
    let said = run(folder.path(), &[&POLICY[..], &DELETE, &["--wait", "1ms"]].concat()).expect(0);
    assert!(said.out.contains("Not complete:") && said.out.contains("carried out later"), "{said}");
    assert!(!said.out.contains("failed"), "{said}");
    // Objects of what was begun in that time may be gone; its end is the worker's all the same.
    let work = ["work", "--once", "--output", "json"];
    for _ in 0..3 {
        a_day_passes(folder.path()).await;
        let said = run(folder.path(), &[&POLICY[..], &work].concat()).expect(0);
        let events = said.events();
        if events.iter().any(|event| event["settled"][0]["state"] == "complete") {
            assert!(!is_there(folder.path()), "{said}");
            return;
        }
    }
    panic!("it is never complete");
}
