//! Hooks, end to end: the program, a database, and somebody who is called.

use std::process::Stdio;

use serde_json::{Value, json};
use sexton_testkit::endpoint::{Endpoint, Reply};

use crate::place::Place;
use crate::program::{Said, program};

/// Makes a test of each function for each database. The endpoint answers while the program runs,
/// so it needs a thread of its own.
macro_rules! on_both_databases_with_an_endpoint {
    ($($test:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test($crate::place::Place::on_sqlite().await).await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test($crate::place::Place::on_postgres().await).await;
            })*
        }
    };
}

on_both_databases_with_an_endpoint!(
    b29_a_cache_is_told_of_every_snapshot_that_goes,
    an_endpoint_that_is_down_makes_no_deletion_fail,
    a_call_whose_program_was_killed_is_made_again_by_its_key,
    a_call_before_that_is_not_taken_deletes_nothing,
    a_cancellation_calls_and_says_what_came_of_it,
    a_call_is_made_now_or_given_up_by_hand,
);

const DELETE: [&str; 5] = ["delete", "batch", "autumn-2026", "--confirm", "autumn-2026"];
const SNAPSHOTS: &str =
    "SELECT count(*) FROM analysis_cohort_snapshots WHERE batch_id = 'autumn-2026'";

pub fn sexton(place: &Place, to: &str, arguments: &[&str]) -> Said {
    let mut command = program(place.folder());
    command.env("DATABASE_URL", place.address()).env("CACHE_EVICT_URL", to).env("HUSH", "hush");
    Said::of(command.args(arguments).output().expect("the program starts"))
}

/// One document: the status of the only deletion.
pub fn status(place: &Place, to: &str) -> Value {
    let latest = sexton(place, to, &["status", "--output", "json"]).expect(0).document();
    let id = latest["deletions"][0]["id"].as_str().expect("there is a deletion").to_owned();
    sexton(place, to, &["status", &id, "--output", "json"]).expect(0).document()["deletion"].clone()
}

/// Lets leases run out and whatever failed be due: moves what is stored, as if time had passed.
pub async fn time_goes_by(place: &Place) {
    let (intents, deletions) = (place.own("intents"), place.own("deletions"));
    let script = format!(
        "UPDATE {intents} SET leased_until = 0, next_try = not_before;
         UPDATE {deletions} SET leased_until = 0;"
    );
    place.execute(&script).await;
}

async fn b29_a_cache_is_told_of_every_snapshot_that_goes(place: Place) {
    place.change_policy("env:CACHE_EVICT_URL?\"", "env:CACHE_EVICT_URL?\"\nsecret = \"env:HUSH\"");
    let cache = Endpoint::that_replies([]).await;
    let going = place.number(SNAPSHOTS).await;
    assert!(going > 0);
    let slugs = place
        .column(
            "SELECT slug FROM analysis_cohort_snapshots WHERE batch_id = 'autumn-2026' ORDER BY 1",
        )
        .await;
    let said = sexton(&place, cache.address(), &DELETE).expect(0);
    let foretold = format!("> hook evict-cache: {going} calls, after the deletion");
    assert!(said.out.contains(&foretold), "{said}");
    let calls = cache.requests();
    assert_eq!(i64::try_from(calls.len()), Ok(going), "{said}");
    let mut told: Vec<_> = calls
        .iter()
        .map(|call| {
            let body: Value = serde_json::from_str(&call.body).expect("a body is JSON");
            assert!(body["snapshot_id"].is_i64() && body["cohort_id"].is_i64(), "{body}");
            assert!(call.headers["sexton-signature"].starts_with("t="), "{:?}", call.headers);
            body["slug"].as_str().map(str::to_owned)
        })
        .collect();
    told.sort();
    assert_eq!(told, slugs);
    assert!(said.out.contains(&format!("Called:   evict-cache {going} taken")), "{said}");
    assert_eq!(status(&place, cache.address())["state"], "complete");
}

