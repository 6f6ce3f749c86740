//! What a deletion promises those who are told of its rows, read while the rows are there.
//!
//! A line of the log may say how many rows went, which is known only once they have gone: what is
//! read of rows is kept until then.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sexton_core::fence::key_text;
use sexton_core::intent::IntentKind;
use sexton_core::line::{Failing, Later, LineOf, StoredLine};
use sexton_core::names::IntentId;
use sexton_core::plan::{EventPlan, Recording, Told, Why, Words};
use sexton_core::policy::{Call, On};
use sexton_core::preview::{Blocker, BlockerKind};

use super::admit::Admitted;
use super::change::ChangeError;
use super::record::outcome;
use crate::outcome::DeleteError;
use crate::ports::{DatabaseError, NewIntent, Row};
use crate::reap::Calling;
use crate::system::System;
use crate::walk::Walk;

/// PostgreSQL carries no longer message to those who listen.
const MESSAGE_BYTES_MAX: usize = 7_999;

/// What is promised, and what is sent with the commit.
#[derive(Debug, Default)]
pub(crate) struct Promised {
    intents: Vec<NewIntent>,
    /// How many names of objects each rule found.
    objects: BTreeMap<String, u64>,
    messages: Vec<(String, Vec<String>)>,
    /// Events, by their place among what the plan reads, and what was read for each.
    told: Vec<(usize, Vec<Row>)>,
}

impl System {
    /// Reads what is said of rows that go.
    ///
    /// Race: rows are locked by now, so whoever must be told before they go is told of exactly
    /// these: a row that nobody was told of takes the transaction back until somebody was.
    pub(super) async fn promise(
        &self,
        admitted: &Admitted,
        walk: &mut Walk<'_>,
    ) -> Result<Promised, ChangeError> {
        let (mut promised, mut uncalled) = (Promised::default(), Vec::new());
        let plan = walk.plan;
        let deletion = &admitted.stored.id;
        let words = words(admitted, "", &[]);
        for (at, recording) in plan.steps.record.iter().enumerate() {
            let hook = match &recording.told {
                Told::Hook(hook) => hook,
                Told::Event(event) => {
                    if self.is_told_of(event) {
                        promised.told.push((at, read(recording, walk).await?));
                    }
                    continue;
                }
            };
            if self.calls_nobody(&hook.call) {
                continue;
            }
            let rows = read(recording, walk).await?;
            for body in recording.bodies(&rows, words) {
                match (&hook.call, Calling::of(hook, body.clone())) {
                    (Call::Notify(channel), _) => {
                        let message = message(hook.name.as_str(), body.to_string())?;
                        promised.send(channel, message);
                    }
                    (_, Some(call)) if hook.before => {
                        if !admitted.called.contains(&call.key(deletion)) {
                            uncalled.push(call);
                        }
                    }
                    (_, Some(call)) => promised.intents.push(self.intent(&call)),
                    (_, None) => {}
                }
            }
        }
        // Order: an object that cannot be named refuses before anybody is called.
        promised.objects = self.promise_objects(walk, &mut promised.intents).await?;
        if uncalled.is_empty() { Ok(promised) } else { Err(ChangeError::Uncalled(uncalled)) }
    }

    /// Whether the call is left out, as the policy says, because its variable is not set.
    pub(crate) fn calls_nobody(&self, call: &Call) -> bool {
        match call {
            Call::Variable { name, is_optional: true } => !self.caller.is_set(name),
            _ => false,
        }
    }

    /// Whether an event is told of a deletion that commits, and somebody keeps a log.
    fn is_told_of(&self, event: &EventPlan) -> bool {
        self.log.is_some() && event.on.is_committed()
    }

    fn intent(&self, call: &Calling) -> NewIntent {
        let target = serde_json::to_string(&call.target).expect("a target is plain text");
        self.new_intent(IntentKind::Hook, call.hook.to_string(), target)
    }

    pub(super) fn new_intent(&self, kind: IntentKind, rule: String, target: String) -> NewIntent {
        let word = data_encoding::BASE32_NOPAD.encode(&self.surroundings.entropy.unique());
        let id = IntentId::new(["int_", &word.to_lowercase()].concat());
        NewIntent { id, kind, rule, target, after_secs: 0 }
    }

