//! What is answered to an outcome: status, headers and bytes.

use serde_json::{Value, json};

use super::facts::Facts;
use crate::policy::{Answer, Outcome, Policy, Reply, Route};
use crate::template::{Form, Text, ValuePath};

/// An answer, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: Vec<(String, String)>,
    /// Its body; empty where nothing is sent.
    pub body: Vec<u8>,
}

/// What this route of the policy answers to an outcome.
pub fn answer(policy: &Policy, route: &Route, outcome: Outcome, facts: &Facts) -> Answered {
    let (told, answer) = resolved(policy, route, outcome, facts);
    let own = |text: Option<&Text>, else_said: String| {
        let said = text.map(|text| spoken(text, &|path| facts.value(path)));
        said.unwrap_or(else_said)
    };
    let message = facts.message_of(outcome);
    // `{message}` in an answer's own message is the sentence that tells why.
    let facts = Facts { message: message.clone(), ..facts.clone() };
    let code = own(answer.and_then(|answer| answer.code.as_ref()), outcome.code());
    let written = answer.and_then(|answer| answer.message.as_ref());
    let message = match written {
        Some(text) => spoken(text, &|path| said(path, &facts, &code, &message)),
        None => message,
    };
    let value = |path: &ValuePath| said(path, &facts, &code, &message);
    let status = answer.and_then(|answer| answer.status.as_ref()).map(|status| status.value);
    let status = status.unwrap_or_else(|| told.status());
    let mut headers: Vec<(String, String)> = Vec::new();
    for (name, text) in answer.iter().flat_map(|answer| &answer.headers) {
        let value = header(&spoken(text, &value));
        if !value.is_empty() {
            headers.push((name.clone(), value));
        }
    }
    let own_body = answer.and_then(|answer| answer.body.as_ref());
    let shared = policy.replies.envelope.as_ref().filter(|_| outcome != Outcome::Done);
    let document = match own_body.or(shared) {
        Some(form) => Some(form.fill(&value)),
        None if outcome == Outcome::Done => None,
        None => Some(json!({ "code": code, "message": message })),
    };
    let body = document.filter(|_| !matches!(status, 204 | 205 | 304));
    let body = body.map(|document| document.to_string().into_bytes()).unwrap_or_default();
    let is_typed = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    if !body.is_empty() && !is_typed {
        headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
    }
    Answered { status, headers, body }
}

/// The outcome that is answered in the end, and by what.
pub(super) fn resolved<'a>(
    policy: &'a Policy,
    route: &'a Route,
    outcome: Outcome,
    facts: &Facts,
) -> (Outcome, Option<&'a Answer>) {
    let guard = facts.refusal.as_ref().and_then(|refusal| refusal.guard.as_deref());
    let guard = guard.filter(|_| outcome == Outcome::Refused);
    let mut told = outcome;
    let mut reply = [&route.replies, &policy.replies].into_iter().find_map(|replies| {
        guard.and_then(|guard| replies.to_guard(guard)).or_else(|| replies.to(told))
    });
    // `check` refuses circles; whoever serves a policy all the same must come to an end.
    for _ in Outcome::ALL {
        match reply {
            Some(Reply::Own(answer)) => return (told, Some(answer)),
            Some(Reply::Like(other)) => {
                told = other.value;
                reply = route.replies.to(told).or_else(|| policy.replies.to(told));
            }
            None => break,
        }
    }
    (told, None)
}

fn said(path: &ValuePath, facts: &Facts, code: &str, message: &str) -> Value {
    match path.names.as_slice() {
        [word] if word == "code" => code.into(),
        [word] if word == "message" => message.into(),
        _ => facts.value(path),
    }
}

/// Text as it is read; empty where it would say nothing.
fn spoken(text: &Text, value: &dyn Fn(&ValuePath) -> Value) -> String {
    match Form::Text(text.clone()).fill(value) {
        Value::Null => String::new(),
        Value::String(text) => text,
        value => value.to_string(),
    }
}

/// A value that ends no header: what is no sign of a text becomes a space.
fn header(text: &str) -> String {
    let sign = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().map(sign).collect::<String>().trim().to_owned()
}
