//! What a sweep found, counted: the answer to programs, and what text is made of.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::names::{ObjectRuleName, StoreName, SystemName, Timestamp};

/// The version of the form in which a sweep is told to programs.
pub const SWEEP_VERSION: u32 = 1;
/// So many of what was found are shown of each kind.
pub const SAMPLES_MAX: usize = 5;
/// So many names of a rule of several stores are kept in mind that are not in one of them.
const MISSING_MAX: usize = 100_000;

/// What a sweep found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SweepReport {
    /// The version of this form.
    pub v: u32,
    /// The system.
    pub system: SystemName,
    /// When it began.
    pub at: Timestamp,
    /// What it found, by store, in the policy's order.
    pub stores: Vec<InStore>,
}

/// What is in one store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InStore {
    /// The store.
    pub store: StoreName,
    /// Where it is.
    pub address: String,
    /// Why it was not looked through; what else is told of it is then only a part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// How old an object has to be before it is called an orphan, in seconds, if anybody said.
    pub older_than: Option<i64>,
    /// How many names were read of rows.
    pub names: u64,
    /// How many manifests of rows were read.
    pub manifests: u64,
    /// All that is listed.
    pub total: Tally,
    /// What rows name.
    pub named: Tally,
    /// What only such rows name as their rule leaves out: it stays when they go.
    pub left_out: Tally,
    /// What no row names, and deletions under way will remove.
    pub pending: Tally,
    /// What no row names, and somebody keeps for a while because he is about to name it.
    pub pinned: Tally,
    /// What no row names, and is not old enough to be sure.
    pub young: Tally,
    /// What no row names, by the rule below whose names it lies.
    pub orphans: Tally,
    /// The same, by rule; those without any are left out.
    pub by_rule: Vec<OfRule>,
    /// Rows that name an object which is not there, by rule.
    pub dangling: Vec<Dangling>,
    /// Names of rules of several stores that are not in this one; none once there are too many.
    #[serde(skip)]
    pub missing: BTreeMap<ObjectRuleName, Option<BTreeSet<String>>>,
    /// Rows whose values make no name, by rule.
    pub refused: Vec<Refused>,
    /// Manifests of rows that cannot be read, by rule: nothing that they may name is an orphan.
    pub unread: Vec<Unread>,
    /// How many things are in the way that are no objects.
    pub obstacles: u64,
}

/// Objects, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// How many.
    pub objects: u64,
    /// How many bytes they have.
    pub bytes: u64,
}

/// Orphans below one rule's names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OfRule {
    /// The rule; none where no rule's names begin so.
    pub rule: Option<ObjectRuleName>,
    /// How many, and how large.
    #[serde(flatten)]
    pub orphans: Tally,
    /// How old they are.
    #[serde(flatten)]
    pub ages: Ages,
    /// Some of them.
    pub samples: Vec<Seen>,
}

/// When objects were written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ages {
    /// The one first written, where the store tells.
    pub oldest: Option<Timestamp>,
    /// The one last written.
    pub newest: Option<Timestamp>,
}

/// An object that was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Its key.
    pub key: String,
    /// Its size.
    pub bytes: u64,
    /// When it was last written, where the store tells.
    pub modified: Option<Timestamp>,
}

/// Rows of a rule that name an object which is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dangling {
    /// The rule.
    pub rule: ObjectRuleName,
    /// How many.
    pub rows: u64,
    /// Some of the names.
    pub samples: Vec<String>,
}

/// Rows of a rule whose values make no name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The rule.
    pub rule: ObjectRuleName,
    /// How many.
    pub rows: u64,
    /// What some of them would name, or how it would begin: nothing of it is called an orphan.
    pub samples: Vec<String>,
}

/// Manifests of a rule that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// The rule.
    pub rule: ObjectRuleName,
    /// How many.
    pub manifests: u64,
    /// Some of them, each with why.
    pub samples: Vec<(String, String)>,
}

impl Tally {
    /// Adds an object.
    pub fn add(&mut self, bytes: u64) {
        self.objects += 1;
        self.bytes += bytes;
    }
}

impl Ages {
    fn add(&mut self, modified: Option<Timestamp>) {
        self.oldest = self.oldest.into_iter().chain(modified).min();
        self.newest = self.newest.into_iter().chain(modified).max();
    }
}

