//! A handler that panics, and one that takes too long, are problems like any other, and the server
//! goes on.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::request::Parts;
use axum::http::{Request, Response};
use sexton_engine::Surroundings;
use sexton_server::who::Identity;
use sexton_server::{Failure, Gate, Service, router};
use tower::ServiceExt;

use crate::place::{Data, somebody};

/// Panics for `panic`, and never comes back for `wait`.
struct Breaking;

#[async_trait::async_trait]
impl Gate for Breaking {
    async fn identify(&self, request: &Parts) -> Result<Identity, Failure> {
        let said = request.headers.get("authorization").and_then(|value| value.to_str().ok());
        match said {
            Some("panic") => panic!("the gate is off its hinges"),
            Some("wait") => std::future::pending().await,
            _ => Ok(somebody("ann", &["admin"], None)),
        }
    }

    fn is_guarded(&self) -> bool {
        true
    }
}

async fn answer(router: &axum::Router, said: &str) -> (Response<()>, serde_json::Value) {
    let request = Request::builder().uri("/api/systems").header("authorization", said);
    let request = request.header("x-request-id", "mine-7").body(Body::empty());
    let request = request.expect("it is a request");
    let (parts, body) = router.clone().oneshot(request).await.expect("it answers").into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("it has a body");
    let body = serde_json::from_slice(&body).expect("it is JSON");
    (Response::from_parts(parts, ()), body)
}

async fn served() -> axum::Router {
    let data = Data::on_sqlite().await;
    let system = data.system(&sexton_samples::batches()).await;
    let service = Service::new([system], Arc::new(Breaking), Surroundings::of_this_machine());
    let service = service.expect("one system has a name of its own");
    router(Arc::new(service.answering_within(Duration::from_secs(2))))
}

#[track_caller]
fn is_problem((answer, problem): &(Response<()>, serde_json::Value), status: u16, code: &str) {
    assert_eq!(answer.status().as_u16(), status, "{problem:#}");
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    assert_eq!(answer.headers()["x-request-id"], "mine-7");
    assert_eq!((&problem["code"], &problem["request_id"]), (&code.into(), &"mine-7".into()));
}

#[tokio::test]
async fn a_handler_that_panics_is_a_problem_and_the_others_go_on() {
    let router = served().await;
    let broken = answer(&router, "panic").await;
    is_problem(&broken, 500, "failed");
    assert!(!broken.1.to_string().contains("hinges"), "only the log is told why: {:#}", broken.1);
    let (other, body) = answer(&router, "ann").await;
    assert_eq!(other.status().as_u16(), 200);
    assert_eq!(body["data"][0]["name"], "batches");
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_a_problem_and_can_be_asked_for_again() {
    let router = served().await;
    let late = answer(&router, "wait").await;
    is_problem(&late, 503, "timeout");
    assert_eq!(late.0.headers()["retry-after"], "2");
    assert_eq!(late.1["retryable"], true);
    assert_eq!(answer(&router, "ann").await.0.status().as_u16(), 200);
}
