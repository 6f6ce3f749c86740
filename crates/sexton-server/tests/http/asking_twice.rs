//! The same request twice makes one deletion and gets one answer.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::place::{Data, Names, Served, somebody};

on_both_databases!(
    the_same_request_makes_one_deletion_and_gets_one_answer,
    many_at_once_with_one_key_make_one_deletion,
    a_key_is_its_askers_and_its_bodys,
    what_makes_no_deletion_is_done_once_too,
    a_late_repeat_of_a_cancellation_stops_nobody,
    a_request_without_an_answer_is_under_way_and_then_carried_out_again,
    many_at_once_with_one_key_put_one_hold,
    what_was_missing_is_forgotten_after_a_week,
);

const DELETIONS: &str = "/api/systems/batches/deletions";

fn of(id: &str) -> Value {
    json!({ "thing": "batch", "id": id, "confirm": id })
}

async fn the_same_request_makes_one_deletion_and_gets_one_answer(data: Data) {
    let server = Served::of(&data).await;
    let headers = [("idempotency-key", "k-1"), ("prefer", "wait=30")];
    let first = server.post_with(DELETIONS, &of("autumn-2026"), &headers).await.expect(201);
    // Another server, as after a crash of the first.
    let server = Served::of(&data).await;
    let again = server.post_with(DELETIONS, &of("autumn-2026"), &headers).await.expect(201);
    assert_eq!(again.json(), first.json());
    assert_eq!(again.header("location"), first.header("location"));
    assert_eq!(data.count(data.deletions()).await, 1);

    // A refusal too is one answer.
    let headers = [("idempotency-key", "k-2"), ("prefer", "wait=30")];
    let first = server.post_with(DELETIONS, &of("autumn-2026"), &headers).await;
    let first = first.problem(404, "missing");
    let again = server.post_with(DELETIONS, &of("autumn-2026"), &headers).await;
    let again = again.problem(404, "missing");
    assert_eq!(again["deletion"], first["deletion"]);
    assert_eq!(again["detail"], first["detail"]);
    assert_eq!(data.count(data.deletions()).await, 2);

    // What was confirmed once is confirmed, whatever has become of the preview.
    let ask = json!({ "thing": "batch", "id": "spring-2026" });
    let preview = server.post("/api/systems/batches/previews", &ask).await.expect(201).json();
    let ask = json!({ "preview": preview["id"], "digest": preview["digest"] });
    let headers = [("idempotency-key", "k-3"), ("prefer", "wait=30")];
    let first = server.post_with(DELETIONS, &ask, &headers).await.expect(201);
    let server = Served::of(&data).await;
    let again = server.post_with(DELETIONS, &ask, &headers).await.expect(201);
    assert_eq!(again.json(), first.json());
}

async fn many_at_once_with_one_key_make_one_deletion(data: Data) {
    let servers = [Served::of(&data).await, Served::of(&data).await];
    let headers = [("idempotency-key", "k-1"), ("prefer", "wait=30")];
    let body = of("autumn-2026");
    let asked = (0..6).map(|at| servers[at % 2].post_with(DELETIONS, &body, &headers));
    let mut made = std::collections::BTreeSet::new();
    for answer in join_all(asked).await {
        match answer.status.as_u16() {
            201 => drop(made.insert(answer.header("location").to_owned())),
            // Who kept the key was in the way for too long.
            _ => drop(answer.problem(409, "busy")),
        }
    }
    assert_eq!(made.len(), 1, "{made:?}");
    assert_eq!(data.count(data.deletions()).await, 1);
    assert_eq!(data.count("batches").await, 2);
}

async fn a_key_is_its_askers_and_its_bodys(data: Data) {
    let known = vec![somebody("ann", &["admin"], None), somebody("bob", &["admin"], None)];
    let server = Served::behind(&data, std::sync::Arc::new(Names(known))).await;
    let key = ("idempotency-key", "k-1");
    let wait = ("prefer", "wait=30");
    let ann = ("authorization", "Bearer ann");
    let bob = ("authorization", "Bearer bob");
    server.post_with(DELETIONS, &of("autumn-2026"), &[key, wait, ann]).await.expect(201);
    let other = server.post_with(DELETIONS, &of("spring-2026"), &[key, wait, ann]).await;
    other.problem(422, "key_reused");
    assert_eq!(data.count("batches").await, 2);
    server.post_with(DELETIONS, &of("spring-2026"), &[key, wait, bob]).await.expect(201);
    let empty = [("idempotency-key", ""), ann];
    let empty = server.post_with(DELETIONS, &of("summer-2026"), &empty).await;
    empty.problem(400, "bad_key");
}

