//! Deletions: confirmed, bound to what was shown, and told to people and programs.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::place::{Place, TestDatabase};

on_both_databases!(
    a_digest_that_still_holds_is_deleted,
    a_digest_that_no_longer_holds_changes_nothing,
    what_is_confirmed_beforehand_goes_though_writers_never_rest,
    a_deletion_for_programs_is_a_line_for_each_event,
    a_deletion_is_told_in_the_log,
);

const CONFIRMED: [&str; 5] = ["delete", "batch", "autumn-2026", "--confirm", "autumn-2026"];

fn digest_of(place: &Place) -> String {
    let preview = ["preview", "batch", "autumn-2026", "--output", "json"];
    let document = place.sexton(&preview).expect(0).document();
    document["digest"].as_str().expect("an exact preview has a digest").to_owned()
}

#[tokio::test]
async fn a_deletion_shows_its_preview_and_its_receipt() {
    let place = Place::on_sqlite().await;
    let delete = [&CONFIRMED[..], &["--reason", "asked for by mail"]].concat();
    snapshot!("delete", place.sexton(&delete));
}

#[tokio::test]
async fn without_a_terminal_the_command_that_confirms_is_told() {
    let place = Place::on_sqlite().await;
    let before = place.dump().await;
    let said = place.sexton(&["delete", "batch", "autumn-2026", "--reason", "ann's wish"]);
    assert_eq!(said.code, 2, "{said}");
    let command = "delete batch autumn-2026 --reason 'ann'\\''s wish' --confirm autumn-2026";
    assert!(said.err.contains(command), "{said}");
    assert!(said.err.contains("Nothing was changed."), "{said}");
    assert_eq!(place.dump().await, before);
}

#[tokio::test]
async fn the_command_that_confirms_works_as_it_is_told_for_any_id() {
    let place = Place::on_sqlite().await;
    for id in ["-x", "two words", "it's", "$HOME", "a,b\\c", "--", "(select 1)"] {
        let text = id.replace('\'', "''");
        let insert = format!("INSERT INTO batches (id, created_at) VALUES ('{text}', '')");
        place.execute(&insert).await;
        let said = place.sexton(&["delete", "batch", "--", id]).expect(2);
        let (_, command) = said.err.split_once("command line:\n").expect("a command is told");
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", command.trim()]).current_dir(place.folder());
        let ran = shell.env("DATABASE_URL", place.address()).output().expect("there is a shell");
        assert_eq!(ran.status.code(), Some(0), "{command}");
    }
    assert_eq!(place.number("SELECT count(*) FROM batches").await, 3);
}

#[tokio::test]
async fn rows_written_late_are_named_and_settled_once_they_are_gone() {
    let place = Place::on_sqlite().await;
    place
        .execute(
            "CREATE TRIGGER late AFTER DELETE ON runs BEGIN
                 INSERT INTO entries (run_id, domain_id, timestamp, module, tag, level)
                 VALUES (old.id, old.domain_id, '', '', '', '');
             END",
        )
        .await;
    snapshot!("unverified", place.sexton(&[&CONFIRMED[..], &["--verbose"]].concat()).err);
    place.execute("DROP TRIGGER late; DELETE FROM entries WHERE run_id LIKE 'autumn%'").await;
    place.execute("UPDATE sexton_deletions SET leased_until = 0").await;
    let said = place.sexton(&["status"]).expect(0);
    assert!(said.out.contains("is now complete"), "{said}");
    assert_eq!(place.records(), 1);
}

#[tokio::test]
async fn a_confirmation_of_another_id_changes_nothing() {
    let place = Place::on_sqlite().await;
    let before = place.dump().await;
    for other in ["Autumn-2026", "autumn-2026 ", "autumn", "", "yes", "summer-2026"] {
        let said = place.sexton(&["delete", "batch", "autumn-2026", "--confirm", other]).expect(2);
        assert!(said.err.contains("but the id is `autumn-2026`"), "{said}");
    }
    assert_eq!(place.dump().await, before);
}

#[tokio::test]
async fn a_thing_found_by_named_values_is_confirmed_by_its_id() {
    let place = Place::on_sqlite().await;
    let find = ["delete", "snapshot", "--find", "cohort=1", "--find", "slug=summer-2026"];
    place.sexton(&[&find[..], &["--confirm", "summer-2026"]].concat()).expect(2);
    // A snapshot is hidden, unless somebody asks for more.
    place.sexton(&[&find[..], &["--confirm", "3"]].concat()).expect(0);
    let hidden =
        "SELECT count(*) FROM analysis_cohort_snapshots WHERE id = 3 AND status = 'retired'";
    assert_eq!(place.number(hidden).await, 1);
    place.sexton(&[&find[..], &["--confirm", "3"]].concat()).expect(4);
    place.sexton(&[&find[..], &["--confirm", "3", "--for-good"]].concat()).expect(0);
    let left = "SELECT count(*) FROM analysis_cohort_snapshots WHERE id = 3";
    assert_eq!(place.number(left).await, 0);
}

async fn a_digest_that_still_holds_is_deleted(place: Place) {
    let digest = digest_of(&place);
    place.sexton(&[&CONFIRMED[..], &["--digest", &digest]].concat()).expect(0);
}

