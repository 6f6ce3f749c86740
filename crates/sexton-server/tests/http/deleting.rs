//! Deletions over HTTP: confirmed, carried out, followed, refused.

use serde_json::{Value, json};

use crate::place::{Data, Names, Served, somebody};

on_both_databases!(
    a_batch_goes_by_its_id_and_leaves_a_receipt,
    exactly_what_was_previewed_goes,
    what_changed_since_the_preview_is_told_and_nothing_goes,
    without_its_id_once_more_nothing_goes,
    what_is_not_there_is_a_404_and_is_kept_as_refused,
    a_deletion_goes_on_though_nobody_waits,
    who_only_views_changes_nothing,
    deletions_of_others_are_not_there_for_who_is_of_a_tenant,
);

const DELETIONS: &str = "/api/systems/batches/deletions";
const PREVIEWS: &str = "/api/systems/batches/previews";
const WAIT: [(&str, &str); 1] = [("prefer", "wait=30")];

fn of(id: &str) -> Value {
    json!({ "thing": "batch", "id": id, "confirm": id, "reason": "a test" })
}

async fn a_batch_goes_by_its_id_and_leaves_a_receipt(data: Data) {
    let server = Served::of(&data).await;
    let answer = server.post_with(DELETIONS, &of("autumn-2026"), &WAIT).await.expect(201);
    let deletion = answer.json();
    assert_eq!(deletion["state"], "complete", "{deletion:#}");
    assert_eq!(deletion["removed"]["batches"], 1);
    assert_eq!(deletion["actor"], "ann");
    assert_eq!(deletion["reason"], "a test");
    assert_eq!(data.count("runs WHERE batch_id = 'autumn-2026'").await, 0);
    assert_eq!(data.count("batches").await, 2);
    let location = answer.header("location");
    assert_eq!(server.get(location).await.expect(200).json(), deletion);
    let receipt = server.get(&format!("{location}/receipt")).await.expect(200).json();
    assert_eq!(receipt["removed"]["batches"], 1);
    assert_eq!(receipt["seq"], 1);
    let states: Vec<&Value> = deletion["phases"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|phase| &phase["state"])
        .collect();
    assert_eq!(states, ["requested", "committed", "complete"]);
    let listed = server.get(DELETIONS).await.expect(200).json();
    assert_eq!(listed["data"], json!([deletion]));
}

async fn exactly_what_was_previewed_goes(data: Data) {
    let server = Served::of(&data).await;
    let ask = json!({ "thing": "batch", "ids": ["autumn-2026", "spring-2026"] });
    let preview = server.post(PREVIEWS, &ask).await.expect(201).json();
    let other = json!({ "preview": preview["id"], "digest": "sha256:0" });
    server.post(DELETIONS, &other).await.problem(422, "unfit");
    let confirmed = json!({ "preview": preview["id"], "digest": preview["digest"] });
    let deletion = server.post_with(DELETIONS, &confirmed, &WAIT).await.expect(201).json();
    assert_eq!(deletion["removed"]["batches"], 2);
    assert_eq!(deletion["digest"], preview["digest"]);
    assert_eq!(data.count("batches").await, 1);
}

async fn what_changed_since_the_preview_is_told_and_nothing_goes(data: Data) {
    let server = Served::of(&data).await;
    let ask = json!({ "thing": "batch", "id": "autumn-2026" });
    let preview = server.post(PREVIEWS, &ask).await.expect(201).json();
    let entries = "entries WHERE run_id LIKE 'autumn-2026-%'";
    let then = data.count(entries).await;
    data.execute("DELETE FROM entries WHERE run_id = 'autumn-2026-arles'").await;
    let now = data.count(entries).await;
    assert!(now < then);
    let before = data.dump().await;
    let confirmed = json!({ "preview": preview["id"], "digest": preview["digest"] });
    let problem = server.post_with(DELETIONS, &confirmed, &WAIT).await;
    let problem = problem.problem(409, "preview_stale");
    assert_eq!(problem["differences"][0]["table"], "entries", "{problem:#}");
    assert_eq!(problem["differences"][0]["before"], then);
    assert_eq!(problem["differences"][0]["now"], now);
    assert!(data.dump().await == before, "a stale preview changed rows");
}

