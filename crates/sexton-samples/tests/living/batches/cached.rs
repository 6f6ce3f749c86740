//! Public reads through the cache, while snapshots go.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::thread;

use sexton_testkit::spoken::Spoken;

use crate::place::{Place, root};

on_both_databases! {
    sexton_samples::batches;
    b29_an_evicted_snapshot_is_not_served_again,
    b29_a_late_fill_does_not_bring_the_old_payload_back,
}

const AUTUMN: &str = "/cohorts/1/snapshots/autumn-2026";
const EVICTION: &str = r#"{"snapshot_id":"5","cohort_id":"1","slug":"autumn-2026"}"#;

fn cache(place: &Place, words: &[&str]) -> (Spoken, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sexton-sample"));
    command.args(["cache", "--database", &place.address()]).args(words);
    let mut cache = Spoken::start("cache", &mut command);
    let address = cache.says("listening")["address"].as_str().unwrap().to_owned();
    (cache, address)
}

/// The status and the body of an answer.
fn ask(address: &str, method: &str, path: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    write!(stream, "{method} {path} HTTP/1.1\r\nContent-Length: {length}\r\n\r\n{body}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

async fn b29_an_evicted_snapshot_is_not_served_again(place: Place) {
    let (mut cache, address) = cache(&place, &[]);
    let (status, payload) = ask(&address, "GET", AUTUMN, "");
    assert_eq!(status, 200);
    assert_eq!(cache.says("answered")["from"], "database");
    assert_eq!(ask(&address, "GET", "/cohorts/1", ""), (200, payload), "it is the default");
    assert_eq!(cache.says("answered")["from"], "cache");

    place.delete(root("batch", "autumn-2026")).await.unwrap();
    assert_eq!(ask(&address, "POST", "/evict", EVICTION).0, 204);
    assert_eq!(ask(&address, "GET", AUTUMN, "").0, 404);
    let (status, payload) = ask(&address, "GET", "/cohorts/1", "");
    assert_eq!(status, 200, "another snapshot is the default now");
    assert!(payload.contains("summer-2026"), "{payload}");
}

/// It has read the snapshot before it went, and is about to keep what it read.
async fn b29_a_late_fill_does_not_bring_the_old_payload_back(place: Place) {
    let (mut cache, address) = cache(&place, &["--step-by-step"]);
    let asked = address.clone();
    let reader = thread::spawn(move || ask(&asked, "GET", AUTUMN, ""));
    cache.steps_to("keep");
    place.delete(root("batch", "autumn-2026")).await.unwrap();
    assert_eq!(ask(&address, "POST", "/evict", EVICTION).0, 204);
    cache.go();
    cache.steps_to("keep");
    cache.go();
    assert_eq!(reader.join().unwrap().0, 404);
}
