//! Deletions that people take back: withdrawn before anything is gone, restored while hidden.

use std::sync::Arc;

use sexton_core::policy::{Hide, Undo};
use sexton_engine::{Surroundings, System};
use sexton_server::Service;

use serde_json::{Value, json};

use crate::place::{Data, Names, Served, somebody};

on_both_databases!(
    what_waits_for_work_is_withdrawn_and_who_waits_is_told,
    what_is_gone_is_not_withdrawn,
    who_may_not_delete_a_thing_takes_no_deletion_of_it_back,
);

const DELETIONS: &str = "/api/systems/batches/deletions";

async fn put_to_work(data: &Data) {
    data.execute(
        "INSERT INTO jobs (id, domain_id, domain, batch_id, status, created_at, lease_expires_at)
         SELECT 'at-work', id, name, 'autumn-2026', 'running', '2026-11-01T00:00:00Z',
                '2999-01-01T00:00:00Z'
         FROM domains WHERE name = 'arles.example'",
    )
    .await;
}

fn autumn() -> Value {
    json!({ "thing": "batch", "id": "autumn-2026", "confirm": "autumn-2026" })
}

/// A worker is at work on the batch, so its deletion waits.
async fn what_waits_for_work_is_withdrawn_and_who_waits_is_told(data: Data) {
    put_to_work(&data).await;
    let server = Served::of(&data).await;
    let headers = [("content-type", "application/json"), ("prefer", "wait=60")];
    let waits = server.request(reqwest::Method::POST, DELETIONS, &headers);
    let waits = tokio::spawn(waits.body(autumn().to_string()).send());
    let asks = "jobs WHERE id = 'at-work' AND cancel_requested = 1";
    while data.count(asks).await == 0 {
        tokio::task::yield_now().await;
    }
    let listed = server.get(DELETIONS).await.expect(200).json();
    let id = listed["data"][0]["id"].as_str().expect("it has a name").to_owned();
    let withdraw = format!("{DELETIONS}/{id}/withdraw");
    let why = json!({ "reason": "it was the wrong one" });
    let withdrawn = server.post(&withdraw, &why).await.expect(200).json();
    assert_eq!(withdrawn["state"], "withdrawn", "{withdrawn:#}");
    assert_eq!(withdrawn["sentence"], "withdrawn by ann: it was the wrong one");
    assert_eq!(data.count("batches").await, 3);
    let told = waits.await.expect("no panic").expect("it is answered");
    assert_eq!(told.status().as_u16(), 409);
    let told: Value = serde_json::from_str(&told.text().await.expect("a body")).expect("a problem");
    assert_eq!((&told["code"], &told["deletion"]), (&json!("withdrawn"), &json!(id)));
    // A repeat, without a body even, says so again.
    let again = server.ask(reqwest::Method::POST, &withdraw, &[], "").await.expect(200).json();
    assert_eq!(again, withdrawn);
    let records = server.get("/api/systems/batches/audit").await.expect(200).json();
    let record = &records["data"][0]["record"];
    assert_eq!(record["act"], "withdrawn", "{record:#}");
    assert_eq!((&record["actor"], &record["reason"]), (&json!("ann"), &why["reason"]));
    assert_eq!(records["data"].as_array().map(Vec::len), Some(1), "{records:#}");
    // It can be asked for again.
    data.execute("DELETE FROM jobs WHERE id = 'at-work'").await;
    let keyed = [("prefer", "wait=30"), ("idempotency-key", "k-1")];
    server.post_with(DELETIONS, &autumn(), &keyed).await.expect(201);
}

async fn what_is_gone_is_not_withdrawn(data: Data) {
    let server = Served::of(&data).await;
    let wait = [("prefer", "wait=30")];
    let gone = server.post_with(DELETIONS, &autumn(), &wait).await.expect(201);
    let path = gone.header("location").to_owned();
    for (way, word) in [("withdraw", "withdrawn"), ("restore", "restored")] {
        let refused = server.post(&format!("{path}/{way}"), &json!({})).await;
        let refused = refused.problem(409, "refused");
        let detail = refused["detail"].as_str().expect("it says why");
        assert!(detail.starts_with(&format!("it cannot be {word}: it is complete")), "{detail}");
        assert_eq!(refused["deletion"], gone.json()["id"]);
    }
    let none = server.post(&format!("{DELETIONS}/dlt_none/restore"), &json!({})).await;
    none.problem(404, "missing");
}

/// `batch` asks for the role admin.
async fn who_may_not_delete_a_thing_takes_no_deletion_of_it_back(data: Data) {
    put_to_work(&data).await;
    let known = vec![somebody("ann", &["admin"], None), somebody("ben", &["operator"], None)];
    let server = Served::behind(&data, Arc::new(Names(known))).await;
    let ann = [("prefer", "wait=0"), ("authorization", "Bearer ann")];
    let waits = server.post_with(DELETIONS, &autumn(), &ann).await.expect(202);
    let ben = [("authorization", "Bearer ben")];
    for way in ["withdraw", "restore"] {
        let path = format!("{}/{way}", waits.header("location"));
        server.post_with(&path, &json!({}), &ben).await.problem(403, "forbidden");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_hidden_is_restored_on_sqlite() {
    what_was_hidden_is_restored(Data::of_on_sqlite(&sexton_samples::requests()).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_hidden_is_restored_on_postgres() {
    what_was_hidden_is_restored(Data::of_on_postgres(&sexton_samples::requests()).await).await;
}

async fn what_was_hidden_is_restored(data: Data) {
    let sample = sexton_samples::requests();
    let mut policy = sample.read_policy().expect("the sample's policy is sound");
    for thing in &mut policy.things {
        if let Some(Hide::Row(hide)) = &mut thing.hide {
            hide.undo = Undo::Secs(3_600);
        }
    }
    // Its fence, as the sample has it.
    data.system(&sample).await;
    let machine = Surroundings::of_this_machine();
    let system = Arc::new(System::new(policy, data.adapter().await, machine.clone(), None));
    let gate = sexton_server::OpenGate::for_operator(sexton_core::names::Actor::new("ann"));
    let service = Service::new([system], Arc::new(gate), machine);
    let server = Served::serving(service.expect("one system has a name"), false).await;

    let id = data.value("SELECT min(CAST(id AS TEXT)) FROM files WHERE deleted_at IS NULL").await;
    let id = id.expect("the seed has files");
    let before = data.dump().await;
    let ask = json!({ "thing": "file", "id": id, "confirm": id });
    let wait = [("prefer", "wait=30")];
    let hidden = server.post_with("/api/systems/requests/deletions", &ask, &wait).await;
    let path = hidden.header("location").to_owned();
    assert_eq!(hidden.json()["state"], "hidden", "{hidden:?}");
    assert!(data.dump().await != before, "it is hidden");
    let refused = server.post(&format!("{path}/withdraw"), &json!({})).await;
    refused.problem(409, "refused");
    let restored = server.post(&format!("{path}/restore"), &json!({})).await.expect(200).json();
    assert_eq!(restored["state"], "restored", "{restored:#}");
    assert!(data.dump().await == before, "it is what it was");
    let again = server.post(&format!("{path}/restore"), &json!({})).await.expect(200).json();
    assert_eq!(again, restored);
}
