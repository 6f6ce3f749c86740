//! What a deletion promises those who are told of its rows, read while the rows are there.

use std::collections::BTreeMap;

use sexton_core::intent::IntentKind;
use sexton_core::names::{IntentId, SystemName};
use sexton_core::plan::{Told, Words};
use sexton_core::policy::Call;

use super::admit::Admitted;
use super::change::ChangeError;
use crate::outcome::DeleteError;
use crate::ports::{DatabaseError, NewIntent, Tx};
use crate::reap::Calling;
use crate::system::System;
use crate::walk::Walk;

/// PostgreSQL carries no longer message to those who listen.
const MESSAGE_BYTES_MAX: usize = 7_999;

/// What is promised, and what is sent with the commit.
#[derive(Debug, Default)]
pub(super) struct Promised {
    intents: Vec<NewIntent>,
    messages: Vec<(String, Vec<String>)>,
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
        let words = Words {
            actor: admitted.stored.actor.as_str(),
            deletion: deletion.as_str(),
            thing: admitted.stored.thing.as_str(),
        };
        for recording in &plan.steps.record {
            let Told::Hook(hook) = &recording.told;
            if self.calls_nobody(&hook.call) {
                continue;
            }
            let rows = walk.rows(&recording.statement, u64::MAX).await?;
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
        if uncalled.is_empty() { Ok(promised) } else { Err(ChangeError::Uncalled(uncalled)) }
    }

    /// Whether the call is left out, as the policy says, because its variable is not set.
    fn calls_nobody(&self, call: &Call) -> bool {
        match call {
            Call::Variable { name, is_optional: true } => !self.caller.is_set(name),
            _ => false,
        }
    }

    fn intent(&self, call: &Calling) -> NewIntent {
        let word = data_encoding::BASE32_NOPAD.encode(&self.surroundings.entropy.unique());
        let target = serde_json::to_string(&call.target).expect("a target is plain text");
        NewIntent {
            id: IntentId::new(["int_", &word.to_lowercase()].concat()),
            kind: IntentKind::Hook,
            rule: call.hook.to_string(),
            target,
            after_secs: 0,
        }
    }
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

    /// How many calls each hook is promised.
    pub fn counts(&self) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for intent in &self.intents {
            *counts.entry(intent.rule.clone()).or_default() += 1;
        }
        counts
    }

    /// Stores it with the rows.
    pub async fn store(
        &self,
        system: &SystemName,
        admitted: &Admitted,
        tx: &mut dyn Tx,
    ) -> Result<(), DatabaseError> {
        if !self.intents.is_empty() {
            tx.insert_intents(system, &admitted.stored.id, &self.intents).await?;
        }
        for (channel, messages) in &self.messages {
            tx.notify(channel, messages).await?;
        }
        Ok(())
    }
}