    /// The lines of events that wait for these rows to be gone, as intents.
    fn lines(
        &self,
        admitted: &Admitted,
        walk: &Walk<'_>,
        promised: &Promised,
        removed: &[(String, u64)],
    ) -> Vec<NewIntent> {
        let at = self.surroundings.clock.now().to_string();
        let mut intents = Vec::new();
        for (place, rows) in &promised.told {
            let recording = &walk.plan.steps.record[*place];
            let Told::Event(event) = &recording.told else { continue };
            for (root, rows) in by_root(recording, event, rows, admitted) {
                let said = recording.fields(&rows, words(admitted, &root, removed));
                for ((fields, later), row) in said.into_iter().zip(&rows) {
                    let deletion = Some(admitted.stored.id.as_str());
                    let line = line(event.name.as_str(), deletion, &at, fields);
                    let kind = kind_of(&event.on, &later);
                    let of = event.of_row.as_ref().map(|table| LineOf {
                        table: table.to_string(),
                        key: key_of(recording, row),
                    });
                    let stored = StoredLine { line, later, on: failing(&event.on), of };
                    intents.push(self.new_intent(kind, event.name.to_string(), stored.text()));
                }
            }
        }
        intents
    }

    /// Tells what became of a deletion that did not happen, where the policy has an event for it.
    pub(super) fn tell_refusal(&self, admitted: &Admitted, error: &DeleteError) {
        let Some(log) = &self.log else { return };
        let message = error.to_string();
        let roots = admitted.roots.written();
        let at = self.surroundings.clock.now().to_string();
        for recording in &admitted.ready.plan.steps.record {
            let Told::Event(event) = &recording.told else { continue };
            let why = match happened(&event.on, error) {
                Happened::Refused(Blocker { count, names, subject, .. }) => {
                    Why { message: &message, count: *count, names, subject }
                }
                Happened::Failed => Why { message: &message, count: 0, names: &[], subject: &[] },
                Happened::Otherwise => continue,
            };
            for root in &roots {
                let words = Words { refusal: Some(why), ..words(admitted, root, &[]) };
                for fields in recording.bodies(&[Vec::new()], words) {
                    let id = Some(admitted.stored.id.as_str());
                    // A refusal is the answer, whether it can be logged or not.
                    log.add(&told(event.name.as_str(), id, &at, fields)).ok();
                }
            }
        }
    }
}

/// When a stored line is told.
pub(crate) fn kind_of(on: &On, later: &BTreeMap<String, Later>) -> IntentKind {
    match on {
        On::Reaped => IntentKind::LastEvent,
        On::ReapedOrWaited => IntentKind::WaitedEvent,
        On::Failing(_) if later.values().any(|later| later.says("key")) => IntentKind::KeyEvent,
        On::Failing(_) => IntentKind::FailEvent,
        On::Committed | On::Cancelled | On::Refused(_) | On::Failed => IntentKind::Event,
    }
}

fn failing(on: &On) -> Option<Failing> {
    match on {
        On::Failing(failing) => Some(*failing),
        _ => None,
    }
}

/// Whether a deletion that ended so is what an event tells of.
enum Happened<'e> {
    /// By this it was refused.
    Refused(&'e Blocker),
    Failed,
    /// Of this the event does not tell.
    Otherwise,
}

fn happened<'e>(on: &On, error: &'e DeleteError) -> Happened<'e> {
    match (on, error) {
        (On::Refused(by), DeleteError::Refused(refusal)) => {
            let mut blockers = refusal.blockers.iter();
            let blocker = blockers.find(|blocker| match by {
                Some(guard) => blocker.kind == BlockerKind::Guard && blocker.name == guard.as_str(),
                None => true,
            });
            blocker.map_or(Happened::Otherwise, Happened::Refused)
        }
        (On::Failed, error) if outcome(error) == "failed" => Happened::Failed,
        _ => Happened::Otherwise,
    }
}

/// One flat line, as it is told at once.
pub(super) fn told(event: &str, deletion: Option<&str>, at: &str, fields: Value) -> String {
    let Value::Object(fields) = fields else { return String::new() };
    Value::Object(line(event, deletion, at, fields)).to_string()
}

