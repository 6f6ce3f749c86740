//! Removes what no row names: promises it like a deletion, with a record and a receipt.
//!
//! A deletion without rows: what is promised is kept with how each object was when it was seen, and
//! whoever carries it out looks again before it removes (`reap::objects`). So a crash anywhere
//! repeats, and what changed since then stays.
//!
//! Invariants: nothing is removed from a store that was not compared to its end; nor where no row
//! names anything, which is another database's store; nor more than the share that a person gave.

use std::collections::BTreeMap;

use sexton_core::audit::{RECORD_VERSION, Receipt, Record, RootNames, root_name};
use sexton_core::intent::IntentKind;
use sexton_core::lifecycle::{Event, State, next};
use sexton_core::names::{Actor, DeletionId, IntentId, ObjectRuleName, StoreName, ThingName};
use sexton_core::objects::{KEYS_PER_INTENT, Named, ObjectTarget, SeenAs};
use sexton_core::policy::Options;
use sexton_core::sweep::{InStore, NO_RULE, SWEEP, Seen, SweepReport};

use super::{Orphans, Progress, SweepRequest};
use crate::outcome::DeleteError;
use crate::ports::{DatabaseError, Mode, NewDeletion, NewIntent, StateChange};
use crate::reap::Open;
use crate::system::System;

/// How long nobody else goes on with it.
const LEASE_SECS: i64 = 60;

/// What is to be removed, and for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReclaimRequest {
    /// What is compared.
    pub sweep: SweepRequest,
    /// Who asks.
    pub actor: Actor,
    /// Why.
    pub reason: Option<String>,
    /// No more of a store's objects, in percent.
    pub percent_max: u32,
}

/// What came of one store's orphans.
#[derive(Debug)]
pub struct Reclaimed {
    /// The store.
    pub store: StoreName,
    /// How many objects were to go.
    pub asked: u64,
    /// How many more there are, for another run.
    pub more: u64,
    /// Why nothing was removed.
    pub refused: Option<String>,
    /// The deletion, and what came of it; none where there was nothing to remove.
    pub gone: Option<(DeletionId, Result<Receipt, DeleteError>)>,
}

impl System {
    /// Compares stores with rows, and removes what no row names and is old enough.
    pub async fn reclaim(
        &self,
        request: &ReclaimRequest,
        progress: &mut Progress<'_>,
    ) -> Result<(SweepReport, Vec<Reclaimed>), DeleteError> {
        // Order: what a safeguard that is not built yet would keep must not be called an orphan.
        self.refuse_unbuilt()?;
        let asking = self.asking().await?;
        let began = self.surroundings.clock.now();
        let (mut stores, mut gone) = (Vec::new(), Vec::new());
        for (store, older_than) in self.swept(&request.sweep)? {
            let mut orphans = Orphans::default();
            let scan = self.scan(&asking, &store, older_than, began);
            let found = Box::pin(scan.look(Some(&mut orphans), progress)).await;
            let reclaimed = Box::pin(self.reclaim_from(request, &found, orphans)).await;
            gone.push(reclaimed?);
            stores.push(found);
        }
        Ok((self.report(began, stores), gone))
    }

    async fn reclaim_from(
        &self,
        request: &ReclaimRequest,
        found: &InStore,
        orphans: Orphans,
    ) -> Result<Reclaimed, DeleteError> {
        let (store, more) = (found.store.clone(), orphans.more);
        let asked = orphans.found.len() as u64;
        let refused = refusal(found, request.percent_max);
        if refused.is_some() || asked == 0 {
            return Ok(Reclaimed { store, asked, more, refused, gone: None });
        }
        let new = self.new_sweep(request, &store);
        let (id, lease) = (new.id.clone(), new.lease.clone());
        self.promise_orphans(new, &store, orphans).await?;
        let done = Box::pin(self.carry_out_sweep(&id, &lease)).await;
        let done = done.map_err(|error| error.after_commit(id.clone()));
        Ok(Reclaimed { store, asked, more, refused: None, gone: Some((id, done)) })
    }

    fn new_sweep(&self, request: &ReclaimRequest, store: &StoreName) -> NewDeletion {
        let system = &self.policy.system;
        let root = root_name(system.as_str(), SWEEP, store.as_str(), self.audit_key.as_deref());
        NewDeletion {
            id: self.new_deletion_id(),
            system: system.clone(),
            thing: ThingName::new(SWEEP),
            roots: RootNames::of(vec![root]),
            actor: request.actor.clone(),
            tenant: None,
            reason: request.reason.clone(),
            bound_to: None,
            requested_at: self.surroundings.clock.now(),
            lease: self.new_lease(),
            lease_secs: LEASE_SECS,
        }
    }

