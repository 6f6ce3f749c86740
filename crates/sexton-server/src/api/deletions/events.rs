//! `GET /api/systems/{system}/deletions/{id}/events`.
//!
//! What is sent is what is stored, each time it has changed, so any server can go on where another
//! left off: the id of an event is a hash of what it says.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use futures_util::stream::unfold;
use sexton_api::{Deletion, DeletionEvent};
use sexton_core::names::DeletionId;
use sexton_engine::System;
use tokio::sync::watch;

use super::answer::LOOK_EVERY;
use super::shown::{found, shown};
use crate::extract::{Asker, Place};
use crate::failure::Failure;
use crate::service::Service;

/// A deletion each time it has changed, until it is at its end. `Last-Event-ID` goes on behind
/// that event.
#[utoipa::path(get, path = "/api/systems/{system}/deletions/{id}/events", tag = "deletions",
    params(
        ("system" = String, Path, description = "The system"),
        ("id" = String, Path, description = "The deletion"),
        ("Last-Event-ID" = Option<String>, Header, description = "The last event that was read"),
    ),
    responses((status = 200, description = "Events `deletion`, each a Deletion as JSON", body = DeletionEvent, content_type = "text/event-stream")))]
pub async fn events(
    State(service): State<Arc<Service>>,
    Asker(identity): Asker,
    Place((name, id)): Place<(String, String)>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Failure> {
    let system = service.system(&name, &identity)?.clone();
    let deletion = found(&system, &id, &identity).await?.row.id;
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
    let following =
        Following { system, deletion, last, is_over: false, stopping: service.stopping() };
    let events = unfold(following, async |mut following| {
        let event = following.next().await?;
        Some((Ok(event), following))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

/// Somebody who follows a deletion.
struct Following {
    system: Arc<System>,
    deletion: DeletionId,
    /// The event that was sent last.
    last: Option<String>,
    is_over: bool,
    stopping: watch::Receiver<bool>,
}

impl Following {
    /// The next change; nothing once it is at its end, or the server is.
    async fn next(&mut self) -> Option<Event> {
        while !self.is_over {
            // Whoever follows comes again, where the database is away.
            let deletion = shown(self.system.status(&self.deletion).await.ok()??);
            self.is_over = deletion.is_ended;
            let (id, event) = told(&deletion)?;
            if self.last.as_ref() != Some(&id) {
                self.last = Some(id);
                return Some(event);
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                _ = self.stopping.wait_for(|is_stopped| *is_stopped) => return None,
            }
        }
        None
    }
}

fn told(deletion: &Deletion) -> Option<(String, Event)> {
    let text = serde_json::to_string(deletion).ok()?;
    let hash = blake3::hash(text.as_bytes()).to_hex();
    let id = hash.get(..16)?.to_owned();
    Some((id.clone(), Event::default().event("deletion").id(id).data(text)))
}
