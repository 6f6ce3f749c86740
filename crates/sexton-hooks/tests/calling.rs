//! Calls to a real endpoint on loopback.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use sexton_core::names::{DeletionId, HookName, Timestamp};
use sexton_engine::ports::{Answer, Clock, HookCall, HookCaller};
use sexton_hooks::{HttpCaller, signature};
use sexton_testkit::endpoint::{Endpoint, Reply};

struct At(i64);

impl Clock for At {
    fn now(&self) -> Timestamp {
        Timestamp(self.0)
    }
}

fn caller(variables: &[(&str, &str)]) -> HttpCaller {
    let known: BTreeMap<String, String> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let variables = Box::new(move |name: &str| known.get(name).cloned());
    HttpCaller::with_variables(Arc::new(At(1_700_000_000_500_000)), variables)
        .expect("there is TLS")
}

fn call(to: &str) -> HookCall {
    HookCall {
        key: "int_1".into(),
        deletion: DeletionId::new("dlt_1"),
        hook: HookName::new("evict"),
        to: to.to_owned(),
        secret: None,
        body: "{\"id\":7}".into(),
        within: Duration::from_secs(10),
    }
}

fn later(reason: &str) -> Answer {
    Answer::Later { reason: reason.to_owned(), after: None }
}

fn refused(reason: &str) -> Answer {
    Answer::Refused { reason: reason.to_owned() }
}

#[tokio::test]
async fn a_call_posts_its_body_under_its_key() {
    let endpoint = Endpoint::that_replies([]).await;
    assert_eq!(caller(&[]).call(&call(endpoint.address())).await, Answer::Taken);
    let [request] = endpoint.requests().try_into().unwrap();
    assert_eq!(request.line, "POST /hook");
    assert_eq!(request.body, "{\"id\":7}");
    for (name, value) in [
        ("content-type", "application/json"),
        ("idempotency-key", "int_1"),
        ("sexton-deletion", "dlt_1"),
        ("sexton-hook", "evict"),
    ] {
        assert_eq!(request.headers[name], value);
    }
    assert!(request.headers["user-agent"].starts_with("sexton/"));
    assert!(!request.headers.contains_key("sexton-signature"));
}

#[tokio::test]
async fn a_call_is_signed_over_its_moment_and_its_body() {
    let endpoint = Endpoint::that_replies([]).await;
    let caller = caller(&[("URL", endpoint.address()), ("SECRET", "hush")]);
    let signed = HookCall { secret: Some("env:SECRET".into()), ..call("env:URL") };
    assert_eq!(caller.call(&signed).await, Answer::Taken);
    let sent = &endpoint.requests()[0];
    let expected = signature(b"hush", 1_700_000_000, sent.body.as_bytes());
    assert_eq!(sent.headers["sexton-signature"], expected);
}

#[tokio::test]
async fn the_status_decides() {
    let body = || "\n  it is\tbroken \nmore".to_owned();
    for (status, expected) in [
        (200, Answer::Taken),
        (202, Answer::Taken),
        (410, Answer::Gone),
        (301, refused("it answered 301 Moved Permanently: it isbroken")),
        (400, refused("it answered 400 Bad Request: it isbroken")),
        (404, refused("it answered 404 Not Found: it isbroken")),
        (408, later("it answered 408 Request Timeout: it isbroken")),
        (409, later("it answered 409 Conflict: it isbroken")),
        (425, later("it answered 425 Too Early: it isbroken")),
        (500, later("it answered 500 Internal Server Error: it isbroken")),
        (503, later("it answered 503 Service Unavailable: it isbroken")),
    ] {
        let endpoint = Endpoint::that_replies([Reply::Status(status, "", body())]).await;
        assert_eq!(caller(&[]).call(&call(endpoint.address())).await, expected);
    }
}

#[tokio::test]
async fn the_other_side_may_say_when() {
    for (headers, expected) in [("Retry-After: 120", Some(120)), ("Retry-After: soon", None)] {
        let endpoint = Endpoint::that_replies([Reply::Status(429, headers, String::new())]).await;
        match caller(&[]).call(&call(endpoint.address())).await {
            Answer::Later { after, .. } => assert_eq!(after, expected.map(Duration::from_secs)),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Endpoint::that_replies([]).await;
    let location: &'static str = format!("Location: {}", elsewhere.address()).leak();
    let endpoint = Endpoint::that_replies([Reply::Status(307, location, String::new())]).await;
    let answer = caller(&[]).call(&call(endpoint.address())).await;
    assert_eq!(answer, refused("it answered 307 Temporary Redirect"));
    assert_eq!(elsewhere.requests(), []);
}

#[tokio::test]
async fn silence_and_broken_connections_are_for_later() {
    let endpoint = Endpoint::that_replies([Reply::Silence]).await;
    let hasty = HookCall { within: Duration::from_millis(50), ..call(endpoint.address()) };
    assert_eq!(caller(&[]).call(&hasty).await, later("no answer within 0 s"));

    let endpoint = Endpoint::that_replies([Reply::HangUp]).await;
    match caller(&[]).call(&call(endpoint.address())).await {
        Answer::Later { reason, .. } => {
            assert!(reason.starts_with("the call broke off: "), "{reason}");
        }
        other => panic!("{other:?}"),
    }

    // Nobody listens any more where this one was.
    let address = endpoint.address().to_owned();
    drop(endpoint);
    tokio::task::yield_now().await;
    match caller(&[]).call(&call(&address)).await {
        Answer::Later { reason, .. } => {
            assert!(reason.starts_with("it cannot be reached: "), "{reason}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn no_reason_repeats_an_address() {
    let caller = caller(&[("URL", "http://hush-hush.invalid:1/token"), ("ODD", "http://[hush")]);
    for to in ["env:URL", "env:ODD"] {
        match caller.call(&call(to)).await {
            Answer::Later { reason, .. } | Answer::Refused { reason } => {
                assert!(!reason.contains("token") && !reason.contains("[hush"), "{reason}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn of_a_long_answer_a_line_is_kept() {
    let endless = "x".repeat(1_000_000);
    let endpoint = Endpoint::that_replies([Reply::Status(500, "", endless)]).await;
    match caller(&[]).call(&call(endpoint.address())).await {
        Answer::Later { reason, .. } => assert!(reason.len() < 300, "{} bytes", reason.len()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_variable_that_is_not_set_is_told() {
    let caller = caller(&[("URL", "http://127.0.0.1:1/")]);
    assert!(caller.is_set("URL") && !caller.is_set("OTHER"));
    assert_eq!(caller.call(&call("env:OTHER")).await, later("`OTHER` is not set"));
    let unsigned = HookCall { secret: Some("env:SECRET".into()), ..call("env:URL") };
    assert_eq!(caller.call(&unsigned).await, later("`SECRET` is not set"));
}
