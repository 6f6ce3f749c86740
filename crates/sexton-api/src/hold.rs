//! Holds: what keeps things from being deleted until a person says otherwise.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Asks for a hold: on one root by its id, or on every root that meets a condition.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskHold {
    /// The thing, as the policy calls it.
    pub thing: String,
    /// The id of the root; or else `where`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// A condition in the database's own SQL over the row of the thing.
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// For which case, as refusals name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// Why.
    pub reason: String,
    /// Until when, as RFC 3339; if not said, until somebody releases it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// Holds, the latest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Holds {
    /// Each of them.
    pub data: Vec<Hold>,
    /// What `cursor` is to get the next page; none after the last.
    pub next_cursor: Option<String>,
}

/// A hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Hold {
    /// Its number.
    pub id: i64,
    /// The thing.
    pub thing: String,
    /// The id of the root that it is on; none of a condition.
    pub root: Option<String>,
    /// The condition that it is on; none of a root.
    #[serde(rename = "where")]
    pub condition: Option<String>,
    /// For which case.
    pub case: Option<String>,
    /// Why.
    pub reason: String,
    /// Who put it.
    pub placed_by: String,
    /// When, as RFC 3339.
    pub placed_at: String,
    /// Until when, as RFC 3339; none until somebody releases it.
    pub until: Option<String>,
    /// Whether it holds now.
    pub is_active: bool,
    /// How many roots its condition met when it was put, as far as they could be counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meets: Option<u64>,
    /// Its end by a person.
    pub released: Option<Release>,
}

/// The end of a hold by a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Release {
    /// When, as RFC 3339.
    pub at: String,
    /// Who.
    pub by: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

/// Says why something is done that needs a reason.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskRelease {
    /// Why.
    pub reason: String,
}