const HOLDS: &str = "/api/systems/batches/holds";
const PAUSES: &str = "/api/systems/batches/pauses";
const KEY: [(&str, &str); 1] = [("idempotency-key", "k-9")];

/// How many records the audit has.
async fn records(server: &Served) -> usize {
    let audit = server.get("/api/systems/batches/audit").await.expect(200).json();
    audit["data"].as_array().map_or(0, Vec::len)
}

async fn what_makes_no_deletion_is_done_once_too(data: Data) {
    let server = Served::of(&data).await;
    let ask = json!({ "thing": "batch", "id": "autumn-2026", "reason": "a lawsuit" });
    let first = server.post_with(HOLDS, &ask, &KEY).await.expect(201);
    // Another server, as after a crash of the first.
    let server = Served::of(&data).await;
    let again = server.post_with(HOLDS, &ask, &KEY).await.expect(201);
    assert_eq!(again.json(), first.json());
    assert_eq!(again.header("location"), first.header("location"));
    let listed = server.get(HOLDS).await.expect(200).json();
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(1), "{listed:#}");
    // The key is that request's, at any path.
    let other = json!({ "thing": "batch", "id": "spring-2026", "reason": "a lawsuit" });
    server.post_with(HOLDS, &other, &KEY).await.problem(422, "key_reused");
    let pause = json!({ "reason": "a move" });
    server.post_with(PAUSES, &pause, &KEY).await.problem(422, "key_reused");
    server.post_with(DELETIONS, &of("spring-2026"), &KEY).await.problem(422, "key_reused");

    // A request that comes late does not undo what was done since.
    let key = [("idempotency-key", "k-10")];
    let paused = server.post_with(PAUSES, &pause, &key).await.expect(200).json();
    server.post(&format!("{PAUSES}/lift"), &json!({ "reason": "moved" })).await.expect(200);
    let told = records(&server).await;
    assert_eq!(server.post_with(PAUSES, &pause, &key).await.expect(200).json(), paused);
    assert_eq!(server.get(PAUSES).await.expect(200).json()["data"], json!([]));
    let key = [("idempotency-key", "k-11")];
    server.post_with("/api/pauses", &pause, &key).await.expect(200);
    server.post("/api/pauses/lift", &pause).await.expect(200);
    server.post_with("/api/pauses", &pause, &key).await.expect(200);
    assert_eq!(server.get(PAUSES).await.expect(200).json()["data"], json!([]));
    assert_eq!(records(&server).await, told + 2);

    let sweeps = "/api/systems/batches/sweeps";
    let key = [("idempotency-key", "k-12")];
    let swept = server.post_with(sweeps, &json!({}), &key).await.expect(202).json();
    let again = server.post_with(sweeps, &json!({}), &key).await.expect(202).json();
    assert_eq!(again["id"], swept["id"], "no other was begun");
    let latest = server.get(&format!("{sweeps}/latest")).await.expect(200).json();
    assert_eq!(latest["id"], swept["id"]);
}

/// A worker that was told to stop, and has begun anew, is not told again by a late repeat.
async fn a_late_repeat_of_a_cancellation_stops_nobody(data: Data) {
    data.execute(
        "INSERT INTO jobs (id, domain_id, domain, batch_id, status, created_at, lease_expires_at)
         SELECT 'at-work', id, name, 'autumn-2026', 'running', '2026-11-01T00:00:00Z',
                '2999-01-01T00:00:00Z'
         FROM domains WHERE name = 'arles.example'",
    )
    .await;
    let server = Served::of(&data).await;
    let path = "/api/systems/batches/things/batch/autumn-2026/cancel";
    let first = server.post_with(path, &json!({}), &KEY).await.expect(200).json();
    data.execute("UPDATE jobs SET cancel_requested = 0 WHERE id = 'at-work'").await;
    let again = server.post_with(path, &json!({}), &KEY).await.expect(200).json();
    assert_eq!(again, first);
    assert_eq!(data.count("jobs WHERE id = 'at-work' AND cancel_requested = 1").await, 0);
    // What comes to nothing is forgotten, and can be asked again.
    let none = "/api/systems/batches/things/batch/winter-1999/cancel";
    let key = [("idempotency-key", "k-10")];
    for _ in 0..2 {
        server.post_with(none, &json!({}), &key).await.problem(404, "missing");
    }
    server.post_with(path, &json!({}), &key).await.expect(200);
}

