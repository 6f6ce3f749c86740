//! Background work: rules that delete by age, and pauses of all of it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::Blocker;

/// The rules of a system that delete by age.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RetentionRules {
    /// Each of them, in the order of the policy.
    pub data: Vec<RetentionRule>,
}

/// A rule that deletes by age, and how it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RetentionRule {
    /// Its name.
    pub rule: String,
    /// The thing that it deletes.
    pub thing: String,
    /// How old a root has to be; none where the rule does not go by age, or nobody has said it.
    pub over_secs: Option<i64>,
    /// How long it rests between two runs.
    pub every_secs: i64,
    /// Whether workers run it by themselves.
    pub is_scheduled: bool,
    /// Whether it is run now.
    pub is_running: bool,
    /// When it last began, as RFC 3339.
    pub began_at: Option<String>,
    /// When it last ended, as RFC 3339; none while it goes on.
    pub ended_at: Option<String>,
    /// When it is due, as RFC 3339.
    pub due_at: Option<String>,
    /// How many roots it could not delete when they were tried last.
    pub refused: u64,
    /// What came of the last run: how it ended, what it deleted and what stayed.
    #[schema(value_type = Option<Object>)]
    pub last: Option<Value>,
}

/// Asks what a rule would delete now. Changes nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskRetentionPreview {
    /// How old a root has to be, instead of what the policy says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub older_than_secs: Option<i64>,
    /// How many roots are previewed, from 0 to 100; 10 if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub samples: Option<u32>,
}

/// What a rule would delete now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RetentionPreview {
    /// The rule.
    pub rule: String,
    /// How many roots are due; none if they could not be counted in time.
    pub due: Option<u64>,
    /// Some of them, in the order in which they would go.
    pub samples: Vec<RetentionSample>,
}

/// One root that is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RetentionSample {
    /// Its id.
    pub root: String,
    /// How many rows would go, at least.
    pub rows: u64,
    /// What refuses.
    pub blockers: Vec<Blocker>,
    /// Why it could not be looked at.
    pub failure: Option<String>,
}

/// Asks for a run of a rule now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskRetentionRun {
    /// How old a root has to be, instead of what the policy says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub older_than_secs: Option<i64>,
    /// No more roots than these are deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

/// What is paused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Pauses {
    /// Each of them, the whole system first.
    pub data: Vec<Pause>,
}

/// A pause: background work of a system, or of one of its stores, begins nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Pause {
    /// The system.
    pub system: String,
    /// The store; none for all background work of the system.
    pub store: Option<String>,
    /// Who paused it.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// When, as RFC 3339.
    pub at: String,
}

/// Asks for a pause of a system or of one of its stores, or for its end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskPause {
    /// Only this store; all background work if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    /// Why.
    pub reason: String,
}

/// Asks for a pause of every system, or for its end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskPauseOfAll {
    /// Why.
    pub reason: String,
}
