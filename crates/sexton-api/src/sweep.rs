//! Sweeps: stores compared with rows.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Asks for a sweep.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskSweep {
    /// Only these stores; all of the policy's if none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stores: Vec<String>,
    /// How old an object has to be before it is called an orphan, instead of what the policy says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub older_than_secs: Option<i64>,
    /// Whether what no row names, and is old enough, is removed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reclaim: bool,
    /// Remove nothing from a store of which more than this would go, in percent; 50 if not said.
    /// Only with `reclaim`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 100)]
    pub at_most_percent: Option<u32>,
    /// Why, for the audit. Only with `reclaim`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A sweep.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Sweep {
    /// Its name, `swp_…`.
    pub id: String,
    /// The system.
    pub system: String,
    /// Who asked.
    pub actor: String,
    /// When it began, as RFC 3339.
    pub began_at: String,
    /// When it ended; none while it is under way.
    pub ended_at: Option<String>,
    /// Why it did not come to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// What it found, as `sexton sweep --output json` tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub report: Option<Value>,
    /// What was removed, store by store, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reclaimed: Option<Vec<ReclaimedStore>>,
}

/// What came of one store's orphans.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReclaimedStore {
    /// The store.
    pub store: String,
    /// How many objects were to go.
    pub asked: u64,
    /// How many more there are, for another sweep.
    pub more: u64,
    /// How many went.
    pub removed: u64,
    /// How many bytes went with them.
    pub removed_bytes: u64,
    /// How many could not be removed.
    pub failed: u64,
    /// Why nothing was removed.
    pub refused: Option<String>,
    /// The deletion that removed them, with its record and its receipt.
    pub deletion: Option<String>,
    /// Why that is not complete.
    pub failure: Option<String>,
}
