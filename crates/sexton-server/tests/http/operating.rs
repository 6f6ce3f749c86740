//! What people do who look after a system: cancel, retry, audit, sweep, measure.

use serde_json::json;

use crate::place::{Data, Names, Served, somebody};

on_both_databases!(
    work_is_cancelled_and_nothing_deleted,
    the_audit_is_listed_and_verified,
    a_sweep_is_begun_and_its_findings_are_kept,
    what_was_deleted_is_counted,
    how_a_system_stands_is_told_by_day,
    what_is_of_every_tenant_is_nobodys_who_is_of_one,
);

const DELETIONS: &str = "/api/systems/batches/deletions";
const WAIT: [(&str, &str); 1] = [("prefer", "wait=30")];

async fn work_is_cancelled_and_nothing_deleted(data: Data) {
    data.execute(
        "INSERT INTO jobs (id, domain_id, domain, batch_id, status, created_at, lease_expires_at)
         SELECT 'at-work', id, name, 'autumn-2026', 'running', '2026-11-01T00:00:00Z',
                '2999-01-01T00:00:00Z'
         FROM domains WHERE name = 'arles.example'",
    )
    .await;
    let server = Served::of(&data).await;
    let path = "/api/systems/batches/things/batch/autumn-2026/cancel";
    let cancelled = server.post(path, &json!({})).await.expect(200).json();
    assert_eq!(cancelled["tables"][0]["table"], "jobs");
    assert_eq!(cancelled["tables"][0]["asked"], 1);
    let asked = data.count("jobs WHERE id = 'at-work' AND cancel_requested = 1").await;
    assert_eq!(asked, 1);
    assert_eq!(data.count("batches").await, 3);
    let none = "/api/systems/batches/things/batch/winter-1999/cancel";
    server.post(none, &json!({})).await.problem(404, "missing");
}

async fn the_audit_is_listed_and_verified(data: Data) {
    let server = Served::of(&data).await;
    let path = "/api/systems/batches/audit";
    assert_eq!(server.get(path).await.expect(200).json()["data"], json!([]));
    let ask = json!({ "thing": "batch", "id": "autumn-2026", "confirm": "autumn-2026" });
    let deletion = server.post_with(DELETIONS, &ask, &WAIT).await.expect(201).json();
    let listed = server.get(path).await.expect(200).json();
    assert_eq!(listed["data"][0]["seq"], 1);
    assert_eq!(listed["data"][0]["record"]["deletion"], deletion["id"]);
    let verified = server.get(&format!("{path}/verification")).await.expect(200).json();
    assert_eq!((&verified["is_whole"], &verified["records"]), (&json!(true), &json!(1)));
    let audit = data.deletions().replace("deletions", "audit");
    data.execute(&format!("UPDATE {audit} SET record = '{{}}'")).await;
    let verified = server.get(&format!("{path}/verification")).await.expect(200).json();
    assert_eq!(verified["is_whole"], false);
    assert_eq!(verified["faults"], json!(["record 1 is not what was sealed"]));
    // A deletion without open promises has nothing to retry, and stays what it is.
    let retried = format!("{DELETIONS}/{}/retry", deletion["id"].as_str().expect("it is named"));
    assert_eq!(server.post(&retried, &json!({})).await.expect(200).json(), deletion);
}

async fn a_sweep_is_begun_and_its_findings_are_kept(data: Data) {
    let server = Served::of(&data).await;
    let path = "/api/systems/batches/sweeps";
    server.get(&format!("{path}/latest")).await.problem(404, "missing");
    server.post(path, &json!({ "stores": ["none"] })).await.problem(422, "unfit");
    let begun = server.post(path, &json!({})).await.expect(202);
    let latest = begun.header("location").to_owned();
    loop {
        let sweep = server.get(&latest).await.expect(200).json();
        if sweep["ended_at"].is_string() {
            assert_eq!(sweep["report"]["system"], "batches", "{sweep:#}");
            break;
        }
    }
}

async fn what_was_deleted_is_counted(data: Data) {
    let server = Served::of(&data).await;
    for id in ["autumn-2026", "winter-1999"] {
        let ask = json!({ "thing": "batch", "id": id, "confirm": id });
        server.post_with(DELETIONS, &ask, &WAIT).await;
    }
    let metrics = server.get("/metrics").await.expect(200).text;
    for (name, labels, value) in [
        ("sexton_deletions_total", &["outcome=\"done\"", "thing=\"batch\""][..], "1"),
        ("sexton_deletions_total", &["outcome=\"missing\"", "system=\"batches\""], "1"),
        ("sexton_deletions_unfinished", &["system=\"batches\""], "0"),
        ("sexton_intents_open", &["system=\"batches\""], "0"),
    ] {
        let found = metrics.lines().find(|line| {
            line.starts_with(&format!("{name}{{"))
                && labels.iter().all(|label| line.contains(label))
        });
        let found = found.unwrap_or_else(|| panic!("no {name} {labels:?}:\n{metrics}"));
        assert_eq!(found.rsplit(' ').next(), Some(value), "{found}");
    }
    assert!(metrics.contains("sexton_rows_removed_total{"), "{metrics}");
    assert!(!metrics.contains("autumn-2026"), "an id is no label:\n{metrics}");
}

async fn how_a_system_stands_is_told_by_day(data: Data) {
    let server = Served::of(&data).await;
    let path = "/api/systems/batches/overview";
    let none = server.get(path).await.expect(200).json();
    assert_eq!(none["dates"].as_array().map(Vec::len), Some(30));
    assert_eq!((&none["days"], &none["under_way"]), (&json!([]), &json!([])));
    let ask = json!({ "thing": "batch", "id": "autumn-2026", "confirm": "autumn-2026" });
    let deletion = server.post_with(DELETIONS, &ask, &WAIT).await.expect(201).json();
    let seen = server.get(path).await.expect(200).json();
    let day = &seen["days"][0];
    assert_eq!((&day["thing"], &day["state"]), (&json!("batch"), &json!("complete")));
    assert_eq!((&day["deletions"], &day["rows"]), (&json!(1), &deletion["rows"]));
    assert_eq!(day["date"], seen["dates"][29], "today stands last");
    let known = vec![somebody("vic", &["viewer"], None), somebody("bob", &["admin"], Some("t"))];
    let server = Served::behind(&data, std::sync::Arc::new(Names(known))).await;
    for (bearer, status) in [("Bearer vic", 200), ("Bearer bob", 403)] {
        let own = [("authorization", bearer)];
        server.ask(reqwest::Method::GET, path, &own, "").await.expect(status);
    }
}

async fn what_is_of_every_tenant_is_nobodys_who_is_of_one(data: Data) {
    let known = vec![somebody("bob", &["admin"], Some("t"))];
    let server = Served::behind(&data, std::sync::Arc::new(Names(known))).await;
    let bob = [("authorization", "Bearer bob")];
    for path in ["/metrics", "/api/systems/batches/audit/verification"] {
        let answer = server.ask(reqwest::Method::GET, path, &bob, "").await;
        answer.problem(403, "forbidden");
    }
    let swept = server.post_with("/api/systems/batches/sweeps", &json!({}), &bob).await;
    swept.problem(403, "forbidden");
}