async fn without_its_id_once_more_nothing_goes(data: Data) {
    let server = Served::of(&data).await;
    let before = data.dump().await;
    for confirm in [Value::Null, json!("Autumn-2026"), json!("autumn-2026 "), json!("1")] {
        let ask = json!({ "thing": "batch", "id": "autumn-2026", "confirm": confirm });
        server.post(DELETIONS, &ask).await.problem(422, "unconfirmed");
    }
    let ids = ["autumn-2026", "spring-2026"];
    let ask = json!({ "thing": "batch", "ids": ids, "confirm": "autumn-2026" });
    server.post(DELETIONS, &ask).await.problem(422, "unconfirmed");
    assert!(data.dump().await == before, "something went unconfirmed");
    let ask = json!({ "thing": "batch", "ids": ids, "confirm": "2" });
    server.post_with(DELETIONS, &ask, &WAIT).await.expect(201);
}

async fn what_is_not_there_is_a_404_and_is_kept_as_refused(data: Data) {
    let server = Served::of(&data).await;
    let problem = server.post_with(DELETIONS, &of("winter-1999"), &WAIT).await;
    let problem = problem.problem(404, "missing");
    let kept = format!("{DELETIONS}/{}", problem["deletion"].as_str().expect("it is named"));
    let kept = server.get(&kept).await.expect(200).json();
    assert_eq!(kept["state"], "refused");
    assert_eq!(kept["outcome"]["code"], "missing");
    let ask = json!({ "thing": "bath", "id": "a", "confirm": "a" });
    server.post(DELETIONS, &ask).await.problem(404, "missing");
    server.get(&format!("{DELETIONS}/dlt_x")).await.problem(404, "missing");
    server.get(&format!("{DELETIONS}/dlt_x/receipt")).await.problem(404, "missing");
}

async fn a_deletion_goes_on_though_nobody_waits(data: Data) {
    let server = Served::of(&data).await;
    let at_once = [("prefer", "wait=0")];
    let answer = server.post_with(DELETIONS, &of("autumn-2026"), &at_once).await.expect(202);
    let location = answer.header("location").to_owned();
    loop {
        let deletion = server.get(&location).await.expect(200).json();
        if deletion["is_ended"] == true {
            assert_eq!(deletion["state"], "complete");
            break;
        }
    }
}

async fn who_only_views_changes_nothing(data: Data) {
    let known = vec![somebody("eve", &["viewer"], None), somebody("ada", &["operator"], None)];
    let server = Served::behind(&data, std::sync::Arc::new(Names(known))).await;
    server.get("/api/systems").await.problem(401, "anonymous");
    let before = data.dump().await;
    let eve = [("authorization", "Bearer eve")];
    server.post_with(DELETIONS, &of("autumn-2026"), &eve).await.problem(403, "forbidden");
    // The thing itself wants a role that an operator does not have.
    let ada = [("authorization", "Bearer ada")];
    server.post_with(DELETIONS, &of("autumn-2026"), &ada).await.problem(403, "forbidden");
    assert!(data.dump().await == before, "somebody without the role changed rows");
}

async fn deletions_of_others_are_not_there_for_who_is_of_a_tenant(data: Data) {
    let known = vec![somebody("ann", &["admin"], None), somebody("bob", &["admin"], Some("t"))];
    let server = Served::behind(&data, std::sync::Arc::new(Names(known))).await;
    let ann = ("authorization", "Bearer ann");
    let answer = server.post_with(DELETIONS, &of("autumn-2026"), &[ann, WAIT[0]]).await;
    let location = answer.expect(201).header("location").to_owned();
    let get = reqwest::Method::GET;
    server.ask(get.clone(), &location, &[ann], "").await.expect(200);
    let bob = ("authorization", "Bearer bob");
    server.ask(get.clone(), &location, &[bob], "").await.problem(404, "missing");
    let listed = server.ask(get, DELETIONS, &[bob], "").await.expect(200).json();
    assert_eq!(listed["data"], json!([]));
}
