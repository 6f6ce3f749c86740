//! The contract of `requests` over HTTP, in the schema as described. What both schemas share is
//! tried in both.

use serde_json::json;

use crate::place::{Asker, Place, acting_for, admin, with_roles};

pub fn id(of: &str, number: u8) -> String {
    format!("{of}000000-0000-4000-8000-{number:012}")
}

pub fn file(number: u8) -> String {
    format!("/v1/files/{}", id("f1", number))
}

pub fn batch(number: u8) -> String {
    format!("/v1/batches/{}", id("ba", number))
}

pub fn error(code: &str, message: &str) -> String {
    format!("{{\"error\":{{\"code\":\"{code}\",\"message\":\"{message}\"}}}}")
}

pub fn of(actor: &str) -> Asker {
    with_roles(actor, &["user"], None)
}

/// How many of these are there.
async fn rows(place: &Place) -> [u64; 3] {
    [
        place.count("requests", "1 = 1").await,
        place.count("request_templates", "1 = 1").await,
        place.count("response_steps", "1 = 1").await,
    ]
}

pub async fn r1_r2_r3_r4_r5_a_file_is_hidden_at_once_and_its_batches_are_cancelled(place: Place) {
    let below = rows(&place).await;
    let told = place.ask(&of("ada"), "DELETE", &file(1), "").await;
    told.is(200, &format!("{{\"id\":\"{}\",\"object\":\"file\",\"deleted\":true}}", id("f1", 1)));
    assert!(told.header("Sexton-Deletion").unwrap().starts_with("dlt_"));
    let hidden =
        format!("id = '{}' AND deleted_at IS NOT NULL AND status = 'deleted'", id("f1", 1));
    assert_eq!(place.count("files", &hidden).await, 1);
    assert_eq!(place.count("batches", &format!("file_id = '{}'", id("f1", 1))).await, 0);
    let cancelled =
        |number: u8| format!("id = '{}' AND cancelled_at IS NOT NULL", id("ba", number));
    for (number, expected) in [(1, 0), (2, 1), (4, 1)] {
        assert_eq!(place.count("batches", &cancelled(number)).await, expected, "{number}");
    }
    assert_eq!(rows(&place).await, below);
    let before = place.dump().await;
    let missing = error("not_found", "file not found");
    place.ask(&of("ada"), "DELETE", &file(1), "").await.is(404, &missing);
    assert_eq!(place.dump().await, before);
}

pub async fn r4_r9_what_is_not_theirs_is_as_what_never_was(place: Place) {
    let before = place.dump().await;
    for (address, number, thing) in [("/v1/files", "f1", "file"), ("/v1/batches", "ba", "batch")] {
        let own = format!("{address}/{}", id(number, 1));
        let never = format!("{address}/{}", id("00", 9));
        let missing = place.ask(&of("ben"), "DELETE", &never, "").await;
        missing.is(404, &error("not_found", &format!("{thing} not found")));
        assert_eq!(place.ask(&of("ben"), "DELETE", &own, "").await, missing);
        let bad = place.ask(&of("ada"), "DELETE", &format!("{address}/not-a-uuid"), "").await;
        assert_eq!((bad.status, &bad.json()["error"]["code"]), (400, &json!("invalid_id")));
        let nobody = place.ask(&Asker::Nobody, "DELETE", &own, "").await;
        nobody.is(401, &error("unauthorized", "an API key is required"));
        assert_eq!(nobody.header("WWW-Authenticate"), Some("Bearer"));
        let foreign = Some("https://elsewhere.example");
        let foreign = place.ask_from(foreign, &of("ada"), "DELETE", &own, "").await;
        foreign.is(403, &error("cross_origin", "the request comes from another origin"));
        let looks = with_roles("ada", &["viewer"], None);
        assert_eq!(place.ask(&looks, "DELETE", &own, "").await.status, 403);
    }
    assert_eq!(place.dump().await, before);
    // Whoever acts for the owner now is one, and so is whoever may delete everybody's.
    place.ask(&acting_for("eve", "ada"), "DELETE", &batch(1), "").await.is(204, "");
    place.ask(&admin(), "DELETE", &batch(3), "").await.is(204, "");
}

pub async fn r8_an_output_file_goes_and_its_batch_stays(place: Place) {
    let below = rows(&place).await;
    assert_eq!(place.ask(&of("ada"), "DELETE", &file(3), "").await.status, 200);
    let stays = format!(
        "id = '{}' AND output_file_id IS NULL AND deleted_at IS NULL AND cancelled_at IS NULL",
        id("ba", 1)
    );
    assert_eq!(place.count("batches", &stays).await, 1);
    assert_eq!(rows(&place).await, below);
}