/// One flat line: the event's name, when, of which deletion, and what the policy has it say.
fn line(
    event: &str,
    deletion: Option<&str>,
    at: &str,
    fields: Map<String, Value>,
) -> Map<String, Value> {
    let mut line = Map::new();
    line.insert("event".to_owned(), event.into());
    line.insert("at".to_owned(), at.into());
    line.extend(deletion.map(|deletion| ("deletion".to_owned(), deletion.into())));
    for (name, value) in fields {
        line.entry(name).or_insert(value);
    }
    line
}

pub(super) fn words<'w>(
    admitted: &'w Admitted,
    root: &'w str,
    removed: &'w [(String, u64)],
) -> Words<'w> {
    Words {
        actor: admitted.stored.actor.as_str(),
        deletion: admitted.stored.id.as_str(),
        thing: admitted.stored.thing.as_str(),
        root,
        removed,
        refusal: None,
    }
}

/// What is read of the rows that somebody is told of.
async fn read(recording: &Recording, walk: &mut Walk<'_>) -> Result<Vec<Row>, DatabaseError> {
    match &recording.statement {
        Some(statement) => walk.rows(statement, u64::MAX).await,
        None => Ok(Vec::new()),
    }
}

/// The rows that an event tells of, by their roots. A root without a row of its own is told of all
/// the same, unless a condition asks for its row.
pub(super) fn by_root(
    recording: &Recording,
    event: &EventPlan,
    rows: &[Row],
    admitted: &Admitted,
) -> Vec<(String, Vec<Row>)> {
    if !event.of_root {
        return vec![(String::new(), rows.to_vec())];
    }
    let mut told: Vec<(String, Vec<Row>)> =
        rows.iter().map(|row| (key_of(recording, row), vec![row.clone()])).collect();
    let mut rowless = admitted.roots.written();
    if rows.len() < rowless.len() && !event.has_filter {
        rowless.retain(|root| !told.iter().any(|(known, _)| known == root));
        told.extend(rowless.into_iter().map(|root| (root, vec![Vec::new()])));
    }
    told
}

/// The key that stands behind all else that is read.
fn key_of(recording: &Recording, row: &Row) -> String {
    key_text(&row[row.len().saturating_sub(recording.root_key)..])
}

fn message(hook: &str, message: String) -> Result<String, ChangeError> {
    if message.len() <= MESSAGE_BYTES_MAX {
        return Ok(message);
    }
    let reason = format!(
        "what it says has {} bytes, and NOTIFY carries {MESSAGE_BYTES_MAX} at most",
        message.len()
    );
    let hook = sexton_core::names::HookName::new(hook);
    Err(ChangeError::Ended(Box::new(DeleteError::Untaken { hook, reason })))
}

impl Promised {
    fn send(&mut self, channel: &str, message: String) {
        match self.messages.iter_mut().find(|(known, _)| known == channel) {
            Some((_, messages)) => messages.push(message),
            None => self.messages.push((channel.to_owned(), vec![message])),
        }
    }

    /// Stores it with the rows, and says how much of what is promised.
    pub async fn store(
        self,
        system: &System,
        admitted: &Admitted,
        walk: &mut Walk<'_>,
        removed: &[(String, u64)],
    ) -> Result<Counts, DatabaseError> {
        let lines = system.lines(admitted, walk, &self, removed);
        let calls = self.intents.iter().filter(|intent| intent.kind == IntentKind::Hook);
        let counts =
            Counts { calls: counted(calls), objects: self.objects, events: counted(&lines) };
        let intents = [self.intents, lines].concat();
        if !intents.is_empty() {
            let (name, id) = (&system.policy.system, &admitted.stored.id);
            walk.tx.insert_intents(name, id, &intents).await?;
        }
        for (channel, messages) in &self.messages {
            walk.tx.notify(channel, messages).await?;
        }
        Ok(counts)
    }
}

/// How much is promised.
pub(crate) struct Counts {
    /// Calls, by hook.
    pub calls: BTreeMap<String, u64>,
    /// Names of objects, by rule.
    pub objects: BTreeMap<String, u64>,
    /// Lines of the log, by event.
    pub events: BTreeMap<String, u64>,
}

fn counted<'i>(intents: impl IntoIterator<Item = &'i NewIntent>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for intent in intents {
        *counts.entry(intent.rule.clone()).or_default() += 1;
    }
    counts
}
