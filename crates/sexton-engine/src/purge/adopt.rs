//! Takes over what others have left: roots that the application hid by its own SQL, and rows that
//! lost their parents.
//!
//! Each becomes a deletion with a record of its own, by the actor `adopted`, and is purged as any
//! other. What is under way already is left alone.
//!
//! Race: whoever adopts holds the name of the thing until the deletions stand in the ledger, and asks
//! the ledger under it: no root is adopted twice. A root that Sexton is hiding right now is seen as
//! hidden only together with its row of the ledger.

use std::collections::{BTreeMap, BTreeSet};

use sexton_core::audit::{Act, Record, RootNames, Told, root_name};
use sexton_core::fence::key_text;
use sexton_core::lifecycle::{Event, State, next};
use sexton_core::names::{Actor, ThingName, Timestamp};
use sexton_core::plan::{Adopting, Claim};
use sexton_core::policy::{Options, Thing};
use sexton_core::preview::{canonical_key, parse_key};
use sexton_core::sql::Scalar;

use super::LEFT_BEHIND;
use crate::outcome::DeleteError;
use crate::ports::{AskedRoots, DatabaseError, HiddenRoot, Mode, NewDeletion, StateChange, Tx};
use crate::request::Caller;
use crate::system::System;
use crate::walk::{Locks, Roots, Walk, read_named};

/// So many roots are adopted at a time; the next drain takes the others.
const ADOPTED_MAX: u32 = 1_000;
/// So many hidden roots are looked at, at most.
const LOOKED_AT_MAX: u32 = 1_000_000;

/// Who is said to have deleted what was found hidden.
const ACTOR: &str = "adopted";

impl System {
    /// Adopts what there is of all things that are purged. A worker does it once an interval: it
    /// reads each row that is hidden.
    pub async fn adopt(&self) -> Result<(), DeleteError> {
        let things = self.policy.things.iter().filter(|thing| thing.purge.is_some());
        self.adopt_of(&things.map(|thing| thing.name.clone()).collect()).await
    }

    /// The same of these things.
    pub(super) async fn adopt_of(&self, things: &BTreeSet<ThingName>) -> Result<(), DeleteError> {
        if things.is_empty() || !self.has_history().await? {
            return Ok(());
        }
        self.refuse_unbuilt()?;
        for thing in self.policy.things.iter().filter(|thing| things.contains(&thing.name)) {
            if let Some(adopting) = self.adopting(&thing.name).await? {
                self.adopt_hidden(thing, &adopting).await?;
            }
            if self.has_left_behind(thing).await? {
                self.adopt_keys(thing, vec![LEFT_BEHIND.to_owned()], 0).await?;
            }
        }
        Ok(())
    }

    async fn adopt_hidden(&self, thing: &Thing, adopting: &Adopting) -> Result<(), DeleteError> {
        let caller = Caller::operator(Actor::new(ACTOR));
        let mut cap = ADOPTED_MAX;
        loop {
            let mut tx = self.begin_patiently(Mode::Look { budget: None }).await?;
            let rows = read_named(&adopting.statement, &BTreeMap::new(), &caller, cap, tx.as_mut())
                .await?;
            tx.rollback().await?;
            let is_all = rows.len() < cap as usize;
            let keys = rows.iter().map(|row| canonical_key(row)).collect();
            let adopted = self.adopt_keys(thing, keys, adopting.after_secs).await?;
            // Those that are under way already stand before those that are not.
            if is_all || adopted > 0 || cap >= LOOKED_AT_MAX {
                return Ok(());
            }
            cap = cap.saturating_mul(4);
        }
    }

