//! Refusals: the preview shows them in full, and nothing changes.

use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use crate::place::Place;

on_both_databases!(
    what_refuses_is_shown_with_the_whole_preview,
    a_blocked_deletion_changes_nothing,
    a_refusal_of_the_preview_is_told_in_the_log_once,
    a_hold_refuses,
    a_limit_refuses,
    its_own_state_refuses,
);

const CONFIRMED: [&str; 5] = ["delete", "batch", "autumn-2026", "--confirm", "autumn-2026"];
const KEPT: &str = "\"analysis_projection_state.run_id -> runs\"         = \"keep\" ";
const BLOCKS: &str = "\"analysis_projection_state.run_id -> runs\" = { rule = \"block\", \
                      say = \"{count} projection(s) remember its runs\" } ";

fn blocked(place: &Place) {
    place.change_policy(KEPT, BLOCKS);
}

async fn what_refuses_is_shown_with_the_whole_preview(place: Place) {
    blocked(&place);
    let said = place.sexton(&["preview", "batch", "autumn-2026"]).expect(1);
    assert!(said.out.contains("! refused: 10 projection(s) remember its runs"), "{said}");
    assert!(said.out.contains("231 rows would go from 14 tables"), "{said}");
    assert!(said.out.contains("sha256:"), "{said}");
    let json = ["preview", "batch", "autumn-2026", "--output", "json"];
    let document = place.sexton(&json).expect(1).document();
    assert_eq!(document["blockers"][0]["count"], 10);
}

async fn a_blocked_deletion_changes_nothing(place: Place) {
    blocked(&place);
    let before = place.dump().await;
    let said = place.sexton(&CONFIRMED).expect(1);
    assert!(said.err.starts_with("refused: batch `autumn-2026` cannot be deleted now"), "{said}");
    assert!(said.err.contains("10 projection(s) remember its runs"), "{said}");
    let events = place.sexton(&[&CONFIRMED[..], &["--output", "json"]].concat()).events();
    assert_eq!((&events[1]["event"], &events[1]["exit"]), (&"refused".into(), &1.into()));
    assert_eq!(place.dump().await, before);
    assert_eq!(place.records(), 0);
}

async fn a_refusal_of_the_preview_is_told_in_the_log_once(place: Place) {
    let event = "[events.refused]\nof = \"batch\"\non = \"refused\"\n\
                 fields = { id = \"{id}\", n = \"{count}\" }\n\n[events.batch_deleted]";
    let policy =
        crate::place::policy().replace(KEPT, BLOCKS).replace("[events.batch_deleted]", event);
    place.write_policy(&policy);
    let log = ["--log-file", "events.log"];
    place.sexton(&[&["preview", "batch", "autumn-2026"], &log[..]].concat()).expect(1);
    let path = place.folder().join("events.log");
    assert!(std::fs::read_to_string(&path).is_ok_and(|log| log.is_empty()) || !path.exists());
    place.sexton(&[&CONFIRMED[..], &log].concat()).expect(1);
    let told = std::fs::read_to_string(&path).expect("there is a log");
    let [line] = told.lines().collect::<Vec<_>>()[..] else { panic!("{told}") };
    let line: serde_json::Value = serde_json::from_str(line).expect("a line is JSON");
    assert_eq!((&line["id"], &line["n"]), (&"autumn-2026".into(), &10.into()));
    let latest = place.sexton(&["status", "--output", "json"]).expect(0).document();
    let [kept] = latest["deletions"].as_array().expect("a list").as_slice() else {
        panic!("{latest}")
    };
    assert_eq!((&kept["id"], &kept["state"]), (&line["deletion"], &"refused".into()));
}

#[tokio::test]
async fn a_blocked_deletion_tells_what_refuses_and_the_ways_out() {
    let place = Place::on_sqlite().await;
    blocked(&place);
    snapshot!("blocked", place.sexton(&CONFIRMED));
}

