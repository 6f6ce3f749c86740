//! Background work over HTTP: rules that delete by age, and pauses.

use serde_json::{Value, json};

use crate::place::{Data, Names, Served, somebody};

on_both_databases!(
    a_rule_is_listed_looked_at_and_run,
    a_rule_that_somebody_runs_is_not_run_twice,
    background_work_is_paused_and_goes_on,
    every_system_is_paused_at_once,
);

const RETENTION: &str = "/api/systems/batches/retention";
const PAUSES: &str = "/api/systems/batches/pauses";
/// Years, so that the seed's own dates are young.
const YEARS: i64 = 20 * 365 * 86_400;

async fn make_old(data: &Data) -> u64 {
    data.execute(
        "UPDATE runs SET finished_at = '2001-01-01T00:00:00Z' WHERE batch_id = 'summer-2026'",
    )
    .await;
    data.count("runs WHERE batch_id = 'summer-2026'").await
}

/// How a rule stands once nobody runs it any more.
async fn ended(server: &Served, path: &str) -> Value {
    loop {
        let rule = server.get(path).await.expect(200).json();
        if rule["is_running"] == false && rule["ended_at"].is_string() {
            return rule;
        }
    }
}

async fn a_rule_is_listed_looked_at_and_run(data: Data) {
    let old = make_old(&data).await;
    let server = Served::of(&data).await;
    let rule = server.get(RETENTION).await.expect(200).json()["data"][0].clone();
    assert_eq!((&rule["rule"], &rule["thing"]), (&json!("old-runs"), &json!("run")));
    assert_eq!((&rule["is_scheduled"], &rule["last"]), (&json!(false), &Value::Null));
    let path = format!("{RETENTION}/old-runs");

    let before = data.dump().await;
    let ask = json!({ "older_than_secs": YEARS, "samples": 2 });
    let looked = server.post(&format!("{path}/preview"), &ask).await.expect(200).json();
    assert_eq!(looked["due"], old, "{looked:#}");
    assert_eq!(looked["samples"].as_array().map(Vec::len), Some(2), "{looked:#}");
    assert!(looked["samples"][0]["rows"].as_u64() > Some(1), "{looked:#}");
    assert!(data.dump().await == before, "looking changes nothing");

    // Its age is a variable's, which is not set.
    let run = format!("{path}/run");
    server.ask(reqwest::Method::POST, &run, &[], "").await.problem(422, "unfit");
    for bad in [json!({ "older_than_secs": -1 }), json!({ "older": 1 })] {
        server.post(&run, &bad).await.problem(422, "unfit");
    }
    let many = json!({ "older_than_secs": YEARS, "samples": 101 });
    server.post(&format!("{path}/preview"), &many).await.problem(422, "unfit");
    for none in [format!("{RETENTION}/none/run"), format!("{RETENTION}/none/preview")] {
        server.post(&none, &json!({})).await.problem(404, "missing");
    }
    server.get(&format!("{RETENTION}/none")).await.problem(404, "missing");
    assert!(data.dump().await == before, "what cannot be run changes nothing");

    let begun = server.post(&run, &json!({ "older_than_secs": YEARS, "limit": 1 })).await;
    let begun = begun.expect(202);
    assert_eq!(begun.header("location"), path);
    let rule = ended(&server, &path).await;
    assert_eq!((&rule["last"]["end"], &rule["last"]["deleted"]), (&json!("limit"), &json!(1)));
    server.post(&run, &json!({ "older_than_secs": YEARS })).await.expect(202);
    loop {
        let rule = ended(&server, &path).await;
        if rule["last"]["end"] == "done" {
            break;
        }
    }
    assert_eq!(data.count("runs WHERE batch_id = 'summer-2026'").await, 0);
    let records = server.get("/api/systems/batches/audit").await.expect(200).json();
    assert_eq!(records["data"].as_array().map(|all| all.len() as u64), Some(old));
    assert_eq!(records["data"][0]["record"]["actor"], "ann");
}

