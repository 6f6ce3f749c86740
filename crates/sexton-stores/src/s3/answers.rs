//! What a server's answers mean: for a whole call, and for each key of a batch.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::delete_objects::DeleteObjectsOutput;
use sexton_core::objects::{ObjectKey, ObjectVersion, Outcome, VersionId};
use sexton_engine::ports::StoreError;

use super::chain;

/// The failure of a whole call.
pub fn failure<E>(doing: &'static str, error: &SdkError<E, HttpResponse>) -> StoreError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match error {
        SdkError::TimeoutError(_) => StoreError::Timeout { doing },
        SdkError::DispatchFailure(failed) if failed.is_timeout() => StoreError::Timeout { doing },
        SdkError::DispatchFailure(failed) => {
            let detail = failed
                .as_connector_error()
                .map_or_else(|| "no answer".to_owned(), |error| chain(error));
            StoreError::Unreachable { doing, detail }
        }
        SdkError::ServiceError(_) => refusal(doing, error),
        SdkError::ResponseError(_) if is_server_trouble(status(error)) => refusal(doing, error),
        SdkError::ResponseError(_) => StoreError::BadAnswer { doing, detail: chain(error) },
        _ => StoreError::Failed { doing, detail: chain(error) },
    }
}

fn refusal<E>(doing: &'static str, error: &SdkError<E, HttpResponse>) -> StoreError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let (code, status) = (code(error).unwrap_or_default(), status(error));
    let detail = match (code, message(error), status) {
        ("", "", Some(status)) => format!("HTTP {status}"),
        ("", message, _) => message.to_owned(),
        (code, "", _) => code.to_owned(),
        (code, message, _) => format!("{code}: {message}"),
    };
    match (code, status) {
        ("NoSuchBucket", _) => StoreError::Missing(detail),
        ("NotImplemented" | "MethodNotAllowed", _) | (_, Some(405 | 501)) => {
            StoreError::Unsupported { doing, detail }
        }
        (code, _) if is_busy(code) => {
            StoreError::Busy { doing, detail, retry_after: retry_after(error) }
        }
        (_, status) if is_server_trouble(status) => {
            StoreError::Busy { doing, detail, retry_after: retry_after(error) }
        }
        (_, Some(401 | 403)) => StoreError::Denied { doing, detail },
        // A HEAD has no words: it is the bucket that is not there.
        ("" | "NotFound", Some(404)) => StoreError::Missing(detail),
        _ => StoreError::Failed { doing, detail },
    }
}

/// Codes that mean: later.
fn is_busy(code: &str) -> bool {
    matches!(
        code,
        "SlowDown"
            | "InternalError"
            | "ServiceUnavailable"
            | "RequestTimeout"
            | "OperationAborted"
            | "Throttling"
            | "ThrottlingException"
            | "RequestLimitExceeded"
            | "TooManyRequests"
    )
}

fn is_server_trouble(status: Option<u16>) -> bool {
    matches!(status, Some(408 | 429 | 500 | 502 | 503 | 504))
}

/// The status of an answer, if there was one.
pub fn status<E>(error: &SdkError<E, HttpResponse>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}

/// The code of a refusal, if there was one.
pub fn code<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Option<&str> {
    error.as_service_error()?.code().filter(|code| !code.is_empty())
}

/// The words of a refusal.
pub fn message<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> &str {
    error.as_service_error().and_then(|error| error.message()).unwrap_or_default()
}

fn retry_after<E>(error: &SdkError<E, HttpResponse>) -> Option<Duration> {
    let told = error.raw_response()?.headers().get("retry-after")?;
    told.trim().parse().ok().map(Duration::from_secs)
}

/// What the answer to a batch says of each object that it mentions.
pub fn outcomes(answer: &DeleteObjectsOutput) -> HashMap<ObjectVersion, Outcome> {
    let mut outcomes = HashMap::new();
    for deleted in answer.deleted() {
        let Some(object) = object(deleted.key(), deleted.version_id()) else { continue };
        // A version that was itself a marker is told with that word too, but it is gone.
        let is_covered = object.version.is_none() && deleted.delete_marker() == Some(true);
        let outcome = if is_covered { Outcome::Hidden } else { Outcome::Deleted };
        outcomes.insert(object, outcome);
    }
    // Order: last, so that of an object named twice the bad news stays.
    for error in answer.errors() {
        let Some(object) = object(error.key(), error.version_id()) else { continue };
        let (code, message) = (error.code().unwrap_or(""), error.message().unwrap_or(""));
        outcomes.insert(object, outcome(code, message));
    }
    outcomes
}

fn object(key: Option<&str>, version: Option<&str>) -> Option<ObjectVersion> {
    let key = ObjectKey::new(key?).ok()?;
    Some(ObjectVersion { key, version: version.and_then(VersionId::told) })
}

/// What an error about one key means.
pub fn outcome(code: &str, message: &str) -> Outcome {
    let reason = match (code, message) {
        (code, "") => code.to_owned(),
        (code, message) => format!("{code}: {message}"),
    };
    let says_locked = || {
        let words = message.to_ascii_lowercase();
        ["object lock", "object-lock", "worm", "retention", "legal hold"]
            .iter()
            .any(|word| words.contains(word))
    };
    match code {
        "NoSuchKey" | "NoSuchVersion" => Outcome::Absent,
        "ObjectLocked" => Outcome::Locked { reason },
        "AccessDenied" | "InvalidRequest" if says_locked() => Outcome::Locked { reason },
        "AccessDenied" | "AllAccessDisabled" => Outcome::Denied { reason },
        "InvalidArgument" | "KeyTooLongError" | "InvalidURI" => Outcome::Unreadable { reason },
        _ => Outcome::Failed { reason, retry_after: None },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_become_outcomes() {
        let is_denied = |outcome| matches!(outcome, Outcome::Denied { .. });
        let is_locked = |outcome| matches!(outcome, Outcome::Locked { .. });
        assert!(is_denied(outcome("AccessDenied", "Access Denied")));
        let words = "Access Denied because object protected by object lock.";
        assert!(is_locked(outcome("AccessDenied", words)));
        assert!(is_locked(outcome("InvalidRequest", "Object is WORM protected")));
        for code in ["NoSuchKey", "NoSuchVersion"] {
            assert_eq!(outcome(code, ""), Outcome::Absent);
        }
        for code in ["InternalError", "SlowDown", "ServiceUnavailable", "RequestTimeout", "Odd"] {
            assert!(outcome(code, "later").is_transient(), "{code}");
        }
    }
}