async fn a_hold_refuses(place: Place) {
    let place = place.with_own_tables().await;
    let hold = format!(
        "INSERT INTO {} (system, thing, root, reason, placed_by, placed_at)
         VALUES ('batches', 'batch', 'autumn-2026', 'lawsuit', 'bo', 1)",
        place.own("holds")
    );
    place.execute(&hold).await;
    let said = place.sexton(&CONFIRMED).expect(1);
    assert!(said.err.contains("batch `autumn-2026` is held by bo: lawsuit"), "{said}");
    assert!(said.err.contains("Way out: release the hold"), "{said}");
    let events = place.sexton(&[&CONFIRMED[..], &["--output", "json"]].concat()).events();
    assert_eq!((&events[1]["event"], &events[1]["outcome"]), (&"refused".into(), &"held".into()));
}

async fn a_limit_refuses(place: Place) {
    place.change_policy("rows = 5_000_000", "rows = 230");
    let said = place.sexton(&CONFIRMED).expect(1);
    assert!(said.err.contains("the limit is 230"), "{said}");
    place.change_policy("rows = 5_000_000", "rows = 231");
    place.sexton(&CONFIRMED).expect(0);
}

async fn its_own_state_refuses(place: Place) {
    let refuse = "refuse = { \"snapshot_intent = 1\" = \"Batch {id} is being captured.\" }\n";
    place.change_policy("[things.run]", &format!("{refuse}[things.run]"));
    let said = place.sexton(&CONFIRMED).expect(1);
    assert!(said.err.contains("Batch autumn-2026 is being captured."), "{said}");
}

#[tokio::test]
async fn a_preview_out_of_time_says_so_and_is_no_ground_for_a_deletion() {
    let place = Place::on_sqlite().await;
    // No machine finds every key in this time, because the rows never end.
    let endless = "exists (with recursive n (i) as (select 1 union all select i + 1 from n) \
                   select 1 from n where i < 0)";
    let line = "\"analysis_cohort_snapshots.batch_id -> batches\"    = ";
    place.change_policy(
        &format!("{line}\"delete\""),
        &format!("{line}{{ rule = \"delete\", where = \"{endless}\" }}"),
    );
    let said = place.sexton(&["preview", "batch", "autumn-2026", "--budget", "200ms"]);
    assert!(said.out.contains("No digest: not every key was found."), "{said}");
    let delete = [&CONFIRMED[..], &["--budget", "200ms"]].concat();
    let said = place.sexton(&delete).expect(1);
    assert!(said.err.contains("not every key of batch `autumn-2026` was found"), "{said}");
}

#[tokio::test]
async fn a_database_that_somebody_locks_is_busy() {
    let place = Place::on_sqlite().await.with_own_tables().await;
    let before = place.dump().await;
    let options = SqliteConnectOptions::new().filename(place.address());
    let mut other = SqliteConnection::connect_with(&options).await.expect("the file opens");
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.expect("nobody else locks it");
    let said = place.sexton(&CONFIRMED).expect(1);
    assert!(said.err.contains("others are in the way"), "{said}");
    assert!(said.err.contains("Nothing was changed."), "{said}");
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.expect("a transaction is open");
    assert_eq!(place.dump().await, before);
}

#[tokio::test]
async fn a_policy_with_errors_is_previewed_and_refuses_before_it_asks() {
    let place = Place::on_sqlite().await;
    place.change_policy("\"entries.run_id -> jobs\"   ", "\"entries.runid -> jobs\"   ");
    let said = place.sexton(&["preview", "batch", "autumn-2026"]).expect(1);
    assert!(said.err.contains("It cannot be deleted now: the policy does not fit"), "{said}");
    let said = place.sexton(&["delete", "batch", "autumn-2026"]).expect(2);
    assert!(said.err.contains("`entries` has no column `runid`"), "{said}");
    assert!(!said.err.contains("confirmation"), "{said}");
}

#[tokio::test]
async fn what_is_not_built_is_named_and_refuses() {
    let place = Place::on_sqlite().await;
    let hidden = "[things.hidden]\nlike = \"batch\"\nundo = \"7d\"\n\n[derived.domains]";
    place.change_policy("[derived.domains]", hidden);
    place.sexton(&["preview", "batch", "autumn-2026"]).expect(1);
    let said = place.sexton(&CONFIRMED).expect(2);
    assert!(said.err.contains("things.hidden.undo"), "{said}");
    assert!(said.err.contains("Nothing was changed."), "{said}");
}
