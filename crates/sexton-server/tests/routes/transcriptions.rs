//! The contract of `transcriptions` over HTTP.

use sexton_testkit::s3::Faults;

use crate::place::{Asker, Place, with_roles};

const JOBS: &str = "/v1/audio/transcriptions";
const ACME: &str = "7e4a4700-0000-4000-8000-000000000001";
const BETA: &str = "7e4a4700-0000-4000-8000-000000000002";

fn job(number: u32) -> String {
    format!("10b00000-0000-4000-8000-{number:012}")
}

fn session(number: u32) -> String {
    format!("5e550000-0000-4000-8000-{number:012}")
}

fn error(code: &str, message: &str) -> String {
    format!("{{\"error\":{{\"code\":\"{code}\",\"message\":\"{message}\"}}}}")
}

/// The administrator of a tenant.
fn admin_of(tenant: &str) -> Asker {
    with_roles("4e700000-0000-4000-8000-000000000001", &["admin"], Some(tenant))
}

async fn t1_t2_t3_t12_a_finished_job_goes_once_with_all_its_objects(place: Place) {
    for number in [1, 3, 4] {
        let address = format!("{JOBS}/{}", job(number));
        place.ask(&admin_of(ACME), "DELETE", &address, "").await.is(204, "");
        place.settled().await;
        assert_eq!(place.objects_below("artifacts", &format!("jobs/{}", job(number))), 0);
        assert_eq!(place.count("tasks", &format!("job_id = '{}'", job(number))).await, 0);
        let missing = error("job_not_found", "Job not found");
        place.ask(&admin_of(ACME), "DELETE", &address, "").await.is(404, &missing);
    }
}

async fn t6_a_job_that_has_not_ended_refuses_in_three_sentences(place: Place) {
    let before = place.dump().await;
    for (number, sentence) in [
        (5, "Cannot delete pending job. Use cancel instead."),
        (6, "Cannot delete running job. Use cancel instead."),
        (7, "Cannot delete job while cancellation is in progress."),
    ] {
        let told =
            place.ask(&admin_of(ACME), "DELETE", &format!("{JOBS}/{}", job(number)), "").await;
        told.is(400, &error("invalid_state", sentence));
    }
    assert_eq!(place.dump().await, before);
}

async fn t7_t8_t9_what_is_not_theirs_is_as_what_never_was(place: Place) {
    let before = place.dump().await;
    let nobodys = "00000000-0000-4000-8000-000000000000".to_owned();
    let never = place.ask(&admin_of(BETA), "DELETE", &format!("{JOBS}/{nobodys}"), "").await;
    never.is(404, &error("job_not_found", "Job not found"));
    // Not even the state of another tenant's job shows.
    for number in [1, 5, 6] {
        let told =
            place.ask(&admin_of(BETA), "DELETE", &format!("{JOBS}/{}", job(number)), "").await;
        assert_eq!(told, never);
    }
    let colleague = with_roles("4e700000-0000-4000-8000-00000000000f", &["jobs:write"], Some(ACME));
    for number in [1, 5] {
        let told = place.ask(&colleague, "DELETE", &format!("{JOBS}/{}", job(number)), "").await;
        assert_eq!(told, never);
    }
    assert_eq!(place.dump().await, before);
}

async fn t10_keys_without_the_scope_or_in_a_hurry_are_turned_away(place: Place) {
    let address = format!("{JOBS}/{}", job(1));
    let reader = with_roles("4e700000-0000-4000-8000-000000000002", &["jobs:read"], Some(ACME));
    let told = place.ask(&reader, "DELETE", &address, "").await;
    assert_eq!((told.status, &told.json()["error"]["code"]), (403, &"authorization_failed".into()));
    let nobody = place.ask(&Asker::Nobody, "DELETE", &address, "").await;
    nobody.is(401, &error("unauthorized", "no key was presented"));
    assert_eq!(nobody.header("WWW-Authenticate"), Some("Bearer"));
    let often = with_roles("often", &["admin"], Some(ACME));
    let often = place.ask(&often, "DELETE", &address, "").await;
    often.is(429, &error("rate_limited", "too many requests"));
    assert_eq!(often.header("Retry-After"), Some("7"));
    assert_eq!(place.count("jobs", &format!("id = '{}'", job(1))).await, 1);
}