pub async fn r9_r10_r12_a_batch_is_hidden_with_its_downloads_and_is_then_missing(place: Place) {
    let below = rows(&place).await;
    place.ask(&of("ada"), "DELETE", &batch(2), "").await.is(204, "");
    let hidden = format!(
        "id = '{}' AND deleted_at IS NOT NULL AND cancelled_at IS NOT NULL AND metadata IS NULL \
         AND api_key IS NULL",
        id("ba", 2)
    );
    assert_eq!(place.count("batches", &hidden).await, 1);
    let download = |number: u8| format!("id = '{}' AND deleted_at IS NOT NULL", id("f1", number));
    assert_eq!(place.count("files", &download(5)).await, 1, "its results");
    assert_eq!(place.count("files", &download(1)).await, 0, "its input stays");
    assert_eq!(rows(&place).await, below);
    let missing = error("not_found", "batch not found");
    place.ask(&of("ada"), "DELETE", &batch(2), "").await.is(404, &missing);
    // The API, which routes and lists of an application need not have, shows it no more either.
    let things = "/api/systems/requests/things/batch";
    let listed = place.ask(&of("ada"), "GET", things, "").await.json();
    let ids: Vec<&str> =
        listed["data"].as_array().unwrap().iter().filter_map(|row| row["id"].as_str()).collect();
    assert_eq!(ids, [id("ba", 1)]);
    let shown = place.ask(&of("ada"), "GET", &format!("{things}/{}", id("ba", 2)), "").await;
    assert_eq!(shown.status, 404);
}

pub async fn r13_a_cancellation_stops_what_waits_as_often_as_it_is_asked(place: Place) {
    let cancel = format!("/api/systems/requests/things/batch/{}/cancel", id("ba", 2));
    let waits = format!("batch_id = '{}' AND state = 'pending'", id("ba", 2));
    assert_eq!(place.count("requests", &waits).await, 1);
    for _ in 0..2 {
        let told = place.ask_as_json(&of("ada"), "POST", &cancel, "").await;
        assert_eq!(told.status, 200, "{}", told.body);
        assert_eq!(place.count("requests", &waits).await, 0);
    }
    assert_eq!(place.ask_as_json(&of("ben"), "POST", &cancel, "").await.status, 404);
    let kept = format!("id = '{}' AND deleted_at IS NULL", id("ba", 2));
    assert_eq!(place.count("batches", &kept).await, 1);
}

/// Nothing of it is kept that could be given back: that is what a deletion is for here.
pub async fn what_the_policy_forgets_is_not_restored(place: Place) {
    let told = place.ask(&of("ada"), "DELETE", &batch(1), "").await;
    let deletion = told.header("Sexton-Deletion").unwrap().to_owned();
    let before = place.dump().await;
    let of_deletion = |what: &str| format!("/api/systems/requests/deletions/{deletion}{what}");
    let shown = place.ask(&of("ada"), "GET", &of_deletion(""), "").await;
    assert_eq!(shown.json()["state"], json!("hidden"), "{}", shown.body);
    let restore = place.ask_as_json(&of("ada"), "POST", &of_deletion("/restore"), "").await;
    assert_eq!((restore.status, &restore.json()["code"]), (409, &json!("refused")));
    let retry = place.ask_as_json(&of("ada"), "POST", &of_deletion("/retry"), "").await;
    assert!((200..300).contains(&retry.status), "{}", retry.body);
    assert_eq!(place.dump().await, before);
}

/// Asked of the database as a whole, and not of columns that somebody thought of.
pub async fn r20_r23_r29_r30_what_was_deleted_over_http_is_purged_and_nothing_keeps_it(
    place: Place,
) {
    let output = "She thanks you for the X-rays.";
    for address in [file(1), batch(1)] {
        let status = place.ask(&of("ada"), "DELETE", &address, "").await.status;
        assert!([200, 204].contains(&status));
    }
    let dump = format!("{:?}", place.dump().await);
    assert!(dump.contains(output) && dump.contains("Summarise the letter from Dr. Oduya."));
    // A daemon that is at work on a request of batch 2 is waited for.
    let done = format!(
        "UPDATE requests SET state = 'canceled', canceled_at = '2026-11-20T12:00:00Z' \
         WHERE batch_id = '{}' AND state IN ('claimed', 'processing')",
        id("ba", 2)
    );
    place.execute(&done).await;
    let (_stop, stopping) = tokio::sync::watch::channel(false);
    let purged = place.system().purge(&stopping).await.unwrap();
    assert_eq!((purged.ended.len(), purged.waiting.len()), (2, 0), "{purged:?}");
    let dump = format!("{:?}", place.dump().await);
    for text in [output, "Summarise the letter from Dr. Oduya."] {
        assert!(!dump.contains(text), "{text}");
    }
    assert_eq!(place.count("requests", &format!("batch_id = '{}'", id("ba", 1))).await, 0);
    // Batches of other files, and answers to input that is gone, are there.
    let answers = format!("batch_id = '{}' AND response_body IS NOT NULL", id("ba", 4));
    assert_eq!(place.count("requests", &answers).await, 1);
    assert_eq!(place.count("requests", &format!("batch_id = '{}'", id("ba", 3))).await, 3);
    let again = place.system().purge(&stopping).await.unwrap();
    assert_eq!((again.rows, again.ended.len()), (0, 0));
}

on_both_databases!(sexton_samples::requests;
    r1_r2_r3_r4_r5_a_file_is_hidden_at_once_and_its_batches_are_cancelled,
    r4_r9_what_is_not_theirs_is_as_what_never_was,
    r8_an_output_file_goes_and_its_batch_stays,
    r9_r10_r12_a_batch_is_hidden_with_its_downloads_and_is_then_missing,
    r13_a_cancellation_stops_what_waits_as_often_as_it_is_asked,
    r20_r23_r29_r30_what_was_deleted_over_http_is_purged_and_nothing_keeps_it,
    what_the_policy_forgets_is_not_restored,
);