impl InStore {
    /// A store of which nothing is known yet.
    pub fn new(store: StoreName, address: String, older_than: Option<i64>) -> Self {
        Self {
            store,
            address,
            failure: None,
            older_than,
            names: 0,
            manifests: 0,
            total: Tally::default(),
            named: Tally::default(),
            left_out: Tally::default(),
            pending: Tally::default(),
            pinned: Tally::default(),
            young: Tally::default(),
            orphans: Tally::default(),
            by_rule: Vec::new(),
            dangling: Vec::new(),
            missing: BTreeMap::new(),
            refused: Vec::new(),
            unread: Vec::new(),
            obstacles: 0,
        }
    }

    /// Adds an orphan below a rule's names.
    pub fn add_orphan(&mut self, rule: Option<&ObjectRuleName>, seen: Seen) {
        self.orphans.add(seen.bytes);
        let known = self.by_rule.iter().position(|of| of.rule.as_ref() == rule);
        let at = known.unwrap_or_else(|| {
            let (rule, orphans) = (rule.cloned(), Tally::default());
            self.by_rule.push(OfRule { rule, orphans, ages: Ages::default(), samples: Vec::new() });
            self.by_rule.len() - 1
        });
        let of = &mut self.by_rule[at];
        of.orphans.add(seen.bytes);
        of.ages.add(seen.modified);
        if of.samples.len() < SAMPLES_MAX {
            of.samples.push(seen);
        }
    }

    /// Adds a row that names an object which is not there.
    pub fn add_dangling(&mut self, rule: &ObjectRuleName, name: String) {
        let known = self.dangling.iter().position(|of| of.rule == *rule);
        let at = known.unwrap_or_else(|| {
            self.dangling.push(Dangling { rule: rule.clone(), rows: 0, samples: Vec::new() });
            self.dangling.len() - 1
        });
        let of = &mut self.dangling[at];
        of.rows += 1;
        if of.samples.len() < SAMPLES_MAX {
            of.samples.push(name);
        }
    }

    /// Notes a name of a rule of several stores that is not in this one.
    pub fn add_missing(&mut self, rule: &ObjectRuleName, name: String) {
        let missing = self.missing.entry(rule.clone()).or_insert_with(|| Some(BTreeSet::new()));
        if let Some(names) = missing {
            names.insert(name);
            if names.len() > MISSING_MAX {
                *missing = None;
            }
        }
    }

    /// Adds a row whose values make no name.
    pub fn add_refused(&mut self, rule: &ObjectRuleName, name: String) {
        let known = self.refused.iter().position(|of| of.rule == *rule);
        let at = known.unwrap_or_else(|| {
            self.refused.push(Refused { rule: rule.clone(), rows: 0, samples: Vec::new() });
            self.refused.len() - 1
        });
        let of = &mut self.refused[at];
        of.rows += 1;
        if of.samples.len() < SAMPLES_MAX {
            of.samples.push(name);
        }
    }

    /// Adds a manifest that cannot be read.
    pub fn add_unread(&mut self, rule: &ObjectRuleName, key: String, why: String) {
        let known = self.unread.iter().position(|of| of.rule == *rule);
        let at = known.unwrap_or_else(|| {
            self.unread.push(Unread { rule: rule.clone(), manifests: 0, samples: Vec::new() });
            self.unread.len() - 1
        });
        let of = &mut self.unread[at];
        of.manifests += 1;
        if of.samples.len() < SAMPLES_MAX {
            of.samples.push((key, why));
        }
    }

    /// Whether there is anything that a person should see.
    pub fn is_clean(&self) -> bool {
        self.failure.is_none()
            && self.orphans.objects == 0
            && self.dangling.is_empty()
            && self.refused.is_empty()
            && self.unread.is_empty()
    }
}

impl SweepReport {
    /// Tells of names that are in none of the stores of their rule, where all of these were looked
    /// through: of the first of them.
    pub fn add_missing_everywhere(&mut self, rule: &ObjectRuleName, of: &[&StoreName]) {
        let found = |store: &&StoreName| {
            let known = self.stores.iter().position(|found| found.store == **store)?;
            self.stores[known].failure.is_none().then_some(known)
        };
        let Some(places) = of.iter().map(found).collect::<Option<Vec<usize>>>() else { return };
        let missing = |place: &usize| self.stores[*place].missing.get(rule).cloned().flatten();
        let Some(names) = places.iter().map(missing).collect::<Option<Vec<_>>>() else { return };
        let everywhere = names.into_iter().reduce(|all, other| &all & &other);
        for name in everywhere.unwrap_or_default() {
            self.stores[places[0]].add_dangling(rule, name);
        }
    }

    /// Whether there is nothing that a person should see.
    pub fn is_clean(&self) -> bool {
        self.stores.iter().all(InStore::is_clean)
    }
}
