//! What is sent, what is sent again, and what an answer means, of a server that answers as told.

use std::time::Duration;

use serde_json::{Value, json};
use sexton_client::{Error, Roots, Sexton};
use sexton_testkit::endpoint::{Endpoint, Reply};

fn deletion(state: &str) -> Value {
    json!({
        "id": "dlt_1", "system": "transcriptions", "thing": "job", "roots": ["j-1"],
        "state": state, "is_ended": state == "complete", "sentence": "everything is gone",
        "actor": "ann", "reason": null, "digest": null, "phases": [], "waiting_on": [],
        "of a newer server": true,
    })
}

fn done() -> Reply {
    Reply::Status(201, "", deletion("complete").to_string())
}

fn problem(status: u16, code: &str, more: &Value) -> Reply {
    let mut body = json!({
        "type": format!("urn:sexton:problem:{code}"), "title": "It is so", "status": status,
        "code": code, "detail": "Use cancel instead.", "request_id": "req_1", "retryable": false,
    });
    if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
        body.extend(more.clone());
    }
    Reply::Status(status, "Content-Type: application/problem+json", body.to_string())
}

fn client(endpoint: &Endpoint, retries: u32) -> Sexton {
    let settings = Sexton::at(endpoint.origin()).with_key("sxt_k");
    settings.with_retries(retries, Duration::ZERO).client().expect("the address is one")
}

#[tokio::test]
async fn a_change_that_got_no_answer_is_sent_again_by_the_same_key() {
    let away = Reply::Status(503, "Retry-After: 0", String::new());
    let server = Endpoint::that_replies([Reply::HangUp, away, done()]).await;
    let job = client(&server, 3).thing("transcriptions", "job");
    let deletion = job.delete("j-1").reason("asked for").await.expect("it is done at last");
    assert_eq!(deletion.state, "complete");
    let asked = server.requests();
    assert_eq!(asked.len(), 3);
    assert!(
        asked
            .iter()
            .all(|one| one.headers["idempotency-key"] == asked[0].headers["idempotency-key"])
    );
    assert_eq!(asked[0].headers["authorization"], "Bearer sxt_k");
    let body: Value = serde_json::from_str(&asked[2].body).expect("a body is JSON");
    let said = json!({ "thing": "job", "id": "j-1", "confirm": "j-1", "reason": "asked for" });
    assert_eq!(body, said);
}

