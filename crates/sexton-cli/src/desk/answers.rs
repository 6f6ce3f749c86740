//! What a server answers, as the engine's own values, so that it is shown like them.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::Value;
use sexton_api::{AuditRecord, AuditVerification, Deletion, Outcome, Phase};
use sexton_core::audit::{Receipt, RootNames};
use sexton_core::lifecycle::State;
use sexton_core::names::{
    Actor, DeletionId, IntentId, StoreName, SystemName, ThingName, Timestamp,
};
use sexton_engine::ports::{DeletionRow, OpenIntent, Pause};
use sexton_engine::{AuditEntry, DeletionStatus};

use super::{Chain, Left};
use crate::failure::{Failure, RemoteFailure};

/// A document that another Sexton wrote.
pub fn read<T: DeserializeOwned>(what: &'static str, document: Value) -> Result<T, Failure> {
    let read = serde_json::from_value(document);
    read.map_err(|error| RemoteFailure::Unread(what, error.to_string()).into())
}

/// A receipt.
pub fn receipt(document: &Value) -> Result<Receipt, Failure> {
    read("a receipt", document.clone())
}

/// A deletion, with its receipt where it has one.
pub fn status(deletion: Deletion, receipt: Option<Value>) -> Result<DeletionStatus, Failure> {
    let state = state(&deletion)?;
    let at = |phase: Option<&Phase>| {
        let at = phase.and_then(|phase| Timestamp::of_written(&phase.at));
        at.ok_or_else(|| RemoteFailure::Unread("a deletion", "it has no times".to_owned()))
    };
    let (requested_at, changed_at) = (at(deletion.phases.first())?, at(deletion.phases.last())?);
    let failing = failing(&deletion);
    let row = DeletionRow {
        id: DeletionId::new(deletion.id),
        system: SystemName::new(deletion.system),
        thing: ThingName::new(deletion.thing),
        roots: RootNames::of(deletion.roots),
        state,
        actor: Actor::new(deletion.actor),
        reason: deletion.reason,
        bound_to: deletion.digest,
        requested_at,
        changed_at,
        // Where it was asked for, whose it is, and what is noted of it, is the server's.
        tenant: None,
        lease: String::new(),
        leased_until: Timestamp(0),
        note: None,
        receipt: receipt.map(|receipt| receipt.to_string()),
    };
    let open = deletion.left.unwrap_or_default();
    Ok(DeletionStatus { row, sentence: deletion.sentence, failing, open })
}

/// What is left of a deletion whose rows are gone.
pub fn left(deletion: &Deletion, next: (&'static str, String)) -> Result<Left, Failure> {
    let failing = failing(deletion);
    let objects = deletion.objects.clone();
    Ok(Left {
        deletion: DeletionId::new(deletion.id.as_str()),
        open: deletion.waiting_on.len().max(1) as u64,
        next_try: failing.iter().map(|promise| promise.next_try).min(),
        failing,
        objects: objects.map_or_else(|| Ok(BTreeMap::new()), |gone| read("objects", gone))?,
        next,
    })
}

/// A deletion that ended without deleting anything.
pub fn ended(deletion: Deletion) -> RemoteFailure {
    let nothing = || Outcome { code: "refused".to_owned(), message: deletion.sentence.clone() };
    let outcome = deletion.outcome.clone().unwrap_or_else(nothing);
    RemoteFailure::Ended(outcome, deletion.id)
}

/// A pause.
pub fn pause(pause: sexton_api::Pause) -> Option<Pause> {
    let at = Timestamp::of_written(&pause.at)?;
    let store = pause.store.map(StoreName::new);
    Some(Pause { store, actor: pause.actor, reason: pause.reason, at })
}

/// A record of the audit.
pub fn entry(record: AuditRecord) -> Result<AuditEntry, Failure> {
    let AuditRecord { seq, hash, record } = record;
    Ok(AuditEntry { seq, hash, record: read("a record", record)? })
}

/// What is wrong with the chain.
pub fn chain(found: AuditVerification) -> Chain {
    let faults = found.faults.into_iter().map(|fault| (fault.clone(), Value::String(fault)));
    Chain {
        records: found.records,
        unsealed: found.unsealed,
        head: found.head,
        faults: faults.collect(),
    }
}

fn state(deletion: &Deletion) -> Result<State, RemoteFailure> {
    let unknown = || {
        let why = format!("this program does not know the state `{}`", deletion.state);
        RemoteFailure::Unread("a deletion", why)
    };
    State::from_word(&deletion.state).ok_or_else(unknown)
}

/// What was tried before and will be tried again. Its own name stays with the server.
fn failing(deletion: &Deletion) -> Vec<OpenIntent> {
    let tried = deletion.waiting_on.iter().filter_map(|waiting| {
        let next_try = waiting.next_try_at.as_deref().and_then(Timestamp::of_written)?;
        Some(OpenIntent {
            id: IntentId::new(""),
            rule: waiting.what.clone(),
            attempts: waiting.attempts,
            reason: waiting.last_error.clone(),
            next_try,
        })
    });
    tried.collect()
}
