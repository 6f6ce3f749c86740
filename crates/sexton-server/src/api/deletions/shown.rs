//! A stored deletion as the API shows it, and who may see it.

use sexton_api::{Deletion, Outcome, Phase, Waiting};
use sexton_core::audit::Receipt;
use sexton_core::lifecycle::State;
use sexton_core::names::DeletionId;
use sexton_engine::ports::{DeletionRow, OpenIntent};
use sexton_engine::{DeletionStatus, System};

use crate::failure::Failure;
use crate::outcome;
use crate::who::Identity;
use crate::who::access::has_built_in;

/// The deletion of this id, if they may see it: another's is as one that never was.
pub(crate) async fn found(
    system: &System,
    id: &str,
    identity: &Identity,
) -> Result<DeletionStatus, Failure> {
    let status = system.status(&DeletionId::new(id)).await?;
    let seen = status.filter(|status| {
        status.row.system == system.policy().system && may_see(&status.row, identity)
    });
    seen.ok_or_else(|| Failure::missing(format!("there is no deletion `{id}`")))
}

/// Who is of a tenant sees what was asked for in it; who has none of the built-in roles, of that
/// what they asked for themselves.
fn may_see(row: &DeletionRow, identity: &Identity) -> bool {
    let is_of_theirs = identity.tenant.is_none() || row.tenant == identity.tenant;
    is_of_theirs && (has_built_in(identity) || row.actor == identity.actor)
}

/// A stored deletion, as it is shown.
pub(crate) fn shown(status: DeletionStatus) -> Deletion {
    let DeletionStatus { row, sentence, failing, open } = status;
    let note = row.note.as_deref().and_then(|note| serde_json::from_str(note).ok());
    let note: serde_json::Value = note.unwrap_or_default();
    let receipt = receipt_of(&row);
    let waits_for = note["waiting_on"].as_str().filter(|_| !row.state.is_end());
    let mut waiting_on: Vec<Waiting> = waits_for.map(waiting_for).into_iter().collect();
    waiting_on.extend(failing.iter().map(waiting_on_intent));
    let objects = receipt.as_ref().map(|receipt| &receipt.objects_gone);
    let objects = objects.filter(|objects| !objects.is_empty());
    Deletion {
        id: row.id.to_string(),
        system: row.system.to_string(),
        thing: row.thing.to_string(),
        roots: row.roots.all().to_vec(),
        state: row.state.to_string(),
        is_ended: row.state.is_end(),
        sentence,
        actor: row.actor.to_string(),
        reason: row.reason.clone(),
        digest: row.bound_to.clone(),
        phases: phases(&row, receipt.as_ref()),
        waiting_on,
        left: Some(open).filter(|open| *open > 0),
        outcome: why_not(row.state, &note),
        objects: objects.and_then(|objects| serde_json::to_value(objects).ok()),
        rows: receipt.as_ref().map(Receipt::rows),
        removed: receipt.map(|receipt| receipt.record.removed).unwrap_or_default(),
    }
}

/// The receipt, once there is one.
pub(crate) fn receipt_of(row: &DeletionRow) -> Option<Receipt> {
    serde_json::from_str(row.receipt.as_deref()?).ok()
}

fn phases(row: &DeletionRow, receipt: Option<&Receipt>) -> Vec<Phase> {
    let phase = |state: State, at: String| Phase { state: state.to_string(), at };
    let mut phases = vec![phase(State::Requested, row.requested_at.to_string())];
    if let Some(receipt) = receipt {
        phases.push(phase(State::Committed, receipt.record.at.clone()));
        phases.push(phase(State::Complete, receipt.verified_at.clone()));
    } else if row.state != State::Requested {
        phases.push(phase(row.state, row.changed_at.to_string()));
    }
    phases
}

fn waiting_for(what: &str) -> Waiting {
    Waiting { what: what.to_owned(), attempts: 0, last_error: None, next_try_at: None }
}

fn waiting_on_intent(intent: &OpenIntent) -> Waiting {
    Waiting {
        what: intent.rule.clone(),
        attempts: intent.attempts,
        last_error: intent.reason.clone(),
        next_try_at: Some(intent.next_try.to_string()),
    }
}

fn why_not(state: State, note: &serde_json::Value) -> Option<Outcome> {
    if !matches!(state, State::Refused | State::Withdrawn) {
        return None;
    }
    let word = note["outcome"].as_str().unwrap_or("failed");
    let known = outcome::Outcome::of_word(word);
    let code = known.map_or_else(|| word.to_owned(), |known| known.code().to_owned());
    let message = note["message"].as_str().unwrap_or_default();
    Some(Outcome { code, message: message.to_owned() })
}
