//! Previews: what a deletion would do, kept for a while so that exactly that can be confirmed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Asks for a preview.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskPreview {
    /// The thing, as the policy calls it.
    pub thing: String,
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
}

/// A preview.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Preview {
    /// Its name, `prv_…`.
    pub id: String,
    /// The system.
    pub system: String,
    /// What binds a deletion to it; none where not every key was found in time.
    pub digest: Option<String>,
    /// When it was made, as RFC 3339.
    pub made_at: String,
    /// Until when it can be confirmed, as RFC 3339.
    pub expires_at: String,
    /// Whether something refuses; it says what.
    pub blocked: bool,
    /// What would happen, as `sexton preview --output json` tells it.
    #[schema(value_type = Object)]
    pub preview: Value,
}

/// What is different in one table from what was previewed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Difference {
    /// The table, with the line for an effect; empty where policy or schema have changed.
    pub table: String,
    /// Rows then.
    pub before: u64,
    /// Rows now.
    pub now: u64,
    /// Some keys that are new.
    pub appeared: Vec<String>,
    /// Some keys that are no longer there.
    pub gone: Vec<String>,
    /// The same as a sentence.
    pub sentence: String,
}