#[tokio::test]
async fn what_never_answers_is_given_up_and_said_to_be_unreachable() {
    let server = Endpoint::that_replies([Reply::HangUp]).await;
    let error = client(&server, 2).systems().await.expect_err("nobody answers");
    assert!(matches!(error, Error::Unreachable { .. }) && error.is_retryable(), "{error}");
    assert!(error.to_string().starts_with(&format!("no answer from {}", server.origin())));
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn what_was_refused_is_not_asked_again() {
    for status in [400, 401, 403, 404, 409, 422, 500] {
        let server = Endpoint::that_replies([problem(status, "x", &json!({}))]).await;
        let refused = client(&server, 3).thing("t", "job").delete("j-1").await;
        refused.expect_err("it is refused");
        assert_eq!(server.requests().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn t31_each_refusal_is_an_error_of_its_own() {
    let name = |error: &Error| format!("{error:?}").split('(').next().map(str::to_owned);
    for (status, kind) in [
        (400, "BadRequest"),
        (401, "Authentication"),
        (403, "Forbidden"),
        (404, "NotFound"),
        (409, "Conflict"),
        (418, "BadRequest"),
        (422, "Validation"),
        (429, "RateLimit"),
        (500, "Server"),
    ] {
        let server = Endpoint::that_replies([problem(status, "invalid_state", &json!({}))]).await;
        let refused = client(&server, 0).thing("transcriptions", "job").delete("j-1").await;
        let error = refused.expect_err("it is refused");
        assert_eq!(name(&error).as_deref(), Some(kind));
        assert_eq!((error.code(), error.request_id()), (Some("invalid_state"), Some("req_1")));
        assert_eq!(error.to_string(), "Use cancel instead.");
    }
}

#[tokio::test]
async fn t31_too_many_requests_say_when_to_come_back() {
    let limited = Reply::Status(429, "Retry-After: 120", String::new());
    let server = Endpoint::that_replies([limited]).await;
    // Longer than anybody is waited for: it is not asked again.
    let error = client(&server, 3).systems().await.expect_err("it is too much");
    let answered = error.answered().expect("the server answered");
    assert_eq!(answered.retry_after, Some(Duration::from_mins(2)));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn blockers_and_differences_are_told_apart() {
    let blocker = json!({ "kind": "guard", "name": "models", "message": "in use", "count": 1,
        "names": [], "ways_out": ["deactivate it"] });
    let refused = problem(409, "refused", &json!({ "blockers": [blocker] }));
    let changed = json!({ "table": "runs", "before": 1, "now": 2, "appeared": [], "gone": [],
        "sentence": "runs: 1 was, 2 are" });
    let stale = problem(409, "preview_stale", &json!({ "differences": [changed] }));
    let server = Endpoint::that_replies([refused, stale]).await;
    let thing = client(&server, 0).thing("d", "dataset");
    let error = thing.delete("d-1").await.expect_err("it is refused");
    assert!(matches!(error, Error::Refused(_)), "{error:?}");
    assert_eq!(error.blockers()[0].ways_out, ["deactivate it"]);
    let error = thing.delete("d-1").await.expect_err("it is stale");
    assert!(matches!(error, Error::Stale(_)), "{error:?}");
    assert_eq!(error.differences()[0].now, 2);
}

#[tokio::test]
async fn what_something_in_between_answers_is_an_error_all_the_same() {
    let page = "<html>Bad Gateway</html>";
    let server = Endpoint::that_replies([Reply::Status(502, "", page.into())]).await;
    let error = client(&server, 0).systems().await.expect_err("it is no answer");
    assert!(matches!(error, Error::Server(_)), "{error:?}");
    assert_eq!((error.code(), error.to_string().as_str()), (Some("unknown"), page));
    server.reply([Reply::Status(200, "", page.into())]);
    let error = client(&server, 0).systems().await.expect_err("it is no answer");
    assert!(matches!(error, Error::Unreadable { .. }), "{error:?}");
    // A key goes where it was meant to, or nowhere.
    server.reply([Reply::Status(302, "Location: /elsewhere", String::new())]);
    client(&server, 0).systems().await.expect_err("it leads elsewhere");
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn lists_are_read_page_by_page_and_no_further_than_they_are_taken() {
    let one = deletion("complete");
    let first = json!({ "data": [one, one], "next_cursor": "c/1" }).to_string();
    let second = json!({ "data": [one], "next_cursor": null }).to_string();
    let server =
        Endpoint::that_replies([Reply::Status(200, "", first), Reply::Status(200, "", second)])
            .await;
    let mut deletions = client(&server, 0).deletions("transcriptions").list();
    deletions.next().await.expect("there is one").expect("it is answered");
    assert_eq!(server.requests().len(), 1);
    assert_eq!(deletions.all().await.expect("it is answered").len(), 2);
    let asked = server.requests();
    assert_eq!(asked[1].line, "GET /api/systems/transcriptions/deletions?limit=100&cursor=c%2F1");
}

#[tokio::test]
async fn several_are_confirmed_by_their_number_and_none_is_a_mistake() {
    let server = Endpoint::that_replies([done()]).await;
    let batch = client(&server, 0).thing("batches", "batch");
    let asked = batch.delete(["a", "b"]).option("with_runs", true).wait(Duration::from_secs(5));
    asked.await.expect("it is done");
    let heard = server.requests();
    let body: Value = serde_json::from_str(&heard[0].body).expect("a body is JSON");
    assert_eq!(body["confirm"], "2");
    assert_eq!(body["options"], json!({ "with_runs": true }));
    assert_eq!(heard[0].headers["prefer"], "wait=5");
    let none = batch.delete(Vec::<String>::new()).await;
    assert!(matches!(none, Err(Error::NoId)), "{none:?}");
    let none = batch.preview(Roots::Ids(Vec::new())).await;
    assert!(matches!(none, Err(Error::NoId)), "{none:?}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn what_was_previewed_is_confirmed_by_its_digest_and_takes_nothing_beside_it() {
    let preview = json!({ "id": "prv_1", "system": "transcriptions", "digest": "sha256:0",
        "made_at": "", "expires_at": "", "blocked": false, "preview": {} });
    let shown = Reply::Status(201, "", preview.to_string());
    let server = Endpoint::that_replies([shown, done()]).await;
    let job = client(&server, 0).thing("transcriptions", "job");
    let preview = job.preview(Roots::find([("task", "t-1")])).await.expect("it is shown");
    job.delete(&preview).reason("mail").idempotency_key("mine").await.expect("it is done");
    let heard = server.requests();
    let body = |at: usize| serde_json::from_str::<Value>(&heard[at].body).expect("JSON");
    assert_eq!(body(0), json!({ "thing": "job", "find": { "task": "t-1" } }));
    assert_eq!(body(1), json!({ "preview": "prv_1", "digest": "sha256:0", "reason": "mail" }));
    assert_eq!(heard[1].headers["idempotency-key"], "mine");
    let beside = job.delete(&preview).option("a", true).await;
    assert!(matches!(beside, Err(Error::BesidePreview)), "{beside:?}");
}

#[tokio::test]
async fn events_that_broke_off_are_gone_on_with() {
    let event =
        |id: &str, state: &str| format!("id: {id}\nevent: deletion\ndata: {}\n\n", deletion(state));
    let told = |events: String| Reply::Status(200, "Content-Type: text/event-stream", events);
    let server = Endpoint::that_replies([
        told(event("1", "committed")),
        // Asked whether it has ended meanwhile: no.
        Reply::Status(200, "", deletion("committed").to_string()),
        Reply::HangUp,
        told(event("2", "complete")),
    ])
    .await;
    let mut events = client(&server, 3).deletions("transcriptions").events("dlt_1");
    let mut states = Vec::new();
    while let Some(event) = events.next().await {
        states.push(event.expect("it is heard").deletion.state);
    }
    assert_eq!(states, ["committed", "complete"]);
    let asked = server.requests();
    assert_eq!(asked[0].headers.get("last-event-id"), None);
    assert_eq!(asked[3].headers["last-event-id"], "1");
}

#[test]
fn without_an_address_the_way_out_is_said() {
    for server in ["", "localhost", "ftp://there", "/api"] {
        let bad = Sexton::at(server).client();
        assert!(matches!(bad, Err(Error::BadServer(_))), "{server:?} {bad:?}");
    }
    let bad = Sexton::at("http://127.0.0.1:8080").with_key("two\nlines").client();
    assert!(matches!(bad, Err(Error::BadKey)), "{bad:?}");
    assert!(Error::NoServer.to_string().contains("SEXTON_SERVER"));
}
