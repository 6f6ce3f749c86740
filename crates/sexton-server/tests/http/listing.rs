//! Lists come in pages.

use reqwest::Method;
use serde_json::{Value, json};

use crate::place::{Data, Names, Served, somebody};

on_both_databases!(
    deletions_come_in_pages,
    records_come_in_pages_the_latest_last,
    deletions_are_seen_by_their_tenant_and_without_a_role_by_who_asked,
    rows_of_a_thing_come_in_pages_the_newest_first,
    rows_are_found_by_what_they_contain,
);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_others_are_not_listed_on_sqlite() {
    rows_of_others_are_not_listed(Data::of_on_sqlite(&sexton_samples::snapshots()).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_others_are_not_listed_on_postgres() {
    rows_of_others_are_not_listed(Data::of_on_postgres(&sexton_samples::snapshots()).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hidden_rows_are_not_listed_on_sqlite() {
    hidden_rows_are_not_listed(Data::of_on_sqlite(&sexton_samples::requests()).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hidden_rows_are_not_listed_on_postgres() {
    hidden_rows_are_not_listed(Data::of_on_postgres(&sexton_samples::requests()).await).await;
}

async fn hidden_rows_are_not_listed(data: Data) {
    let known = Names(vec![somebody("boss", &["admin"], None)]);
    let sample = sexton_samples::requests();
    let server = Served::with(&data, &sample, std::sync::Arc::new(known)).await;
    let boss = [("authorization", "Bearer boss")];
    let path = "/api/systems/requests/things/file";
    let one = "f1000000-0000-4000-8000-000000000001";
    server.ask(Method::GET, &format!("{path}/{one}"), &boss, "").await.expect(200);
    let hides = format!("UPDATE files SET deleted_at = '2026-11-20T00:00:00Z' WHERE id = '{one}'");
    data.execute(&hides).await;
    let hidden = server.ask(Method::GET, &format!("{path}/{one}"), &boss, "").await;
    hidden.problem(404, "missing");
    let listed = server.ask(Method::GET, path, &boss, "").await.expect(200).json();
    let ids = listed["data"].as_array().expect("a list").iter().map(|row| row["id"].as_str());
    let ids: Vec<Option<&str>> = ids.collect();
    assert!(!ids.is_empty() && !ids.contains(&Some(one)), "{listed:#}");
}

/// Ben works on one project of the first organization, Cleo on the only one of the second; staff
/// see what is of the organization that they are in, and an admin everything of theirs.
async fn rows_of_others_are_not_listed(data: Data) {
    let mut admin = somebody("boss", &["admin"], Some("1"));
    admin.actor = sexton_core::names::Actor::new("0");
    let ben = somebody("102", &["preprod"], Some("1"));
    let cleo = somebody("103", &["preprod"], Some("2"));
    let staff = somebody("104", &["preprod"], Some("2"));
    let known = Names(vec![admin, ben, cleo, staff]);
    let sample = sexton_samples::snapshots();
    let server = Served::with(&data, &sample, std::sync::Arc::new(known)).await;
    let path = "/api/systems/snapshots/things/artifact";
    for (name, projects) in [("boss", "5, 6"), ("102", "6"), ("103", "9"), ("104", "9")] {
        let bearer = format!("Bearer {name}");
        let who = [("authorization", bearer.as_str())];
        let own = format!("artifacts WHERE project_id IN ({projects})");
        let listed = server.ask(Method::GET, &format!("{path}?limit=200"), &who, "").await;
        let rows = listed.expect(200).json()["data"].as_array().expect("a list").clone();
        assert!(!rows.is_empty(), "{name} sees something");
        assert_eq!(rows.len() as u64, data.count(&own).await, "{name}");
        for row in rows {
            let id = row["id"].as_str().expect("an id");
            let is_own = data.count(&format!("{own} AND id = '{id}'")).await;
            assert_eq!(is_own, 1, "{name} {row:#}");
            server.ask(Method::GET, &format!("{path}/{id}"), &who, "").await.expect(200);
        }
        let others = format!("SELECT CAST(id AS TEXT) FROM artifacts WHERE NOT ({})", &own[16..]);
        let others = data.value(&others).await.expect("others have some");
        let one = server.ask(Method::GET, &format!("{path}/{others}"), &who, "").await;
        one.problem(404, "missing");
    }
}

async fn deletions_come_in_pages(data: Data) {
    let server = Served::of(&data).await;
    let path = "/api/systems/batches/deletions";
    let mut made = Vec::new();
    for id in ["autumn-2026", "none-1", "spring-2026", "none-2", "none-3"] {
        let ask = json!({ "thing": "batch", "id": id, "confirm": id });
        let answer = server.post_with(path, &ask, &[("prefer", "wait=30")]).await.json();
        let id = if answer["id"].is_string() { &answer["id"] } else { &answer["deletion"] };
        made.push(id.clone());
    }
    made.reverse();
    let mut listed: Vec<Value> = Vec::new();
    let mut next = format!("{path}?limit=2");
    for pages in 1.. {
        let page = server.get(&next).await.expect(200);
        let body = page.json();
        let data = body["data"].as_array().expect("a list");
        listed.extend(data.iter().map(|deletion| deletion["id"].clone()));
        let Some(cursor) = body["next_cursor"].as_str() else {
            assert_eq!(pages, 3);
            assert!(page.headers.get("link").is_none());
            break;
        };
        next = format!("{path}?limit=2&cursor={cursor}");
        assert_eq!(page.header("link"), format!("<{next}>; rel=\"next\""));
    }
    assert_eq!(listed, made);
    server.get(&format!("{path}?cursor=x")).await.problem(400, "bad_cursor");
}

async fn rows_of_a_thing_come_in_pages_the_newest_first(data: Data) {
    let server = Served::of(&data).await;
    // Two of the same moment are told apart by their keys.
    data.execute(
        "INSERT INTO batches (id, tag, created_at, domain_count, description, snapshot_intent)
         SELECT 'autumn-twin', tag, created_at, 0, '', 0 FROM batches WHERE id = 'autumn-2026'",
    )
    .await;
    let path = "/api/systems/batches/things/batch";
    let mut listed = Vec::new();
    let mut next = format!("{path}?limit=1");
    loop {
        let page = server.get(&next).await.expect(200);
        let body = page.json();
        let ids = body["data"].as_array().expect("a list").iter();
        listed.extend(ids.map(|row| row["id"].as_str().expect("an id").to_owned()));
        let Some(cursor) = body["next_cursor"].as_str() else { break };
        next = format!("{path}?limit=1&cursor={cursor}");
        assert_eq!(page.header("link"), format!("<{next}>; rel=\"next\""));
    }
    assert_eq!(listed, ["autumn-twin", "autumn-2026", "summer-2026", "spring-2026"]);
    let one = server.get(&format!("{path}/autumn-2026")).await.expect(200).json();
    assert_eq!(one["show"]["tag"], "cities", "{one:#}");
    server.get(&format!("{path}/winter-1999")).await.problem(404, "missing");
    server.get("/api/systems/batches/things/bath").await.problem(404, "missing");
    let odd = server.get(&format!("{path}?cursor=IltdIg")).await;
    odd.problem(400, "bad_cursor");
}

async fn rows_are_found_by_what_they_contain(data: Data) {
    let server = Served::of(&data).await;
    let path = "/api/systems/batches/things/batch";
    for (q, found) in [("SPRING", 1), ("%25", 0), ("2026", 3), ("_", 0), ("", 3)] {
        let rows = server.get(&format!("{path}?q={q}")).await.expect(200).json();
        assert_eq!(rows["data"].as_array().map(Vec::len), Some(found), "{q}: {rows:#}");
    }
}

async fn records_come_in_pages_the_latest_last(data: Data) {
    let server = Served::of(&data).await;
    for at in 0..5 {
        let ask = json!({ "thing": "batch", "id": "autumn-2026", "reason": at.to_string() });
        server.post("/api/systems/batches/holds", &ask).await.expect(201);
    }
    let path = "/api/systems/batches/audit";
    let (mut next, mut pages) = (format!("{path}?limit=2"), Vec::new());
    loop {
        let page = server.get(&next).await.expect(200);
        let body = page.json();
        let seqs = body["data"].as_array().expect("a list").iter();
        pages.push(seqs.map(|row| row["seq"].as_i64().expect("sealed")).collect::<Vec<_>>());
        let Some(cursor) = body["next_cursor"].as_str() else { break };
        next = format!("{path}?limit=2&cursor={cursor}");
        assert_eq!(page.header("link"), format!("<{next}>; rel=\"next\""));
    }
    assert_eq!(pages, [vec![4, 5], vec![2, 3], vec![1]]);
}

/// Keys of two tenants may have one name.
async fn deletions_are_seen_by_their_tenant_and_without_a_role_by_who_asked(data: Data) {
    let named = |bearer: &str, actor: &str, roles: &[&str], tenant: Option<&str>| {
        let actor = sexton_core::names::Actor::new(actor);
        sexton_server::who::Identity { actor, ..somebody(bearer, roles, tenant) }
    };
    let known = Names(vec![
        named("ci-1", "ci", &["admin"], Some("1")),
        named("ci-2", "ci", &["admin"], Some("2")),
        named("eve-1", "eve", &["viewer"], Some("1")),
        named("sam-1", "sam", &["editor"], Some("1")),
        named("boss", "boss", &["viewer"], None),
        named("sam", "sam", &["editor"], None),
    ]);
    let server = Served::behind(&data, std::sync::Arc::new(known)).await;
    let path = "/api/systems/batches/deletions";
    let ask = json!({ "thing": "batch", "id": "winter-1999", "confirm": "winter-1999" });
    let mine = [("authorization", "Bearer ci-1"), ("prefer", "wait=30")];
    let refused = server.post_with(path, &ask, &mine).await.problem(404, "missing");
    let one = format!("{path}/{}", refused["deletion"].as_str().expect("it has a name"));
    for (name, sees) in [
        ("ci-1", true),
        ("ci-2", false),
        ("eve-1", true),
        ("sam-1", false),
        ("boss", true),
        ("sam", false),
    ] {
        let bearer = format!("Bearer {name}");
        let who = [("authorization", bearer.as_str())];
        let listed = server.ask(Method::GET, path, &who, "").await.expect(200).json();
        let count = listed["data"].as_array().map(Vec::len);
        assert_eq!(count, Some(usize::from(sees)), "{name}");
        let shown = server.ask(Method::GET, &one, &who, "").await;
        assert_eq!(shown.status.as_u16(), if sees { 200 } else { 404 }, "{name}");
    }
}
