//! Orphans removed over HTTP: with a record, and only where that was asked for.

use serde_json::{Value, json};

use crate::place::{Asker, Place, admin};

on_both_databases!(
    sexton_samples::transcriptions;
    what_no_row_names_is_removed_only_where_it_is_asked_for,
);

const SWEEPS: &str = "/api/systems/transcriptions/sweeps";
const STORE: &str = "artifacts";

async fn swept(place: &Place, ask: &Value) -> Value {
    let asker: Asker = admin();
    let begun = place.ask(&asker, "POST", SWEEPS, &ask.to_string()).await;
    assert_eq!(begun.status, 202, "{begun:?}");
    place.settled().await;
    let latest = place.ask(&asker, "GET", begun.header("location").unwrap(), "").await.json();
    assert_eq!(latest["id"], begun.json()["id"]);
    assert!(latest["ended_at"].is_string(), "{latest:#}");
    latest
}

async fn what_no_row_names_is_removed_only_where_it_is_asked_for(place: Place) {
    let orphans = |swept: &Value| swept["report"]["stores"][0]["orphans"]["objects"].as_u64();
    // The seed has some of its own.
    let few = orphans(&swept(&place, &json!({ "older_than_secs": 0 })).await).unwrap();
    let before = place.objects_below(STORE, "");
    place.plant(STORE, "nobody/knows.txt");
    let looked = swept(&place, &json!({ "older_than_secs": 0 })).await;
    assert_eq!(looked["reclaimed"], Value::Null, "{looked:#}");
    assert_eq!(orphans(&looked), Some(few + 1), "{looked:#}");
    assert_eq!(place.objects_below(STORE, ""), before + 1);

    for bad in [
        json!({ "reason": "x" }),
        json!({ "at_most_percent": 5 }),
        json!({ "reclaim": true, "at_most_percent": 101 }),
        json!({ "reclaim": true, "older_than_secs": -1 }),
    ] {
        let refused = place.ask(&admin(), "POST", SWEEPS, &bad.to_string()).await;
        assert_eq!(refused.status, 422, "{refused:?}");
    }
    // Less than the one would be.
    let none = json!({ "older_than_secs": 0, "reclaim": true, "at_most_percent": 0 });
    let none = swept(&place, &none).await;
    assert!(none["reclaimed"][0]["refused"].is_string(), "{none:#}");
    assert_eq!(place.objects_below(STORE, ""), before + 1);

    let ask = json!({ "older_than_secs": 0, "reclaim": true, "reason": "spring cleaning",
        "at_most_percent": 100 });
    let gone = swept(&place, &ask).await;
    let of_store = &gone["reclaimed"][0];
    assert_eq!(
        (&of_store["store"], &of_store["removed"]),
        (&json!(STORE), &json!(few + 1)),
        "{gone:#}"
    );
    assert_eq!(place.objects_below(STORE, "") as u64, before as u64 - few);
    let records = place.ask(&admin(), "GET", "/api/systems/transcriptions/audit", "").await.json();
    let record = &records["data"][0]["record"];
    assert_eq!(record["deletion"], of_store["deletion"], "{records:#}");
    assert_eq!((&record["actor"], &record["reason"]), (&json!("ada"), &ask["reason"]));
}
