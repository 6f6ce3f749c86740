//! Decides which shared objects go: those that nobody who is there names any more.
//!
//! Before it decides, it meets every owner that is there and was not met: reads its manifest and
//! notes what it names. Owners that are gone are forgotten. The decision is made under the lock of
//! the scope, in which one promise decides at a time; what is pinned, or was written after the deletion, stays.
//!
//! Race: a client that found an object before the decision, and names it after the removal, trusts
//! what it saw for longer than the removal takes. Pins are for that; without one, owners are met
//! once more after the removal, and a loss is told.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use sexton_core::graph;
use sexton_core::names::{IntentId, StoreName, Timestamp};
use sexton_core::objects::{Removed, SharedTarget};
use sexton_core::plan::{FoundManifest, owners};
use tokio::time::Instant;

use super::names::current;
use super::{Noted, Remover, Went, count, held, read};
use crate::clear::remove;
use crate::manifest::Manifest;
use crate::ports::{DatabaseError, IntentRow, Mode, Scope, Tx};

/// So long somebody who decides in the same scope is waited for, and so often it is looked.
const DECIDING_MAX: Duration = Duration::from_secs(2);
const DECIDING_LOOKS: Duration = Duration::from_millis(100);
/// So long who was not waited for is left alone.
const DECIDING_MS: i64 = 2_000;

/// What is new of the owners of a scope.
#[derive(Default)]
struct News {
    /// Owners that were not met before, and which keys they name.
    met: Vec<(String, BTreeSet<String>)>,
    /// Owners that are not there any more.
    gone: Vec<String>,
}

/// An owner that is there: its name, its stores, its manifest.
type Owner = (String, Vec<StoreName>, FoundManifest);

impl Remover {
    pub(super) async fn shared(
        &self,
        intent: &IntentRow,
        target: &SharedTarget,
        noted: &Noted,
    ) -> Result<Went, Went> {
        let (system, pool) = (&self.policy.system, &target.pool);
        let scope = Scope { system, pool, scope: &target.scope };
        if !self.may_decide(scope, &intent.id).await? {
            return Ok(Went::Later(DECIDING_MS));
        }
        let news = self.news(scope, target).await?;
        let open = held(noted).open.take().unwrap_or_else(|| target.keys.clone());
        let kept = self.decide(scope, news, &open).await?;
        let going: Vec<String> = open.iter().filter(|key| !kept.contains(*key)).cloned().collect();
        let (mut left, mut lost) = (BTreeSet::new(), Ok(()));
        for name in &target.stores {
            let mut removed = held(noted).stores.get(name).cloned().unwrap_or_default();
            removed.forget_left();
            removed.spared += kept.len() as u64;
            let done = self.unnamed(name, going.clone(), target.committed_at, &mut removed).await;
            held(noted).stores.insert(name.clone(), removed);
            match done {
                Ok(open) => left.extend(open),
                Err(went) => {
                    left.extend(going.iter().cloned());
                    lost = Err(went);
                }
            }
        }
        self.look_back((scope, &intent.id), target, &going, noted).await?;
        if left.is_empty() {
            return lost.map(|()| Went::Ended);
        }
        let why = format!("{} shared objects are left", left.len());
        held(noted).open = Some(left.into_iter().collect());
        lost?;
        Err(Went::Again(why, None))
    }

    /// Whether nobody else decides within this scope. Who does is soon done, and waited for.
    ///
    /// Race: documents of one deletion name the same objects, and a store that is asked twice says
    /// twice that they went.
    async fn may_decide(&self, scope: Scope<'_>, intent: &IntentId) -> Result<bool, Went> {
        let waits_until = Instant::now() + DECIDING_MAX;
        loop {
            let mut tx = self.database.begin(Mode::Keep).await?;
            let may = tx.decide_in(scope, intent).await?;
            tx.commit().await?;
            if may || Instant::now() >= waits_until {
                return Ok(may);
            }
            tokio::time::sleep(DECIDING_LOOKS).await;
        }
    }

    /// Removes objects of a store that nobody names; those that may still be there.
    async fn unnamed(
        &self,
        name: &StoreName,
        keys: Vec<String>,
        since: Timestamp,
        removed: &mut Removed,
    ) -> Result<Vec<String>, Went> {
        let store = self.store(name)?;
        let mut objects = current(store, keys, removed).await?;
        let all = objects.len();
        objects.retain(|listed| listed.modified.is_none_or(|modified| modified <= since));
        removed.spared += (all - objects.len()) as u64;
        let effort = self.effort_for(objects.len());
        let cleared =
            match remove(Arc::clone(store), Arc::clone(&self.entropy), objects, effort).await {
                Ok(cleared) => cleared,
                Err(stopped) => {
                    count(removed, &stopped.cleared);
                    self.note_left(&stopped.cleared);
                    return Err(stopped.error.into());
                }
            };
        count(removed, &cleared);
        self.note_left(&cleared);
        let left = cleared.failures.into_iter().filter_map(|left| left.key);
        Ok(left.map(|key| key.as_str().to_owned()).collect())
    }

