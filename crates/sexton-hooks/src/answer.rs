//! What an answer means: taken, gone, for later, or refused.

use std::error::Error;
use std::time::Duration;

use reqwest::header::RETRY_AFTER;
use reqwest::{Response, StatusCode};
use sexton_engine::ports::Answer;

/// So much of an answer is read.
const BODY_BYTES_MAX: usize = 4_096;
/// So much of its first line is kept.
const LINE_CHARS_MAX: usize = 200;

pub async fn of_response(response: Response) -> Answer {
    let status = response.status();
    if status.is_success() {
        return Answer::Taken;
    }
    if status == StatusCode::GONE {
        return Answer::Gone;
    }
    let after = response.headers().get(RETRY_AFTER).and_then(|after| {
        let secs: u64 = after.to_str().ok()?.trim().parse().ok()?;
        Some(Duration::from_secs(secs))
    });
    let line = first_line(response).await;
    let reason = match line.as_str() {
        "" => format!("it answered {status}"),
        line => format!("it answered {status}: {line}"),
    };
    if is_passing(status) { Answer::Later { reason, after } } else { Answer::Refused { reason } }
}

/// Whether another time may do better. A conflict may be with a try that is still under way.
fn is_passing(status: StatusCode) -> bool {
    status.is_server_error()
        || [
            StatusCode::REQUEST_TIMEOUT,
            StatusCode::CONFLICT,
            StatusCode::TOO_EARLY,
            StatusCode::TOO_MANY_REQUESTS,
        ]
        .contains(&status)
}

pub fn of_failure(error: &reqwest::Error, within: Duration) -> Answer {
    if error.is_builder() {
        return Answer::Refused { reason: "its address cannot be read".to_owned() };
    }
    let reason = if error.is_timeout() {
        format!("no answer within {} s", within.as_secs())
    } else if error.is_connect() {
        format!("it cannot be reached: {}", innermost(error))
    } else {
        format!("the call broke off: {}", innermost(error))
    };
    Answer::Later { reason, after: None }
}

/// The cause behind all others, which does not repeat the address.
pub fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    match cause.downcast_ref::<reqwest::Error>() {
        Some(_) => "no cause is known".to_owned(),
        None => cause.to_string(),
    }
}

async fn first_line(mut response: Response) -> String {
    let mut read = Vec::new();
    while read.len() < BODY_BYTES_MAX {
        match response.chunk().await {
            Ok(Some(chunk)) => read.extend_from_slice(&chunk),
            Ok(None) | Err(_) => break,
        }
        if read.contains(&b'\n') {
            break;
        }
    }
    read.truncate(BODY_BYTES_MAX);
    let text = String::from_utf8_lossy(&read);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    line.chars().filter(|letter| !letter.is_control()).take(LINE_CHARS_MAX).collect()
}
