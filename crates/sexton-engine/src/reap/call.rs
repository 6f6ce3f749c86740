//! Calls to those outside: from stored promises, and before a deletion commits.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use sexton_core::intent::{HookTarget, key_before};
use sexton_core::names::{DeletionId, HookName};
use sexton_core::plan::HookPlan;
use sexton_core::policy::Call;
use tokio::task::JoinSet;

use crate::outcome::DeleteError;
use crate::ports::{Answer, HookCall, HookCaller, IntentRow};
use crate::system::System;

/// All calls that a deletion waits for together may take so long: somebody waits for it.
pub(crate) const TOGETHER: Duration = Duration::from_mins(10);
/// So many of them are under way at once.
const AT_ONCE: usize = 8;

/// A call to be made before the commit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Calling {
    pub hook: HookName,
    pub target: HookTarget,
}

impl Calling {
    /// The call of a hook that says this. None where nobody is called: those who listen to the
    /// database are told by it.
    pub fn of(hook: &HookPlan, body: Value) -> Option<Self> {
        let to = match &hook.call {
            Call::Address(address) => address.clone(),
            Call::Variable { name, .. } => ["env:", name].concat(),
            Call::Notify(_) => return None,
        };
        let (within_secs, secret) = (hook.within_secs, hook.secret.clone());
        let target = HookTarget { to, body, within_secs, secret };
        Some(Self { hook: hook.name.clone(), target })
    }

    /// By what two calls of one deletion are the same.
    pub fn key(&self, deletion: &DeletionId) -> String {
        key_before(deletion.as_str(), self.hook.as_str(), &self.target.body.to_string())
    }

    fn call(self, deletion: &DeletionId) -> HookCall {
        let key = self.key(deletion);
        call(key, deletion.clone(), self.hook, self.target)
    }
}

/// The call that a stored promise is for.
pub(super) fn of_intent(intent: &IntentRow) -> Result<HookCall, String> {
    let target: HookTarget = serde_json::from_str(&intent.target)
        .map_err(|error| format!("what is stored of it cannot be read: {error}"))?;
    let hook = HookName::new(intent.rule.as_str());
    Ok(call(intent.id.as_str().to_owned(), intent.deletion.clone(), hook, target))
}

fn call(key: String, deletion: DeletionId, hook: HookName, target: HookTarget) -> HookCall {
    HookCall {
        key,
        deletion,
        hook,
        to: target.to,
        secret: target.secret,
        body: target.body.to_string(),
        within: Duration::from_secs(target.within_secs),
    }
}

/// Calls that somebody waits for: a few are under way at once. Dropping it breaks them off.
#[derive(Default)]
pub(crate) struct Calls {
    waiting: VecDeque<HookCall>,
    under_way: JoinSet<(HookCall, Answer)>,
}

impl Calls {
    /// Adds calls of one deletion.
    pub fn add(&mut self, deletion: &DeletionId, calls: impl IntoIterator<Item = Calling>) {
        self.waiting.extend(calls.into_iter().map(|calling| calling.call(deletion)));
    }

    /// Makes calls until one has ended: its hook, its key, and why it was not taken. None once all
    /// have ended.
    ///
    /// Nothing is lost where it is not waited for to the end.
    pub async fn next(&mut self, caller: &Arc<dyn HookCaller>) -> Option<Made> {
        while self.under_way.len() < AT_ONCE
            && let Some(call) = self.waiting.pop_front()
        {
            let caller = caller.clone();
            self.under_way.spawn(async move {
                let answer = caller.call(&call).await;
                (call, answer)
            });
        }
        let joined = self.under_way.join_next().await?;
        let Ok((call, answer)) = joined else {
            let (hook, reason) = (HookName::new("before"), "the call broke off".to_owned());
            return Some(Made { hook, key: String::new(), untaken: Some(reason) });
        };
        let untaken = match answer {
            Answer::Taken | Answer::Gone => None,
            Answer::Later { reason, .. } | Answer::Refused { reason } => Some(reason),
        };
        Some(Made { hook: call.hook, key: call.key, untaken })
    }
}

/// A call that was made.
pub(crate) struct Made {
    pub hook: HookName,
    pub key: String,
    /// Why it was not taken.
    pub untaken: Option<String>,
}

impl System {
    /// Makes calls that a deletion waits for. The first that is not taken ends it.
    pub(crate) async fn call_before(
        &self,
        deletion: &DeletionId,
        calling: Vec<Calling>,
    ) -> Result<(), DeleteError> {
        let mut calls = Calls::default();
        calls.add(deletion, calling);
        let made = async {
            while let Some(Made { hook, untaken, .. }) = calls.next(&self.caller).await {
                if let Some(reason) = untaken {
                    return Err(DeleteError::Untaken { hook, reason });
                }
            }
            Ok(())
        };
        match tokio::time::timeout(TOGETHER, made).await {
            Ok(made) => made,
            Err(_) => Err(DeleteError::Untaken {
                hook: HookName::new("before"),
                reason: format!("all calls together took more than {} s", TOGETHER.as_secs()),
            }),
        }
    }
}
