//! Carries out what deletions promised: claims due intents, calls, and writes what became of each.
//!
//! A few calls are under way at once, each under its own lease: one that hangs or fails keeps no
//! other waiting, and what a dead program held is claimed again. What fails is tried later, each
//! time after a longer pause.
//!
//! Invariants: no transaction is open while somebody is called; an outcome is written only by
//! whoever holds the intent.

mod attended;
mod by_hand;
mod call;
mod events;
mod failing;
mod meter;
mod objects;
mod own;
mod retry;

use std::collections::HashMap;
use std::sync::Mutex;

use sexton_core::audit::ObjectsGone;
use sexton_core::intent::IntentKind;
use sexton_core::lifecycle::State;
use sexton_core::line::ObjectFacts;
use sexton_core::names::{DeletionId, IntentId, Timestamp};
use sexton_core::objects::{ManifestTarget, Progress};
use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};

use crate::clear::Effort;
use crate::outcome::DeleteError;
use crate::ports::{
    Answer, Claim, DatabaseError, IntentRow, IntentsLeft, SettledIntent, Settlement, Tx,
};
use crate::purge::Purged;
use crate::retain::Retained;
use crate::stores::Stores;
use crate::system::System;

use attended::Attended;
pub use by_hand::GivenUp;
pub(crate) use call::{Calling, Calls, Made, TOGETHER};
use events::WAITED;
pub(crate) use events::{Open, kinds_stored};
pub use meter::Gone;
use objects::{Attempted, Remover};
pub(crate) use own::PATIENCE;

/// Kinds of intents that are carried out here.
pub(crate) const REAPED: &[IntentKind] = &[
    IntentKind::Hook,
    IntentKind::Key,
    IntentKind::Prefix,
    IntentKind::Manifest,
    IntentKind::Shared,
    IntentKind::Orphan,
];
/// Those of them that remove objects.
pub(crate) const OBJECTS: [IntentKind; 5] = [
    IntentKind::Key,
    IntentKind::Prefix,
    IntentKind::Manifest,
    IntentKind::Shared,
    IntentKind::Orphan,
];
/// So many calls are under way at once.
const AT_ONCE: usize = 8;
/// Longer than any call may take, so that nobody makes a call that is still under way.
const LEASE_SECS: i64 = 90;

/// So many failing promises are told of.
pub(crate) const FAILING_MAX: u32 = 20;

/// What a turn of work did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Worked {
    /// Promises that ended.
    pub ended: u64,
    /// Those that failed, and will be tried again: the rule and the reason, each pair once.
    pub failed: Vec<(String, String)>,
    /// What became of deletions that were gone on with.
    pub settled: Vec<(DeletionId, State)>,
    /// What was purged.
    pub purged: Purged,
    /// What rules of retention did that were due.
    pub retained: Vec<Retained>,
}

impl System {
    /// One turn of a worker: carries out every promise that is due, then settles. Ends early, with
    /// what is under way, once `stop` says so.
    pub async fn work(&self, stop: &watch::Receiver<bool>) -> Result<Worked, DeleteError> {
        let has_history = self.has_history().await?;
        if !has_history && self.policy.retention.is_empty() {
            return Ok(Worked::default());
        }
        let mut worked = Worked::default();
        if has_history {
            if self.is_paused().await? {
                return Ok(worked);
            }
            worked = self.reap(None, Some(stop)).await?;
            if !*stop.borrow() {
                worked.settled = self.settle().await?;
            }
        }
        if !*stop.borrow() && !self.policy.retention.is_empty() {
            worked.retained = Box::pin(self.retain_due(stop)).await?;
        }
        if has_history && !*stop.borrow() {
            worked.purged = Box::pin(self.purge_in_turn(stop)).await?;
        }
        Ok(worked)
    }

    /// Lets go of a deletion whose calls are left to whoever comes next; what there is to say.
    pub(crate) async fn leave_open(
        &self,
        id: &DeletionId,
        lease: &str,
        promised: Open,
    ) -> Result<DeleteError, DeleteError> {
        let mut tx = self.begin_keep().await?;
        tx.let_go(id, lease).await?;
        let IntentsLeft { open, due_in_ms } = tx.intents_left(id, REAPED).await?;
        let failing = tx.failing_intents(id, FAILING_MAX).await?;
        let (objects, facts) = objects_gone(tx.as_mut(), id).await?;
        if promised.events {
            // Nobody waits for it any more.
            self.tell_log_in(tx.as_mut(), id, &WAITED, facts).await?;
        }
        tx.commit().await?;
        let now = self.surroundings.clock.now();
        let next_try =
            due_in_ms.map(|ms| Timestamp(now.0.saturating_add(ms.saturating_mul(1_000))));
        Ok(DeleteError::Unreaped { deletion: id.clone(), open, failing, objects, next_try })
    }

