//! Which objects a deletion promises to remove: named while the rows are there, as the transaction
//! sees them.

use std::collections::BTreeMap;

use sexton_core::intent::IntentKind;
use sexton_core::names::StoreName;
use sexton_core::objects::{KEYS_PER_INTENT, ManifestTarget, Named, ObjectTarget, SharedNames};
use sexton_core::plan::{FoundManifest, Misnamed, NamedObjects};
use sexton_core::policy::NamesBy;
use sexton_core::preview::{Blocker, BlockerKind};

use super::change::ChangeError;
use super::going::{Going, GoingOf, Placed};
use crate::outcome::Refusal;
use crate::ports::{DatabaseError, NewIntent};
use crate::system::System;
use crate::walk::Walk;

/// So many rows are named of those whose values make no name.
const MISNAMED_MAX: usize = 5;

/// Names of objects, by what they are: none twice.
#[derive(Debug, Default)]
pub(crate) struct NamesFound {
    names: BTreeMap<NamesBy, Vec<String>>,
    manifests: Vec<FoundManifest>,
}

impl NamesFound {
    /// The names of this kind, in the order of bytes.
    pub fn of(&self, by: NamesBy) -> &[String] {
        self.names.get(&by).map_or(&[], Vec::as_slice)
    }

    pub fn len(&self) -> usize {
        self.names.values().map(Vec::len).sum::<usize>() + self.manifests.len()
    }
}

impl Walk<'_> {
    /// Reads which objects go by a rule, or which rows make no name.
    pub async fn names(
        &mut self,
        named: &NamedObjects,
    ) -> Result<Result<NamesFound, Blocker>, DatabaseError> {
        let (mut found, mut misnamed, mut count) = (NamesFound::default(), Vec::new(), 0);
        for row in self.rows(&named.statement, u64::MAX).await? {
            let made = named.names(&row).and_then(|made| Ok((made, named.manifest(&row)?)));
            match made {
                Ok((made, manifest)) => {
                    for ((by, _), name) in named.templates.iter().zip(made) {
                        found.names.entry(*by).or_default().extend(name);
                    }
                    found.manifests.extend(manifest);
                }
                Err(bad) => {
                    count += 1;
                    if misnamed.len() < MISNAMED_MAX {
                        misnamed.push(bad);
                    }
                }
            }
        }
        for of_kind in found.names.values_mut() {
            of_kind.sort_unstable();
            of_kind.dedup();
        }
        Ok(if misnamed.is_empty() { Ok(found) } else { Err(unnamed(named, count, &misnamed)) })
    }
}

impl System {
    /// Promises that objects are removed; how many names each rule found.
    pub(super) async fn promise_objects(
        &self,
        walk: &mut Walk<'_>,
        intents: &mut Vec<NewIntent>,
    ) -> Result<BTreeMap<String, u64>, ChangeError> {
        let plan = walk.plan;
        let (mut counts, mut blockers, mut all) = (BTreeMap::new(), Vec::new(), Vec::new());
        for named in &plan.steps.name {
            match walk.names(named).await? {
                Ok(found) if found.len() == 0 => {}
                Ok(found) => all.push((named, found)),
                Err(blocker) => blockers.push(blocker),
            }
        }
        if let Some(refusal) = Refusal::of(blockers) {
            return Err(ChangeError::refused(refusal));
        }
        let placed = Placed::of(&self.stores, all.iter().map(|(named, found)| (*named, found)));
        let going = placed.going();
        for ((named, found), of_rule) in all.iter().zip(&going.rules) {
            let names = of_rule.names() + found.manifests.len();
            counts.insert(named.rule.to_string(), names as u64);
            intents.extend(self.object_intents(named, of_rule));
            intents.extend(self.manifest_intents((named, found), &all, &going));
        }
        Ok(counts)
    }

    /// Promises that manifests are read; but none where all that it names goes with a prefix.
    fn manifest_intents(
        &self,
        (named, found): (&NamedObjects, &NamesFound),
        all: &[(&NamedObjects, NamesFound)],
        going: &Going<'_>,
    ) -> Vec<NewIntent> {
        let Some(manifest) = &named.manifest else { return Vec::new() };
        let is_covered = |names: &SharedNames| {
            let covers = names.covers.as_ref();
            let rules = all.iter().filter(|(named, _)| Some(&named.rule) == covers);
            let mut prefixes = rules.flat_map(|(_, found)| found.of(NamesBy::Prefix));
            prefixes.any(|prefix| names.before.starts_with(prefix.as_str()))
        };
        let open = found
            .manifests
            .iter()
            .filter(|found| found.names.is_empty() || !found.names.iter().all(is_covered));
        let intent = |found: &FoundManifest| {
            let others = going.beside(named, &found.key);
            let promised = others.iter().filter(|(_, others)| others.is_promised);
            let goes_with = promised.map(|(store, _)| store.clone()).collect();
            let names_more = !manifest.removes.is_empty();
            let beside = others.into_iter().filter(|_| names_more);
            let target = ManifestTarget {
                stores: named.stores.clone(),
                key: found.key.clone(),
                row: found.row.clone(),
                removes: manifest.removes.clone(),
                names: found.names.clone(),
                all_versions: named.all_versions,
                goes_with,
                beside: beside.map(|(store, of)| (store, of.prefixes)).collect(),
            };
            let target = serde_json::to_string(&target).expect("a target is plain text");
            self.new_intent(IntentKind::Manifest, named.rule.to_string(), target)
        };
        open.map(intent).collect()
    }

    fn object_intents(&self, named: &NamedObjects, going: &GoingOf) -> Vec<NewIntent> {
        let mut intents = Vec::new();
        let mut add = |kind, store: &StoreName, what| {
            let target = ObjectTarget {
                store: store.clone(),
                named: what,
                all_versions: named.all_versions,
                look_again_secs: named.look_again_secs,
                unless_named_by: named.unless_named_by.clone(),
            };
            let target = serde_json::to_string(&target).expect("a target is plain text");
            intents.push(self.new_intent(kind, named.rule.to_string(), target));
        };
        for store in &named.stores {
            let Some(of_store) = going.stores.get(store) else { continue };
            for keys in of_store.keys.chunks(KEYS_PER_INTENT) {
                add(IntentKind::Key, store, Named::Keys(keys.to_vec()));
            }
            for prefix in &of_store.prefixes {
                add(IntentKind::Prefix, store, Named::Prefix(prefix.clone()));
            }
        }
        if let Some(store) = named.stores.first() {
            let addressed = going.stores.values().flat_map(|of| &of.addressed);
            let uris = addressed.map(|(_, uri)| uri).chain(&going.elsewhere);
            let uris: Vec<String> = uris.cloned().collect();
            for uris in uris.chunks(KEYS_PER_INTENT) {
                add(IntentKind::Key, store, Named::Uris(uris.to_vec()));
            }
        }
        intents
    }
}

/// The blocker if rows make no name for their objects.
fn unnamed(named: &NamedObjects, count: u64, misnamed: &[Misnamed]) -> Blocker {
    let why = misnamed.first().map_or("", |bad| bad.why.as_str());
    Blocker {
        kind: BlockerKind::Object,
        name: named.rule.to_string(),
        message: format!("the objects of `{}` cannot be named: {why}", named.statement.table),
        count,
        names: misnamed.iter().map(|bad| bad.row.clone()).collect(),
        roots: Vec::new(),
        subject: Vec::new(),
        ways_out: vec![format!(
            "correct these rows of `{}`, or let `where` of [objects.{}] leave them out",
            named.statement.table, named.rule
        )],
    }
}
