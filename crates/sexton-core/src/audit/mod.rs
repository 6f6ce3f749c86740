//! The audit: one record per deletion, chained, without row contents; and the receipt.
//!
//! A record is written in the deletion's transaction and sealed afterwards: sealing gives it
//! the next place in the chain and a hash over the previous hash and its own text. A changed
//! record breaks its hash, a removed or inserted one the count or the next hash, and the last
//! one is known by the head of the chain.

mod chain;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::policy::Options;

pub use chain::{ChainFault, ChainJudge, FIRST_HASH, Link, seal};

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
    /// The root: as it is, or `hmac-sha256:…` where the policy says so.
    pub root: String,
    /// Its tenant, where the policy says.
    pub tenant: Option<String>,
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
}

impl Record {
    /// The text that is stored and sealed.
    pub fn text(&self) -> String {
        serde_json::to_string(self).expect("a record is plain text and numbers")
    }
}

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
    /// What became of its calls: how many of each outcome, per hook.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub called: BTreeMap<String, BTreeMap<String, u64>>,
    /// Its place in the chain.
    pub seq: i64,
    /// The hash at that place.
    pub hash: String,
}

impl Receipt {
    /// How many rows went.
    pub fn rows(&self) -> u64 {
        self.record.removed.values().sum()
    }
}

/// The root as the audit may name it: as it is, or as a keyed hash.
pub fn root_name(system: &str, thing: &str, root: &str, key: Option<&[u8]>) -> String {
    use hmac::{Hmac, KeyInit, Mac};
    let Some(key) = key else { return root.to_owned() };
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in [system, "\0", thing, "\0", root] {
        mac.update(part.as_bytes());
    }
    ["hmac-sha256:", &data_encoding::HEXLOWER.encode(&mac.finalize().into_bytes())].concat()
}

#[cfg(test)]
mod tests;
