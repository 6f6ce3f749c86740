//! A server that is told to stop ends in order, and leaves nothing half done.

use serde_json::json;

use crate::place::{Data, Served};

on_both_databases!(who_waits_is_answered_when_the_server_stops);

/// A worker is at work on the batch, so its deletion waits; nobody else does.
async fn who_waits_is_answered_when_the_server_stops(data: Data) {
    data.execute(
        "INSERT INTO jobs (id, domain_id, domain, batch_id, status, created_at, lease_expires_at)
         SELECT 'at-work', id, name, 'autumn-2026', 'running', '2026-11-01T00:00:00Z',
                '2999-01-01T00:00:00Z'
         FROM domains WHERE name = 'arles.example'",
    )
    .await;
    let mut server = Served::of(&data).await;
    let ask = json!({ "thing": "batch", "id": "autumn-2026", "confirm": "autumn-2026" });
    let asked = server
        .request(
            reqwest::Method::POST,
            "/api/systems/batches/deletions",
            &[("content-type", "application/json"), ("prefer", "wait=60")],
        )
        .body(ask.to_string())
        .send();
    let asked = tokio::spawn(asked);
    let asks = "jobs WHERE id = 'at-work' AND cancel_requested = 1";
    while data.count(asks).await == 0 {
        tokio::task::yield_now().await;
    }
    server.stop();
    let answer = asked.await.expect("no panic").expect("it is answered");
    assert_eq!(answer.status().as_u16(), 202);
    let before = data.dump().await;
    server.ended().await;
    assert_eq!(data.count("batches WHERE id = 'autumn-2026'").await, 1);

    // Whoever comes next goes on with it once its lease is over: nothing was gone, so it is
    // withdrawn, and can be asked for again.
    let deletions = data.deletions();
    data.execute(&format!("UPDATE {deletions} SET leased_until = 0")).await;
    let next = Served::of(&data).await;
    let system = data.system(&sexton_samples::batches()).await;
    system.settle().await.expect("it settles");
    let listed = next.get("/api/systems/batches/deletions").await.expect(200).json();
    assert_eq!(listed["data"][0]["state"], "withdrawn", "{listed:#}");
    assert_eq!(listed["data"][0]["outcome"]["code"], "withdrawn", "{listed:#}");
    assert!(data.dump().await == before, "something went with a deletion that was left");
}
