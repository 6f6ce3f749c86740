//! Runs a rule of retention because a route says so, and adds up what went.
//!
//! The run is a task of the server: it goes on though whoever asked has gone away, and chunks that
//! are done stay done whatever comes after them. An answer waits for it, but not for ever.

use std::time::Duration;

use sexton_core::names::RetentionName;
use sexton_core::policy::Outcome;
use sexton_core::routes::Facts;
use sexton_engine::{RetainError, RetainRequest, Retained, RetentionEnd};
use tokio::sync::oneshot;

use super::carry_out::{Doing, Ended};
use super::outcomes;

/// So long an answer waits for a run; the server answers for itself a little later.
const WAITED_FOR: Duration = Duration::from_mins(1);

impl Doing<'_> {
    /// Runs a rule, for this age if one is said.
    pub(super) async fn retain(
        &self,
        rule: &str,
        older_than_secs: Option<i64>,
        mut facts: Facts,
    ) -> Ended {
        let request = RetainRequest {
            rule: RetentionName::new(rule),
            older_than_secs,
            limit: None,
            actor: self.caller.actor.clone(),
        };
        let (told, waits) = oneshot::channel();
        let system = self.system.clone();
        self.service.running.work(async move {
            // Nobody may be waiting any more.
            drop(told.send(system.retain(&request, &mut |_| {}).await));
        });
        match tokio::time::timeout(WAITED_FOR, waits).await {
            Ok(Ok(Ok(retained))) => of_run(&retained, facts),
            Ok(Ok(Err(error))) => failed(&error, facts),
            Ok(Err(_)) => {
                facts.message = String::from("the run ended without an answer");
                Ended::with(Outcome::Failed, facts)
            }
            Err(_) => {
                facts.message = format!("`{rule}` is still being run, and goes on");
                Ended::with(Outcome::Unavailable, facts)
            }
        }
    }
}

fn of_run(retained: &Retained, mut facts: Facts) -> Ended {
    facts.rows = retained.removed.iter().map(|(table, rows)| (table.clone(), *rows)).collect();
    let (outcome, message) = match retained.end {
        RetentionEnd::Done | RetentionEnd::Limit => (Outcome::Done, ""),
        RetentionEnd::Paused => (Outcome::Unavailable, "background work is paused"),
        RetentionEnd::Stopped => (Outcome::Unavailable, "the server is being stopped"),
        RetentionEnd::Lost => (Outcome::Busy, "another program has taken the rule over"),
        RetentionEnd::Failed => (Outcome::Failed, "it failed on the way; what went is gone"),
    };
    message.clone_into(&mut facts.message);
    Ended { cause: retained.failure.clone(), ..Ended::with(outcome, facts) }
}

fn failed(error: &RetainError, mut facts: Facts) -> Ended {
    let outcome = match error {
        RetainError::NoAge { .. } => Outcome::Unset,
        RetainError::BadAge { .. } => Outcome::BadBody,
        RetainError::Taken(_) => Outcome::Busy,
        RetainError::UnknownRule { .. } => Outcome::Failed,
        RetainError::Delete(error) => {
            let outcome = outcomes::of_deletion(error, &mut facts).unwrap_or(Outcome::Failed);
            return Ended { cause: Some(error.to_string()), ..Ended::with(outcome, facts) };
        }
    };
    facts.message = error.to_string();
    Ended { cause: Some(error.to_string()), ..Ended::with(outcome, facts) }
}
