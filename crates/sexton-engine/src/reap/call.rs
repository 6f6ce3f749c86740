//! Calls to those outside: from stored promises, and before a deletion commits.

use std::time::Duration;

use serde_json::Value;
use sexton_core::intent::{HookTarget, key_before};
use sexton_core::names::{DeletionId, HookName};
use sexton_core::plan::HookPlan;
use sexton_core::policy::Call;
use tokio::task::JoinSet;

use crate::outcome::DeleteError;
use crate::ports::{Answer, HookCall, IntentRow};
use crate::system::System;

/// All calls before a commit together may take so long: the deletion's lease is longer.
const BEFORE: Duration = Duration::from_secs(45);
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

impl System {
    /// Makes calls that a deletion waits for. The first that is not taken ends it.
    pub(crate) async fn call_before(
        &self,
        deletion: &DeletionId,
        calls: Vec<Calling>,
    ) -> Result<(), DeleteError> {
        let made = self.call_all(deletion, calls);
        match tokio::time::timeout(BEFORE, made).await {
            Ok(made) => made,
            Err(_) => Err(DeleteError::Untaken {
                hook: HookName::new("before"),
                reason: format!("all calls together took more than {} s", BEFORE.as_secs()),
            }),
        }
    }

    async fn call_all(
        &self,
        deletion: &DeletionId,
        calls: Vec<Calling>,
    ) -> Result<(), DeleteError> {
        let mut waiting = calls.into_iter().map(|calling| calling.call(deletion));
        let mut under_way = JoinSet::new();
        loop {
            for call in waiting.by_ref().take(AT_ONCE - under_way.len()) {
                let caller = self.caller.clone();
                under_way.spawn(async move { (caller.call(&call).await, call.hook) });
            }
            let Some(joined) = under_way.join_next().await else { return Ok(()) };
            let Ok((answer, hook)) = joined else {
                let hook = HookName::new("before");
                return Err(DeleteError::Untaken { hook, reason: "the call broke off".into() });
            };
            match answer {
                Answer::Taken | Answer::Gone => {}
                Answer::Later { reason, .. } | Answer::Refused { reason } => {
                    return Err(DeleteError::Untaken { hook, reason });
                }
            }
        }
    }
}