    /// Notes what is new of the owners, and tells which of the keys stay.
    async fn decide(
        &self,
        scope: Scope<'_>,
        news: News,
        keys: &[String],
    ) -> Result<BTreeSet<String>, Went> {
        let mut tx = self.database.begin(Mode::Change).await?;
        let Scope { system, pool, scope: part } = scope;
        tx.lock_names(&[format!("sexton {system} pool {pool} {part}")]).await?;
        note(tx.as_mut(), scope, &news).await?;
        let kept = tx.kept(scope, keys).await?;
        tx.commit().await?;
        Ok(kept.into_iter().collect())
    }

    /// Meets those who came while objects were removed: what they name by now is lost, and told.
    async fn look_back(
        &self,
        (scope, intent): (Scope<'_>, &IntentId),
        target: &SharedTarget,
        removed: &[String],
        noted: &Noted,
    ) -> Result<(), Went> {
        let news = self.news(scope, target).await?;
        for (owner, keys) in &news.met {
            for key in removed.iter().filter(|key| keys.contains(*key)) {
                for store in &target.stores {
                    let why = format!("removed while {owner} came to name it: upload it again");
                    let mut noted = held(noted);
                    noted.stores.entry(store.clone()).or_default().add_left(key, &why);
                }
            }
        }
        let mut tx = self.database.begin(Mode::Keep).await?;
        note(tx.as_mut(), scope, &news).await?;
        tx.has_decided_in(scope, intent).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Who is there that was not met, and who was met that is not there.
    async fn news(&self, scope: Scope<'_>, target: &SharedTarget) -> Result<News, Went> {
        let mut tx = self.database.begin(Mode::Look { budget: None }).await?;
        let known: BTreeSet<String> = tx.owners(scope).await?.into_iter().collect();
        let living = self.living(tx.as_mut(), target).await;
        tx.rollback().await?;
        let living = living?;
        let there: BTreeSet<&String> = living.iter().map(|(owner, ..)| owner).collect();
        let gone = known.iter().filter(|owner| !there.contains(owner)).cloned().collect();
        let mut news = News { met: Vec::new(), gone };
        for (owner, stores, manifest) in &living {
            if known.contains(owner) {
                continue;
            }
            if let Some(keys) = self.named(target, owner, stores, manifest).await? {
                news.met.push((owner.clone(), keys));
            }
        }
        Ok(news)
    }

    /// The owners that are there.
    async fn living(&self, tx: &mut dyn Tx, target: &SharedTarget) -> Result<Vec<Owner>, Went> {
        let Some(schema) = &self.schema else {
            return Err(Went::Again("the schema could not be read".to_owned(), None));
        };
        let (graph, _) = graph::resolve(&self.policy, schema);
        let asked = owners(&self.policy, schema, &graph, &target.pool, &target.bound);
        let asked = asked.map_err(|findings| {
            let first = findings.into_iter().next().map(|finding| finding.message);
            Went::Refused(first.unwrap_or_else(|| "owners cannot be asked for".to_owned()))
        })?;
        let mut living = Vec::new();
        for owners in asked {
            for row in read(tx, &owners.named.statement).await? {
                let owner = owners.owner(&row);
                let found = owners.named.manifest(&row);
                let found = found.map_err(|bad| Went::Refused(format!("{owner}: {}", bad.why)))?;
                let Some(manifest) = found else { continue };
                living.push((owner, owners.named.stores.clone(), manifest));
            }
        }
        Ok(living)
    }

    /// Which keys of the scope an owner names; none if its manifest is not there (yet).
    async fn named(
        &self,
        target: &SharedTarget,
        owner: &str,
        stores: &[StoreName],
        manifest: &FoundManifest,
    ) -> Result<Option<BTreeSet<String>>, Went> {
        let mut keys = None;
        for store in stores {
            match self.read(store, &manifest.key).await? {
                Manifest::Absent => {}
                Manifest::Read(document) => {
                    let names = manifest
                        .names
                        .iter()
                        .filter(|names| names.pool == target.pool && names.scope == target.scope);
                    let found = names.flat_map(|names| names.keys(&document));
                    keys.get_or_insert_with(BTreeSet::new).extend(found);
                }
                // What it names is not known, so nothing that is shared goes.
                Manifest::Unreadable(why) => {
                    return Err(Went::Refused(format!("{owner}, {}: {why}", manifest.key)));
                }
            }
        }
        Ok(keys)
    }
}

async fn note(tx: &mut dyn Tx, scope: Scope<'_>, news: &News) -> Result<(), DatabaseError> {
    if !news.gone.is_empty() {
        tx.forget_owners(scope, &news.gone).await?;
    }
    for (owner, keys) in &news.met {
        let keys: Vec<String> = keys.iter().cloned().collect();
        tx.meet_owner(scope, owner, &keys).await?;
    }
    Ok(())
}
