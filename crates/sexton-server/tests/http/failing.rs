//! Whatever fails is a problem with a stable code and the request's id.

use reqwest::Method;
use serde_json::json;

use crate::place::{Data, Served};

on_both_databases!(what_cannot_be_read_is_told, a_request_is_known_by_its_id);

async fn what_cannot_be_read_is_told(data: Data) {
    let server = Served::of(&data).await;
    let previews = "/api/systems/batches/previews";
    let json_type = ("content-type", "application/json");
    server.get("/nowhere").await.problem(404, "no_such_path");
    server.get("/api/systems/batches").await.problem(404, "no_such_path");
    let refused = server.ask(Method::DELETE, "/api/systems", &[], "").await;
    assert!(refused.header("allow").contains("GET"), "{refused:?}");
    refused.problem(405, "method_not_allowed");
    let plain = server.ask(Method::POST, previews, &[], "{}").await;
    plain.problem(415, "unsupported_media_type");
    let broken = server.ask(Method::POST, previews, &[json_type], "{").await;
    broken.problem(400, "bad_body");
    let unknown = json!({ "thing": "batch", "id": "a", "force": true });
    server.post(previews, &unknown).await.problem(422, "unfit");
    server.post(previews, &json!({ "thing": "batch" })).await.problem(422, "unfit");
    let long = json!({ "thing": "batch", "id": "a".repeat(1_050_000) });
    server.post(previews, &long).await.problem(413, "too_large");
    let option = json!({ "thing": "batch", "id": "a", "options": { "x": true } });
    server.post(previews, &option).await.problem(422, "bad_option");
    server.post(previews, &json!({ "thing": "batch", "id": " " })).await.problem(400, "blank");
    let listed = server.get("/api/systems/batches/deletions?limit=0").await;
    listed.problem(422, "unfit");
    let listed = server.get("/api/systems/batches/deletions?limit=many").await;
    listed.problem(400, "bad_query");
    let elsewhere = [json_type, ("origin", "https://elsewhere.example")];
    let foreign = server.ask(Method::POST, previews, &elsewhere, "{}").await;
    foreign.problem(403, "cross_origin");
    let named = [("host", "sexton.example")];
    server.ask(Method::GET, "/api/systems", &named, "").await.problem(401, "anonymous");
}

async fn a_request_is_known_by_its_id(data: Data) {
    let server = Served::of(&data).await;
    let named = server.ask(Method::GET, "/nowhere", &[("x-request-id", "mine-7")], "").await;
    assert_eq!(named.problem(404, "no_such_path")["request_id"], "mine-7");
    for odd in ["two words", &"x".repeat(200)] {
        let made = server.ask(Method::GET, "/healthz", &[("x-request-id", odd)], "").await;
        assert!(made.expect(204).header("x-request-id").starts_with("req_"));
    }
}
