//! Deletions: what is asked for, and what has become of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Asks for a deletion: of what was previewed, or of a thing by its id.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskDeletion {
    /// The preview that is confirmed; then `digest` belongs to it, and thing, ids and options are
    /// those of the preview.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<String>,
    /// The digest of what is confirmed. A deletion that would do anything else is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The thing, as the policy calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thing: Option<String>,
    /// The id of one root; or else `ids` or `find`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The ids of several roots: all of them or none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<String>,
    /// Named values that find the root, where the thing has a `find`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub find: BTreeMap<String, String>,
    /// Options by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, bool>,
    /// The id once more, exactly; of several their number. Not needed with a preview.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirm: Option<String>,
    /// Why, for the audit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Asks for a deletion to be taken back: withdrawn, or restored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskTakeBack {
    /// Why, for the audit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Deletions, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Deletions {
    /// Each of them.
    pub data: Vec<Deletion>,
    /// What `cursor` is to get the next page; none after the last.
    pub next_cursor: Option<String>,
}

/// A deletion as it is now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Deletion {
    /// Its name, `dlt_…`.
    pub id: String,
    /// The system.
    pub system: String,
    /// The thing.
    pub thing: String,
    /// The roots as the audit names them: ids, or keyed hashes where the policy says so.
    pub roots: Vec<String>,
    /// What is true of it: `requested`, `drained`, `hidden`, `purging`, `purged`, `committed`,
    /// `reaped`, `complete`, `refused`, `withdrawn`, `restored`.
    pub state: String,
    /// Whether nothing will happen any more.
    pub is_ended: bool,
    /// The same in a sentence.
    pub sentence: String,
    /// Who asked.
    pub actor: String,
    /// Why.
    pub reason: Option<String>,
    /// The digest of the preview that was confirmed.
    pub digest: Option<String>,
    /// When what happened, in order.
    pub phases: Vec<Phase>,
    /// What it waits for; empty where nothing is in its way.
    pub waiting_on: Vec<Waiting>,
    /// How many of its promises (calls, objects) are still to be carried out, if any are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<u64>,
    /// Why it did not happen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Rows that went, per table, once it is complete.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub removed: BTreeMap<String, u64>,
    /// How many rows went, once it is complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Objects that went, by rule and store, once it is complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub objects: Option<Value>,
}

/// One event of a deletion that is followed, by the names of its fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeletionEvent {
    /// Of what it is: `deletion`.
    pub event: String,
    /// By which `Last-Event-ID` names it.
    pub id: String,
    /// The deletion as it is now, as JSON.
    pub data: String,
}

/// When a deletion came to a state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Phase {
    /// The state.
    pub state: String,
    /// When, as RFC 3339.
    pub at: String,
}

/// What a deletion waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Waiting {
    /// What: a rule, a hook, or workers.
    pub what: String,
    /// How often it was tried.
    pub attempts: u32,
    /// What failed last.
    pub last_error: Option<String>,
    /// When it is tried next, as RFC 3339.
    pub next_try_at: Option<String>,
}

/// Why a deletion did not happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Outcome {
    /// The name that problems carry too.
    pub code: String,
    /// A sentence.
    pub message: String,
}
