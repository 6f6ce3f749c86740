//! Holds over HTTP: what is held is deleted by nobody until it is released.

use serde_json::{Value, json};

use crate::place::{Data, Served};

on_both_databases!(
    a_hold_keeps_its_root_until_it_is_released,
    a_hold_on_a_condition_tells_how_many_it_meets,
    a_hold_that_cannot_be_is_told,
    holds_come_in_pages,
);

const HOLDS: &str = "/api/systems/batches/holds";
const DELETIONS: &str = "/api/systems/batches/deletions";
const WAIT: [(&str, &str); 1] = [("prefer", "wait=30")];

fn autumn() -> Value {
    json!({ "thing": "batch", "id": "autumn-2026", "confirm": "autumn-2026" })
}

async fn a_hold_keeps_its_root_until_it_is_released(data: Data) {
    let server = Served::of(&data).await;
    let ask =
        json!({ "thing": "batch", "id": "autumn-2026", "case": "2026-17", "reason": "a lawsuit" });
    let put = server.post(HOLDS, &ask).await.expect(201);
    let path = put.header("location").to_owned();
    let hold = put.json();
    assert_eq!((&hold["root"], &hold["placed_by"]), (&json!("autumn-2026"), &json!("ann")));
    assert_eq!((&hold["is_active"], &hold["released"]), (&json!(true), &Value::Null));
    assert_eq!(server.get(&path).await.expect(200).json(), hold);
    let refused = server.post_with(DELETIONS, &autumn(), &WAIT).await.problem(409, "held");
    assert_eq!(refused["blockers"][0]["kind"], "hold", "{refused:#}");
    assert_eq!(data.count("batches").await, 3);

    let release = format!("{path}/release");
    server.post(&release, &json!({ "reason": "  " })).await.problem(422, "unfit");
    let over = server.post(&release, &json!({ "reason": "settled" })).await.expect(200).json();
    assert_eq!((&over["is_active"], &over["released"]["by"]), (&json!(false), &json!("ann")));
    let again = server.post(&release, &json!({ "reason": "twice" })).await.expect(200).json();
    assert_eq!(again, over, "who released it first did");
    server.post_with(DELETIONS, &autumn(), &WAIT).await.expect(201);
    let records = server.get("/api/systems/batches/audit").await.expect(200).json();
    let acts: Vec<&Value> =
        records["data"].as_array().expect("a list").iter().map(|of| &of["record"]["act"]).collect();
    assert_eq!(acts[..3], [&json!("hold-put"), &json!("refused-by-hold"), &json!("hold-released")]);
    server.get(&format!("{HOLDS}/77")).await.problem(404, "missing");
    server.get(&format!("{HOLDS}/seven")).await.problem(404, "missing");
    let none = server.post(&format!("{HOLDS}/77/release"), &json!({ "reason": "x" })).await;
    none.problem(404, "missing");
}

async fn a_hold_on_a_condition_tells_how_many_it_meets(data: Data) {
    let server = Served::of(&data).await;
    let ask = json!({ "thing": "batch", "where": "id <> 'autumn-2026'", "reason": "a lawsuit" });
    let hold = server.post(HOLDS, &ask).await.expect(201).json();
    assert_eq!((&hold["meets"], &hold["root"]), (&json!(2), &Value::Null), "{hold:#}");
    server.post_with(DELETIONS, &autumn(), &WAIT).await.expect(201);
    let spring = json!({ "thing": "batch", "id": "spring-2026", "confirm": "spring-2026" });
    server.post_with(DELETIONS, &spring, &WAIT).await.problem(409, "held");
}

async fn a_hold_that_cannot_be_is_told(data: Data) {
    let server = Served::of(&data).await;
    for (ask, pointer) in [
        (json!({ "thing": "batch", "reason": "x" }), "/id"),
        (json!({ "thing": "batch", "id": "a", "where": "true", "reason": "x" }), "/id"),
        (json!({ "thing": "batch", "id": "autumn-2026", "reason": " " }), "/reason"),
        (
            json!({ "thing": "batch", "id": "autumn-2026", "reason": "x", "until": "soon" }),
            "/until",
        ),
        (
            json!({ "thing": "batch", "id": "autumn-2026", "reason": "x", "until": "2001-01-01" }),
            "/until",
        ),
        (json!({ "thing": "batch", "where": "no_column > 1", "reason": "x" }), "/where"),
    ] {
        let refused = server.post(HOLDS, &ask).await.problem(422, "unfit");
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{refused:#}");
    }
    let none = json!({ "thing": "batch", "id": "winter-1999", "reason": "x" });
    server.post(HOLDS, &none).await.problem(404, "missing");
    let none = json!({ "thing": "nothing", "id": "a", "reason": "x" });
    server.post(HOLDS, &none).await.problem(404, "missing");
    assert_eq!(server.get(HOLDS).await.expect(200).json()["data"], json!([]));
}

async fn holds_come_in_pages(data: Data) {
    let server = Served::of(&data).await;
    for id in ["spring-2026", "summer-2026", "autumn-2026"] {
        let ask = json!({ "thing": "batch", "id": id, "reason": "a lawsuit" });
        server.post(HOLDS, &ask).await.expect(201);
    }
    server.post(&format!("{HOLDS}/2/release"), &json!({ "reason": "over" })).await.expect(200);
    for (query, expected) in [("", vec![3, 1]), ("&all=true", vec![3, 2, 1])] {
        let mut path = format!("{HOLDS}?limit=1{query}");
        let mut met = Vec::new();
        loop {
            let page = server.get(&path).await.expect(200).json();
            met.extend(page["data"].as_array().expect("a list").iter().map(|of| of["id"].clone()));
            let Some(next) = page["next_cursor"].as_str() else { break };
            path = format!("{HOLDS}?limit=1{query}&cursor={next}");
        }
        assert_eq!(met, expected, "{query}");
    }
}
