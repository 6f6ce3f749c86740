//! `sexton serve` as a process: what it refuses, how it ends, and what a killed one leaves.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::place::Place;
use crate::program::program;

on_both_databases!(
    a_killed_server_loses_no_deletion_and_does_none_twice,
    a_server_that_is_told_to_stop_ends_well,
    two_systems_that_share_a_route_are_not_served_together,
    without_keys_nobody_else_is_answered,
);

/// A server that is killed when the test ends.
pub struct Server {
    process: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Server {
    pub fn on(place: &Place) -> Self {
        Self::start(place, false)
    }

    /// One that has keys.
    pub fn guarded(place: &Place) -> Self {
        Self::start(place, true)
    }

    fn start(place: &Place, is_guarded: bool) -> Self {
        let mut command = program(place.folder());
        command.env("DATABASE_URL", place.address());
        command.args(["serve", "--listen", "127.0.0.1:0", "--output", "json"]);
        command.args(["--log-file", "server.log"]);
        let mut process = command.stdout(Stdio::piped()).spawn().expect("the program starts");
        let mut line = String::new();
        let said = process.stdout.as_mut().expect("it is heard");
        BufReader::new(said).read_line(&mut line).expect("it says something");
        let event: Value = serde_json::from_str(&line).expect("an event");
        assert_eq!(event["event"], "listening");
        assert_eq!(event["keys"], is_guarded);
        let address = event["address"].as_str().expect("it says where").to_owned();
        Self { process, address: address.replace("http://", "") }
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The status and the document of an answer.
    pub fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> (u16, Value) {
        ask(&self.address, method, path, headers, body)
    }

    fn delete(&self, id: &str, wait: u32) -> (u16, Value) {
        let body = json!({ "thing": "batch", "id": id, "confirm": id }).to_string();
        let headers = format!("Idempotency-Key: of-{id}\r\nPrefer: wait={wait}\r\n");
        self.ask("POST", "/api/systems/batches/deletions", &headers, &body)
    }

    fn deletions(&self) -> Vec<Value> {
        let (status, listed) = self.ask("GET", "/api/systems/batches/deletions", "", "");
        assert_eq!(status, 200, "{listed:#}");
        listed["data"].as_array().expect("a list").clone()
    }
}

/// What whoever listens at an address answers: the status and the document.
pub fn ask(address: &str, method: &str, path: &str, headers: &str, body: &str) -> (u16, Value) {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}",
    );
    stream.write_all(request.as_bytes()).expect("it is heard");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.expect("a status"), serde_json::from_str(body).unwrap_or_default())
}

const BATCHES: [&str; 3] = ["spring-2026", "summer-2026", "autumn-2026"];

