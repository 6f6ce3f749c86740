//! What manifests of rows, and pins, keep in a store: read before the store is listed, because what a
//! document names comes in no order.
//!
//! Rows come part by part, a few documents are read at once, and what they name is kept in a space
//! that does not grow. One that cannot be read keeps all that it could name, and is told. One that
//! is not there keeps nothing: who uploads is given time by the age of objects, and by pins.

use std::collections::BTreeSet;
use std::sync::Arc;

use sexton_core::names::{ObjectRuleName, StoreName, SystemName};
use sexton_core::objects::{ManifestTarget, SharedNames};
use sexton_core::plan::{FoundManifest, NamedIn, Owners};
use sexton_core::policy::ManifestPlace;
use sexton_core::sql::{Bind, Scalar};
use sexton_core::sweep::{InStore, KeptKeys};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::clear::back_off;
use crate::manifest::{Manifest, read_manifest};
use crate::ports::{Arg, DatabaseError, Entropy, Query, Row, Store, StoreError, Tx};
use crate::stores::Stores;

/// So many manifests are read at once: each may be large.
const AT_ONCE: usize = 4;
/// How often one is asked for in all.
const ATTEMPTS_MAX: u32 = 6;
/// So many pins of a pool are kept in mind.
const PINS_MAX: u32 = 200_000;

/// Why it is not known what is kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeptError {
    #[error("{0}")]
    Unfit(String),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// What somebody keeps in a store beside what rows name themselves.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// What manifests name.
    pub named: KeptKeys,
    /// What somebody is about to name.
    pub pinned: BTreeSet<String>,
}

/// Who reads manifests for one store.
pub(crate) struct Keeping<'k> {
    pub stores: &'k Stores,
    pub entropy: &'k Arc<dyn Entropy>,
    pub store: &'k StoreName,
    /// The only keys of which it is asked, in the order of bytes; of all without.
    pub asked: Option<&'k [String]>,
}

/// A manifest that is to be read, as far as it may name objects in the store.
struct Wanted {
    rule: ObjectRuleName,
    key: String,
    names: Vec<SharedNames>,
    removes: Vec<ManifestPlace>,
}

/// A manifest as one store has it.
type Answered = (Wanted, Result<Manifest, StoreError>);

