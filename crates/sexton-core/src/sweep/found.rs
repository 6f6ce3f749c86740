//! What a sweep found, counted: the answer to programs, and what text is made of.

use serde::Serialize;

use crate::names::{ObjectRuleName, StoreName, SystemName, Timestamp};

/// The version of the form in which a sweep is told to programs.
pub const SWEEP_VERSION: u32 = 1;
/// So many of what was found are shown of each kind.
pub const SAMPLES_MAX: usize = 5;

/// What a sweep found.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InStore {
    /// The store.
    pub store: StoreName,
    /// Where it is.
    pub address: String,
    /// Why it was not looked through; what else is told of it is then only a part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// How old an object has to be before it is called an orphan, in seconds, if anybody said.
    pub older_than: Option<i64>,
    /// How many names were read of rows.
    pub names: u64,
    /// All that is listed.
    pub total: Tally,
    /// What rows name.
    pub named: Tally,
    /// What only such rows name as their rule leaves out: it stays when they go.
    pub left_out: Tally,
    /// What no row names, and deletions under way will remove.
    pub pending: Tally,
    /// What no row names, and is not old enough to be sure.
    pub young: Tally,
    /// What no row names, by the rule below whose names it lies.
    pub orphans: Tally,
    /// The same, by rule; those without any are left out.
    pub by_rule: Vec<OfRule>,
    /// Rows that name an object which is not there, by rule.
    pub dangling: Vec<Dangling>,
    /// Rows whose values make no name, by rule.
    pub refused: Vec<Refused>,
    /// How many things are in the way that are no objects.
    pub obstacles: u64,
}

/// Objects, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// How many.
    pub objects: u64,
    /// How many bytes they have.
    pub bytes: u64,
}

/// Orphans below one rule's names.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Ages {
    /// The one first written, where the store tells.
    pub oldest: Option<Timestamp>,
    /// The one last written.
    pub newest: Option<Timestamp>,
}

/// An object that was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// Its key.
    pub key: String,
    /// Its size.
    pub bytes: u64,
    /// When it was last written, where the store tells.
    pub modified: Option<Timestamp>,
}

/// Rows of a rule that name an object which is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dangling {
    /// The rule.
    pub rule: ObjectRuleName,
    /// How many.
    pub rows: u64,
    /// Some of the names.
    pub samples: Vec<String>,
}

/// Rows of a rule whose values make no name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// The rule.
    pub rule: ObjectRuleName,
    /// How many.
    pub rows: u64,
    /// What some of them would name, or how it would begin: nothing of it is called an orphan.
    pub samples: Vec<String>,
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
            total: Tally::default(),
            named: Tally::default(),
            left_out: Tally::default(),
            pending: Tally::default(),
            young: Tally::default(),
            orphans: Tally::default(),
            by_rule: Vec::new(),
            dangling: Vec::new(),
            refused: Vec::new(),
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

    /// Whether there is anything that a person should see.
    pub fn is_clean(&self) -> bool {
        self.failure.is_none()
            && self.orphans.objects == 0
            && self.dangling.is_empty()
            && self.refused.is_empty()
    }
}

impl SweepReport {
    /// Whether there is nothing that a person should see.
    pub fn is_clean(&self) -> bool {
        self.stores.iter().all(InStore::is_clean)
    }
}