async fn t11_an_id_that_can_be_none_is_told_as_such(place: Place) {
    let told = place.ask(&admin_of(ACME), "DELETE", &format!("{JOBS}/seven"), "").await;
    assert_eq!((told.status, &told.json()["error"]["code"]), (422, &"invalid_id".into()));
}

async fn t21_the_other_path_does_the_same_in_its_own_words(place: Place) {
    let address = format!("/v1/speech-to-text/transcripts/{}", job(2));
    place.ask(&admin_of(ACME), "DELETE", &address, "").await.is(204, "");
    let missing = error("job_not_found", "Transcription not found");
    place.ask(&admin_of(ACME), "DELETE", &address, "").await.is(404, &missing);
}

async fn t23_t24_the_console_reaches_across_tenants_with_a_role_of_its_own(place: Place) {
    let address = format!("/api/console/jobs/{}", job(1));
    let refused = place.ask(&admin_of(BETA), "DELETE", &address, "").await;
    assert_eq!(
        (refused.status, &refused.json()["error"]["code"]),
        (403, &"authorization_failed".into())
    );
    assert_eq!(place.count("jobs", &format!("id = '{}'", job(1))).await, 1);
    let above = with_roles("root", &["super-admin"], Some(BETA));
    place.ask(&above, "DELETE", &address, "").await.is(204, "");
    let running = format!("/api/console/jobs/{}", job(6));
    let running = place.ask(&above, "DELETE", &running, "").await;
    running.is(400, &error("invalid_state", "Cannot delete running job. Use cancel instead."));
}

/// Asks the API for something, and tells how it is answered.
async fn status(place: &Place, asker: &Asker, method: &str, path: &str, body: &str) -> u16 {
    let address = format!("/api/systems/transcriptions/{path}");
    place.ask_as_json(asker, method, &address, body).await.status
}

async fn t23_t24_the_api_lets_nobody_else_across_tenants_either(place: Place) {
    let (before, id) = (place.dump().await, job(1));
    let admin = admin_of(BETA);
    let above = with_roles("root", &["super-admin"], Some(BETA));
    let one = format!("{{\"thing\":\"job-any-tenant\",\"id\":\"{id}\"}}");
    let list = "things/job-any-tenant";
    let (row, cancel) = (format!("{list}/{id}"), format!("{list}/{id}/cancel"));
    for (method, path, body) in
        [("GET", list, ""), ("GET", &row, ""), ("POST", &cancel, ""), ("POST", "previews", &one)]
    {
        assert_eq!(status(&place, &admin, method, path, body).await, 403, "{method} {path}");
        let told = status(&place, &above, method, path, body).await;
        assert!((200..300).contains(&told), "{method} {path}: {told}");
    }
    let confirmed = one.replace('}', &format!(",\"confirm\":\"{id}\"}}"));
    assert_eq!(status(&place, &admin, "POST", "deletions", &confirmed).await, 403);
    // Of their own tenant's things nothing has changed.
    assert_eq!(status(&place, &admin, "GET", "things/job", "").await, 200);
    assert_eq!(place.dump().await, before);
    let told = status(&place, &above, "POST", "deletions", &confirmed).await;
    assert!((200..300).contains(&told), "{told}");
    place.settled().await;
    assert_eq!(place.count("jobs", &format!("id = '{id}'")).await, 0);
}

async fn t25_only_the_audio_goes_and_only_once(place: Place) {
    let address = |number| format!("{JOBS}/{}/audio", job(number));
    let rest = place.objects_below("artifacts", &format!("jobs/{}/output", job(1)));
    place.ask(&admin_of(ACME), "DELETE", &address(1), "").await.is(204, "");
    place.settled().await;
    assert_eq!(place.objects_below("artifacts", &format!("jobs/{}/input", job(1))), 0);
    assert_eq!(place.objects_below("artifacts", &format!("jobs/{}/output", job(1))), rest);
    let again = error("audio_purged", "Audio already purged");
    place.ask(&admin_of(ACME), "DELETE", &address(1), "").await.is(410, &again);
    let running = error("conflict", "Cannot delete the audio of a job in 'running' state.");
    place.ask(&admin_of(ACME), "DELETE", &address(6), "").await.is(409, &running);
    let missing = error("job_not_found", "Job not found");
    place.ask(&admin_of(BETA), "DELETE", &address(1), "").await.is(404, &missing);
}

