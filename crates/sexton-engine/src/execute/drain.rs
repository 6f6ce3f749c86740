//! Asks work in flight to stop and waits until it has, before anything goes.
//!
//! A deletion tries its one transaction first: it finds under locks whether anybody is at work,
//! and when nobody is, nothing else is done. Otherwise everything is taken back, all rows are
//! asked to stop in a transaction of their own, and nothing is held while they are looked at
//! again and again. Rows that come meanwhile are asked too. Then the one transaction judges
//! anew: a worker may have been faster.
//!
//! Invariants: what refuses is judged before anybody is asked; the wait has one end, however
//! often it is begun; the lease is renewed while it lasts.

use std::time::Duration;

use sexton_core::lifecycle::{Event, State, next};
use sexton_core::plan::{Plan, Working};
use sexton_core::preview::Blocker;
use tokio::sync::watch;
use tokio::time::Instant;

use super::Committed;
use super::admit::Admitted;
use super::attempt::{Asked, Done, Step};
use super::change::{ChangeError, too_many, unfound};
use super::lease::{RENEW_MICROS, taken_over, wait_on};
use super::stopping::Stopping;
use crate::asked::all_of;
use crate::cancel::CancelledRows;
use crate::outcome::{DeleteError, Refusal, RefusedBy};
use crate::ports::{Mode, StateChange, Tx};
use crate::reap::Calling;
use crate::system::System;
use crate::walk::{Found, Judge, Locks, Rooted, Walk};

/// So long between two looks at who is still at work, at least.
const POLL: Duration = Duration::from_millis(50);

/// What a deletion waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// How many rows somebody is still at work on.
    pub rows: u64,
    /// How long it waits at most.
    pub wait_secs: u64,
}

/// Work that a deletion at once stops and waits for.
fn is_drained(working: &Working) -> bool {
    working.holds_up && working.is_stopped
}

impl System {
    /// Commits, once nobody is at work any more.
    pub(super) async fn drain_and_commit(
        &self,
        admitted: &mut Admitted,
        told: &watch::Sender<Option<Waiting>>,
    ) -> Result<Committed, DeleteError> {
        let mut until: Option<Instant> = None;
        loop {
            let at_work = match self.carry_on(admitted, Step::Commit).await? {
                Done::Committed(committed) => return Ok(committed),
                Done::AtWork(blockers) => blockers,
                Done::Asked(_) => unreachable!("a commit asks nobody"),
            };
            let wait = Duration::from_secs(wait_secs(&admitted.ready.plan));
            if until.is_some_and(|until| Instant::now() >= until) {
                return Err(undrained(at_work));
            }
            let until = *until.get_or_insert_with(|| Instant::now() + wait);
            let drained = self.drain(admitted, until, told).await;
            told.send_replace(None);
            drained?;
        }
    }

    async fn drain(
        &self,
        admitted: &mut Admitted,
        until: Instant,
        told: &watch::Sender<Option<Waiting>>,
    ) -> Result<(), DeleteError> {
        self.ask(admitted, Step::Ask).await?;
        admitted.has_asked = true;
        let (mut noted, mut is_last) = (None, false);
        let mut stopping = Stopping::default();
        loop {
            let began = self.surroundings.clock.now().0;
            let mut seen = self.look_at_work(admitted).await?;
            stopping.add(admitted, std::mem::take(&mut seen.calls));
            if seen.at_work.is_empty() {
                // Who was told once is not told again before the rows go.
                admitted.called.append(&mut stopping.taken);
                return self.become_drained(admitted).await;
            }
            if is_last {
                let said = named(&seen.at_work);
                self.keep(admitted, &said, stopping.finish(self)).await?;
                stopping.tell(&mut seen.at_work);
                return Err(undrained(seen.at_work));
            }
            if seen.has_unasked {
                self.ask(admitted, Step::Ask).await?;
            }
            self.tell(admitted, &seen.at_work, &mut noted, told).await?;
            // Looking costs what the closure costs: no more than half of the time goes into it.
            let took = self.surroundings.clock.now().0.saturating_sub(began);
            let pause = POLL.max(Duration::from_micros(u64::try_from(took).unwrap_or(0)));
            let next = Instant::now() + pause;
            is_last = next > until;
            stopping.call_until(self, next.min(until)).await;
        }
    }

    /// Asks work to stop and, once that is committed, says so in the log.
    pub(super) async fn ask(
        &self,
        admitted: &mut Admitted,
        step: Step,
    ) -> Result<Vec<CancelledRows>, DeleteError> {
        let Done::Asked(asked) = Box::pin(self.carry_on(admitted, step)).await? else {
            unreachable!("asking commits nothing");
        };
        self.tell_stopping(admitted, asked.lines);
        Ok(asked.rows)
    }

    /// Finds the rows as they are now, and who is at work on them.
    async fn look_at_work(&self, admitted: &mut Admitted) -> Result<Seen, DeleteError> {
        loop {
            let ready = admitted.ready.clone();
            let mut tx = self.database.begin(Mode::Look { budget: None }).await?;
            if tx.stamp(&ready.plan.tables).await? != ready.stamp {
                tx.rollback().await?;
                self.forget().await;
                self.readmit(admitted).await?;
                continue;
            }
            let mut walk =
                Walk::new(&ready.plan, tx.as_mut(), admitted.roots.clone(), Locks::Leave);
            let mut seen = Seen { at_work: Vec::new(), has_unasked: false, calls: Vec::new() };
            // What has gone meanwhile is not waited for: the change will say so.
            let is_there = matches!(walk.find_root().await?, Rooted::All(_));
            if is_there && walk.find_all().await? == Found::All {
                seen.at_work = walk.at_work(is_drained).await?;
                for working in ready.plan.steps.work.iter().filter(|work| is_drained(work)) {
                    seen.has_unasked |= walk.count_work(working).await?.unasked > 0;
                }
                seen.calls = self.calls_to_stop(admitted, &mut walk, is_drained).await?;
            }
            tx.rollback().await?;
            return Ok(seen);
        }
    }