/// Its process ended before it was answered, or is at work still.
async fn a_request_without_an_answer_is_under_way_and_then_carried_out_again(data: Data) {
    let server = Served::of(&data).await;
    let ask = json!({ "thing": "batch", "id": "autumn-2026", "reason": "a lawsuit" });
    server.post_with(HOLDS, &ask, &KEY).await.expect(201);
    let pause = json!({ "reason": "a move" });
    let key = [("idempotency-key", "k-10")];
    server.post_with(PAUSES, &pause, &key).await.expect(200);
    server.post(&format!("{PAUSES}/lift"), &pause).await.expect(200);
    let requests = data.deletions().replace("deletions", "requests");
    data.execute(&format!("UPDATE {requests} SET answer = NULL WHERE key = 'k-10'")).await;
    let under_way = server.post_with(PAUSES, &pause, &key).await;
    assert_eq!(under_way.header("retry-after"), "2");
    assert_eq!(under_way.problem(409, "in_flight")["retryable"], true);
    data.execute(&format!("UPDATE {requests} SET asked_at = asked_at - 81000000")).await;
    let carried = server.post_with(PAUSES, &pause, &key).await.expect(200).json();
    assert_eq!(carried["data"][0]["reason"], "a move");
    // A hold is put together with its number, and never twice.
    data.execute(&format!("UPDATE {requests} SET answer = '1' WHERE key = 'k-9'")).await;
    let again = server.post_with(HOLDS, &ask, &KEY).await.expect(201);
    assert_eq!(again.json()["id"], 1);
    assert_eq!(again.header("location"), format!("{HOLDS}/1"));
}

async fn many_at_once_with_one_key_put_one_hold(data: Data) {
    let servers = [Served::of(&data).await, Served::of(&data).await];
    let ask = json!({ "thing": "batch", "id": "autumn-2026", "reason": "a lawsuit" });
    let asked = (0..6).map(|at| servers[at % 2].post_with(HOLDS, &ask, &KEY));
    let mut put = std::collections::BTreeSet::new();
    for answer in join_all(asked).await {
        match answer.status.as_u16() {
            201 => drop(put.insert(answer.header("location").to_owned())),
            _ => {
                let problem = answer.expect(409).json();
                let code = problem["code"].as_str().unwrap_or_default();
                assert!(["in_flight", "busy"].contains(&code), "{problem:#}");
            }
        }
    }
    assert_eq!(put.len(), 1, "{put:?}");
    let listed = servers[0].get(HOLDS).await.expect(200).json();
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(1), "{listed:#}");
}

/// Whoever guesses names leaves nothing behind.
async fn what_was_missing_is_forgotten_after_a_week(data: Data) {
    let server = Served::of(&data).await;
    let headers = [("idempotency-key", "k-1"), ("prefer", "wait=30")];
    server.post_with(DELETIONS, &of("winter-1999"), &headers).await.problem(404, "missing");
    server.post_with(DELETIONS, &of("autumn-2026"), &[("prefer", "wait=30")]).await.expect(201);
    let system = data.system(&sexton_samples::batches()).await;
    assert_eq!(system.forget_missing().await.expect("it can be forgotten"), 0, "it is young");
    assert_eq!(data.count(data.deletions()).await, 2);
    let (table, week) = (data.deletions(), 7 * 86_400 * 1_000_000_i64);
    data.execute(&format!("UPDATE {table} SET changed_at = changed_at - {week} - 1000000")).await;
    assert_eq!(system.forget_missing().await.expect("it can be forgotten"), 1);
    let left = data.count(&format!("{table} WHERE state = 'complete'")).await;
    assert_eq!((left, data.count(table).await), (1, 1));
}
