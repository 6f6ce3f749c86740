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
}

/// A sweep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Sweep {
    /// The system.
    pub system: String,
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
}
