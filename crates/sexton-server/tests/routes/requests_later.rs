//! The contract of `requests` over HTTP, in the later schema: responses of no batch, an archive, and
//! everything that one person made.

use serde_json::json;

use crate::place::{Asker, Place, admin, with_roles};
use crate::requests::{
    error, id, of, r1_r2_r3_r4_r5_a_file_is_hidden_at_once_and_its_batches_are_cancelled,
    r4_r9_what_is_not_theirs_is_as_what_never_was, r8_an_output_file_goes_and_its_batch_stays,
    r13_a_cancellation_stops_what_waits_as_often_as_it_is_asked,
    r20_r23_r29_r30_what_was_deleted_over_http_is_purged_and_nothing_keeps_it,
    what_the_policy_forgets_is_not_restored,
};

fn response(prefix: &str, number: u8) -> String {
    format!("/v1/responses/{prefix}{}", id("9e", number))
}

fn deleted(prefix: &str, number: u8) -> String {
    let id = id("9e", number);
    format!("{{\"id\":\"{prefix}{id}\",\"object\":\"response\",\"deleted\":true}}")
}

async fn r33_r34_a_response_goes_by_either_of_its_names(place: Place) {
    place
        .ask(&of("ada"), "DELETE", &response("resp_", 20), "")
        .await
        .is(200, &deleted("resp_", 20));
    let own = |table: &str, number: u8| format!("id = '{}'", id(table, number));
    assert_eq!(place.count("requests", &own("9e", 20)).await, 0);
    assert_eq!(place.count("request_templates", &own("7e", 20)).await, 0, "its own");
    assert_eq!(place.count("response_steps", &own("5e", 21)).await, 0, "its steps");
    place.ask(&of("ada"), "DELETE", &response("", 21), "").await.is(200, &deleted("", 21));
    assert_eq!(place.count("request_templates", &own("7e", 8)).await, 1, "a file's");
    let missing = error("not_found", "response not found");
    for prefix in ["resp_", ""] {
        place.ask(&of("ada"), "DELETE", &response(prefix, 20), "").await.is(404, &missing);
    }
}

async fn r34_what_is_not_theirs_or_of_a_batch_is_as_what_never_was(place: Place) {
    let before = place.dump().await;
    let missing = error("not_found", "response not found");
    for (asker, number) in [(of("ada"), 99), (of("ben"), 20), (of("ada"), 22), (admin(), 1)] {
        for prefix in ["resp_", ""] {
            place.ask(&asker, "DELETE", &response(prefix, number), "").await.is(404, &missing);
        }
    }
    // Only one mark stands before an id, and nothing else.
    for address in ["/v1/responses/resp_resp_x", "/v1/responses/resp_", "/v1/responses/RESP_x"] {
        let told = place.ask(&of("ada"), "DELETE", address, "").await;
        assert!([400, 404].contains(&told.status), "{address}: {}", told.status);
    }
    let nobody = place.ask(&Asker::Nobody, "DELETE", &response("resp_", 20), "").await;
    nobody.is(401, &error("unauthorized", "an API key is required"));
    assert_eq!(place.dump().await, before);
}

/// By Sexton's own API: the application has no route for it.
async fn r35_all_that_a_creator_made_goes_and_nothing_of_others(place: Place) {
    let deletions = "/api/systems/requests/deletions";
    let asked = json!({ "thing": "creator", "id": "ada", "confirm": "ada" }).to_string();
    let stranger = with_roles("ada", &["user"], None);
    assert_eq!(place.ask_as_json(&stranger, "POST", deletions, &asked).await.status, 403);
    let bens = place.count("batches", "created_by = 'ben'").await;
    let told = place.ask_as_json(&admin(), "POST", deletions, &asked).await;
    assert!((200..300).contains(&told.status), "{}", told.body);
    place.settled().await;
    let (_stop, stopping) = tokio::sync::watch::channel(false);
    place.system().purge(&stopping).await.unwrap();
    assert_eq!(place.count("requests", "created_by = 'ada'").await, 0);
    assert_eq!(place.count("requests", &format!("batch_id = '{}'", id("ba", 1))).await, 0);
    assert_eq!(place.count("batches", "created_by = 'ben'").await, bens);
    assert_eq!(place.count("requests", "created_by = 'cleo'").await, 2);
}

on_both_databases!(sexton_samples::requests_later;
    r1_r2_r3_r4_r5_a_file_is_hidden_at_once_and_its_batches_are_cancelled,
    r4_r9_what_is_not_theirs_is_as_what_never_was,
    r8_an_output_file_goes_and_its_batch_stays,
    r13_a_cancellation_stops_what_waits_as_often_as_it_is_asked,
    r20_r23_r29_r30_what_was_deleted_over_http_is_purged_and_nothing_keeps_it,
    r33_r34_a_response_goes_by_either_of_its_names,
    r34_what_is_not_theirs_or_of_a_batch_is_as_what_never_was,
    r35_all_that_a_creator_made_goes_and_nothing_of_others,
    what_the_policy_forgets_is_not_restored,
);