impl Keeping<'_> {
    /// Reads all that is kept.
    pub async fn read(
        &self,
        tx: &mut dyn Tx,
        (system, named): (&SystemName, &NamedIn),
        has_pins: bool,
        found: &mut InStore,
    ) -> Result<Kept, KeptError> {
        let mut kept = Kept::default();
        for keepers in &named.keepers {
            let statement = &keepers.named.statement;
            let value = |bind: &Bind| match bind {
                Bind::Literal(value) => Arg::Scalar(value.clone()),
                _ => Arg::Scalar(Scalar::Null),
            };
            let args = statement.binds.iter().map(value).collect();
            let (label, sql) = (statement.label.as_str(), statement.sql.as_str());
            let (parts, rows) = mpsc::channel(1);
            let reading = async {
                let done = tx.stream(Query { label, sql, args, general: false }, &parts).await;
                drop(parts);
                done
            };
            let (streamed, read) = tokio::join!(reading, self.all(keepers, rows, &mut kept, found));
            read?;
            streamed?;
        }
        if has_pins {
            for pool in &named.pools {
                let pins = tx.pins(system, pool, PINS_MAX).await?;
                if pins.len() >= PINS_MAX as usize {
                    let why = format!("[pools.{pool}] has more pins than can be kept in mind");
                    return Err(KeptError::Unfit(why));
                }
                kept.pinned.extend(pins);
            }
        }
        Ok(kept)
    }

    /// Reads what promised manifests name, which nobody has read yet.
    pub async fn read_promised(
        &self,
        targets: Vec<ManifestTarget>,
        kept: &mut KeptKeys,
    ) -> Result<(), KeptError> {
        for target in targets {
            for store in &target.stores {
                let removes_here = target.stores.contains(self.store);
                let wanted = Wanted {
                    rule: ObjectRuleName::new(""),
                    key: target.key.clone(),
                    names: self.names_here(&target.names),
                    removes: if removes_here { target.removes.clone() } else { Vec::new() },
                };
                let store = self.stores.get(store).map_err(KeptError::Unfit)?;
                let (wanted, answer) =
                    patiently(Arc::clone(store), Arc::clone(self.entropy), wanted).await;
                self.note(&wanted, answer, kept)?;
            }
        }
        Ok(())
    }

    async fn all(
        &self,
        keepers: &Owners,
        mut rows: mpsc::Receiver<Vec<Row>>,
        kept: &mut Kept,
        found: &mut InStore,
    ) -> Result<(), KeptError> {
        let mut reading: JoinSet<Answered> = JoinSet::new();
        while let Some(part) = rows.recv().await {
            for row in part {
                let manifest = match keepers.named.manifest(&row) {
                    Ok(Some(manifest)) => manifest,
                    Ok(None) => continue,
                    Err(bad) => {
                        // What it names may be anywhere.
                        kept.named.add_below(String::new());
                        found.add_refused(&keepers.named.rule, bad.row);
                        continue;
                    }
                };
                for store in &keepers.named.stores {
                    let Some(wanted) = self.wanted(keepers, &manifest) else { continue };
                    while reading.len() >= AT_ONCE {
                        self.take(&mut reading, kept, found).await?;
                    }
                    let store = self.stores.get(store).map_err(KeptError::Unfit)?;
                    let (store, entropy) = (Arc::clone(store), Arc::clone(self.entropy));
                    reading.spawn(patiently(store, entropy, wanted));
                }
            }
        }
        while !reading.is_empty() {
            self.take(&mut reading, kept, found).await?;
        }
        Ok(())
    }

    /// What is to be known of a manifest; nothing if it cannot name what is asked for.
    fn wanted(&self, keepers: &Owners, manifest: &FoundManifest) -> Option<Wanted> {
        let is_here = keepers.named.stores.contains(self.store);
        let removes = keepers.named.manifest.as_ref().map(|named| named.removes.clone());
        let removes = removes.filter(|_| is_here).unwrap_or_default();
        let names = self.names_here(&manifest.names);
        let may_name = |names: &SharedNames| {
            self.asked.is_none_or(|asked| {
                let at = asked.partition_point(|key| key < &names.before);
                asked.get(at).is_some_and(|key| key.starts_with(&names.before))
            })
        };
        let is_asked = !removes.is_empty() || names.iter().any(may_name);
        let (rule, key) = (keepers.named.rule.clone(), manifest.key.clone());
        is_asked.then_some(Wanted { rule, key, names, removes })
    }

    fn names_here(&self, names: &[SharedNames]) -> Vec<SharedNames> {
        names.iter().filter(|names| names.stores.contains(self.store)).cloned().collect()
    }

    async fn take(
        &self,
        reading: &mut JoinSet<Answered>,
        kept: &mut Kept,
        found: &mut InStore,
    ) -> Result<(), KeptError> {
        let Some(read) = reading.join_next().await else { return Ok(()) };
        let (wanted, answer) = read.map_err(|error| KeptError::Unfit(error.to_string()))?;
        match self.note(&wanted, answer, &mut kept.named)? {
            Some(why) => found.add_unread(&wanted.rule, wanted.key, why),
            None => found.manifests += 1,
        }
        Ok(())
    }

    /// Notes what a manifest names, or all that it could; why, if it cannot be read.
    fn note(
        &self,
        wanted: &Wanted,
        answer: Result<Manifest, StoreError>,
        kept: &mut KeptKeys,
    ) -> Result<Option<String>, KeptError> {
        let is_asked =
            |key: &String| self.asked.is_none_or(|asked| asked.binary_search(key).is_ok());
        let why = match answer {
            Ok(Manifest::Absent) => return Ok(None),
            Ok(Manifest::Read(document)) => {
                let shared = wanted.names.iter().flat_map(|names| names.keys(&document));
                let removed = wanted.removes.iter().flat_map(|place| place.strings(&document));
                shared.chain(removed).filter(is_asked).for_each(|key| kept.add(key));
                return Ok(None);
            }
            Ok(Manifest::Unreadable(why)) => why,
            // A store that is away says nothing of any document; one that refuses, of this one.
            Err(error) if error.is_transient() => return Err(error.into()),
            Err(error) => error.to_string(),
        };
        for names in &wanted.names {
            kept.add_below(names.before.clone());
        }
        if !wanted.removes.is_empty() {
            kept.add_below(String::new());
        }
        Ok(Some(why))
    }
}

async fn patiently(store: Arc<dyn Store>, entropy: Arc<dyn Entropy>, wanted: Wanted) -> Answered {
    let mut attempts = 1;
    loop {
        match read_manifest(store.as_ref(), &wanted.key).await {
            Err(error) if error.is_transient() && attempts < ATTEMPTS_MAX => {
                attempts += 1;
                let rest = back_off(attempts, error.retry_after(), entropy.unique()[15]);
                tokio::time::sleep(rest).await;
            }
            answer => return (wanted, answer),
        }
    }
}