async fn a_digest_that_no_longer_holds_changes_nothing(place: Place) {
    let digest = digest_of(&place);
    place.execute("UPDATE jobs SET batch_id = 'autumn-2026' WHERE id = 'one-off-bergen'").await;
    let before = place.dump().await;
    let delete = [&CONFIRMED[..], &["--digest", &digest]].concat();
    let said = place.sexton(&delete).expect(1);
    assert!(said.err.contains("no longer what would happen"), "{said}");
    let event = place.sexton(&[&delete[..], &["--output", "json"]].concat()).events().remove(1);
    assert_eq!((&event["event"], &event["changed"]), (&"stale".into(), &false.into()));
    assert_eq!(place.dump().await, before);
}

/// Nobody was shown a preview that could have come true no more.
async fn what_is_confirmed_beforehand_goes_though_writers_never_rest(place: Place) {
    // Nothing enforces the reference, so the writer holds on to the run that it writes of.
    let held = if matches!(place.database, TestDatabase::Postgres(_)) { " FOR SHARE" } else { "" };
    let write = "INSERT INTO entries (run_id, domain_id, timestamp, module, tag, level)
        SELECT id, domain_id, '', '', '', '' FROM runs WHERE batch_id = 'autumn-2026'";
    let write = [write, held].concat();
    let rests = AtomicBool::new(false);
    let said = thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let mut written = 0;
            while !rests.load(Ordering::Relaxed) {
                let refused =
                    runtime.as_ref().expect("there are threads").block_on(place.is_refused(&write));
                written += usize::from(!refused);
            }
            written
        });
        let said = place.sexton(&CONFIRMED);
        rests.store(true, Ordering::Relaxed);
        assert!(writer.join().expect("the writer comes to its end") > 1);
        said
    });
    said.expect(0);
    let left = "SELECT count(*) FROM entries WHERE run_id LIKE 'autumn-2026%'";
    assert_eq!(place.number(left).await, 0);
}

#[tokio::test]
async fn what_is_no_digest_is_refused_before_anything_is_looked_at() {
    let place = Place::on_sqlite().await;
    for text in ["", "sha256:", "sha256:ABC", "prv_1", &"a".repeat(64)] {
        let said = place.sexton(&[&CONFIRMED[..], &["--digest", text]].concat()).expect(2);
        assert!(said.out.is_empty(), "{said}");
    }
}

async fn a_deletion_for_programs_is_a_line_for_each_event(place: Place) {
    let json = ["--output", "json"];
    let events = place.sexton(&[&CONFIRMED[..], &json].concat()).expect(0).events();
    let kinds: Vec<&str> = events.iter().filter_map(|event| event["event"].as_str()).collect();
    assert_eq!(kinds, ["preview", "receipt"]);
    assert_eq!(events[1]["receipt"]["removed"]["entries"], 88);
    assert!(events[1]["duration_ms"].is_u64());
    let gone = place.sexton(&[&CONFIRMED[..], &json].concat()).expect(4).events();
    assert_eq!((&gone[0]["event"], &gone[0]["exit"]), (&"missing".into(), &4.into()));
    let asked = ["delete", "batch", "summer-2026", "--output", "json"];
    let events = place.sexton(&asked).expect(2).events();
    assert_eq!(events[1]["event"], "unconfirmed");
    assert!(events[1]["command"].as_str().is_some_and(|command| command.contains("--confirm")));
}

#[tokio::test]
async fn who_and_why_are_recorded() {
    let place = Place::on_sqlite().await;
    let delete = [&CONFIRMED[..], &["--actor", "bo", "--reason", "ticket 7"]].concat();
    place.sexton(&delete).expect(0);
    let list = place.sexton(&["audit", "list", "--output", "json"]).expect(0).document();
    let record = &list["records"][0]["record"];
    assert_eq!((&record["actor"], &record["reason"]), (&"bo".into(), &"ticket 7".into()));
}

#[tokio::test]
async fn ids_in_the_audit_are_hashed_where_the_policy_has_a_key() {
    let place = Place::on_sqlite().await;
    let policy = &crate::place::policy();
    place.write_policy(&format!("{policy}\n[audit]\nroot_id_key = \"env:AUDIT_KEY\"\n"));
    let said = place.sexton(&CONFIRMED).expect(2);
    assert!(said.err.contains("the variable AUDIT_KEY is not set"), "{said}");
    let mut command = crate::program::program(place.folder());
    command.env("DATABASE_URL", place.address()).env("AUDIT_KEY", "secret").args(CONFIRMED);
    let said = crate::program::Said::of(command.output().expect("the program starts")).expect(0);
    assert!(said.out.contains("Deleted batch hmac-sha256:"), "{said}");
    let records = place.own("audit");
    let plain = format!("SELECT count(*) FROM {records} WHERE record LIKE '%autumn-2026%'");
    assert_eq!(place.number(&plain).await, 0);
}

async fn a_deletion_is_told_in_the_log(place: Place) {
    let count =
        |table: &str| format!("SELECT count(*) FROM {table} WHERE batch_id = 'autumn-2026'");
    let runs = place.number(&count("runs")).await;
    let snapshots = place.number(&count("analysis_cohort_snapshots")).await;
    place
        .sexton(&[&CONFIRMED[..], &["--actor", "ann", "--log-file", "events.log"]].concat())
        .expect(0);
    let log = std::fs::read_to_string(place.folder().join("events.log")).expect("there is a log");
    let [line] = log.lines().collect::<Vec<_>>()[..] else { panic!("{log}") };
    let line: serde_json::Value = serde_json::from_str(line).expect("a line is JSON");
    assert_eq!((&line["event"], &line["id"]), (&"batch_deleted".into(), &"autumn-2026".into()));
    assert_eq!((&line["runs"], &line["snapshots"]), (&runs.into(), &snapshots.into()));
    assert_eq!(line["actor"], "ann");
}
