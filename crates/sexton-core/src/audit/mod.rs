//! The audit: one record per deletion, chained, without row contents; and the receipt.
//!
//! A record is written in the deletion's transaction and sealed afterwards: sealing gives it
//! the next place in the chain and a hash over the previous hash and its own text. A changed
//! record breaks its hash, a removed or inserted one the count or the next hash, and the last
//! one is known by the head of the chain.

mod chain;
mod roots;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::names::StoreName;
use crate::objects::Removed;
use crate::policy::Options;

pub use chain::{ChainFault, ChainJudge, FIRST_HASH, Link, seal};
pub use roots::{RootNames, root_name};

/// The version of the stored form.
pub const RECORD_VERSION: u32 = 1;

/// What is kept of a deletion for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The version of this form.
    pub v: u32,
    /// The deletion.
    pub deletion: String,
    /// The system.
    pub system: String,
    /// The thing.
    pub thing: String,
    /// The root as `root`, or several as `roots`.
    #[serde(flatten)]
    pub roots: RootNames,
    /// Its tenant, where the policy says; of several roots the one that all have.
    pub tenant: Option<String>,
    /// The tenants of several roots, where they are not of one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tenants: Vec<String>,
    /// Who asked.
    pub actor: String,
    /// Why.
    pub reason: Option<String>,
    /// When, as RFC 3339.
    pub at: String,
    /// The digest of exactly what was done.
    pub digest: String,
    /// The fingerprint of the plan.
    pub plan: String,
    /// The options chosen, if the thing has any.
    #[serde(default, skip_serializing_if = "Options::is_empty")]
    pub options: Options,
    /// Rows removed per table.
    pub removed: BTreeMap<String, u64>,
    /// Rows changed per line.
    pub changed: BTreeMap<String, u64>,
    /// Rows computed anew per table.
    pub derived: BTreeMap<String, u64>,
    /// Calls promised per hook, if the deletion promised any.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub promised: BTreeMap<String, u64>,
    /// Names of objects promised to be removed per rule, if the deletion promised any.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub objects: BTreeMap<String, u64>,
    /// Lines of the log promised per event, if the deletion promised any.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub events: BTreeMap<String, u64>,
    /// Roots that were hidden, per thing, if it went no farther.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hidden: BTreeMap<String, u64>,
    /// Promises that were given up, per rule. Such a record is of that alone: who, when and why; its
    /// name is the deletion's with something behind it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub given_up: BTreeMap<String, u64>,
    /// What was done, where it is no deletion: a hold was put or released, a deletion refused by
    /// one, background work paused or resumed, what was hidden restored. Such a record names itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Act>,
}

/// What a record tells of that is no deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// A hold was put.
    HoldPut,
    /// A hold was released.
    HoldReleased,
    /// A hold refused a deletion.
    RefusedByHold,
    /// Background work was paused.
    Paused,
    /// Background work was resumed.
    Resumed,
    /// A deletion was taken back before anything was gone.
    Withdrawn,
    /// What was hidden was restored.
    Restored,
    /// What somebody else had hidden, or left behind, is purged from here on.
    Adopted,
}

impl Act {
    /// What happened, as a sentence goes on with it.
    pub fn said(self) -> &'static str {
        match self {
            Self::HoldPut => "held",
            Self::HoldReleased => "released",
            Self::RefusedByHold => "not deleted, because it is held",
            Self::Paused => "paused",
            Self::Resumed => "resumed",
            Self::Withdrawn => "not deleted, because it was withdrawn",
            Self::Restored => "restored",
            Self::Adopted => "adopted, because it was hidden already",
        }
    }
}

/// Of whom and what a record tells that is no deletion.
#[derive(Debug, Clone)]
pub struct Told {
    /// The name of the record, which no other has.
    pub name: String,
    /// The system.
    pub system: String,
    /// The thing; the store of what is paused.
    pub thing: String,
    /// The roots as the audit may name them.
    pub roots: RootNames,
    /// Who did it.
    pub actor: String,
    /// Why.
    pub reason: Option<String>,
    /// When, as RFC 3339.
    pub at: String,
}

impl Record {
    /// The record of an act that deletes nothing.
    pub fn of_act(act: Act, told: Told) -> Self {
        Self {
            v: RECORD_VERSION,
            deletion: told.name,
            system: told.system,
            thing: told.thing,
            roots: told.roots,
            tenant: None,
            tenants: Vec::new(),
            actor: told.actor,
            reason: told.reason,
            at: told.at,
            digest: String::new(),
            plan: String::new(),
            options: Options::default(),
            removed: BTreeMap::new(),
            changed: BTreeMap::new(),
            derived: BTreeMap::new(),
            promised: BTreeMap::new(),
            objects: BTreeMap::new(),
            events: BTreeMap::new(),
            hidden: BTreeMap::new(),
            given_up: BTreeMap::new(),
            act: Some(act),
        }
    }

    /// The text that is stored and sealed.
    pub fn text(&self) -> String {
        serde_json::to_string(self).expect("a record is plain text and numbers")
    }
}

/// What came of objects, by rule and store.
pub type ObjectsGone = BTreeMap<String, BTreeMap<StoreName, Removed>>;

/// The verified outcome of a deletion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// What was done, as in the audit.
    #[serde(flatten)]
    pub record: Record,
    /// When it was looked at again, as RFC 3339.
    pub verified_at: String,
    /// How many references were looked at again.
    pub looked_at: u64,
    /// Rows that chunks removed after it was hidden, per table.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub purged: BTreeMap<String, u64>,
    /// What became of its calls: how many of each outcome, per hook.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub called: BTreeMap<String, BTreeMap<String, u64>>,
    /// What came of its objects, by rule and store.
    #[serde(default, rename = "gone", skip_serializing_if = "BTreeMap::is_empty")]
    pub objects_gone: ObjectsGone,
    /// Its place in the chain.
    pub seq: i64,
    /// The hash at that place.
    pub hash: String,
}

impl Receipt {
    /// How many rows went.
    pub fn rows(&self) -> u64 {
        self.record.removed.values().chain(self.purged.values()).sum()
    }
}

#[cfg(test)]
mod tests;