    /// Stores all of it at once: the deletion, its promises and its record; so nothing is removed
    /// that nobody can account for.
    async fn promise_orphans(
        &self,
        new: NewDeletion,
        store: &StoreName,
        orphans: Orphans,
    ) -> Result<(), DeleteError> {
        self.prepare().await?;
        let (intents, objects) = self.orphan_intents(orphans, store);
        let record = record_of(&new, objects);
        // A lost commit would lose who removed what: it reaches the disk like any deletion's.
        let mut tx = self.begin_patiently(Mode::Change).await?;
        tx.insert_deletion(&new).await?;
        let change = StateChange {
            id: &new.id,
            lease: &new.lease,
            from: State::Requested,
            to: next(State::Requested, Event::Committed).expect("what is asked for may commit"),
            at: self.surroundings.clock.now(),
            note: None,
            receipt: None,
        };
        if !tx.change_state(change).await? {
            let detail = "it was taken over while it was stored; nothing was removed".to_owned();
            return Err(DatabaseError::Failed { label: "store a sweep".to_owned(), detail }.into());
        }
        tx.insert_intents(&self.policy.system, &new.id, &intents).await?;
        tx.insert_audit(&new.id, &record.text()).await?;
        match tx.commit().await {
            Err(DatabaseError::Lost(_)) => Err(DeleteError::Uncertain { deletion: new.id }),
            done => Ok(done?),
        }
    }

    /// Batches by rule, and how many objects each rule has.
    fn orphan_intents(
        &self,
        orphans: Orphans,
        store: &StoreName,
    ) -> (Vec<NewIntent>, BTreeMap<String, u64>) {
        let mut by_rule: BTreeMap<Option<ObjectRuleName>, Vec<Seen>> = BTreeMap::new();
        for (rule, seen) in orphans.found {
            by_rule.entry(rule).or_default().push(seen);
        }
        let (mut intents, mut objects) = (Vec::new(), BTreeMap::new());
        for (rule, seen) in by_rule {
            let rule = rule.map_or_else(|| NO_RULE.to_owned(), |rule| rule.to_string());
            objects.insert(rule.clone(), seen.len() as u64);
            for batch in seen.chunks(KEYS_PER_INTENT) {
                let known = batch.iter().filter_map(|seen| {
                    let seen_as = SeenAs { bytes: seen.bytes, modified: seen.modified? };
                    Some((seen.key.clone(), seen_as))
                });
                let target = ObjectTarget {
                    store: store.clone(),
                    named: Named::Orphans(known.collect()),
                    all_versions: false,
                    look_again_secs: 0,
                    unless_named_by: Vec::new(),
                };
                let target = serde_json::to_string(&target).expect("a target is plain text");
                let word = data_encoding::BASE32_NOPAD.encode(&self.surroundings.entropy.unique());
                let id = IntentId::new(["int_", &word.to_lowercase()].concat());
                let (kind, rule) = (IntentKind::Orphan, rule.clone());
                intents.push(NewIntent { id, kind, rule, target, after_secs: 0 });
            }
        }
        (intents, objects)
    }

    async fn carry_out_sweep(&self, id: &DeletionId, lease: &str) -> Result<Receipt, DeleteError> {
        self.reap_own(id).await?;
        let open = Open { calls: false, objects: true, events: false };
        let (thing, options) = (ThingName::new(SWEEP), Options::default());
        Box::pin(self.finish(id, &thing, &options, lease, State::Committed, open)).await
    }
}

fn record_of(new: &NewDeletion, objects: BTreeMap<String, u64>) -> Record {
    Record {
        v: RECORD_VERSION,
        deletion: new.id.to_string(),
        system: new.system.to_string(),
        thing: new.thing.to_string(),
        roots: new.roots.clone(),
        tenant: None,
        tenants: Vec::new(),
        actor: new.actor.to_string(),
        reason: new.reason.clone(),
        at: new.requested_at.to_string(),
        digest: String::new(),
        plan: String::new(),
        options: Options::default(),
        removed: BTreeMap::new(),
        changed: BTreeMap::new(),
        derived: BTreeMap::new(),
        promised: BTreeMap::new(),
        objects,
        events: BTreeMap::new(),
        hidden: BTreeMap::new(),
        given_up: BTreeMap::new(),
        act: None,
    }
}

/// Why nothing may be removed from a store, if something is in the way.
fn refusal(found: &InStore, percent_max: u32) -> Option<String> {
    if let Some(failure) = &found.failure {
        return Some(format!("it was not looked through: {failure}"));
    }
    if found.orphans.objects == 0 {
        return None;
    }
    if found.older_than.is_none() {
        return Some(
            "nobody says how old an orphan has to be: write `sweep_after` in [stores], or pass \
             --older-than"
                .to_owned(),
        );
    }
    if found.names == 0 && found.manifests == 0 {
        return Some(
            "no row names anything in it: this may be another system's store, or an empty database"
                .to_owned(),
        );
    }
    let (orphans, total) = (found.orphans.objects, found.total.objects);
    let limit = u128::from(total) * u128::from(percent_max);
    (u128::from(orphans) * 100 > limit).then(|| {
        format!(
            "{orphans} of its {total} objects would go, more than {percent_max} %: see whether \
             the policy names all that is in it; --at-most-percent lets more go"
        )
    })
}
