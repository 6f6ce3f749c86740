//! Purges what hangs below hidden roots: chunk after chunk, any number of replicas at once.
//!
//! A pass claims a few rows of each table, in a transaction each, and takes what hangs from them as
//! any deletion does. Replicas part the rows of one root among them by what they lock, so nobody
//! owns a root, and one that dies leaves nothing behind. Several roots take turns, so that a small
//! one does not wait for a big one.
//!
//! Invariants: no transaction is open during a pause; a row that a worker of the application is
//! writing is left for a later pass; "nothing claimed" ends a pass, and only a count of what is
//! there, whoever has locked it, ends a purge.

mod adopt;
mod chunk;
mod ending;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use sexton_core::lifecycle::{Event, State, next};
use sexton_core::names::{DeletionId, ThingName, Timestamp};
use sexton_core::plan::Claim;
use sexton_core::policy::{Options, Purge};
use sexton_core::preview::parse_key;
use tokio::sync::watch;

use crate::outcome::DeleteError;
use crate::ports::{DeletionRow, HiddenRoot, StateChange};
use crate::request::Caller;
use crate::system::{Ready, System};
use crate::walk::Roots;
use chunk::Chunk;
use ending::End;

/// So many deletions are worked on in one drain; the next drain takes the others.
const TAKEN_MAX: u32 = 1_000;

/// The key, as the ledger has it, of rows that refer to no root, where a line calls them garbage.
const LEFT_BEHIND: &str = "[null]";

/// What a drain did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Purged {
    /// Rows that went.
    pub rows: u64,
    /// Chunks in which they went.
    pub chunks: u64,
    /// What became of deletions of which nothing is left.
    pub ended: Vec<(DeletionId, State)>,
    /// What others wait for.
    pub waiting: Vec<(DeletionId, String)>,
}

/// A deletion that is being purged.
pub(super) struct Purging {
    pub row: DeletionRow,
    pub options: Options,
    pub parts: Vec<Part>,
    /// Keys of calls that were made before rows went.
    pub called: BTreeSet<String>,
    /// What it waits for, as far as a pass has met it.
    pub waits_for: Option<String>,
}

/// Its hidden roots of one thing.
pub(super) struct Part {
    pub thing: ThingName,
    pub roots: Roots,
    pub plans: Arc<[Arc<Ready>]>,
    pub purge: Purge,
    /// When the last of them was hidden.
    pub hidden_at: Timestamp,
    /// At most so many rows are claimed at a time by now.
    pub rows_max: u64,
    /// Whether so much hangs from one row next to a root that rows farther down go first.
    pub is_deep: bool,
}

impl Part {
    /// Claims fewer rows the next time, since too much hangs from so many.
    fn claim_fewer(&mut self) {
        self.is_deep |= self.rows_max == 1;
        self.rows_max = if self.is_deep { self.purge.chunk_rows } else { self.rows_max / 2 };
    }

    /// The chunks of a pass, by their places.
    fn chunks(&self, system: &System) -> Vec<Arc<Ready>> {
        let plans = self.plans.iter().filter(|ready| !self.is_of_roots(system, ready));
        let is_near = |ready: &&Arc<Ready>| ready.plan.claim.as_ref().is_some_and(Claim::is_next);
        plans.filter(|ready| self.is_deep || is_near(ready)).cloned().collect()
    }

    /// Whether a chunk is of the hidden rows themselves.
    pub fn is_of_roots(&self, system: &System, ready: &Ready) -> bool {
        let row = system.thing(&self.thing).and_then(|thing| thing.row.as_ref());
        let claim = ready.plan.claim.as_ref();
        row.zip(claim).is_some_and(|(row, claim)| claim.table == row.value.table)
    }
}

impl System {
    /// Drains what is hidden and due, until nothing is left that can go now, or `stop` says so.
    pub async fn purge(&self, stop: &watch::Receiver<bool>) -> Result<Purged, DeleteError> {
        let things = self.policy.things.iter();
        let things = things.filter(|thing| thing.purge.is_some()).map(|thing| thing.name.clone());
        self.drain_hidden(&things.collect(), stop).await
    }

    /// The same, of things whose interval is over. The first one begins with the process.
    pub(crate) async fn purge_in_turn(
        &self,
        stop: &watch::Receiver<bool>,
    ) -> Result<Purged, DeleteError> {
        let now = self.surroundings.clock.now();
        let mut due = BTreeSet::new();
        {
            let mut drained = self.drained.lock().await;
            for thing in &self.policy.things {
                let Some(purge) = thing.purge.as_ref().filter(|purge| purge.every_secs > 0) else {
                    continue;
                };
                let last = *drained.entry(thing.name.clone()).or_insert(now);
                if now >= last.plus_secs(purge.every_secs) {
                    due.insert(thing.name.clone());
                }
            }
        }
        self.adopt_of(&due).await?;
        let purged = self.drain_hidden(&due, stop).await;
        let now = self.surroundings.clock.now();
        self.drained.lock().await.extend(due.into_iter().map(|thing| (thing, now)));
        purged
    }

    async fn drain_hidden(
        &self,
        things: &BTreeSet<ThingName>,
        stop: &watch::Receiver<bool>,
    ) -> Result<Purged, DeleteError> {
        let mut purged = Purged::default();
        if things.is_empty() || !self.has_history().await? {
            return Ok(purged);
        }
        self.refuse_unbuilt()?;
        let mut under_way = self.hidden_and_due(things).await?;
        while !under_way.is_empty() {
            let mut going_on = Vec::new();
            for mut purging in under_way {
                // A person may have paused background work since.
                if *stop.borrow() || self.is_paused().await? {
                    return Ok(purged);
                }
                if self.pass(&mut purging, &mut purged, stop).await? {
                    going_on.push(purging);
                    continue;
                }
                match self.end(&purging).await? {
                    End::Ended(state) => purged.ended.push((purging.row.id, state)),
                    End::Waits(what) => purged.waiting.push((purging.row.id, what)),
                    End::GoesOn => going_on.push(purging),
                }
            }
            under_way = going_on;
        }
        Ok(purged)
    }

