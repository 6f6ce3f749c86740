//! How long a deletion is waited for, and what is answered then.
//!
//! The deletion is carried on whatever becomes of the answer: here it is only looked at.

use std::time::Duration;

use axum::Json;
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use sexton_core::lifecycle::State;
use sexton_core::names::DeletionId;
use sexton_engine::{DeleteError, DeletionStatus, System};
use tokio::sync::oneshot;

use super::shown::shown;
use crate::failure::Failure;
use crate::running::Ended;
use crate::service::Service;

/// So long it is waited for where nobody says: most refusals are known by then.
const WAIT: Duration = Duration::from_secs(2);
/// So often it is looked at, where another task or another server carries it out.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Nobody waits longer.
const WAIT_MAX_SECS: u64 = 60;

/// How long the caller wants to wait: `Prefer: wait=N`.
pub(super) fn wanted(headers: &HeaderMap) -> Duration {
    let prefers = headers.get_all("prefer").into_iter().filter_map(|value| value.to_str().ok());
    let mut wishes = prefers.flat_map(|value| value.split([',', ';']));
    let secs = wishes.find_map(|wish| {
        let (name, value) = wish.split_once('=')?;
        let is_wait = name.trim().eq_ignore_ascii_case("wait");
        is_wait.then(|| value.trim().trim_matches('"').parse::<u64>().ok()).flatten()
    });
    secs.map_or(WAIT, |secs| Duration::from_secs(secs.min(WAIT_MAX_SECS)))
}

/// Waits until the deletion ends, the time is over, or the server ends.
pub(super) async fn waited(
    service: &Service,
    ended: oneshot::Receiver<Ended>,
    wait: Duration,
) -> Option<Ended> {
    let mut stopping = service.stopping();
    tokio::select! {
        biased;
        ended = ended => ended.ok(),
        () = tokio::time::sleep(wait) => None,
        _ = stopping.wait_for(|is_stopped| *is_stopped) => None,
    }
}

/// Waits until a deletion that somebody else carries out is done with, the time is over, or the
/// server ends.
pub(super) async fn followed(
    service: &Service,
    system: &System,
    id: &DeletionId,
    wait: Duration,
) -> Result<(), Failure> {
    let mut stopping = service.stopping();
    let until = tokio::time::Instant::now() + wait;
    while tokio::time::Instant::now() < until {
        let status = system.status(id).await?;
        if status.is_none_or(|status| status.row.state.is_end()) {
            return Ok(());
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = stopping.wait_for(|is_stopped| *is_stopped) => return Ok(()),
        }
    }
    Ok(())
}

/// What has become of the deletion: it as it is stored, or why it did not happen.
pub(super) async fn answered(
    service: &Service,
    system: &System,
    id: &DeletionId,
    ended: Option<Ended>,
) -> Result<Response, Failure> {
    let status = system.status(id).await?;
    let status = status.ok_or_else(|| Failure::missing(format!("there is no deletion `{id}`")))?;
    // Whoever carried it out only sees that somebody else has it.
    if status.row.state == State::Withdrawn {
        return Err(withdrawn(&status));
    }
    if let Some(Err(error)) = ended
        && !goes_on(&error)
    {
        return Err(Failure::from(error).about(id));
    }
    let deletion = shown(status);
    let complete = deletion.is_ended;
    let code = if complete { StatusCode::CREATED } else { StatusCode::ACCEPTED };
    let path = format!("{}/api/systems/{}/deletions/{id}", service.base_path(), deletion.system);
    Ok((code, [(LOCATION, path)], Json(deletion)).into_response())
}

/// It was taken back while it was waited for.
fn withdrawn(status: &DeletionStatus) -> Failure {
    Failure::of(StatusCode::CONFLICT, "withdrawn", "It was taken back")
        .because(status.sentence.clone())
        .about(&status.row.id)
}

/// Whether the rows are gone, or may be, so that its state tells more than what failed.
pub(crate) fn goes_on(error: &DeleteError) -> bool {
    matches!(
        error,
        DeleteError::Unreaped { .. }
            | DeleteError::Unverified { .. }
            | DeleteError::Unfinished { .. }
            | DeleteError::Uncertain { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_is_what_the_caller_prefers_within_bounds() {
        for (prefer, secs) in [
            ("wait=5", 5),
            ("respond-async, wait=0", 0),
            ("Wait = \"7\"", 7),
            ("wait=9999", WAIT_MAX_SECS),
            ("wait=soon", 2),
            ("return=minimal", 2),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("prefer", prefer.parse().unwrap());
            assert_eq!(wanted(&headers), Duration::from_secs(secs), "{prefer}");
        }
    }
}