    /// Adopts those of these roots that no deletion has hidden, and says how many.
    async fn adopt_keys(
        &self,
        thing: &Thing,
        keys: Vec<String>,
        after_secs: i64,
    ) -> Result<usize, DeleteError> {
        if keys.is_empty() {
            return Ok(0);
        }
        let same_rows = self.policy.things.iter().filter(|known| {
            let row = |thing: &Thing| thing.row.as_ref().map(|row| row.value.clone());
            row(known) == row(thing)
        });
        let things: Vec<ThingName> = same_rows.map(|known| known.name.clone()).collect();
        let system = &self.policy.system;
        let mut tx = self.begin_keep().await?;
        tx.lock_names(&[format!("sexton {system} adopts {}", thing.name)]).await?;
        let asked = AskedRoots { system, things: &things, keys: &keys, tenant: None };
        let known: BTreeSet<String> = tx.hidden_among(asked).await?.into_iter().collect();
        let new = keys.into_iter().filter(|key| !known.contains(key));
        let new: Vec<String> = new.take(ADOPTED_MAX as usize).collect();
        for key in &new {
            self.adopt_one(thing, key, after_secs, tx.as_mut()).await?;
        }
        tx.commit().await?;
        Ok(new.len())
    }

    async fn adopt_one(
        &self,
        thing: &Thing,
        key: &str,
        after_secs: i64,
        tx: &mut dyn Tx,
    ) -> Result<(), DatabaseError> {
        let now = self.surroundings.clock.now();
        let (id, lease) = (self.new_deletion_id(), self.new_lease());
        let roots = RootNames::of(vec![self.named_root(thing, key)]);
        let actor = Actor::new(ACTOR);
        let stored = NewDeletion {
            id: id.clone(),
            system: self.policy.system.clone(),
            thing: thing.name.clone(),
            roots: roots.clone(),
            actor: actor.clone(),
            tenant: None,
            reason: None,
            bound_to: None,
            requested_at: now,
            lease: lease.clone(),
            lease_secs: 0,
        };
        tx.insert_deletion(&stored).await?;
        let from = State::Requested;
        let to = next(from, Event::Hidden).expect("what is not gone may be hidden");
        let (note, receipt) = (None, None);
        let change = StateChange { id: &id, lease: &lease, from, to, at: now, note, receipt };
        tx.change_state(change).await?;
        let due = Some(Timestamp(now.0).plus_secs(after_secs));
        let (name, key) = (thing.name.clone(), key.to_owned());
        let root = HiddenRoot { thing: name, key, at: now, due, tenant: None };
        tx.insert_hidden(&id, &[root]).await?;
        let told = Told {
            name: id.to_string(),
            system: self.policy.system.to_string(),
            thing: thing.name.to_string(),
            roots,
            actor: actor.to_string(),
            reason: None,
            at: now.to_string(),
        };
        let record = Record {
            options: Options::defaults(thing),
            hidden: BTreeMap::from([(thing.name.to_string(), 1)]),
            ..Record::of_act(Act::Adopted, told)
        };
        tx.insert_audit(&id, &record.text()).await?;
        self.seal_in(tx, &id).await.map(drop)
    }

    /// The root as the audit may name it.
    fn named_root(&self, thing: &Thing, key: &str) -> String {
        let key = parse_key(key).unwrap_or_default();
        if key.iter().all(Scalar::is_null) {
            return format!("rows without a {}", thing.name);
        }
        let (system, audit_key) = (self.policy.system.as_str(), self.audit_key.as_deref());
        root_name(system, thing.name.as_str(), &key_text(&key), audit_key)
    }

    /// Whether there is a row that a line calls garbage, whoever has locked it.
    async fn has_left_behind(&self, thing: &Thing) -> Result<bool, DeleteError> {
        if !self.policy.references.iter().any(|line| line.orphans) {
            return Ok(false);
        }
        for ready in self.ready_for_orphans(&thing.name).await?.iter() {
            let Some(left) =
                ready.plan.claim.as_ref().and_then(|claim: &Claim| claim.left.as_ref())
            else {
                continue;
            };
            let mut tx = self.begin_patiently(Mode::Look { budget: None }).await?;
            let roots = Roots::of(Vec::new(), Caller::operator(Actor::new(ACTOR)));
            let mut walk = Walk::new(&ready.plan, tx.as_mut(), roots, Locks::Leave);
            let any = walk.count(left, 1).await? > 0;
            tx.rollback().await?;
            if any {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