    /// Carries out what is due, until nothing is.
    async fn reap(
        &self,
        of: Option<&DeletionId>,
        stop: Option<&watch::Receiver<bool>>,
    ) -> Result<Worked, DeleteError> {
        let lease = self.new_lease();
        let reaper = Reaper::of(self, &lease, (of.is_some(), stop));
        let mut worked = Worked::default();
        let mut under_way = UnderWay::default();
        let mut settled = Vec::new();
        loop {
            let is_stopped = stop.is_some_and(|stop| *stop.borrow());
            let free = if is_stopped { 0 } else { AT_ONCE - under_way.work.len() };
            for intent in self.turn(&lease, &settled, free, of).await? {
                self.begin(&mut under_way, &reaper, intent).await;
            }
            settled = under_way.ended().await;
            if settled.is_empty() {
                return Ok(worked);
            }
            worked.add(&settled);
        }
    }

    /// Writes what became of some intents and claims others, in one transaction.
    async fn turn(
        &self,
        lease: &str,
        ended: &[Ended],
        free: usize,
        of: Option<&DeletionId>,
    ) -> Result<Vec<IntentRow>, DeleteError> {
        let settled: Vec<SettledIntent> = ended
            .iter()
            .filter(|ended| ended.attempted.failures.is_empty())
            .map(Ended::settled)
            .collect();
        if ended.is_empty() && free == 0 {
            return Ok(Vec::new());
        }
        let mut tx = self.begin_keep().await?;
        if !settled.is_empty() {
            tx.settle_intents(lease, &settled).await?;
        }
        for failed in ended.iter().filter(|ended| !ended.attempted.failures.is_empty()) {
            // What another holds by now is told by it.
            if tx.settle_intents(lease, &[failed.settled()]).await? > 0 {
                self.tell_failures(tx.as_mut(), failed).await?;
            }
        }
        let claim = Claim {
            system: &self.policy.system,
            deletion: of,
            // What another program promised of stores that this one does not have is left to it.
            kinds: if self.stores.is_empty() { &[IntentKind::Hook] } else { REAPED },
            lease,
            lease_secs: LEASE_SECS,
            limit: u32::try_from(free).unwrap_or(0),
        };
        let claimed = if free > 0 { tx.claim_intents(claim).await? } else { Vec::new() };
        tx.commit().await?;
        Ok(claimed)
    }

    async fn begin(&self, under_way: &mut UnderWay, reaper: &Reaper<'_>, intent: IntentRow) {
        let chance = self.surroundings.entropy.unique()[15];
        let begun = Begun::of(&intent);
        let task = match intent.kind {
            IntentKind::Key
            | IntentKind::Prefix
            | IntentKind::Manifest
            | IntentKind::Shared
            | IntentKind::Orphan => {
                let mut remover = self.remover(reaper).await;
                if intent.kind == IntentKind::Orphan {
                    remover.naming = Some(self.naming_again(&intent).await);
                }
                let work = async move { remover.carry_out(&intent, chance).await };
                under_way.work.spawn(work)
            }
            IntentKind::Hook
            | IntentKind::Event
            | IntentKind::WaitedEvent
            | IntentKind::LastEvent
            | IntentKind::FailEvent
            | IntentKind::KeyEvent => {
                let caller = self.caller.clone();
                under_way.work.spawn(async move {
                    let answer = match call::of_intent(&intent) {
                        Ok(call) => caller.call(&call).await,
                        Err(reason) => Answer::Refused { reason },
                    };
                    let settlement = retry::settlement(answer, intent.attempts, chance);
                    Some(Attempted { settlement, progress: None, failures: Vec::new() })
                })
            }
        };
        under_way.begun.insert(task.id(), begun);
    }

    async fn remover(&self, reaper: &Reaper<'_>) -> Remover {
        let asks = self
            .policy
            .objects
            .iter()
            .any(|rule| !rule.unless_named_by.is_empty() || rule.manifest.is_some());
        // Who cannot read the schema is told by the column that is not found.
        let schema = if asks { self.schema().await.ok() } else { None };
        Remover {
            stores: reaper.stores.clone(),
            attempts_max: reaper.attempts_max,
            policy: self.policy.clone(),
            database: self.database.clone(),
            clock: self.surroundings.clock.clone(),
            entropy: self.surroundings.entropy.clone(),
            schema,
            naming: None,
            lease: reaper.lease.to_owned(),
            lease_secs: LEASE_SECS,
            stop: reaper.stop.cloned(),
            tells: self.tells_failures(),
            failed: Mutex::default(),
            meter: self.meter.clone(),
        }
    }
}