async fn an_endpoint_that_is_down_makes_no_deletion_fail(place: Place) {
    let cache = Endpoint::that_replies([Reply::Status(404, "", "no such route".into())]).await;
    let said = sexton(&place, cache.address(), &DELETE).expect(0);
    assert!(said.out.contains("evict-cache: it answered 404 Not Found: no such route"), "{said}");
    assert!(said.out.contains("work --once"), "{said}");
    assert_eq!(place.number(SNAPSHOTS).await, 0);
    let waiting = status(&place, cache.address());
    assert_eq!(waiting["state"], "committed");
    assert_eq!(waiting["failing"][0]["hook"], "evict-cache");
    assert_eq!(waiting["failing"][0]["attempts"], 1);
    assert!(waiting["failing"][0]["next_try"].as_str().is_some_and(|at| at.ends_with('Z')));
    let sentence = waiting["sentence"].as_str().unwrap_or_default();
    assert!(
        sentence.contains("promise(s) are still to be carried out; last: evict-cache"),
        "{sentence}"
    );

    cache.reply([Reply::status(200)]);
    time_goes_by(&place).await;
    let worked = sexton(&place, cache.address(), &["work", "--once", "--output", "json"]).expect(0);
    let events = worked.events();
    assert_eq!(events[0]["settled"][0]["state"], "complete", "{worked}");
    let keys: std::collections::BTreeSet<String> =
        cache.requests().iter().map(|call| call.headers["idempotency-key"].clone()).collect();
    assert_eq!(cache.requests().len(), 2 * keys.len(), "each call twice, by one key");
    assert_eq!(status(&place, cache.address())["state"], "complete");
}

async fn a_call_whose_program_was_killed_is_made_again_by_its_key(place: Place) {
    place.change_policy("env:CACHE_EVICT_URL?\"", "env:CACHE_EVICT_URL?\"\nbatch = { max = 100 }");
    let cache = Endpoint::that_replies([Reply::Silence]).await;
    let mut deleting = program(place.folder())
        .env("DATABASE_URL", place.address())
        .env("CACHE_EVICT_URL", cache.address())
        .args(DELETE)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    cache.has_heard(1).await;
    // On Unix this is SIGKILL.
    deleting.kill().expect("it is there");
    deleting.wait().expect("it ends");
    assert_eq!(place.number(SNAPSHOTS).await, 0, "the rows were gone before anybody was called");

    cache.reply([Reply::status(204)]);
    time_goes_by(&place).await;
    sexton(&place, cache.address(), &["work", "--once"]).expect(0);
    let calls = cache.requests();
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0].headers["idempotency-key"], calls[1].headers["idempotency-key"]);
    assert_eq!(calls[0].body, calls[1].body);
    assert_eq!(status(&place, cache.address())["state"], "complete");
}

async fn a_call_before_that_is_not_taken_deletes_nothing(place: Place) {
    place.change_policy("env:CACHE_EVICT_URL?\"", "env:CACHE_EVICT_URL?\"\nbefore = true");
    let cache = Endpoint::that_replies([Reply::status(500)]).await;
    let before = place.number(SNAPSHOTS).await;
    let said = sexton(&place, cache.address(), &DELETE).expect(5);
    assert!(said.err.contains("the hook `evict-cache` was not taken: it answered 500"), "{said}");
    assert!(said.err.contains("Nothing was changed."), "{said}");
    assert_eq!(place.number(SNAPSHOTS).await, before);
    assert_eq!(status(&place, cache.address())["state"], "refused");
}

