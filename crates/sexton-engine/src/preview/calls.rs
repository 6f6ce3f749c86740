//! Who will be called, as a preview tells it: which hooks, when, and how often.
//!
//! It is no part of the digest, which binds the rows that are told of.

use sexton_core::plan::{CallCount, Recording, Told};
use sexton_core::policy::Call;
use sexton_core::preview::{CallMoment, Count, HookCalls, Preview};

use super::Looking;
use crate::outcome::EngineError;
use crate::system::System;

impl Looking<'_> {
    /// Tells the calls of every hook that would be called.
    pub(super) async fn tell_calls(
        &mut self,
        system: &System,
        preview: &mut Preview,
        all_found: bool,
    ) -> Result<(), EngineError> {
        let plan = self.walk.plan;
        if !all_found {
            return Ok(());
        }
        for working in plan.steps.work.iter().filter(|working| working.holds_up) {
            if let Some(recording) = &working.hook {
                let told = self.calls_of(system, recording, Some(CallMoment::ToStop)).await?;
                preview.calls.extend(told);
            }
        }
        for recording in &plan.steps.record {
            preview.calls.extend(self.calls_of(system, recording, None).await?);
        }
        Ok(())
    }

    async fn calls_of(
        &mut self,
        system: &System,
        recording: &Recording,
        when: Option<CallMoment>,
    ) -> Result<Option<HookCalls>, EngineError> {
        let Told::Hook(hook) = &recording.told else { return Ok(None) };
        if system.calls_nobody(&hook.call) {
            return Ok(None);
        }
        let calls = match &hook.calls {
            CallCount::Rows(set) => Count::Exact(self.walk.sets[set.0].len() as u64),
            CallCount::Asked(statement) => self.count(statement).await?,
        };
        let when = when.unwrap_or(match (&hook.call, hook.before) {
            (Call::Notify(_), _) => CallMoment::AtOnce,
            (_, true) => CallMoment::Before,
            (_, false) => CallMoment::After,
        });
        let told = HookCalls { hook: hook.name.to_string(), when, calls };
        Ok((!told.calls.is_zero()).then_some(told))
    }
}
