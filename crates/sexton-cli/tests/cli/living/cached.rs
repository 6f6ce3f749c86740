//! Public reads through the cache, while the program deletes snapshots and calls it (B29).

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread::{self, JoinHandle};

use sexton_testkit::spoken::Spoken;

use super::{sample, whole};
use crate::calling::{sexton, status, time_goes_by};
use crate::place::Place;

on_both_databases!(
    b29_what_a_deletion_takes_is_not_served_again,
    b29_a_late_fill_does_not_bring_the_old_payload_back,
    without_epochs_a_late_fill_brings_the_old_payload_back,
    b29_a_cache_that_refused_is_told_until_it_takes_it,
    b29_a_cache_that_was_down_is_told_once_it_is_back,
);

const AUTUMN: &str = "/cohorts/1/snapshots/autumn-2026";
const DELETE: [&str; 5] = ["delete", "batch", "autumn-2026", "--confirm", "autumn-2026"];

/// The application's cache, at work.
struct Cache {
    process: Spoken,
    address: String,
}

impl Cache {
    fn start(place: &Place, words: &[&str]) -> Self {
        let database = place.address();
        let mut process = sample(&[&["cache", "--database", &database], words].concat());
        let address = process.says("listening")["address"].as_str().map(str::to_owned);
        Self { process, address: address.expect("it says where it listens") }
    }

    /// What a deletion calls.
    fn evicts_at(&self) -> String {
        format!("http://{}/evict", self.address)
    }

    /// The status and the body of an answer.
    fn answers(&self, path: &str) -> (u16, String) {
        ask(&self.address, "GET", path)
    }

    /// A reader who waits for an answer.
    fn is_asked(&self, path: &'static str) -> JoinHandle<(u16, String)> {
        let address = self.address.clone();
        thread::spawn(move || ask(&address, "GET", path))
    }

    /// Deletes the batch, and lets the deletion call the cache.
    fn sees_the_deletion_in(&self, place: &Place) -> String {
        sexton(place, &self.evicts_at(), &DELETE).expect(0).out
    }
}

fn ask(address: &str, method: &str, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).expect("it listens");
    write!(stream, "{method} {path} HTTP/1.1\r\nContent-Length: 0\r\n\r\n").expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.expect("a status"), body.to_owned())
}

async fn b29_what_a_deletion_takes_is_not_served_again(place: Place) {
    whole(&place);
    let mut cache = Cache::start(&place, &[]);
    let (kept, payload) = cache.answers(AUTUMN);
    assert_eq!((kept, &cache.process.says("answered")["from"]), (200, &"database".into()));
    assert_eq!(cache.answers("/cohorts/1"), (200, payload), "it is the default");
    assert_eq!(cache.process.says("answered")["from"], "cache");

    cache.sees_the_deletion_in(&place);
    assert_eq!(cache.answers(AUTUMN).0, 404);
    let (found, payload) = cache.answers("/cohorts/1");
    assert_eq!(found, 200, "another snapshot is the default now");
    assert!(payload.contains("summer-2026"), "{payload}");
    assert_eq!(status(&place, &cache.evicts_at())["state"], "complete");
}

/// The cache has read the snapshot before it went, and keeps what it read after it was told.
fn filled_late(place: &Place, words: &[&str]) -> (Cache, JoinHandle<(u16, String)>) {
    whole(place);
    let mut cache = Cache::start(place, &[&["--step-by-step"], words].concat());
    let reader = cache.is_asked(AUTUMN);
    cache.process.steps_to("keep");
    cache.sees_the_deletion_in(place);
    while cache.process.says("evicted")["cohort"] != "1" {}
    cache.process.go();
    (cache, reader)
}

async fn b29_a_late_fill_does_not_bring_the_old_payload_back(place: Place) {
    let (mut cache, reader) = filled_late(&place, &[]);
    cache.process.steps_to("keep");
    cache.process.go();
    assert_eq!(reader.join().expect("it is answered").0, 404);
}

async fn without_epochs_a_late_fill_brings_the_old_payload_back(place: Place) {
    let (mut cache, reader) = filled_late(&place, &["--careless"]);
    let (found, payload) = reader.join().expect("it is answered");
    assert_eq!(found, 200);
    assert_eq!(cache.answers(AUTUMN), (200, payload), "and it stays for good");
    while cache.process.says("answered")["from"] != "cache" {}
}

/// Until then it answers with what it has: nothing tells it that the snapshot went.
async fn b29_a_cache_that_refused_is_told_until_it_takes_it(place: Place) {
    whole(&place);
    let cache = Cache::start(&place, &["--deaf"]);
    let (_, payload) = cache.answers(AUTUMN);
    let said = cache.sees_the_deletion_in(&place);
    assert!(said.contains("evict-cache: it answered 503"), "{said}");
    assert_eq!(status(&place, &cache.evicts_at())["state"], "committed");
    assert_eq!(cache.answers(AUTUMN), (200, payload));

    assert_eq!(ask(&cache.address, "POST", "/hear").0, 204);
    time_goes_by(&place).await;
    sexton(&place, &cache.evicts_at(), &["work", "--once"]).expect(0);
    assert_eq!(cache.answers(AUTUMN).0, 404);
    assert_eq!(status(&place, &cache.evicts_at())["state"], "complete");
}

/// Between the commit and its call, a fill of the new process reads nothing of the old rows.
async fn b29_a_cache_that_was_down_is_told_once_it_is_back(place: Place) {
    whole(&place);
    let mut cache = Cache::start(&place, &[]);
    assert_eq!(cache.answers(AUTUMN).0, 200);
    cache.process.kill();
    let said = cache.sees_the_deletion_in(&place);
    assert!(said.contains("work --once"), "{said}");
    assert_eq!(status(&place, &cache.evicts_at())["state"], "committed");

    let mut back = Cache::start(&place, &["--listen", &cache.address]);
    assert_eq!(back.answers(AUTUMN).0, 404);
    time_goes_by(&place).await;
    sexton(&place, &back.evicts_at(), &["work", "--once"]).expect(0);
    while back.process.says("evicted")["cohort"] != "1" {}
    assert_eq!(status(&place, &back.evicts_at())["state"], "complete");
}