    /// Says what it waits for, to whoever asks and to whoever watches, and renews the lease.
    async fn tell(
        &self,
        admitted: &Admitted,
        at_work: &[Blocker],
        noted: &mut Option<(u64, i64)>,
        watch: &watch::Sender<Option<Waiting>>,
    ) -> Result<(), DeleteError> {
        let rows = at_work.iter().map(|blocker| blocker.count).sum();
        let now = self.surroundings.clock.now().0;
        let wait_secs = wait_secs(&admitted.ready.plan);
        watch.send_replace(Some(Waiting { rows, wait_secs }));
        if noted.is_some_and(|(known, at)| known == rows && now - at < RENEW_MICROS) {
            return Ok(());
        }
        let mut tx = self.begin_keep().await?;
        wait_on(admitted, &named(at_work), tx.as_mut()).await?;
        tx.commit().await?;
        *noted = Some((rows, now));
        Ok(())
    }

    async fn become_drained(&self, admitted: &mut Admitted) -> Result<(), DeleteError> {
        let Ok(to) = next(admitted.state, Event::Drained) else { return Ok(()) };
        let mut tx = self.begin_keep().await?;
        let change = StateChange {
            id: &admitted.stored.id,
            lease: &admitted.stored.lease,
            from: admitted.state,
            to,
            at: self.surroundings.clock.now(),
            note: None,
            receipt: None,
        };
        if !tx.change_state(change).await? {
            return Err(taken_over().into());
        }
        tx.commit().await?;
        admitted.state = State::Drained;
        Ok(())
    }

    /// Everything between BEGIN and COMMIT of asking. Nothing is locked: each statement judges
    /// the rows that it changes, and the change will judge them all again.
    pub(super) async fn ask_to_stop(
        &self,
        admitted: &Admitted,
        step: Step,
        tx: &mut dyn Tx,
    ) -> Result<Asked, ChangeError> {
        let plan = &admitted.ready.plan;
        if step == Step::Ask {
            wait_on(admitted, "work in flight to stop", tx).await?;
        }
        if tx.stamp(&plan.tables).await? != admitted.ready.stamp {
            return Err(ChangeError::SchemaChanged);
        }
        let mut walk = Walk::new(plan, tx, admitted.roots.clone(), Locks::Leave);
        let found = walk.find_root().await.map_err(|error| unfound(admitted, error))?;
        let subjects = all_of(&admitted.request.root, plan, found)
            .map_err(|error| ChangeError::Ended(Box::new(error.into())))?;
        if walk.find_all().await? == Found::TooMany {
            return Err(ChangeError::refused(Refusal::by(RefusedBy::OverLimit, vec![too_many()])));
        }
        let judge = Judge { policy: &self.policy, subjects: &subjects };
        let blockers = if step == Step::Ask {
            let mut blockers = walk.judge(&judge).await?;
            blockers.extend(walk.over_limit(walk.going_rows()));
            blockers.extend(walk.at_work(|working| !working.is_stopped).await?);
            blockers
        } else {
            walk.wrong_kind(&subjects)
        };
        if let Some(refusal) = Refusal::of(blockers) {
            return Err(ChangeError::refused(refusal));
        }
        let is_meant = if step == Step::Ask { is_drained } else { |_: &Working| true };
        let mut lines = self.lines_of_stopping(admitted, &mut walk).await?;
        let rows = walk.stop_work(is_meant).await?;
        // Where only a call tells workers, no row says whether it was made.
        let is_told_by_call = plan.steps.work.iter().any(|working| working.ask.is_none());
        let is_asked = |rows: &CancelledRows| rows.asked > 0 || is_told_by_call && rows.running > 0;
        if !rows.iter().any(is_asked) {
            lines.clear();
        }
        Ok(Asked { rows, lines })
    }
}

/// What a look at work in flight saw.
struct Seen {
    at_work: Vec<Blocker>,
    has_unasked: bool,
    /// Calls for rows that somebody is at work on.
    calls: Vec<Calling>,
}

/// The longest of the tables' waits.
fn wait_secs(plan: &Plan) -> u64 {
    let drained = plan.steps.work.iter().filter(|work| is_drained(work));
    drained.map(|work| work.wait_secs).max().unwrap_or(0)
}

/// What is waited for, in words.
fn named(at_work: &[Blocker]) -> String {
    at_work.iter().map(to_stop).collect::<Vec<_>>().join("; ")
}

fn to_stop(blocker: &Blocker) -> String {
    let table = blocker.name.strip_prefix("work.").unwrap_or(&blocker.name);
    format!("work on {} row(s) of {table} to stop: {}", blocker.count, blocker.names.join(", "))
}

fn undrained(blockers: Vec<Blocker>) -> DeleteError {
    DeleteError::Refused(Refusal::by(RefusedBy::Undrained, blockers))
}
