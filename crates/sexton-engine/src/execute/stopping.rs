//! Tells others that work in flight is asked to stop: hooks that are called, lines of the log.
//!
//! The rows have been asked by then, and that is committed. So a call that is not taken keeps
//! nobody waiting longer than the policy says: it is told where the deletion is refused for the
//! work, and a hook that the deletion must wait for is called again before anything goes.

use std::collections::BTreeSet;

use serde_json::Value;
use sexton_core::names::{EventName, HookName};
use sexton_core::plan::{Plan, Told, Working};
use sexton_core::policy::On;
use sexton_core::preview::Blocker;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use super::admit::Admitted;
use super::promise::{by_root, told, words};
use crate::cancel::CalledHook;
use crate::outcome::DeleteError;
use crate::ports::{DatabaseError, Mode};
use crate::reap::{Calling, Calls, Made, TOGETHER};
use crate::system::System;
use crate::walk::{Found, Locks, Rooted, Walk};

/// Who is called while work stops.
#[derive(Default)]
pub(super) struct Stopping {
    calls: Calls,
    /// Keys of calls that were begun.
    begun: BTreeSet<String>,
    /// Keys of calls that were taken.
    pub taken: BTreeSet<String>,
    told: Vec<CalledHook>,
}

impl Stopping {
    /// Adds calls that were not begun yet.
    pub fn add(&mut self, admitted: &Admitted, calls: Vec<Calling>) {
        let deletion = &admitted.stored.id;
        let new = calls.into_iter().filter(|call| self.begun.insert(call.key(deletion)));
        self.calls.add(deletion, new);
    }

    /// Makes calls, and comes back then.
    pub async fn call_until(&mut self, system: &System, until: Instant) {
        timeout_at(until, self.call_all(system)).await.ok();
        sleep_until(until).await;
    }

    /// Makes the calls that are left.
    pub async fn finish(&mut self, system: &System) {
        // What takes longer is broken off; nobody learns of it but by who is still at work.
        timeout(TOGETHER, self.call_all(system)).await.ok();
    }

    async fn call_all(&mut self, system: &System) {
        while let Some(made) = self.calls.next(&system.caller).await {
            self.note(made);
        }
    }

    fn note(&mut self, made: Made) {
        let known = self.told.iter().position(|known| known.hook == made.hook);
        let at = known.unwrap_or_else(|| {
            self.told.push(CalledHook::of(made.hook.clone()));
            self.told.len() - 1
        });
        let told = &mut self.told[at];
        match made.untaken {
            None => {
                told.taken += 1;
                self.taken.insert(made.key);
            }
            Some(reason) => {
                told.untaken += 1;
                if !told.reasons.contains(&reason) {
                    told.reasons.push(reason);
                }
            }
        }
    }

    /// How often each hook was called.
    pub fn told(self) -> Vec<CalledHook> {
        self.told
    }

    /// Says with those at work who was not reached.
    pub fn tell(&self, at_work: &mut [Blocker]) {
        for hook in self.told.iter().filter(|hook| hook.untaken > 0) {
            let reason = hook.reasons.join("; ");
            let said = format!("; hook `{}` could not be called: {reason}", hook.hook);
            for blocker in &mut *at_work {
                blocker.message += &said;
            }
        }
    }
}

/// What the log says of work that is asked to stop.
pub(super) struct Line {
    event: EventName,
    fields: Value,
}

/// Whether anybody is called for rows that somebody is at work on.
pub(super) fn calls_somebody(plan: &Plan, is_meant: fn(&Working) -> bool) -> bool {
    plan.steps.work.iter().any(|working| working.hook.is_some() && is_meant(working))
}

impl System {
    /// The calls for rows that somebody is at work on now.
    pub(super) async fn calls_to_stop(
        &self,
        admitted: &Admitted,
        walk: &mut Walk<'_>,
        is_meant: fn(&Working) -> bool,
    ) -> Result<Vec<Calling>, DatabaseError> {
        let mut calls = Vec::new();
        let plan = walk.plan;
        for working in plan.steps.work.iter().filter(|work| is_meant(work)) {
            let Some(recording) = &working.hook else { continue };
            let Told::Hook(hook) = &recording.told else { continue };
            let Some(statement) = &recording.statement else { continue };
            if self.calls_nobody(&hook.call) {
                continue;
            }
            let rows = walk.rows(statement, u64::MAX).await?;
            let bodies = recording.bodies(&rows, words(admitted, "", &[]));
            calls.extend(bodies.into_iter().filter_map(|body| Calling::of(hook, body)));
        }
        Ok(calls)
    }

    /// The lines of the log about what is about to be asked to stop. Rows are read before they are
    /// asked: afterwards nothing tells those that were asked already.
    pub(super) async fn lines_of_stopping(
        &self,
        admitted: &Admitted,
        walk: &mut Walk<'_>,
    ) -> Result<Vec<Line>, DatabaseError> {
        let mut lines = Vec::new();
        if self.log.is_none() {
            return Ok(lines);
        }
        let plan = walk.plan;
        for recording in &plan.steps.record {
            let Told::Event(event) = &recording.told else { continue };
            if event.on != On::Cancelled {
                continue;
            }
            let rows = match &recording.statement {
                Some(statement) => walk.rows(statement, u64::MAX).await?,
                None => Vec::new(),
            };
            for (root, rows) in by_root(recording, event, &rows, admitted) {
                let said = recording.bodies(&rows, words(admitted, &root, &[])).into_iter();
                lines.extend(said.map(|fields| Line { event: event.name.clone(), fields }));
            }
        }
        Ok(lines)
    }

    /// Says in the log, once, what was asked to stop.
    pub(super) fn tell_stopping(&self, admitted: &mut Admitted, lines: Vec<Line>) {
        let Some(log) = &self.log else { return };
        let at = self.surroundings.clock.now().to_string();
        let deletion = admitted.is_stored.then(|| admitted.stored.id.as_str());
        for Line { event, fields } in lines {
            if admitted.told.insert((event.clone(), fields.to_string())) {
                // They were asked, whether it can be logged or not.
                log.add(&told(event.as_str(), deletion, &at, fields)).ok();
            }
        }
    }

    /// Calls for all rows that somebody is at work on, for a request that is not stored.
    pub(super) async fn call_to_stop(
        &self,
        admitted: &Admitted,
    ) -> Result<Vec<CalledHook>, DeleteError> {
        let plan = &admitted.ready.plan;
        if !calls_somebody(plan, |_| true) {
            return Ok(Vec::new());
        }
        let mut tx = self.database.begin(Mode::Look { budget: None }).await?;
        let mut walk = Walk::new(plan, tx.as_mut(), admitted.roots.clone(), Locks::Leave);
        let is_there = matches!(walk.find_root().await?, Rooted::All(_));
        let mut calls = Vec::new();
        if is_there && walk.find_all().await? == Found::All {
            calls = self.calls_to_stop(admitted, &mut walk, |_| true).await?;
        }
        tx.rollback().await?;
        let mut stopping = Stopping::default();
        stopping.add(admitted, calls);
        stopping.finish(self).await;
        Ok(stopping.told())
    }
}

impl CalledHook {
    fn of(hook: HookName) -> Self {
        Self { hook, taken: 0, untaken: 0, reasons: Vec::new() }
    }
}