    async fn hidden_and_due(
        &self,
        things: &BTreeSet<ThingName>,
    ) -> Result<Vec<Purging>, DeleteError> {
        let now = self.surroundings.clock.now();
        let mut tx = self.begin_keep().await?;
        let ids = tx.due_to_purge(&self.policy.system, now, TAKEN_MAX).await?;
        let mut found = Vec::new();
        for id in ids {
            if let Some(row) = tx.deletion(&id).await?
                && things.contains(&row.thing)
            {
                let hidden = tx.hidden(&id).await?;
                found.push((row, hidden));
            }
        }
        tx.rollback().await?;
        let mut under_way = Vec::new();
        for (row, hidden) in found {
            under_way.push(self.purging(row, hidden).await?);
        }
        Ok(under_way)
    }

    async fn purging(
        &self,
        row: DeletionRow,
        hidden: Vec<HiddenRoot>,
    ) -> Result<Purging, DeleteError> {
        let (options, _) = self.record_of(&row.id).await?;
        let mut of_things: BTreeMap<ThingName, Vec<HiddenRoot>> = BTreeMap::new();
        for root in hidden {
            of_things.entry(root.thing.clone()).or_default().push(root);
        }
        let mut parts = Vec::new();
        for (thing, hidden) in of_things {
            let Some(purge) = self.thing(&thing).and_then(|thing| thing.purge.clone()) else {
                continue;
            };
            let chosen = if thing == row.thing { options.clone() } else { Options::default() };
            let is_left_behind = hidden.iter().all(|root| root.key == LEFT_BEHIND);
            let plans = if is_left_behind {
                self.ready_for_orphans(&thing).await?
            } else {
                self.ready_to_purge(&thing, &chosen).await?
            };
            // A value of several tenants is purged as that of one.
            let tenant = hidden.iter().find_map(|root| root.tenant.clone());
            let caller = Caller { tenant, ..Caller::operator(row.actor.clone()) };
            let of_rows = hidden.iter().filter(|_| !is_left_behind);
            let keys = of_rows.filter_map(|root| parse_key(&root.key)).collect();
            let hidden_at = hidden.iter().map(|root| root.at).max().unwrap_or(row.changed_at);
            let rows_max = purge.chunk_rows;
            let (roots, is_deep) = (Roots::of(keys, caller), false);
            parts.push(Part { thing, roots, plans, purge, hidden_at, rows_max, is_deep });
        }
        Ok(Purging { row, options, parts, called: BTreeSet::new(), waits_for: None })
    }

    /// A chunk of each table below the hidden roots; says whether any row went.
    async fn pass(
        &self,
        purging: &mut Purging,
        purged: &mut Purged,
        stop: &watch::Receiver<bool>,
    ) -> Result<bool, DeleteError> {
        self.begin_purge(purging).await?;
        purging.waits_for = None;
        let (mut any, mut parts) = (false, std::mem::take(&mut purging.parts));
        for part in &mut parts {
            for ready in part.chunks(self) {
                if *stop.borrow() {
                    break;
                }
                match self.chunk(purging, part, &ready, part.rows_max).await? {
                    Chunk::Removed { rows, claimed } => {
                        any = true;
                        purged.rows += rows;
                        purged.chunks += 1;
                        pause(&part.purge, claimed, stop).await;
                    }
                    Chunk::Nothing => {}
                    Chunk::TooMany => {
                        any |= !part.is_deep;
                        part.claim_fewer();
                    }
                    Chunk::Waits(what) => purging.waits_for = Some(what),
                }
            }
        }
        purging.parts = parts;
        Ok(any)
    }

    /// Says that rows go from here on: nothing is restored any more.
    async fn begin_purge(&self, purging: &mut Purging) -> Result<(), DeleteError> {
        if purging.row.state != State::Hidden {
            return Ok(());
        }
        let to = next(State::Hidden, Event::Begun).expect("what is hidden may be purged");
        let mut tx = self.begin_keep().await?;
        // Race: another replica may have begun; whoever shows it again has taken its state.
        tx.change_state(StateChange {
            id: &purging.row.id,
            lease: &purging.row.lease,
            from: State::Hidden,
            to,
            at: self.surroundings.clock.now(),
            note: None,
            receipt: None,
        })
        .await?;
        let row = tx.deletion(&purging.row.id).await?;
        if row.as_ref().is_some_and(|row| row.state == State::Purging) {
            tx.drop_undo(&purging.row.id).await?;
        }
        tx.commit().await?;
        if let Some(row) = row {
            purging.row = row;
        }
        if purging.row.state != State::Purging {
            purging.parts.clear();
        }
        Ok(())
    }
}

/// The pause that the policy asks for between chunks, less for one that was not full.
async fn pause(purge: &Purge, claimed: u64, stop: &watch::Receiver<bool>) {
    let share = claimed.min(purge.chunk_rows);
    let millis = purge.pause_millis * share / purge.chunk_rows.max(1);
    let mut stop = stop.clone();
    tokio::select! {
        () = tokio::time::sleep(Duration::from_millis(millis)) => {}
        // Nobody stops it any more once nobody is left to say so.
        Ok(_) = stop.wait_for(|is_stopped| *is_stopped) => {}
    }
}