/// A worker makes calls that come due while it runs, and ends in good order when it is asked to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_goes_on_until_it_is_told_to_end() {
    let place = Place::on_sqlite().await;
    let cache = Endpoint::that_replies([Reply::status(404)]).await;
    sexton(&place, cache.address(), &DELETE).expect(0);
    let calls = cache.requests().len();
    let mut working = program(place.folder())
        .env("DATABASE_URL", place.address())
        .env("CACHE_EVICT_URL", cache.address())
        .args(["work", "--output", "json"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    cache.reply([Reply::status(204)]);
    time_goes_by(&place).await;
    cache.has_heard(2 * calls).await;
    let states = || async { place.column("SELECT state FROM sexton_deletions").await };
    while states().await != [Some("complete".to_owned())] {
        tokio::task::yield_now().await;
    }
    let pid = working.id().to_string();
    std::process::Command::new("kill").args(["-TERM", &pid]).status().expect("there is kill");
    let said = Said::of(
        tokio::task::spawn_blocking(move || {
            let ended = working.wait();
            let mut out = working.stdout.take().expect("it is piped");
            let mut text = Vec::new();
            std::io::Read::read_to_end(&mut out, &mut text).expect("it can be read");
            std::process::Output {
                status: ended.expect("it ends"),
                stdout: text,
                stderr: Vec::new(),
            }
        })
        .await
        .expect("no panic"),
    );
    let events = said.expect(0).events();
    assert_eq!(events.first(), Some(&json!({ "event": "working", "systems": ["batches"] })));
    assert_eq!(events.last(), Some(&json!({ "event": "stopped" })));
    assert!(events.iter().any(|event| event["ended"] == calls), "{events:?}");
}

async fn a_cancellation_calls_and_says_what_came_of_it(place: Place) {
    place
        .change_policy("cancel_requested = 1 } }", "cancel_requested = 1 }, hook = \"stop-job\" }");
    let hook = "[hooks.stop-job]\nof = \"jobs\"\nbefore = true\ncall = \"env:CACHE_EVICT_URL\"\n\
                body = { job = \"{id}\" }\n\n[hooks.evict-cache]";
    let policy = crate::place::policy()
        .replace("cancel_requested = 1 } }", "cancel_requested = 1 }, hook = \"stop-job\" }")
        .replace("[hooks.evict-cache]", hook);
    place.write_policy(&policy);
    let take = "UPDATE jobs SET status = 'running', lease_expires_at = '2999-01-01T00:00:00Z'
        WHERE id = 'autumn-2026-ghent-again'";
    place.execute(take).await;
    let workers = Endpoint::that_replies([Reply::status(500), Reply::status(204)]).await;
    let cancel = ["cancel", "batch", "autumn-2026"];
    let said = sexton(&place, workers.address(), &cancel).expect(0);
    assert!(said.out.contains("calls of stop-job: 1 not taken (it answered 500"), "{said}");
    let json = [&cancel[..], &["--output", "json"]].concat();
    let said = sexton(&place, workers.address(), &json).expect(0).document();
    let called = json!([{ "hook": "stop-job", "taken": 1, "untaken": 0, "reasons": [] }]);
    assert_eq!(said["calls"], called);
    let body: Value = serde_json::from_str(&workers.requests()[0].body).expect("a body is JSON");
    assert_eq!(body, json!({ "job": "autumn-2026-ghent-again" }));
}

async fn a_call_is_made_now_or_given_up_by_hand(place: Place) {
    let cache = Endpoint::that_replies([Reply::status(404)]).await;
    sexton(&place, cache.address(), &DELETE).expect(0);
    let calls = cache.requests().len();
    let id = status(&place, cache.address())["id"].as_str().expect("it has one").to_owned();

    // Nothing is due for half an hour; a person does not wait.
    sexton(&place, cache.address(), &["work", "--once"]).expect(0);
    assert_eq!(cache.requests().len(), calls);
    let said = sexton(&place, cache.address(), &["retry", &id]).expect(5);
    assert_eq!(cache.requests().len(), 2 * calls, "{said}");
    assert!(said.out.contains("it answered 404"), "{said}");

    let reason = ["--reason", "the cache is gone", "--actor", "bo"];
    sexton(&place, cache.address(), &["give-up", "dlt_never", "--reason", "x"]).expect(4);
    sexton(&place, cache.address(), &["give-up", &id]).expect(2);
    let give_up = [&["give-up", &id], &reason[..]].concat();
    let said = sexton(&place, cache.address(), &give_up).expect(0);
    assert!(said.out.contains("promises of evict-cache"), "{said}");
    assert!(said.out.contains(&format!("Called:   evict-cache {calls} given-up")), "{said}");
    assert_eq!(status(&place, cache.address())["state"], "complete");
    assert_eq!(cache.requests().len(), 2 * calls, "nobody was called");
    let listed = sexton(&place, cache.address(), &["audit", "list"]).expect(0);
    assert!(listed.out.contains(&format!("{calls} promises given up, by bo")), "{listed}");
    assert!(listed.out.contains("the cache is gone"), "{listed}");
    sexton(&place, cache.address(), &["audit", "verify"]).expect(0);
    // What is complete has nothing left to do or give up.
    sexton(&place, cache.address(), &["retry", &id]).expect(0);
    let again = sexton(&place, cache.address(), &give_up).expect(0);
    assert!(again.out.starts_with("Nothing was given up."), "{again}");
    sexton(&place, cache.address(), &["retry", "dlt_never"]).expect(4);
}