async fn a_rule_that_somebody_runs_is_not_run_twice(data: Data) {
    let server = Served::of(&data).await;
    let run = format!("{RETENTION}/old-runs/run");
    server.post(&run, &json!({ "older_than_secs": YEARS })).await.expect(202);
    ended(&server, &format!("{RETENTION}/old-runs")).await;
    // Another program has it.
    let rules = data.deletions().replace("deletions", "rules");
    data.execute(&format!("UPDATE {rules} SET lease = 'other', leased_until = 9000000000000000"))
        .await;
    let taken = server.post(&run, &json!({ "older_than_secs": YEARS })).await;
    assert_eq!(taken.problem(409, "in_flight")["retryable"], true);
}

async fn background_work_is_paused_and_goes_on(data: Data) {
    make_old(&data).await;
    let server = Served::of(&data).await;
    let none = json!([]);
    assert_eq!(server.get(PAUSES).await.expect(200).json()["data"], none);
    server.post(PAUSES, &json!({ "reason": "" })).await.problem(422, "unfit");
    let store = json!({ "store": "none", "reason": "x" });
    server.post(PAUSES, &store).await.problem(422, "unfit");
    let paused = server.post(PAUSES, &json!({ "reason": "a move" })).await.expect(200).json();
    let pause = &paused["data"][0];
    assert_eq!((&pause["actor"], &pause["reason"]), (&json!("ann"), &json!("a move")));
    assert_eq!((&pause["system"], &pause["store"]), (&json!("batches"), &Value::Null));
    let again = server.post(PAUSES, &json!({ "reason": "again" })).await.expect(200).json();
    assert_eq!(again, paused, "who paused it first did");
    assert_eq!(server.get(PAUSES).await.expect(200).json(), paused);

    let path = format!("{RETENTION}/old-runs");
    server.post(&format!("{path}/run"), &json!({ "older_than_secs": YEARS })).await.expect(202);
    assert_eq!(ended(&server, &path).await["last"]["end"], "paused");

    let lift = format!("{PAUSES}/lift");
    let lifted = server.post(&lift, &json!({ "reason": "moved" })).await.expect(200).json();
    assert_eq!(lifted["data"], none);
    server.post(&lift, &json!({ "reason": "moved" })).await.expect(200);
    let records = server.get("/api/systems/batches/audit").await.expect(200).json();
    let acts: Vec<&Value> =
        records["data"].as_array().expect("a list").iter().map(|of| &of["record"]["act"]).collect();
    assert_eq!(acts, [&json!("paused"), &json!("resumed")], "each act has one record");
}

async fn every_system_is_paused_at_once(data: Data) {
    let other = Data::of_on_sqlite(&sexton_samples::requests()).await;
    let systems = [
        data.system(&sexton_samples::batches()).await,
        other.system(&sexton_samples::requests()).await,
    ];
    let mut of_one = somebody("ben", &["admin"], None);
    of_one.systems = Some(std::collections::BTreeSet::from(["batches".to_owned()]));
    let known =
        vec![somebody("ann", &["operator"], None), of_one, somebody("eve", &["viewer"], None)];
    let surroundings = sexton_engine::Surroundings::of_this_machine();
    let service =
        sexton_server::Service::new(systems, std::sync::Arc::new(Names(known)), surroundings);
    let server = Served::serving(service.expect("they have names of their own"), false).await;
    let why = json!({ "reason": "a move" });
    for (name, status) in [("ben", 403), ("eve", 403), ("ann", 200)] {
        let bearer = format!("Bearer {name}");
        let said = [("authorization", bearer.as_str())];
        server.post_with("/api/pauses", &why, &said).await.expect(status);
    }
    let eve = [("authorization", "Bearer eve")];
    let paused = server.ask(reqwest::Method::GET, "/api/pauses", &eve, "").await.expect(200).json();
    let names: Vec<&Value> =
        paused["data"].as_array().expect("a list").iter().map(|of| &of["system"]).collect();
    assert_eq!(names, [&json!("batches"), &json!("requests")]);
    let ann = [("authorization", "Bearer ann")];
    let lifted = server.post_with("/api/pauses/lift", &why, &ann).await.expect(200).json();
    assert_eq!(lifted["data"], json!([]));
}