/// Who carries promises out, and how long a store is waited for.
struct Reaper<'r> {
    lease: &'r str,
    stop: Option<&'r watch::Receiver<bool>>,
    stores: Stores,
    attempts_max: u32,
}

impl<'r> Reaper<'r> {
    /// Where somebody waits for the promises of one deletion, a store that is down is not.
    fn of(
        system: &System,
        lease: &'r str,
        (is_attended, stop): (bool, Option<&'r watch::Receiver<bool>>),
    ) -> Self {
        let (stores, attempts_max) = if is_attended {
            (system.stores.behind(Attended::store), attended::ATTEMPTS_MAX)
        } else {
            (system.stores.clone(), Effort::USUAL.attempts_max)
        };
        Self { lease, stop, stores, attempts_max }
    }
}

/// What came of a deletion's objects so far, by rule and in all.
pub(crate) async fn objects_gone(
    tx: &mut dyn Tx,
    id: &DeletionId,
) -> Result<(ObjectsGone, ObjectFacts), DatabaseError> {
    let (mut gone, mut facts) = (ObjectsGone::new(), ObjectFacts::default());
    for kind in OBJECTS {
        for intent in tx.intents_of(id, kind).await? {
            let progress = intent
                .progress
                .as_deref()
                .and_then(|text| serde_json::from_str::<Progress>(text).ok());
            facts.add(kind, &intent.target, progress.as_ref());
            let rule = gone.entry(intent.rule).or_default();
            for (store, removed) in progress.unwrap_or_default().stores {
                rule.entry(store).or_default().merge(&removed);
            }
        }
    }
    Ok((gone, facts))
}

/// An intent that is being carried out.
#[derive(Debug, Clone)]
struct Begun {
    rule: String,
    id: IntentId,
    deletion: DeletionId,
    /// Of which row a manifest is.
    row: Option<String>,
    attempts: u32,
}

/// An intent whose attempt has ended.
struct Ended {
    begun: Begun,
    attempted: Attempted,
}

impl Begun {
    fn of(intent: &IntentRow) -> Self {
        let manifest = match intent.kind {
            IntentKind::Manifest => serde_json::from_str::<ManifestTarget>(&intent.target).ok(),
            _ => None,
        };
        Self {
            rule: intent.rule.clone(),
            id: intent.id.clone(),
            deletion: intent.deletion.clone(),
            row: manifest.map(|manifest| manifest.row),
            attempts: intent.attempts,
        }
    }
}

impl Ended {
    fn settled(&self) -> SettledIntent {
        SettledIntent {
            id: self.begun.id.clone(),
            settlement: self.attempted.settlement.clone(),
            progress: self.attempted.progress.clone(),
        }
    }
}

/// Promises that are being carried out.
#[derive(Default)]
struct UnderWay {
    work: JoinSet<Option<Attempted>>,
    begun: HashMap<Id, Begun>,
}

impl UnderWay {
    /// Waits until something has ended; then all that has. Nothing once none is under way.
    async fn ended(&mut self) -> Vec<Ended> {
        let mut ended = Vec::new();
        let mut next = self.work.join_next_with_id().await;
        while let Some(joined) = next {
            ended.extend(self.told(joined));
            next = self.work.try_join_next_with_id();
        }
        ended
    }

    /// Nothing of what is another's by now.
    fn told(&mut self, joined: Result<(Id, Option<Attempted>), JoinError>) -> Option<Ended> {
        let (task, attempted) = match joined {
            Ok((task, attempted)) => (task, attempted.map(Ok)),
            // One that panicked must not stop the worker.
            Err(error) => (error.id(), Some(Err(error))),
        };
        let begun = self.begun.remove(&task)?;
        let broken = |_| {
            let answer = Answer::Refused { reason: "the attempt broke off".to_owned() };
            let settlement = retry::settlement(answer, begun.attempts, 0);
            Attempted { settlement, progress: None, failures: Vec::new() }
        };
        let attempted = attempted?.unwrap_or_else(broken);
        Some(Ended { begun, attempted })
    }
}

impl Worked {
    fn add(&mut self, ended: &[Ended]) {
        for Ended { begun, attempted } in ended {
            match &attempted.settlement {
                Settlement::Ended { .. } => self.ended += 1,
                Settlement::Later { .. } => {}
                Settlement::Again { reason, .. } => {
                    let failed = (begun.rule.clone(), reason.clone());
                    if !self.failed.contains(&failed) {
                        self.failed.push(failed);
                    }
                }
            }
        }
    }
}
