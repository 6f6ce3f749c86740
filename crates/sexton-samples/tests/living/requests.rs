//! Batches whose requests are claimed and answered by daemons.

use sexton_samples::app::{Done, Manner, Values, id};

use crate::place::{Place, count, root};

on_both_databases! {
    sexton_samples::requests;
    r13_a_cancellation_is_told_once_and_stays,
    r14_what_was_cancelled_is_claimed_no_more,
    r15_a_call_of_a_batch_whose_file_was_deleted_stops,
    r16_a_late_answer_replaces_a_cancellation_and_mends_the_counts,
    r16_an_answer_to_a_request_that_is_missing_makes_none,
    r17_a_daemon_tries_again_only_what_is_its_own,
    r19_a_batch_is_filled_once_and_not_after_it_was_cancelled,
    r6_answers_outlive_the_file_that_they_answer,
    r7_answers_stand_beside_their_questions_until_these_go,
    r18_what_a_daemon_holds_too_long_waits_again,
    r13_a_cancellation_stops_what_waits_and_lets_calls_end_by_themselves,
    r14_a_claim_under_way_ends_as_canceled,
    r14_a_retry_under_way_is_not_claimed_again,
    r15_daemons_at_full_speed_stop_and_nothing_is_claimed_afterwards,
}

/// A batch of which the seed's requests are out of the way.
fn submitted(place: &Place, jobs: u32) -> String {
    place.works("worker", &[]);
    place.submit("winter", jobs, 1);
    id(&["requests", "winter"])
}

async fn state_of_all(place: &Place, batch: &str) -> Vec<String> {
    let states = format!("SELECT state FROM requests WHERE batch_id = '{batch}' ORDER BY id");
    place.rows(&states).await.into_iter().map(|row| row[0].clone().unwrap()).collect()
}

fn cancels(place: &Place, batch: &str) {
    let given = format!("batch={batch}");
    let words = ["--act", "cancel", "--jobs", "1", &given];
    assert!(place.start("submit", &words).ended().0.success());
}

async fn r13_a_cancellation_is_told_once_and_stays(place: Place) {
    let batch = submitted(&place, 1);
    cancels(&place, &batch);
    place
        .execute(&format!(
            "UPDATE batches SET cancelled_at = '2026-10-09T00:00:00Z' WHERE id = '{batch}'"
        ))
        .await;
    let before = place.dump().await;
    cancels(&place, &batch);
    cancels(&place, "ba000000-0000-4000-8000-999999999999");
    assert_eq!(place.dump().await, before);
}

async fn r14_what_was_cancelled_is_claimed_no_more(place: Place) {
    let batch = submitted(&place, 3);
    cancels(&place, &batch);
    assert_eq!(count(&place.works("worker", &[]), "claimed"), 0);
    assert_eq!(state_of_all(&place, &batch).await, ["pending"; 3]);
    place.works("settler", &[]);
    place.is_sound().await;
}

/// The deletion cancels the batch; the daemon sees it at its next poll.
async fn r15_a_call_of_a_batch_whose_file_was_deleted_stops(place: Place) {
    let batch = submitted(&place, 2);
    let mut daemon = place.start("work", &["--until-idle", "--step-by-step"]);
    daemon.steps_to("heartbeat");
    let file = id(&["requests", "winter", "source"]);
    place.delete(root("file", &file)).await.unwrap();
    daemon.go();
    daemon.steps_to("cancel");
    daemon.go();
    daemon.says("cancelled");
    daemon.steps_to("claim");
    daemon.runs_out();
    let mut states = state_of_all(&place, &batch).await;
    states.sort();
    assert_eq!(states, ["canceled", "pending"]);
    let seen = place.read("batch", Values::new().with("batch", &batch)).await;
    assert_eq!((seen[0].get("file"), seen[0].get("canceled")), (None, Some("2")));
}

