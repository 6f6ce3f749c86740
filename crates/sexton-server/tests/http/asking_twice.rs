//! The same request twice makes one deletion and gets one answer.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::place::{Data, Names, Served, somebody};

on_both_databases!(
    the_same_request_makes_one_deletion_and_gets_one_answer,
    many_at_once_with_one_key_make_one_deletion,
    a_key_is_its_askers_and_its_bodys,
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
