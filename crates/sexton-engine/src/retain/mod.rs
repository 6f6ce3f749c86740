//! Deletes by age, as rules of the policy say: finds what is due, and deletes root by root.
//!
//! Each root is an ordinary deletion, with its own guards, holds, work, limits, record and receipt;
//! whether it is due is judged once more under its lock. A root that refuses stops nobody: it is
//! passed by for the rest of the run, tried last by the next one, and left alone for longer each
//! time it refuses again.
//!
//! Invariants: a rule is run by one program at a time, under a lease by the database's clock; what
//! is paused, or asked to stop, begins no further root.
//! Not here: which statements find what is due (`plan::retaining`).

mod look;
mod run;

use std::collections::BTreeMap;

use sexton_core::finding::did_you_mean;
use sexton_core::names::{Actor, RetentionName};
use sexton_core::plan::{Retaining, retaining};
use sexton_core::policy::{OlderThan, Retention};
use tokio::sync::watch;

use crate::outcome::{DeleteError, EngineError};
use crate::ports::{DatabaseError, Mode, RuleRow};
use crate::system::System;

pub use look::{RetentionLook, RetentionSample};
pub use run::{Retained, RetentionEnd};

/// Who deletes by age where no person does.
pub const WORKER: &str = "sexton";

/// A run asked for.
#[derive(Debug, Clone)]
pub struct RetainRequest {
    /// The rule.
    pub rule: RetentionName,
    /// Older than so many seconds, whatever the rule says.
    pub older_than_secs: Option<i64>,
    /// No more roots than these are deleted.
    pub limit: Option<u64>,
    /// Who asks.
    pub actor: Actor,
}

/// Why a rule was not run.
#[derive(Debug, thiserror::Error)]
pub enum RetainError {
    /// The policy has no such rule.
    #[error("there is no rule `{rule}` under [retention]; there is {known}")]
    UnknownRule {
        /// What was asked for.
        rule: RetentionName,
        /// The nearest name, if one is near.
        near: Option<String>,
        /// All names, for people.
        known: String,
    },
    /// Nobody says how old.
    #[error("`{rule}` says no age: the variable {variable} is not set, or 0")]
    NoAge {
        /// The rule.
        rule: RetentionName,
        /// The variable that would say it.
        variable: String,
    },
    /// An age that is none, or of a rule that does not go by age.
    #[error("`{rule}` cannot be run so: {why}")]
    BadAge {
        /// The rule.
        rule: RetentionName,
        /// Why not.
        why: &'static str,
    },
    /// Somebody runs it now, or it is not due.
    #[error("`{0}` is being run by another program")]
    Taken(RetentionName),
    /// What deletions say.
    #[error(transparent)]
    Delete(#[from] DeleteError),
}

impl From<EngineError> for RetainError {
    fn from(error: EngineError) -> Self {
        Self::Delete(error.into())
    }
}

impl From<DatabaseError> for RetainError {
    fn from(error: DatabaseError) -> Self {
        Self::Delete(error.into())
    }
}

/// How a rule stands.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleStatus {
    /// The rule as the policy has it.
    pub rule: Retention,
    /// Its age in seconds, where it has one that is known.
    pub over_secs: Option<i64>,
    /// Whether workers run it: its age is known, or it has none.
    pub is_scheduled: bool,
    /// How it was run, if it ever was.
    pub row: Option<RuleRow>,
}

impl System {
    /// Every rule, in the file's order, and how it stands.
    pub async fn retention(&self) -> Result<Vec<RuleStatus>, DeleteError> {
        let rows = if self.policy.retention.is_empty() || !self.has_history().await? {
            Vec::new()
        } else {
            let mut tx = self.database.begin(Mode::Look { budget: None }).await?;
            let rows = tx.rule_rows(&self.policy.system).await?;
            tx.rollback().await?;
            rows
        };
        let status = |rule: &Retention| RuleStatus {
            over_secs: self.age_of(rule),
            is_scheduled: rule.age.is_none() || self.age_of(rule).is_some(),
            row: rows.iter().find(|row| row.rule == rule.name).cloned(),
            rule: rule.clone(),
        };
        Ok(self.policy.retention.iter().map(status).collect())
    }

    /// Runs every rule that is due and that nobody else runs.
    pub(crate) async fn retain_due(
        &self,
        stop: &watch::Receiver<bool>,
    ) -> Result<Vec<Retained>, DeleteError> {
        let mut done = Vec::new();
        let due = self.retention().await?.into_iter().filter(|status| {
            status.is_scheduled && status.row.as_ref().is_none_or(|row| row.is_due)
        });
        for status in due {
            if *stop.borrow() {
                break;
            }
            let request = RetainRequest {
                rule: status.rule.name,
                older_than_secs: None,
                limit: None,
                actor: Actor::new(WORKER),
            };
            match self.run_due(&request, stop).await {
                Ok(retained) => done.push(retained),
                // Another program was faster.
                Err(RetainError::Taken(_)) => {}
                Err(RetainError::Delete(error)) => {
                    done.push(Retained::failed(&request.rule, &error));
                }
                Err(error) => done.push(Retained::failed(&request.rule, &error)),
            }
        }
        Ok(done)
    }

    fn rule(&self, name: &RetentionName) -> Result<&Retention, RetainError> {
        let rules = &self.policy.retention;
        rules.iter().find(|rule| rule.name == *name).ok_or_else(|| {
            let names: Vec<&str> = rules.iter().map(|rule| rule.name.as_str()).collect();
            let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            RetainError::UnknownRule {
                near: did_you_mean(name.as_str(), names).map(str::to_owned),
                rule: name.clone(),
                known,
            }
        })
    }

    /// The age of a rule in seconds, where it is known.
    fn age_of(&self, rule: &Retention) -> Option<i64> {
        match &rule.age.as_ref()?.over.value {
            OlderThan::Secs(secs) => Some(*secs),
            OlderThan::Variable(_) => self.ages.get(&rule.name).copied(),
        }
    }

    /// The statements of a rule for an age.
    async fn retaining(
        &self,
        rule: &Retention,
        older_than_secs: Option<i64>,
    ) -> Result<Retaining, RetainError> {
        let bad = |why| RetainError::BadAge { rule: rule.name.clone(), why };
        let over = match (&rule.age, older_than_secs) {
            (None, Some(_)) => return Err(bad("it does not go by age")),
            (Some(_), Some(secs)) if secs < 0 => return Err(bad("an age is not negative")),
            (_, Some(secs)) => Some(secs),
            (None, None) => None,
            (Some(age), None) => match (&age.over.value, self.age_of(rule)) {
                (_, Some(secs)) => Some(secs),
                (OlderThan::Variable(variable), None) => {
                    let (rule, variable) = (rule.name.clone(), variable.clone());
                    return Err(RetainError::NoAge { rule, variable });
                }
                (OlderThan::Secs(secs), None) => Some(*secs),
            },
        };
        let schema = self.schema().await?;
        let compiled = retaining(&self.policy, &schema, rule, over);
        Ok(compiled.map_err(EngineError::Policy)?)
    }
}

/// Ages of rules whose age a variable says.
pub(crate) type Ages = BTreeMap<RetentionName, i64>;
