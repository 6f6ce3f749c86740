//! A deletion is followed by events until it is at its end.

use reqwest::Method;
use serde_json::{Value, json};

use crate::place::{Data, Served};

on_both_databases!(a_deletion_is_followed_until_its_end);

/// The ids and documents of a stream that has ended.
fn events(text: &str) -> Vec<(String, Value)> {
    let events = text.split("\n\n").filter(|event| !event.trim().is_empty());
    let event = |event: &str| {
        let of = |name: &str| {
            let lines = event.lines().filter_map(|line| line.strip_prefix(name));
            lines.map(|line| line.trim_start().to_owned()).collect::<String>()
        };
        assert_eq!(of("event:"), "deletion", "{event}");
        (of("id:"), serde_json::from_str(&of("data:")).expect("an event is JSON"))
    };
    events.map(event).collect()
}

async fn a_deletion_is_followed_until_its_end(data: Data) {
    let server = Served::of(&data).await;
    let ask = json!({ "thing": "batch", "id": "autumn-2026", "confirm": "autumn-2026" });
    let at_once = [("prefer", "wait=0")];
    let asked = server.post_with("/api/systems/batches/deletions", &ask, &at_once).await;
    let path = format!("{}/events", asked.expect(202).header("location"));
    let stream = server.get(&path).await.expect(200);
    assert_eq!(stream.header("content-type"), "text/event-stream");
    let seen = events(&stream.text);
    let (last, deletion) = seen.last().expect("there is an event");
    assert_eq!(deletion["state"], "complete");
    assert_eq!(deletion["removed"]["batches"], 1);
    assert!(seen[..seen.len() - 1].iter().all(|(_, before)| before["is_ended"] == false));

    // Who has read the last one is told nothing again; who has read another is told the last.
    let again = server.ask(Method::GET, &path, &[("last-event-id", last)], "").await.expect(200);
    assert_eq!(events(&again.text), []);
    let later = server.ask(Method::GET, &path, &[("last-event-id", "x")], "").await.expect(200);
    assert_eq!(events(&later.text), [(last.clone(), deletion.clone())]);
    let none = server.get("/api/systems/batches/deletions/dlt_x/events").await;
    none.problem(404, "missing");
}
