//! Tells in the log what fails while promises are carried out: an object that does not go, a store
//! that gives no answer, a manifest that cannot be read.
//!
//! A line that names a key is told once for each key, and it is noted with the promise of which
//! keys it was told; any other is told once and taken away. Both happen in the transaction that
//! settles the attempt, so a program that dies in between tells it again.

use sexton_core::intent::IntentKind;
use sexton_core::line::{Failure, ObjectFacts, StoredLine};
use sexton_core::policy::{Event, On};

use super::{Begun, Ended, objects_gone};
use crate::ports::{DatabaseError, IntentRow, NewIntent, Tx};
use crate::system::System;

/// So often lines that somebody else took away are looked for again.
const RACES_MAX: u32 = 5;

/// What failed in one attempt at a promise.
struct Told<'t> {
    system: &'t System,
    begun: &'t Begun,
    failures: &'t [Failure],
    facts: ObjectFacts,
}

impl System {
    /// Whether anybody is told of what fails, and so notes what was told.
    pub(super) fn tells_failures(&self) -> bool {
        let tells = |event: &Event| matches!(event.on.value, On::Failing(_));
        self.log.is_some() && self.policy.events.iter().any(tells)
    }

    /// Tells of what failed in an attempt, which is held by whoever asks.
    pub(super) async fn tell_failures(
        &self,
        tx: &mut dyn Tx,
        ended: &Ended,
    ) -> Result<(), DatabaseError> {
        let (begun, failures) = (&ended.begun, ended.attempted.failures.as_slice());
        let (_, facts) = objects_gone(tx, &begun.deletion).await?;
        let told = Told { system: self, begun, failures, facts };
        let of_keys = tx.intents_of(&begun.deletion, IntentKind::KeyEvent).await?;
        self.add_to_log(told.lines(&of_keys, usize::MAX))?;
        for _ in 0..RACES_MAX {
            let lines = tx.intents_of(&begun.deletion, IntentKind::FailEvent).await?;
            let all = lines.len() as u64;
            let is_due =
                |stored: &IntentRow| !told.lines(std::slice::from_ref(stored), 1).is_empty();
            let (due, rest): (Vec<_>, Vec<_>) = lines.into_iter().partition(is_due);
            if due.is_empty() {
                break;
            }
            // Race: two promises of one deletion may fail in two programs at once. Who takes the
            // lines away tells them; the other one looks again for what is left.
            if tx.drop_intents(&begun.deletion, IntentKind::FailEvent).await? != all {
                continue;
            }
            let rest: Vec<NewIntent> = rest.into_iter().map(again).collect();
            if !rest.is_empty() {
                tx.insert_intents(&self.policy.system, &begun.deletion, &rest).await?;
            }
            self.add_to_log(told.lines(&due, 1))?;
            break;
        }
        Ok(())
    }
}

impl Told<'_> {
    /// What stored lines say of so many failures each. What several rows say in the same words is
    /// said once.
    fn lines(&self, stored: &[IntentRow], failures_max: usize) -> Vec<String> {
        let mut lines = Vec::new();
        for line in stored.iter().filter_map(|stored| StoredLine::read(&stored.target)) {
            let of_it = self.failures.iter().filter(|failure| self.is_of(&line, failure));
            for failure in of_it.take(failures_max) {
                let told = line.told(self.facts, Some(failure));
                if !lines.contains(&told) {
                    lines.push(told);
                }
            }
        }
        lines
    }

    /// Whether a line tells of this failure.
    fn is_of(&self, line: &StoredLine, failure: &Failure) -> bool {
        let mut rules = self.system.policy.objects.iter();
        let rule = rules.find(|rule| rule.name.as_str() == self.begun.rule);
        line.on == Some(failure.what)
            && line.of.as_ref().is_none_or(|of| {
                self.begun.row.as_ref() == Some(&of.key)
                    && rule.is_some_and(|rule| rule.of.value.to_string() == of.table)
            })
    }
}

/// A line that is kept for later.
fn again(stored: IntentRow) -> NewIntent {
    let IntentRow { id, kind, rule, target, .. } = stored;
    NewIntent { id, kind, rule, target, after_secs: 0 }
}