async fn r16_a_late_answer_replaces_a_cancellation_and_mends_the_counts(place: Place) {
    let batch = submitted(&place, 2);
    let mut daemon = place.start("work", &["--until-idle", "--step-by-step"]);
    daemon.steps_to("finish");
    cancels(&place, &batch);
    let canceled = "UPDATE requests SET state = 'canceled', canceled_at = '2026-10-09T00:00:00Z'";
    place.execute(&format!("{canceled} WHERE batch_id = '{batch}'")).await;
    place.works("settler", &[]);
    let counts = format!(
        "SELECT completed_requests * 10 + canceled_requests FROM batches WHERE id = '{batch}'"
    );
    assert_eq!(place.number(&counts).await, 2);
    daemon.go();
    daemon.says("done");
    assert_eq!(place.number(&counts).await, 11);
    place.is_sound().await;
}

async fn r16_an_answer_to_a_request_that_is_missing_makes_none(place: Place) {
    let batch = submitted(&place, 2);
    for part in ["start", "finish"] {
        let mut daemon = place.start("work", &["--until-idle", "--step-by-step"]);
        daemon.steps_to(part);
        if part == "finish" {
            place.delete_for_good(root("batch", &batch)).await.unwrap();
            daemon.go();
            assert_eq!(daemon.says("lost")["section"], "finish");
        }
    }
    assert_eq!(place.mentions(&batch).await, [""; 0]);
    assert_eq!(count(&place.works("worker", &[]), "claimed"), 0);
    place.is_sound().await;
}

async fn r17_a_daemon_tries_again_only_what_is_its_own(place: Place) {
    let batch = submitted(&place, 1);
    let mut daemon = place.start("work", &["--worker", "a", "--step-by-step", "--until-idle"]);
    daemon.steps_to("write");
    let job = place.rows(&format!("SELECT id FROM requests WHERE batch_id = '{batch}'")).await;
    let job = job[0][0].clone().unwrap();
    let mut client = place.application.open(&place.address()).await.unwrap();
    for (worker, done) in [("b", false), ("a", true)] {
        let values =
            Values::new().with("job", &job).with("worker_id", &id(&["requests", "worker", worker]));
        let went = client.run("worker.retry", &values).await.unwrap();
        assert_eq!(went != Done::NotMet, done, "{worker}");
    }
    assert_eq!(state_of_all(&place, &batch).await, ["pending"]);
    daemon.go();
    assert_eq!(daemon.says("lost")["section"], "write");
}

async fn r19_a_batch_is_filled_once_and_not_after_it_was_cancelled(place: Place) {
    let batch = submitted(&place, 3);
    let again = ["--name", "winter", "--act", "populate", "--jobs", "2"];
    assert!(place.start("submit", &again).ended().0.success());
    assert_eq!(state_of_all(&place, &batch).await.len(), 3);

    let mut late = place.start("submit", &["--name", "late", "--jobs", "2", "--step-by-step"]);
    late.steps_to("populate");
    let batch = id(&["requests", "late"]);
    cancels(&place, &batch);
    late.go();
    assert!(late.ended().0.success());
    assert_eq!(state_of_all(&place, &batch).await, [""; 0]);

    let mut gone = place.start("submit", &["--name", "gone", "--jobs", "2", "--step-by-step"]);
    gone.steps_to("populate");
    let batch = id(&["requests", "gone"]);
    place.delete_for_good(root("batch", &batch)).await.unwrap();
    gone.go();
    assert!(gone.ended().0.success());
    assert_eq!(place.mentions(&batch).await, [""; 0]);
    place.is_sound().await;
}

