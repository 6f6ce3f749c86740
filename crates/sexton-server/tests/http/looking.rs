//! What can be looked at, and what a preview keeps.

use serde_json::json;

use crate::place::{Data, Served};

on_both_databases!(
    systems_and_their_things_are_listed,
    a_preview_changes_nothing_and_is_kept,
    the_server_says_that_it_is_there_and_ready,
);

async fn systems_and_their_things_are_listed(data: Data) {
    let server = Served::of(&data).await;
    let systems = server.get("/api/systems").await.expect(200).json();
    assert_eq!(systems["data"][0]["name"], "batches");
    assert_eq!(systems["data"][0]["things"], json!(["batch", "run", "snapshot"]));
    let things = server.get("/api/systems/batches/things").await.expect(200).json();
    let batch = &things["data"][0];
    assert_eq!(batch["name"], "batch");
    assert_eq!(batch["key"], json!(["id"]));
    assert_eq!(batch["confirm"], "type-id");
    assert_eq!(batch["roles"], json!(["admin"]));
    assert_eq!(batch["rows_max"], 5_000_000);
    server.get("/api/systems/nowhere/things").await.problem(404, "missing");
}

async fn a_preview_changes_nothing_and_is_kept(data: Data) {
    let server = Served::of(&data).await;
    let before = data.dump().await;
    let ask = json!({ "thing": "batch", "id": "autumn-2026" });
    let made = server.post("/api/systems/batches/previews", &ask).await.expect(201);
    let preview = made.json();
    assert!(preview["id"].as_str().is_some_and(|id| id.starts_with("prv_")), "{preview:#}");
    assert_eq!(preview["blocked"], false);
    assert!(preview["digest"].as_str().is_some_and(|digest| digest.starts_with("sha256:")));
    assert_eq!(preview["preview"]["id"], "autumn-2026");
    let again = server.get(made.header("location")).await.expect(200).json();
    assert_eq!(again, preview);
    assert!(data.dump().await == before, "a preview changed rows");
    server.get("/api/systems/batches/previews/prv_x").await.problem(404, "preview_gone");
}

async fn the_server_says_that_it_is_there_and_ready(data: Data) {
    let server = Served::of(&data).await;
    server.get("/healthz").await.expect(204);
    server.get("/readyz").await.expect(204);
}
