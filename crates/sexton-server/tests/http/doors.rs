//! Who gets through which door: every path of the API, asked by everybody.

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};
use sexton_engine::Surroundings;
use sexton_engine::ports::{Grant, State as _, SystemClock, SystemSecrets};
use sexton_server::Service;
use sexton_server::who::Identity;
use sexton_server::who::access::{Subject, Verdict, may};
use sexton_server::who::config::Config;
use sexton_server::who::door::{DOORS, Door, Needs};
use sexton_server::who::gate::KeyGate;
use sexton_server::who::issue::{Wanted, issue};
use sexton_sqlite::SqliteState;
use tempfile::TempDir;

use crate::place::{Answer, Data, Names, Served, somebody};

on_both_databases!(
    every_door_asks_who_it_is_and_what_they_may,
    a_system_of_others_is_answered_as_one_that_never_was,
    a_key_opens_the_doors_until_it_is_revoked,
    whoever_is_not_known_gets_the_same_bytes_everywhere,
    who_asks_too_often_is_told_when_to_ask_again,
    b2_b3_a_write_of_another_site_is_refused_before_anything_else,
);

const ACME: &str = "7e4a4700-0000-4000-8000-000000000001";
const BETA: &str = "7e4a4700-0000-4000-8000-000000000002";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thing_of_another_tenant_is_answered_as_one_that_never_was_on_sqlite() {
    let sample = sexton_samples::transcriptions();
    let database = sexton_testkit::sqlite::TestDatabase::new().await;
    let both = ["BEGIN;", sample.schema_sqlite, sample.seed_sqlite, "COMMIT;"].join("\n");
    database.execute(&both).await;
    others_are_concealed(Data::Sqlite(database)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thing_of_another_tenant_is_answered_as_one_that_never_was_on_postgres() {
    let sample = sexton_samples::transcriptions();
    let database = sexton_testkit::postgres::TestDatabase::bare().await;
    database.execute(&[sample.schema_postgres, sample.seed_postgres].join("\n")).await;
    others_are_concealed(Data::Postgres(database)).await;
}

async fn others_are_concealed(data: Data) {
    let id = data.value("SELECT CAST(min(CAST(id AS TEXT)) AS TEXT) FROM jobs").await;
    let id = id.expect("the seed has jobs");
    let tenant = format!("SELECT CAST(tenant_id AS TEXT) FROM jobs WHERE id = '{id}'");
    assert_eq!(data.value(&tenant).await.as_deref(), Some(ACME));
    let never = "10b00000-0000-4000-8000-00000000dead";
    let gate = Arc::new(Names(vec![
        somebody("admin", &["admin"], Some(BETA)),
        somebody("writer", &["jobs:write"], Some(BETA)),
        somebody("viewer", &["viewer", "jobs:write"], Some(BETA)),
        somebody("own", &["admin"], Some(ACME)),
    ]));
    let system = data.system(&sexton_samples::transcriptions()).await;
    let service = Service::new([system], gate, Surroundings::of_this_machine());
    let server = Served::serving(service.expect("one system has a name"), false).await;
    let ask = async |id: &str, name: &str| {
        let bearer = format!("Bearer {name}");
        let said = [("authorization", bearer.as_str()), ("x-request-id", "same")];
        let body = json!({ "thing": "job", "id": id });
        server.post_with("/api/systems/transcriptions/previews", &body, &said).await
    };
    ask(&id, "own").await.expect(201);
    for name in ["admin", "writer", "viewer"] {
        let theirs = ask(&id, name).await;
        let nobodys = ask(never, name).await;
        assert_eq!(theirs.text.replace(id.as_str(), never), nobodys.text, "{name}");
        assert_eq!(theirs.status.as_u16(), 404, "{name}");
        nobodys.problem(404, "missing");
    }
}

/// Asks at a door, for this system.
async fn knock(server: &Served, door: &Door, system: &str, bearer: Option<&str>) -> Answer {
    let path = door.path.replace("{system}", system).replace("{id}", "dlt_none");
    let path = path.replace("{thing}", "batch");
    let authorization = bearer.map(|name| format!("Bearer {name}"));
    let mut headers = vec![("content-type", "application/json"), ("x-request-id", "same")];
    headers.extend(authorization.iter().map(|value| ("authorization", value.as_str())));
    let method = Method::from_bytes(door.method.as_bytes()).expect("doors have methods");
    let body = if method == Method::GET { "" } else { "{}" };
    server.ask(method, &path, &headers, body).await
}

fn names() -> Vec<Identity> {
    let of_others = ["others".to_owned()].into();
    vec![
        somebody("admin", &["admin"], None),
        somebody("operator", &["operator"], None),
        somebody("viewer", &["viewer"], None),
        somebody("nobody", &[], None),
        Identity { systems: Some(of_others), ..somebody("other", &["admin"], None) },
    ]
}

fn is_refused(answer: &Answer) -> bool {
    matches!(answer.status.as_u16(), 401 | 403)
}

async fn every_door_asks_who_it_is_and_what_they_may(data: Data) {
    let server = Served::behind(&data, Arc::new(Names(names()))).await;
    for door in &DOORS {
        let stranger = knock(&server, door, "batches", None).await;
        if door.needs == Needs::Nothing {
            assert!(stranger.status.is_success(), "{door:?} {stranger:?}");
            continue;
        }
        stranger.problem(401, "anonymous");
        let roles = ["admin".to_owned()];
        let subject = if door.path.contains("{thing}") {
            Subject::Thing { system: "batches", roles: &roles, across: false }
        } else {
            Subject::System("batches")
        };
        for identity in names().iter().filter(|identity| identity.systems.is_none()) {
            let answer = knock(&server, door, "batches", Some(&identity.bearer)).await;
            let may = match door.needs {
                Needs::May(action) => may(identity, action, subject) == Verdict::May,
                Needs::Nothing | Needs::Somebody => true,
            };
            assert_eq!(!is_refused(&answer), may, "{identity:?} {door:?} {answer:?}");
        }
    }
}

async fn a_system_of_others_is_answered_as_one_that_never_was(data: Data) {
    let server = Served::behind(&data, Arc::new(Names(names()))).await;
    for door in DOORS.iter().filter(|door| door.path.contains("{system}")) {
        let theirs = knock(&server, door, "batches", Some("other")).await.expect(404);
        let nobodys = knock(&server, door, "nowhere", Some("other")).await.expect(404);
        assert_eq!(theirs.text.replace("batches", "nowhere"), nobodys.text, "{door:?}");
        let admins = knock(&server, door, "nowhere", Some("admin")).await.expect(404);
        assert_eq!(admins.text, nobodys.text, "{door:?}");
    }
    let systems = DOORS.iter().find(|door| door.path == "/api/systems").expect("it has a door");
    let listed = knock(&server, systems, "", Some("other")).await.expect(200).json();
    assert_eq!(listed["data"], json!([]), "none of the systems is theirs");
}

/// A server behind the gate of keys.
struct Keyed {
    server: Served,
    state: Arc<SqliteState>,
    _folder: TempDir,
}

impl Keyed {
    async fn of(data: &Data, config: Config) -> Self {
        let folder = tempfile::tempdir().expect("there is room for a temporary folder");
        let path = folder.path().join("state.db");
        let path = path.to_str().expect("a temporary folder's name is UTF-8");
        let state = SqliteState::open_or_create(path).await.expect("the folder can be written");
        state.prepare().await.expect("a new file can be written");
        let state = Arc::new(state);
        let gate = KeyGate::new(&config, None, state.clone(), Arc::new(SystemClock));
        let server = Served::behind(data, Arc::new(gate)).await;
        Self { server, state, _folder: folder }
    }

    async fn key(&self, roles: &[&str]) -> (sexton_core::names::KeyId, String) {
        let grant = Grant {
            roles: roles.iter().map(|&role| role.to_owned()).collect(),
            tenant: None,
            systems: None,
            organisations: Vec::new(),
            per_minute: None,
        };
        let wanted =
            Wanted { name: "ci".to_owned(), grant, expires_at: None, created_by: "ann".to_owned() };
        let surroundings = Surroundings::of_this_machine();
        let made = issue(&*self.state, &surroundings, &SystemSecrets, wanted);
        let (key, secret) = made.await.expect("the state can be written");
        (key.id, secret.text().to_owned())
    }
}

async fn a_key_opens_the_doors_until_it_is_revoked(data: Data) {
    let keyed = Keyed::of(&data, Config::default()).await;
    let server = &keyed.server;
    server.get("/api/systems").await.expect(200);
    let (id, secret) = keyed.key(&["admin"]).await;
    server.get("/api/systems").await.problem(401, "anonymous");
    server.get("/healthz").await.expect(204);
    let bearer = format!("Bearer {secret}");
    let own = [("authorization", bearer.as_str())];
    let deleted = json!({ "thing": "batch", "id": "autumn-2026", "confirm": "autumn-2026" });
    let deleted = server.post_with("/api/systems/batches/deletions", &deleted, &own).await;
    let deleted = deleted.json();
    assert_eq!(deleted["actor"], "ci", "{deleted:#}");
    keyed.state.revoke_key(&id, now()).await.expect("the state can be written");
    server.ask(Method::GET, "/api/systems", &own, "").await.problem(401, "anonymous");
    let one = format!("/api/systems/batches/deletions/{}", deleted["id"].as_str().expect("an id"));
    server.ask(Method::GET, &one, &own, "").await.problem(401, "anonymous");
}

fn now() -> sexton_core::names::Timestamp {
    sexton_engine::ports::Clock::now(&SystemClock)
}

async fn whoever_is_not_known_gets_the_same_bytes_everywhere(data: Data) {
    let keyed = Keyed::of(&data, Config::default()).await;
    let (revoked, secret) = keyed.key(&["admin"]).await;
    keyed.state.revoke_key(&revoked, now()).await.expect("the state can be written");
    let unknown = sexton_server::who::secret::KeySecret::draw(&SystemSecrets);
    let presented = [
        None,
        Some(secret.as_str()),
        Some(unknown.text()),
        Some("sxt_typo"),
        Some("a.b.c"),
        Some("two words"),
    ];
    for door in DOORS.iter().filter(|door| door.needs != Needs::Nothing) {
        let mut told = Vec::new();
        for system in ["batches", "nowhere"] {
            for bearer in presented {
                let answer = knock(&keyed.server, door, system, bearer).await;
                // Beyond the limit of failures it is another answer.
                if answer.status.as_u16() == 429 {
                    continue;
                }
                assert_eq!(answer.header("www-authenticate"), "Bearer");
                let mut headers: Vec<String> = answer
                    .headers
                    .iter()
                    .filter(|(name, _)| *name != "date")
                    .map(|(name, value)| format!("{name}: {value:?}"))
                    .collect();
                headers.sort();
                told.push((answer.status, headers, answer.text));
            }
        }
        assert!(told.iter().all(|answer| *answer == told[0]), "{door:?} {told:#?}");
    }
}

async fn who_asks_too_often_is_told_when_to_ask_again(data: Data) {
    let keyed = Keyed::of(&data, Config { requests_per_minute: 2, ..Config::default() }).await;
    let (_, secret) = keyed.key(&[]).await;
    let bearer = format!("Bearer {secret}");
    let own = [("authorization", bearer.as_str())];
    for _ in 0..2 {
        keyed.server.ask(Method::GET, "/api/systems", &own, "").await.expect(200);
    }
    let refused = keyed.server.ask(Method::GET, "/api/systems", &own, "").await;
    let after: u32 = refused.header("retry-after").parse().expect("seconds are a number");
    assert!((10..=30).contains(&after), "{after}");
    assert_eq!(refused.problem(429, "rate_limited")["retryable"], Value::Bool(true));
}

async fn b2_b3_a_write_of_another_site_is_refused_before_anything_else(data: Data) {
    let keyed = Keyed::of(&data, Config::default()).await;
    let (_, secret) = keyed.key(&["admin"]).await;
    let bearer = format!("Bearer {secret}");
    let before = data.dump().await;
    let body = json!({ "thing": "batch", "id": "autumn-2026", "confirm": "autumn-2026" });
    for path in ["/api/systems/batches/deletions", "/api/systems/nowhere/deletions"] {
        for authorization in [bearer.as_str(), "Bearer sxt_typo"] {
            for origin in ["https://evil.example", "null"] {
                let said = [("authorization", authorization), ("origin", origin)];
                let answer = keyed.server.post_with(path, &body, &said).await;
                answer.problem(403, "cross_origin");
            }
        }
    }
    assert!(data.dump().await == before, "nothing was changed");
    // Its own pages, and programs, may.
    let own = keyed.server.address.clone();
    for said in [
        vec![("authorization", bearer.as_str())],
        vec![
            ("authorization", bearer.as_str()),
            ("origin", own.as_str()),
            ("sec-fetch-site", "same-origin"),
        ],
    ] {
        let ask = json!({ "thing": "batch", "id": "autumn-2026" });
        keyed.server.post_with("/api/systems/batches/previews", &ask, &said).await.expect(201);
    }
}