async fn r6_answers_outlive_the_file_that_they_answer(place: Place) {
    submitted(&place, 3);
    place.works("worker", &[]);
    place.works("settler", &[]);
    let output = Values::new().with("file", &id(&["requests", "winter", "output"]));
    let before = place.read("output", output.clone()).await;
    assert_eq!(before.len(), 3);
    let file = id(&["requests", "winter", "source"]);
    place.delete(root("file", &file)).await.unwrap();
    assert_eq!(place.read("output", output.clone()).await, before);
    assert!(place.purge().await > 0);
    assert_eq!(place.read("output", output).await, before);
    let input = Values::new().with("file", &file);
    assert!(place.read("input", input).await.is_empty());
    assert_eq!(place.mentions("question 1 of winter").await, [""; 0]);
    place.is_sound().await;
}

/// Read like that, a batch whose file was deleted becomes empty, and never an error.
async fn r7_answers_stand_beside_their_questions_until_these_go(place: Place) {
    let batch = submitted(&place, 3);
    place.works("worker", &[]);
    place.works("settler", &[]);
    let results = Values::new().with("batch", &batch);
    let before = place.read("results", results.clone()).await;
    assert_eq!(before.len(), 3);
    let file = id(&["requests", "winter", "source"]);
    place.delete(root("file", &file)).await.unwrap();
    assert_eq!(place.read("results", results.clone()).await, before);
    assert!(place.purge().await > 0);
    assert!(place.read("results", results).await.is_empty());
    place.is_sound().await;
}

/// Claimed a minute ago, started ten minutes ago, of a daemon that is dead; and one that is fresh.
async fn r18_what_a_daemon_holds_too_long_waits_again(place: Place) {
    let batch = submitted(&place, 4);
    let [live, dead] =
        ["da000000-0000-4000-8000-0000000000a1", "da000000-0000-4000-8000-0000000000a2"];
    let (old, new) = ("2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z");
    let daemons = format!(
        "INSERT INTO daemons (id, status, last_heartbeat)
         VALUES ('{live}', 'running', '{new}'), ('{dead}', 'dead', '{new}');"
    );
    let held = [
        ("claimed", live, old, "NULL".to_owned()),
        ("processing", live, old, format!("'{old}'")),
        ("claimed", dead, new, "NULL".to_owned()),
        ("claimed", live, new, "NULL".to_owned()),
    ];
    let takes = held.iter().enumerate().map(|(place, (state, daemon, claimed, started))| {
        format!(
            "UPDATE requests SET state = '{state}', daemon_id = '{daemon}',
                claimed_at = '{claimed}', started_at = {started}
             WHERE id IN (SELECT id FROM requests WHERE batch_id = '{batch}'
                          ORDER BY id LIMIT 1 OFFSET {place});"
        )
    });
    let script: String = [daemons].into_iter().chain(takes).collect();
    place.execute(&script).await;
    place.works("worker", &[]);
    let states = format!("SELECT state FROM requests WHERE batch_id = '{batch}' ORDER BY id");
    let states: Vec<_> = place.rows(&states).await.into_iter().flatten().flatten().collect();
    assert_eq!(states[3], "claimed");
    let ended = |state: &String| ["completed", "failed"].contains(&state.as_str());
    assert!(states[..3].iter().all(ended), "{states:?}");
}

/// No daemon is at work on a batch, and none takes anything of it up.
async fn has_stopped(place: &Place, batch: &str) {
    let before = state_of_all(place, batch).await;
    let at_work = |state: &String| ["claimed", "processing"].contains(&state.as_str());
    assert!(!before.iter().any(at_work), "{before:?}");
    assert_eq!(count(&place.works("worker", &[]), "claimed"), 0);
    assert_eq!(state_of_all(place, batch).await, before);
    place.works("settler", &[]);
    place.is_sound().await;
}

async fn r13_a_cancellation_stops_what_waits_and_lets_calls_end_by_themselves(place: Place) {
    let place = place.whole().await;
    let batch = submitted(&place, 3);
    let mut daemon = place.start("work", &["--until-idle", "--step-by-step"]);
    daemon.steps_to("write");
    assert_eq!(place.cancel(root("batch", &batch)).await, (2, 0));
    daemon.runs_out();
    let mut states = state_of_all(&place, &batch).await;
    states.sort();
    assert_eq!(states, ["canceled", "canceled", "completed"]);
    has_stopped(&place, &batch).await;
}