/// A worker is at work on one of the batches, so its deletion waits while the others go.
async fn a_killed_server_loses_no_deletion_and_does_none_twice(place: Place) {
    let at_work =
        "INSERT INTO jobs (id, domain_id, domain, batch_id, status, created_at, lease_expires_at)
         SELECT 'at-work', id, name, 'autumn-2026', 'running', '2026-11-01T00:00:00Z',
                '2999-01-01T00:00:00Z'
         FROM domains WHERE name = 'arles.example'";
    place.execute(at_work).await;
    let server = Server::on(&place);
    let asked = BATCHES.map(|id| server.delete(id, 0));
    let ids = asked.map(|(status, deletion)| {
        assert!(status == 202 || status == 201, "{status} {deletion:#}");
        deletion["id"].as_str().expect("it has a name").to_owned()
    });
    drop(server);

    // The lease of the dead is over, and nobody is at work any more.
    place.execute(&format!("UPDATE {} SET leased_until = 0", place.deletions())).await;
    place.execute("UPDATE jobs SET status = 'canceled' WHERE id = 'at-work'").await;
    let server = Server::on(&place);
    loop {
        let open = server.deletions().iter().filter(|of| of["is_ended"] == false).count();
        if open == 0 {
            break;
        }
    }
    for (id, deletion) in BATCHES.iter().zip(&ids) {
        // Asked again, each is the one that it was; one that was withdrawn says so.
        let (status, again) = server.delete(id, 30);
        let there = format!("SELECT count(*) FROM batches WHERE id = '{id}'");
        if status == 409 {
            assert_eq!(
                (&again["code"], &again["deletion"]),
                (&json!("withdrawn"), &json!(deletion))
            );
            assert_eq!(place.number(&there).await, 1, "{id}");
        } else {
            assert_eq!((&again["id"], &again["state"]), (&json!(deletion), &json!("complete")));
            assert_eq!(place.number(&there).await, 0, "{id}");
        }
    }
    let deletions = server.deletions();
    assert_eq!(deletions.len(), BATCHES.len(), "{deletions:#?}");
    let withdrawn = deletions.iter().filter(|deletion| deletion["state"] == "withdrawn");
    let withdrawn: Vec<String> =
        withdrawn.map(|of| of["roots"][0].as_str().expect("a root").to_owned()).collect();
    assert!(withdrawn.contains(&"autumn-2026".to_owned()), "it waited: {deletions:#?}");
    // What was withdrawn can be asked for anew.
    for id in &withdrawn {
        let body = json!({ "thing": "batch", "id": id, "confirm": id }).to_string();
        let path = "/api/systems/batches/deletions";
        let (status, deletion) = server.ask("POST", path, "Prefer: wait=30\r\n", &body);
        assert_eq!(status, 201, "{deletion:#}");
    }
    assert_eq!(place.number("SELECT count(*) FROM batches").await, 0);
    assert_eq!(place.records(), BATCHES.len());
    place.sexton(&["audit", "verify"]).expect(0);
}

async fn a_server_that_is_told_to_stop_ends_well(place: Place) {
    let mut server = Server::on(&place);
    let (status, _) = server.ask("GET", "/readyz", "", "");
    assert_eq!(status, 204);
    let told = Command::new("kill").arg(server.process.id().to_string()).status();
    assert!(told.expect("it can be told").success());
    assert!(server.process.wait().expect("it ends").success());
    let log = std::fs::read_to_string(place.folder().join("server.log")).expect("there is a log");
    let events: Vec<Value> =
        log.lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect();
    let request = events.iter().find(|event| event["event"] == "request").expect("it is told");
    assert_eq!(request["route"], "/readyz", "{request:#}");
    assert!(request["request_id"].is_string() && request["status"] == 204, "{request:#}");
    assert_eq!(events.last().map(|event| &event["event"]), Some(&json!("stopped")));
}

async fn without_keys_nobody_else_is_answered(place: Place) {
    let said = place.sexton(&["serve", "--listen", "0.0.0.0:0"]).expect(2);
    assert!(said.err.contains("no keys are configured"), "{said}");
    place.sexton(&["serve", "--base-path", "deletions"]).expect(2);
    let twice = place.sexton(&["serve", "sexton.toml"]).expect(2);
    assert!(twice.err.contains("two policies are of a system `batches`"), "{twice}");
}

async fn two_systems_that_share_a_route_are_not_served_together(place: Place) {
    let own = place.folder().join("sexton.toml");
    let text = std::fs::read_to_string(&own).expect("there is a policy");
    let other = text.replace("\nsystem   = \"batches\"", "\nsystem   = \"copies\"");
    assert_ne!(text, other);
    std::fs::write(place.folder().join("other.toml"), &other).expect("it is written");
    let served = place.sexton(&["serve", "other.toml", "--listen", "127.0.0.1:0"]).expect(2);
    for named in ["`batches`", "`copies`", "`GET /api/v1/batches/{id}/delete-preview`"] {
        assert!(served.err.contains(named), "{served}");
    }
    let checked = place.sexton(&["check", "other.toml"]).expect(1);
    assert!(checked.out.contains("C517") && checked.out.contains("`copies`"), "{checked}");
    let same = place.sexton(&["check", "sexton.toml"]).expect(1);
    assert!(same.out.contains("C518"), "{same}");
    let elsewhere = other.replace("/api/v1/", "/copies/v1/");
    std::fs::write(place.folder().join("other.toml"), elsewhere).expect("it is written");
    place.sexton(&["check", "other.toml"]).expect(0);
}
