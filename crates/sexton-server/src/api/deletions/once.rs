//! A deletion that was asked for before with the same key.

use sexton_core::lifecycle::State;
use sexton_core::names::DeletionId;
use sexton_engine::ports::KeptRequest;
use sexton_engine::{Once, System};

use crate::acts::once::reused;
use crate::failure::Failure;
use crate::outcome::Outcome;

/// The deletion that the same request has made.
pub(super) fn same(once: &Once, known: KeptRequest) -> Result<DeletionId, Failure> {
    match known.deletion {
        Some(deletion) if known.body == once.body => Ok(deletion),
        Some(deletion) => Err(reused().about(&deletion)),
        None => Err(reused()),
    }
}

/// What was answered before, if it was a refusal: told from what is stored.
pub(super) async fn refused_before(system: &System, id: &DeletionId) -> Result<(), Failure> {
    let status = system.status(id).await?;
    let Some(row) = status.map(|status| status.row).filter(|row| row.state == State::Refused)
    else {
        return Ok(());
    };
    let note = row.note.as_deref().and_then(|note| serde_json::from_str(note).ok());
    let note: serde_json::Value = note.unwrap_or_default();
    let outcome = note["outcome"].as_str().and_then(Outcome::of_word).unwrap_or(Outcome::Failed);
    let message = note["message"].as_str().unwrap_or_default();
    Err(Failure::by(outcome).because(message).about(id))
}