async fn t27_a_session_that_has_ended_goes(place: Place) {
    let address = |number| format!("/v1/realtime/sessions/{}", session(number));
    let gone = place.ask(&admin_of(ACME), "DELETE", &address(1), "").await;
    gone.is(200, &format!("{{\"deleted\":true,\"session_id\":\"{}\"}}", session(1)));
    let active = error("conflict", "Cannot delete active session");
    place.ask(&admin_of(ACME), "DELETE", &address(3), "").await.is(409, &active);
    let missing = error("session_not_found", "Session not found");
    place.ask(&admin_of(ACME), "DELETE", &address(1), "").await.is(404, &missing);
    place.ask(&admin_of(ACME), "DELETE", &address(4), "").await.is(404, &missing);
}

async fn t13_with_the_store_down_a_job_goes_and_its_objects_when_it_is_back(place: Place) {
    let (before, folder) = (place.keys("artifacts"), format!("jobs/{}/", job(1)));
    let address = format!("{JOBS}/{}", job(1));
    place.fail("artifacts", |faults| faults.storm = u32::MAX);
    let told = place.ask(&admin_of(ACME), "DELETE", &address, "").await;
    told.is(204, "");
    let missing = error("job_not_found", "Job not found");
    place.ask(&admin_of(ACME), "DELETE", &address, "").await.is(404, &missing);
    place.settled().await;
    assert_eq!(place.keys("artifacts"), before);
    place.fail("artifacts", |faults| *faults = Faults::default());
    assert_eq!(place.retry(&told).await.status, 200);
    let left: Vec<String> = before.into_iter().filter(|key| !key.starts_with(&folder)).collect();
    assert_eq!(place.keys("artifacts"), left);
}

async fn t14_when_the_database_fails_the_job_and_all_its_objects_remain(place: Place) {
    let (before, keys) = (place.dump().await, place.keys("artifacts"));
    let address = format!("{JOBS}/{}", job(1));
    place.break_table("jobs").await;
    let told = place.ask(&admin_of(ACME), "DELETE", &address, "").await;
    assert!(told.status >= 500, "{} {}", told.status, told.body);
    place.mend_table("jobs").await;
    place.settled().await;
    assert_eq!((place.dump().await, place.keys("artifacts")), (before, keys));
    place.ask(&admin_of(ACME), "DELETE", &address, "").await.is(204, "");
}

/// Whoever was refused, or whose deletion was taken back, is in no record.
async fn t15_a_deletion_leaves_one_record_and_a_refusal_none(place: Place) {
    let records = async || {
        let address = "/api/systems/transcriptions/audit";
        let told = place.ask(&crate::place::admin(), "GET", address, "").await.json();
        told["data"].as_array().unwrap().clone()
    };
    for number in [5, 6, 99] {
        let address = format!("{JOBS}/{}", job(number));
        place.ask(&admin_of(ACME), "DELETE", &address, "").await;
    }
    assert_eq!(records().await.len(), 0);
    place.ask(&admin_of(ACME), "DELETE", &format!("{JOBS}/{}", job(1)), "").await.is(204, "");
    place.settled().await;
    let records = records().await;
    let [record] = &records[..] else { panic!("{records:#?}") };
    let record = &record["record"];
    assert_eq!(record["actor"], "4e700000-0000-4000-8000-000000000001");
    assert!(record.to_string().contains(&job(1)) && record["thing"] == "job", "{record:#}");
}

on_postgres_and_s3!(sexton_samples::transcriptions;
    t1_t2_t3_t12_a_finished_job_goes_once_with_all_its_objects,
    t13_with_the_store_down_a_job_goes_and_its_objects_when_it_is_back,
    t14_when_the_database_fails_the_job_and_all_its_objects_remain,
    t25_only_the_audio_goes_and_only_once,
);

on_both_databases!(sexton_samples::transcriptions;
    t1_t2_t3_t12_a_finished_job_goes_once_with_all_its_objects,
    t6_a_job_that_has_not_ended_refuses_in_three_sentences,
    t7_t8_t9_what_is_not_theirs_is_as_what_never_was,
    t10_keys_without_the_scope_or_in_a_hurry_are_turned_away,
    t11_an_id_that_can_be_none_is_told_as_such,
    t15_a_deletion_leaves_one_record_and_a_refusal_none,
    t21_the_other_path_does_the_same_in_its_own_words,
    t23_t24_the_console_reaches_across_tenants_with_a_role_of_its_own,
    t23_t24_the_api_lets_nobody_else_across_tenants_either,
    t25_only_the_audio_goes_and_only_once,
    t27_a_session_that_has_ended_goes,
);
