//! Work in flight: shown, asked to stop by `cancel` and by `delete`, and waited for.

use serde_json::json;

use crate::place::Place;

on_both_databases!(
    a_preview_shows_work_in_flight_and_what_becomes_of_it,
    a_cancellation_asks_once_and_deletes_nothing,
    a_worker_that_never_stops_is_told_with_the_way_out,
);

const CONFIRMED: [&str; 5] = ["delete", "batch", "autumn-2026", "--confirm", "autumn-2026"];
const CANCEL: [&str; 3] = ["cancel", "batch", "autumn-2026"];

/// A worker is acting on one job, another waits, and the worker of a third is dead.
const IN_FLIGHT: &str = "
    UPDATE jobs SET status = 'running', lease_expires_at = '2999-01-01T00:00:00Z'
    WHERE id = 'autumn-2026-ghent-again';
    UPDATE jobs SET status = 'running', lease_expires_at = '2026-01-01T00:00:00Z'
    WHERE id = 'autumn-2026-ghent';
    INSERT INTO jobs (id, domain_id, domain, batch_id, status, created_at)
    SELECT 'autumn-2026-late', id, name, 'autumn-2026', 'queued', '2026-10-05T09:30:00Z'
    FROM domains WHERE name = 'ghent.example';";

async fn a_preview_shows_work_in_flight_and_what_becomes_of_it(place: Place) {
    place.execute(IN_FLIGHT).await;
    let said = place.sexton(&["preview", "batch", "autumn-2026"]).expect(0);
    for line in [
        "  > work of jobs: 1 waiting, 1 at work, 1 of a dead worker",
        "      is asked to stop first; a deletion waits 5 s at most",
        "      asked: cancel_requested = 1",
    ] {
        assert!(said.out.contains(line), "{line}\n{said}");
    }
    let json = ["preview", "batch", "autumn-2026", "--output", "json"];
    let work = &place.sexton(&json).expect(0).document()["work"][0];
    let told = [&work["waiting"], &work["running"], &work["dead"], &work["fate"]];
    assert_eq!(told, [&json!(1), &json!(1), &json!(1), &json!("stopped")]);
}

async fn a_cancellation_asks_once_and_deletes_nothing(place: Place) {
    place.execute(IN_FLIGHT).await;
    let said = place.sexton(&CANCEL).expect(0);
    let told = "Work of batch autumn-2026:\n  jobs: 2 stopped, 1 asked to stop, 1 still at work\n\
                Nothing was deleted.\n";
    assert_eq!(said.out, told, "{said}");
    let states = "SELECT status || ' ' || cancel_requested AS s FROM jobs
        WHERE batch_id = 'autumn-2026' ORDER BY id";
    let states = place.column(states).await.into_iter().flatten().collect::<Vec<_>>();
    assert_eq!(states, ["canceled 0", "running 1", "canceled 0"]);
    let before = place.dump().await;
    let again = place.sexton(&[&CANCEL[..], &["--output", "json"]].concat()).expect(0).document();
    assert_eq!(
        again,
        json!({ "thing": "batch", "ids": ["autumn-2026"], "tables": [
            { "table": "jobs", "stopped": 0, "asked": 0, "running": 1 },
        ], "calls": [] })
    );
    let both = ["cancel", "batch", "autumn-2026", "summer-2026", "--output", "json"];
    let both = place.sexton(&both).expect(0).document();
    assert_eq!(both["ids"], json!(["autumn-2026", "summer-2026"]));
    assert_eq!(both.get("find"), None);
    assert!(place.dump().await == before, "a second cancellation changed rows");
    assert_eq!(place.records(), 0);
    place.execute("DELETE FROM jobs WHERE batch_id = 'autumn-2026'").await;
    let quiet = place.sexton(&CANCEL).expect(0);
    assert_eq!(quiet.out, "No work of batch autumn-2026 is in flight.\n", "{quiet}");
    place.sexton(&["cancel", "batch", "never"]).expect(4);
}

async fn a_worker_that_never_stops_is_told_with_the_way_out(place: Place) {
    place.change_policy("wait    = \"5s\"", "wait    = \"1s\"");
    place.execute(IN_FLIGHT).await;
    let said = place.sexton(&CONFIRMED).expect(1);
    for line in [
        "1 row(s) of jobs are still at work: autumn-2026-ghent-again",
        "Nothing was deleted; work in flight was asked to stop.",
        "`sexton cancel batch autumn-2026`",
    ] {
        assert!(said.err.contains(line), "{line}\n{said}");
    }
    let json = [&CONFIRMED[..], &["--output", "json"]].concat();
    let events = place.sexton(&json).expect(1).events();
    assert_eq!(events[1]["outcome"], "undrained");
    assert_eq!(events[1]["changed"], true);
    let waits = place.sexton(&["status"]).expect(0);
    assert!(waits.out.contains("still at work"), "{waits}");
    place.execute("UPDATE jobs SET status = 'failed' WHERE status = 'running'").await;
    place.sexton(&CONFIRMED).expect(0);
}