/// The claim has happened and is not committed when the file, and with it the batch, is cancelled.
async fn r14_a_claim_under_way_ends_as_canceled(place: Place) {
    let place = place.whole().await;
    let batch = submitted(&place, 2);
    let words = ["--until-idle", "--step-by-step", "--pause-in", "claim"];
    let mut daemon = place.start("work", &words);
    daemon.steps_to("claim");
    daemon.go();
    daemon.says("uncommitted");
    let deleting = place.deleting(root("file", &id(&["requests", "winter", "source"]))).await;
    daemon.go();
    daemon.says("claimed");
    deleting.await.unwrap().unwrap();
    daemon.steps_to("cancel");
    daemon.go();
    daemon.says("cancelled");
    drop(daemon);
    let mut states = state_of_all(&place, &batch).await;
    states.sort();
    assert_eq!(states, ["canceled", "pending"]);
    has_stopped(&place, &batch).await;
}

/// A daemon gives a request back while its batch is cancelled.
async fn r14_a_retry_under_way_is_not_claimed_again(place: Place) {
    let place = place.whole().await;
    let batch = submitted(&place, 1);
    let mut daemon = place.start("work", &["--worker", "a", "--step-by-step", "--until-idle"]);
    daemon.steps_to("write");
    let job = place.rows(&format!("SELECT id FROM requests WHERE batch_id = '{batch}'")).await;
    let values = Values::new()
        .with("job", job[0][0].as_ref().unwrap())
        .with("worker_id", &id(&["requests", "worker", "a"]));
    let mut client = place.application.open(&place.address()).await.unwrap();
    let retry = client.section("worker.retry").unwrap();
    let (reached, is_reached) = std::sync::mpsc::channel();
    let (go, gone_on) = std::sync::mpsc::channel::<()>();
    let retrying = tokio::spawn(async move {
        let mut before_commit = move || {
            reached.send(()).unwrap();
            tokio::task::block_in_place(|| gone_on.recv().unwrap());
        };
        let mut manner = Manner { careless: false, before_commit: &mut before_commit };
        client.connection.run_in(&retry, &values, &mut manner).await.unwrap()
    });
    tokio::task::block_in_place(|| is_reached.recv().unwrap());
    let deleting = place.deleting(root("file", &id(&["requests", "winter", "source"]))).await;
    go.send(()).unwrap();
    assert!(matches!(retrying.await.unwrap(), Done::Committed(_)));
    deleting.await.unwrap().unwrap();
    assert_eq!(state_of_all(&place, &batch).await, ["pending"]);
    daemon.go();
    assert_eq!(daemon.says("lost")["section"], "write");
    has_stopped(&place, &batch).await;
}

async fn r15_daemons_at_full_speed_stop_and_nothing_is_claimed_afterwards(place: Place) {
    let place = place.whole().await;
    let batch = submitted(&place, 400);
    let daemons = ["a", "b", "c"].map(|worker| {
        let words = ["--until-idle", "--worker", worker, "--pace", "10"];
        let mut daemon = place.start("work", &words);
        daemon.says("done");
        daemon
    });
    place.delete(root("file", &id(&["requests", "winter", "source"]))).await.unwrap();
    let said: Vec<_> = daemons.into_iter().flat_map(|daemon| daemon.ended().1).collect();
    assert!(count(&said, "done") < 400, "the deletion came too late to prove anything");
    assert_eq!(count(&said, "refused"), 0, "{said:?}");
    let left = state_of_all(&place, &batch).await;
    let answered = left.iter().filter(|state| *state == "completed").count();
    assert_eq!((left.len(), answered), (400, count(&said, "done")));
    has_stopped(&place, &batch).await;
}
