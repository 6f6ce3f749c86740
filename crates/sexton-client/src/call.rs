//! Every call of the API as a value: what is sent, and how often the same.

use std::time::Duration;

use reqwest::Method;
use serde::Serialize;
use serde_json::Value;
use sexton_api::{
    AskDeletion, AskHold, AskPause, AskPreview, AskRelease, AskRetentionPreview, AskRetentionRun,
    AskSweep, AskTakeBack,
};

/// So many are asked for at once.
pub(crate) const PAGE: u32 = 100;

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub method: Method,
    pub path: String,
    pub query: Vec<(&'static str, String)>,
    pub body: Option<Value>,
    /// How long the answer may take, where the caller says.
    pub wait: Option<Duration>,
    /// By what the server knows it when it is sent again.
    pub key: Option<String>,
}

impl Call {
    fn get(parts: &[&str]) -> Self {
        let path = path(parts);
        Self { method: Method::GET, path, query: Vec::new(), body: None, wait: None, key: None }
    }

    fn post(parts: &[&str], body: &impl Serialize) -> Self {
        let body = serde_json::to_value(body).expect("requests are plain text and numbers");
        let key = Some(random_key());
        Self { method: Method::POST, body: Some(body), key, ..Self::get(parts) }
    }

    fn with(mut self, name: &'static str, value: Option<&str>) -> Self {
        self.query.extend(value.map(|value| (name, value.to_owned())));
        self
    }

    fn paged(self, limit: u32) -> Self {
        self.with("limit", Some(&limit.to_string()))
    }
}

/// Every system that the key may see.
pub(crate) fn systems() -> Call {
    Call::get(&["systems"])
}

/// The things of a system.
pub(crate) fn things(system: &str) -> Call {
    Call::get(&["systems", system, "things"])
}

/// A page of a thing's rows, newest first.
pub(crate) fn rows(system: &str, thing: &str, query: Option<&str>) -> Call {
    Call::get(&["systems", system, "things", thing]).with("q", query).paged(PAGE)
}

/// One row of a thing.
pub(crate) fn row(system: &str, thing: &str, id: &str) -> Call {
    Call::get(&["systems", system, "things", thing, id])
}

/// Asks those at work on a thing to stop; deletes nothing.
pub(crate) fn cancel(system: &str, thing: &str, id: &str) -> Call {
    Call::post(&["systems", system, "things", thing, id, "cancel"], &nothing())
}

/// What a deletion would do.
pub(crate) fn preview(system: &str, ask: &AskPreview) -> Call {
    Call::post(&["systems", system, "previews"], ask)
}

/// Deletes.
pub(crate) fn delete(
    system: &str,
    ask: &AskDeletion,
    wait: Option<Duration>,
    key: Option<String>,
) -> Call {
    let call = Call::post(&["systems", system, "deletions"], ask);
    let key = key.or(call.key);
    Call { wait, key, ..call }
}

/// A page of a system's deletions, newest first.
pub(crate) fn deletions(system: &str) -> Call {
    Call::get(&["systems", system, "deletions"]).paged(PAGE)
}

/// A deletion as it is now.
pub(crate) fn deletion(system: &str, id: &str) -> Call {
    Call::get(&["systems", system, "deletions", id])
}

/// The verified outcome of a deletion.
pub(crate) fn receipt(system: &str, id: &str) -> Call {
    Call::get(&["systems", system, "deletions", id, "receipt"])
}

/// Tries again now what a deletion still has to do.
pub(crate) fn retry(system: &str, id: &str) -> Call {
    Call::post(&["systems", system, "deletions", id, "retry"], &nothing())
}

/// Takes a deletion back before anything is gone.
pub(crate) fn withdraw(system: &str, id: &str, ask: &AskTakeBack) -> Call {
    Call::post(&["systems", system, "deletions", id, "withdraw"], ask)
}

/// Gives back what a deletion has hidden.
pub(crate) fn restore(system: &str, id: &str) -> Call {
    Call::post(&["systems", system, "deletions", id, "restore"], &nothing())
}

/// A page of holds, the latest first.
pub(crate) fn holds(system: &str, all: bool) -> Call {
    Call::get(&["systems", system, "holds"]).with("all", all.then_some("true")).paged(PAGE)
}

/// One hold.
pub(crate) fn hold(system: &str, id: &str) -> Call {
    Call::get(&["systems", system, "holds", id])
}

/// Puts a hold.
pub(crate) fn put_hold(system: &str, ask: &AskHold) -> Call {
    Call::post(&["systems", system, "holds"], ask)
}

/// Ends a hold.
pub(crate) fn release(system: &str, id: &str, ask: &AskRelease) -> Call {
    Call::post(&["systems", system, "holds", id, "release"], ask)
}

/// What is paused.
pub(crate) fn pauses(system: &str) -> Call {
    Call::get(&["systems", system, "pauses"])
}

/// Pauses background work.
pub(crate) fn pause(system: &str, ask: &AskPause) -> Call {
    Call::post(&["systems", system, "pauses"], ask)
}

/// Ends a pause.
pub(crate) fn lift(system: &str, ask: &AskPause) -> Call {
    Call::post(&["systems", system, "pauses", "lift"], ask)
}

/// The rules that delete by age.
pub(crate) fn rules(system: &str) -> Call {
    Call::get(&["systems", system, "retention"])
}

/// One rule that deletes by age.
pub(crate) fn rule(system: &str, rule: &str) -> Call {
    Call::get(&["systems", system, "retention", rule])
}

/// What a rule would delete.
pub(crate) fn due(system: &str, rule: &str, ask: &AskRetentionPreview) -> Call {
    Call::post(&["systems", system, "retention", rule, "preview"], ask)
}

/// Runs a rule.
pub(crate) fn retain(system: &str, rule: &str, ask: &AskRetentionRun) -> Call {
    Call::post(&["systems", system, "retention", rule, "run"], ask)
}

/// What becomes of a deletion, as it happens.
pub(crate) fn events(system: &str, id: &str) -> Call {
    Call::get(&["systems", system, "deletions", id, "events"])
}

/// The latest records of the audit.
pub(crate) fn records(system: &str, limit: u32) -> Call {
    Call::get(&["systems", system, "audit"]).paged(limit)
}

/// Whether the chain of records is whole.
pub(crate) fn verification(system: &str) -> Call {
    Call::get(&["systems", system, "audit", "verification"])
}

/// Begins a sweep.
pub(crate) fn sweep(system: &str, ask: &AskSweep) -> Call {
    Call::post(&["systems", system, "sweeps"], ask)
}

/// The last sweep.
pub(crate) fn latest_sweep(system: &str) -> Call {
    Call::get(&["systems", system, "sweeps", "latest"])
}

/// A body that says nothing: whatever changes something has one.
fn nothing() -> Value {
    Value::Object(serde_json::Map::new())
}

/// A path of segments, each of them as it is: an id may hold a slash.
fn path(parts: &[&str]) -> String {
    let mut path = String::from("/api");
    for part in parts {
        path.push('/');
        for byte in part.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    path.push(char::from(byte));
                }
                byte => {
                    path.push('%');
                    path.push_str(&data_encoding::HEXUPPER.encode(&[byte]));
                }
            }
        }
    }
    path
}

/// A key that no other request has.
fn random_key() -> String {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("no system that runs this is without randomness");
    data_encoding::HEXLOWER.encode(&bytes)
}

#[cfg(test)]
mod tests;
